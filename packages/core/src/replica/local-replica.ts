import { backgroundTimer } from '../background-timer.ts'
import { DocstoreError, errorCode } from '../errors.ts'
import { decodeBatch } from '../model/batch.ts'
import { equalBytes, utf8 } from '../model/bytes.ts'
import { parseCid, DAG_JSON } from '../model/cid.ts'
import { acceptableFrom, Clock, latestAt, msFromTime } from '../model/clock.ts'
import type { Json } from '../model/content.ts'
import { didOf, type Identity } from '../model/identity.ts'
import { MAX_SEAL_RECORDS } from '../model/limits.ts'
import {
  createGenesis,
  type DecodedGenesis,
  decodeGenesis,
  decodeHead,
  headWins,
  type SignedHead,
  signHead,
  WRITE_POLICIES,
  type WritePolicy,
} from '../model/namespace.ts'
import { isTitle, type Network } from '../model/network.ts'
import { type Random, secureRandom } from '../model/random.ts'
import { isCollectionName, mayWrite, type RecordScope } from '../model/record.ts'
import { createSeal } from '../model/seal.ts'
import type { Refusal } from '../model/verdict.ts'
import { type Explanation, parseSortInput, pathFault, readDocumentFilter, readFilter } from '../query/index.ts'
import { SLOT_BYTES } from '../model/record.ts'
import { fullError } from '../storage/room.ts'
import type { CommitEntry, CommitOutcome, IndexInfo, IndexKind, Storage, StoredNamespace, StoredRecord } from '../storage/storage.ts'
import { judgeBatch } from './accept.ts'
import { boundedPage } from './bounded-page.ts'
import { changeOf } from './change-row.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { feedRows } from './feed-rows.ts'
import { commitEach, commitWhatFits, commitWhole } from './full-store.ts'
import { EXPORT_PAGE, MAX_NAMESPACES, MAX_PAGE, MAX_WRITES, REDATE_PAGE, SCRUB_DELAY_MS, SETTLE_DELAY_MS } from './limits.ts'
import { BatchBuilder } from './outgoing.ts'
import { boundedCursor, readBound } from './page-bound.ts'
import type { Reconciler } from './reconciler.ts'
import { redatedEntry, redatedHead } from './redate.ts'
import { nextTask, type Pause } from './slices.ts'
import { summaryOf } from './summary.ts'
import { Turns } from './turns.ts'
import type {
  Acceptance,
  AcceptResult,
  ChangeRow,
  CollectionCount,
  CommitEvent,
  FeedPage,
  FeedRequest,
  FindRequest,
  FindResult,
  FutureRecords,
  NamespaceInfo,
  OpenedReading,
  OutgoingBatch,
  ReadRequest,
  Redated,
  Replica,
  ReplicaInfo,
  SentRecord,
  Summary,
  Write,
  WriteResult,
} from './types.ts'
import { type LocalWrite, localWrite } from './writer.ts'

/** A namespace that is in use: what its records are judged by. */
interface OpenNamespace {
  readonly ns: number
  readonly id: string
  readonly genesis: DecodedGenesis
  readonly head: SignedHead
  readonly scope: RecordScope
}

type Fitted = CommitOutcome | undefined | 'no-room'

/** Writes to one namespace that share the next transaction. */
interface PendingGroup {
  readonly entries: CommitEntry[]
  readonly settle: {
    readonly count: number
    readonly resolve: (outcomes: readonly (CommitOutcome | undefined)[]) => void
    readonly reject: (error: unknown) => void
  }[]
}

/** What a local replica is made of. */
export interface LocalReplicaInit {
  readonly storage: Storage
  readonly network: Network
  readonly identity: Identity
  /** Random id of the database, hexadecimal. */
  readonly epoch: string
  /** Wall clock, Unix milliseconds. */
  readonly now?: () => number
  /** Gives other work its turn in the middle of long work. */
  readonly pause?: Pause
  /** Whether other threads may check signatures. */
  readonly aside?: boolean
  /** Where cuts and salts come from. */
  readonly random?: Random
}

/** A replica on a storage in this thread. */
export class LocalReplica implements Replica {
  readonly #storage: Storage
  readonly #network: Network
  readonly #identity: Identity
  readonly #epoch: string
  readonly #now: () => number
  readonly #aside: boolean
  readonly #clock: Clock
  readonly #pause: Pause
  readonly #loadReconciler: () => Promise<Reconciler>
  readonly #namespaces = new Map<string, OpenNamespace>()
  readonly #listeners = new Set<(event: CommitEvent) => void>()
  readonly #pending = new Map<OpenNamespace, PendingGroup>()
  readonly #sealing = new Map<number, Promise<void>>()
  readonly #imports = new Turns()
  readonly #redating = new Turns()
  #reconciler: Promise<Reconciler> | undefined
  /** Nothing here has a later time. */
  #newest = 0
  #scrubTimer: ReturnType<typeof setTimeout> | undefined
  #settleTimer: ReturnType<typeof setTimeout> | undefined

  private constructor({
    storage,
    network,
    identity,
    epoch,
    now = Date.now,
    pause = nextTask,
    aside = true,
    random = secureRandom,
  }: LocalReplicaInit) {
    this.#storage = storage
    this.#network = network
    this.#identity = identity
    this.#epoch = epoch
    this.#now = now
    this.#aside = aside
    this.#clock = new Clock(now)
    this.#pause = pause
    this.#loadReconciler = async () => {
      const { Reconciler } = await import('./reconciler.ts')
      return new Reconciler({ storage, random, now, pause })
    }
  }

  /** Opens what the storage holds. */
  static async open(init: LocalReplicaInit): Promise<LocalReplica> {
    const replica = new LocalReplica(init)
    for (const stored of await init.storage.namespaces()) await replica.#load(stored)
    return replica
  }

  async #load(stored: StoredNamespace): Promise<void> {
    const genesis = decodeGenesis(stored.genesis, this.#network.cid)
    const head = genesis.ok ? await decodeHead(stored.head, stored.signature, genesis.value) : genesis
    if (!genesis.ok || !head.ok)
      throw new DocstoreError('data-corrupt', `The stored namespace ${stored.cid} does not verify. Restore the data from a backup`)
    this.#remember(stored.ns, genesis.value, head.value)
    this.#newest = Math.max(this.#newest, (await this.#storage.times(stored.ns)).newest)
  }

  #remember(ns: number, genesis: DecodedGenesis, head: SignedHead): OpenNamespace {
    const id = genesis.cid.toString()
    const scope: RecordScope = { net: this.#network.cid, ns: genesis.cid, write: genesis.genesis.write }
    const open: OpenNamespace = { ns, id, genesis, head, scope }
    this.#namespaces.set(id, open)
    this.#newest = Math.max(this.#newest, head.head.at)
    return open
  }

  async info(): Promise<ReplicaInfo> {
    const { id, bytes, descriptor } = this.#network
    return { network: { id, name: descriptor.name, descriptor: bytes }, identity: this.#identity.did, epoch: this.#epoch }
  }

  async getMeta(key: string): Promise<Uint8Array | undefined> {
    return this.#storage.getMeta(key)
  }

  async setMeta(key: string, value: Uint8Array | undefined): Promise<void> {
    return this.#storage.setMeta(key, value)
  }

  async listMeta(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
    return this.#storage.listMeta(prefix)
  }

  async createNamespace({ name, write, nonce }: { name: string; write: WritePolicy; nonce?: Uint8Array }): Promise<NamespaceInfo> {
    if (!isTitle(name)) throw new DocstoreError('bad-name', 'A namespace name has 1 to 128 characters')
    if (!WRITE_POLICIES.includes(write)) {
      throw new DocstoreError('unsupported-policy', `There is no write policy ${JSON.stringify(write)}. Use owner, author or anyone`)
    }
    if (write === 'members') {
      throw new DocstoreError('unsupported-policy', 'The write policy "members" is not available yet. Use owner, author or anyone')
    }
    const genesis = createGenesis({ net: this.#network.cid, owner: this.#identity, write, ...(nonce === undefined ? {} : { nonce }) })
    const known = this.#namespaces.get(genesis.cid.toString())
    if (known !== undefined) return this.#info(known)
    const head = signHead(
      { net: this.#network.cid, ns: genesis.cid, epoch: 0, seq: 0, prev: null, at: this.#clock.next(0), body: { title: name } },
      this.#identity,
    )
    return this.#info(await this.#save(genesis, head))
  }

  async namespaces(): Promise<readonly NamespaceInfo[]> {
    return [...this.#namespaces.values()].map((open) => this.#info(open))
  }

  async namespaceIds(): Promise<readonly string[]> {
    return [...this.#namespaces.keys()]
  }

  async namespace(id: string): Promise<NamespaceInfo | undefined> {
    const open = this.#namespaces.get(id)
    return open && this.#info(open)
  }

  #info({ id, genesis: { genesis }, head: { head } }: OpenNamespace): NamespaceInfo {
    return {
      id,
      name: head.body.title,
      write: genesis.write,
      owner: didOf(genesis.owner),
      writable: genesis.write === 'author' || mayWrite(genesis.write, genesis.owner, this.#identity.author, undefined),
      createdAt: new Date(msFromTime(head.at)).toISOString(),
    }
  }

  async #save(genesis: DecodedGenesis, head: SignedHead): Promise<OpenNamespace> {
    const cid = genesis.cid.toString()
    const ns = await this.#storage.saveNamespace({ cid, genesis: genesis.bytes, head: head.bytes, signature: head.signature })
    const open = this.#remember(ns, genesis, head)
    this.#emit({ namespace: cid, from: 0, to: 0, collections: [] })
    return open
  }

  #open(id: string): OpenNamespace {
    const open = this.#namespaces.get(id)
    if (open === undefined) {
      throw new DocstoreError(
        'unknown-namespace',
        `The namespace ${id.slice(0, 80)} is not here. Check the id; if a peer has it, connect to the network and try again`,
      )
    }
    return open
  }

  async write(id: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    const open = this.#open(id)
    checkCollection(collection)
    if (writes.length > MAX_WRITES) throw new DocstoreError('too-many-writes', `One call writes at most ${MAX_WRITES} documents`)
    const { genesis } = open.genesis
    const author = { identity: this.#identity, clock: this.#clock }
    const entries: LocalWrite[] = []
    for (const write of writes) {
      if (!mayWrite(genesis.write, genesis.owner, author.identity.author, write.id)) {
        const reason = genesis.write === 'author' ? 'the document belongs to another author' : 'only its owner writes there'
        throw new DocstoreError('not-allowed', `You cannot write this document in "${open.head.head.body.title}": ${reason}`)
      }
      if (write.content !== null && write.content.length * 3 > this.#maxContent && utf8(write.content).length > this.#maxContent) {
        throw new DocstoreError('document-too-large', `The document ${JSON.stringify(write.id)} has more than ${this.#maxContent} bytes as JSON`)
      }
      entries.push(localWrite(open.scope, collection, write, author))
    }
    const outcomes = writes.length > 1 ? await this.#commitBulk(open, entries, writes) : await this.#commitSoon(open, entries)
    const current = await this.#storage.lastSeq(open.ns)
    return outcomes.map((outcome, i) =>
      outcome === undefined
        ? { status: 'unchanged', seq: current, at: entries[i]?.keptAt() ?? 0 }
        : { status: 'written', seq: outcome.seq, at: outcome.record.at },
    )
  }

  get #maxContent(): number {
    return this.#network.descriptor.limits.content
  }

  /** Group commit: all single writes of one turn of the event loop share a transaction. Their seal can wait. */
  #commitSoon(open: OpenNamespace, entries: readonly CommitEntry[]): Promise<readonly (CommitOutcome | undefined)[]> {
    return new Promise((resolve, reject) => {
      let group = this.#pending.get(open)
      if (group === undefined) {
        group = { entries: [], settle: [] }
        this.#pending.set(open, group)
        queueMicrotask(() => void this.#flush(open))
      }
      group.entries.push(...entries)
      group.settle.push({ count: entries.length, resolve, reject })
    })
  }

  async #flush(open: OpenNamespace): Promise<void> {
    const group = this.#pending.get(open)
    this.#pending.delete(open)
    if (group === undefined) return
    try {
      const outcomes = await this.#storage.commit(open.ns, group.entries)
      let at = 0
      for (const { count, resolve } of group.settle) {
        resolve(outcomes.slice(at, at + count))
        at += count
      }
      this.#committed(open, outcomes)
    } catch (error) {
      if (errorCode(error) === 'disk-full') await this.#flushEach(open, group)
      else for (const { reject } of group.settle) reject(error)
    }
  }

  async #flushEach(open: OpenNamespace, { entries, settle }: PendingGroup): Promise<void> {
    let at = 0
    const callers = settle.map(({ count }) => entries.slice(at, (at += count)))
    const settled = await commitEach(this.#storage, open.ns, callers)
    settle.forEach(({ resolve, reject }, i) => {
      const one = settled[i]
      if (one !== undefined && 'outcomes' in one) resolve(one.outcomes)
      else reject(one?.error)
    })
    this.#committed(
      open,
      settled.flatMap((one) => ('outcomes' in one ? one.outcomes : [])),
    )
  }

  async #commitBulk(open: OpenNamespace, entries: readonly CommitEntry[], writes: readonly Write[]): Promise<readonly (CommitOutcome | undefined)[]> {
    const isDistinct = new Set(writes.map((write) => write.id)).size === writes.length
    const sealWith = (hashes: Uint8Array) => createSeal(this.#network.cid, hashes, this.#identity)
    const outcomes = await this.#commitOr(
      () => this.#storage.commit(open.ns, entries, isDistinct ? { sealWith } : {}),
      () => commitWhole(this.#storage, open.ns, entries),
    )
    this.#committed(open, outcomes)
    return outcomes
  }

  /** The second way where there is no room for the first. */
  async #commitOr<T, U>(commit: () => T | Promise<T>, whenFull: () => Promise<U>): Promise<T | U> {
    try {
      return await commit()
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      return whenFull()
    }
  }

  /** Tells of what was stored; gives its positions. What took several transactions may have those of others in between, which must not count as its own. */
  #committed(open: OpenNamespace, outcomes: readonly (CommitOutcome | undefined)[]): [from: number, to: number][] {
    const ranges: { from: number; to: number; readonly collections: Set<string> }[] = []
    for (const outcome of outcomes) {
      if (outcome === undefined) continue
      const { seq, record, replaced } = outcome
      let last = ranges.at(-1)
      if (last?.to !== seq - 1) ranges.push((last = { from: seq - 1, to: seq, collections: new Set() }))
      last.to = seq
      if (record.collection !== null) last.collections.add(record.collection)
      this.#newest = Math.max(this.#newest, record.at)
      if (replaced !== undefined && replaced.content !== null) this.#scrubSoon()
    }
    if (ranges.length > 0) this.#settleSoon()
    for (const { from, to, collections } of ranges) this.#emit({ namespace: open.id, from, to, collections: [...collections] })
    return ranges.map(({ from, to }) => [from, to])
  }

  #scrubSoon(): void {
    this.#scrubTimer ??= setTimeout(() => {
      this.#scrubTimer = undefined
      this.#scrub()
    }, SCRUB_DELAY_MS)
  }

  /** What a full disk would need is made ready while there is room. A program of Node may end meanwhile: `close` does it too. */
  #settleSoon(): void {
    if (this.#settleTimer !== undefined) return
    this.#settleTimer = backgroundTimer(() => {
      this.#settleTimer = undefined
      this.#scrub()
    }, SETTLE_DELAY_MS)
  }

  #scrub(): void {
    Promise.resolve()
      .then(() => this.#storage.scrub())
      .catch((error: unknown) => {
        if (errorCode(error) === 'storage-closed') return
        // What was deleted is still in the log. A full disk may have room later; whatever else it is, is reported as uncaught.
        if (errorCode(error) !== 'disk-full') throw error
        this.#settleSoon()
      })
  }

  #emit(event: CommitEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        // The commit stands, and the other listeners must hear of it; the failure is reported as uncaught.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  async get(id: string, collection: string, documentId: string): Promise<string | undefined> {
    const open = this.#namespaces.get(id)
    return open && this.#storage.get(open.ns, collection, documentId)
  }

  async find(
    id: string,
    collection: string,
    { filter = {}, sort = {}, limit, cursor, maxMs, withChanges = false, withTotal = false }: FindRequest,
  ): Promise<FindResult> {
    checkCollection(collection)
    checkLimit(limit)
    const parsedSort = parseSortInput(sort)
    const bound = cursor === undefined ? undefined : readBound(cursor, this.#epoch)
    const parsedFilter = await readFilter(filter)
    const after = bound && decodeCursor(bound.cursor, parsedFilter, parsedSort)
    const upTo = withChanges ? undefined : bound?.upTo
    const open = this.#namespaces.get(id)
    if (open === undefined) return { contents: [], cursor: undefined, total: withTotal ? 0 : undefined }
    const { contents, end, seq, total } = await this.#storage.find(open.ns, collection, {
      filter: parsedFilter,
      sort: parsedSort,
      limit,
      after,
      upTo,
      maxMs,
      withTotal,
    })
    return {
      contents,
      cursor: end && boundedCursor(encodeCursor(end, parsedFilter, parsedSort), { seq, upTo: bound?.upTo, epoch: this.#epoch }),
      total,
    }
  }

  async openReading(id: string, collection: string, { filter = {}, sort = {}, limit, skip, first }: ReadRequest): Promise<OpenedReading> {
    checkCollection(collection)
    checkLimit(first)
    const query = { filter: await readFilter(filter), sort: parseSortInput(sort), limit, skip, first }
    const open = this.#namespaces.get(id)
    return open === undefined ? { contents: [], reading: undefined, seq: 0 } : this.#storage.openReading(open.ns, collection, query)
  }

  async readOn(reading: string, from: number, limit: number): Promise<{ contents: readonly string[]; isLast: boolean }> {
    checkLimit(limit)
    return this.#storage.readOn(reading, from, limit)
  }

  async endReading(reading: string): Promise<void> {
    await this.#storage.endReading(reading)
  }

  async count(id: string, collection: string, filter: unknown): Promise<number> {
    checkCollection(collection)
    const parsedFilter = await readFilter(filter)
    const open = this.#namespaces.get(id)
    return open === undefined ? 0 : this.#storage.count(open.ns, collection, parsedFilter)
  }

  async explain(id: string, collection: string, { filter = {}, sort = {}, limit }: Omit<FindRequest, 'cursor'>): Promise<Explanation> {
    checkCollection(collection)
    checkLimit(limit)
    return this.#storage.explain(this.#namespaces.get(id)?.ns ?? NO_NAMESPACE, collection, {
      filter: await readFilter(filter),
      sort: parseSortInput(sort),
      limit,
    })
  }

  async distinct(id: string, collection: string, path: string, filter: unknown): Promise<readonly Json[]> {
    checkCollection(collection)
    const fault = typeof path !== 'string' ? 'is no text' : path.startsWith('$') ? 'starts with $' : pathFault(path)
    if (fault !== undefined) throw new DocstoreError('bad-path', `The field name ${JSON.stringify(path)?.slice(0, 80)} ${fault}`)
    const parsedFilter = await readFilter(filter)
    const open = this.#namespaces.get(id)
    return open === undefined ? [] : this.#storage.distinct(open.ns, collection, path, parsedFilter)
  }

  async collections(id: string): Promise<readonly CollectionCount[]> {
    const open = this.#namespaces.get(id)
    return open === undefined ? [] : this.#storage.collections(open.ns)
  }

  async overview(id: string): Promise<Summary & { collections: readonly CollectionCount[] }> {
    const { collections, ...total } = await this.#storage.overview(this.#open(id).ns)
    return { ...summaryOf(total), collections }
  }

  async changes(id: string, since: number, limit: number): Promise<readonly ChangeRow[]> {
    checkLimit(limit)
    const open = this.#namespaces.get(id)
    if (open === undefined) return []
    const records = await boundedPage<StoredRecord>(
      limit,
      (some, last) => this.#storage.recordsSince(open.ns, last?.seq ?? since, some),
      (record) => record,
    )
    return records.map(changeOf)
  }

  async openFeed(id: string, { collection, filter }: FeedRequest, since?: number): Promise<{ feed: string | undefined; seq: number }> {
    checkCollection(collection)
    const open = this.#namespaces.get(id)
    // At once: the call is the beginning, however long it takes to read the filter.
    const opening = open === undefined ? { feed: undefined, seq: since ?? 0 } : this.#storage.openFeed(open.ns, since)
    const [checked, opened] = await Promise.allSettled([readDocumentFilter(filter), opening])
    if (opened.status === 'rejected') throw opened.reason
    if (checked.status === 'fulfilled') return opened.value
    if (opened.value.feed !== undefined) await this.#storage.endReading(opened.value.feed)
    throw checked.reason
  }

  async readFeed(feed: string, { collection, filter }: FeedRequest, limit: number): Promise<FeedPage> {
    checkLimit(limit)
    const parsedFilter = await readDocumentFilter(filter)
    const records = await boundedPage(
      limit,
      (some) => this.#storage.readFeed(feed, some),
      ({ record }) => record,
    )
    return { rows: feedRows(records, collection, parsedFilter), seq: records.at(-1)?.record.seq }
  }

  async createIndex(id: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<void> {
    checkCollection(collection)
    await this.#storage.createIndex(this.#open(id).ns, collection, fields, kind)
  }

  async dropIndex(id: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<boolean> {
    checkCollection(collection)
    return this.#storage.dropIndex(this.#open(id).ns, collection, fields, kind)
  }

  async indexes(id: string, collection: string): Promise<readonly IndexInfo[]> {
    checkCollection(collection)
    const open = this.#namespaces.get(id)
    return open === undefined ? [] : this.#storage.indexes(open.ns, collection)
  }

  async content(cid: string): Promise<string | undefined> {
    const parsed = parseCid(DAG_JSON, cid)
    return parsed && (await this.#storage.contentByDigest(parsed.multihash.digest))
  }

  async exportNamespace(id: string): Promise<{ genesis: Uint8Array; head: Uint8Array; signature: Uint8Array } | undefined> {
    const open = this.#namespaces.get(id)
    return open && { genesis: open.genesis.bytes, head: open.head.bytes, signature: open.head.signature }
  }

  /** One at a time: of two heads that arrive together the winner has to stay. */
  async importNamespace(genesisBytes: Uint8Array, headBytes: Uint8Array, signature: Uint8Array): Promise<{ id: string } | { refused: Refusal }> {
    return this.#imports.take(() => this.#import(genesisBytes, headBytes, signature))
  }

  async #import(genesisBytes: Uint8Array, headBytes: Uint8Array, signature: Uint8Array): Promise<{ id: string } | { refused: Refusal }> {
    const genesis = decodeGenesis(genesisBytes, this.#network.cid)
    if (!genesis.ok) return { refused: genesis.reason }
    const id = genesis.value.cid.toString()
    const known = this.#namespaces.get(id)
    // Peers show each other their heads at every comparison; nearly always it is the one that was checked before.
    if (known !== undefined && equalBytes(known.head.bytes, headBytes)) return { id }
    const head = await decodeHead(headBytes, signature, genesis.value)
    if (!head.ok) return { refused: head.reason }
    if (head.value.head.at > this.#latest()) return { refused: 'future' }
    if (known === undefined && this.#namespaces.size >= MAX_NAMESPACES) return { refused: 'too-large' }
    if (known === undefined || headWins(head.value, known.head)) await this.#save(genesis.value, head.value)
    return { id }
  }

  #latest(): number {
    return latestAt(this.#now())
  }

  async summary(id: string): Promise<Summary> {
    return summaryOf(await this.#storage.total(this.#open(id).ns))
  }

  async checkSummaries(): Promise<readonly string[]> {
    const wrong: string[] = []
    const reconciler = await this.#comparing()
    for (const { id, ns } of this.#namespaces.values()) if (!(await reconciler.checkSummary(ns))) wrong.push(id)
    return wrong
  }

  /** What compares sets, loaded when it is first needed: many a tab is closed before that. */
  async #comparing(): Promise<Reconciler> {
    this.#reconciler ??= this.#loadReconciler()
    try {
      return await this.#reconciler
    } catch (error) {
      // Perhaps its file can be read the next time.
      this.#reconciler = undefined
      throw error
    }
  }

  async lastSeq(id: string): Promise<number> {
    const open = this.#namespaces.get(id)
    return open === undefined ? 0 : this.#storage.lastSeq(open.ns)
  }

  async future(id: string): Promise<FutureRecords> {
    const { records, own, last } = await this.#storage.future(this.#open(id).ns, this.#latest(), this.#identity.author)
    return { records, mendable: own, until: records === 0 ? undefined : acceptableFrom(last) }
  }

  /** One at a time. Where nothing lies ahead, which is nearly always, it costs nothing. */
  async redate(): Promise<Redated> {
    return this.#redating.take(async () => {
      let [records, namespaces] = [0, 0]
      if (this.#newest <= this.#latest()) return { records, namespaces }
      for (const open of this.#namespaces.values()) {
        if (await this.#redateHead(open)) namespaces++
        // What others have lies ahead of this clock: it is wrong now, or theirs was as wrong. Then a new time could lose against theirs.
        if ((await this.#storage.times(open.ns)).known > this.#latest()) continue
        records += await this.#redateRecords(open)
      }
      if (records + namespaces > 0) await this.#lowerNewest()
      return { records, namespaces }
    })
  }

  async #redateRecords(open: OpenNamespace): Promise<number> {
    const author = { identity: this.#identity, clock: this.#clock }
    let redated = 0
    let isFull = false
    for (let since = 0; ; ) {
      const { known } = await this.#storage.times(open.ns)
      const found = await this.#storage.unknownFuture(open.ns, { after: this.#latest(), by: this.#identity.author, since, limit: REDATE_PAGE })
      const last = found.at(-1)
      if (last === undefined) break
      since = last.seq
      const entries = found.map((record) => redatedEntry(open.scope, record, { ...author, known }))
      // The same contents take no more room than before: a full store takes them too.
      const fitted = await this.#commitOr<readonly Fitted[], readonly Fitted[]>(
        () => this.#storage.commit(open.ns, entries),
        () => commitWhatFits(this.#storage, open.ns, entries, []),
      )
      const outcomes = fitted.filter((outcome) => outcome !== 'no-room')
      this.#committed(open, outcomes)
      // What its user has written anew meanwhile lies further on.
      const count = outcomes.filter((outcome) => outcome !== undefined).length
      const isPageFull = outcomes.length < fitted.length
      isFull ||= isPageFull
      if (isPageFull && count === 0) break
      redated += count
      await this.#pause()
    }
    if (isFull) throw fullError('what was written under a wrong clock could not be written anew')
    // Puts right how far the times of the namespace reach.
    if (redated > 0) await this.#storage.future(open.ns, this.#latest(), this.#identity.author)
    return redated
  }

  /** Looks anew how far all times reach, so that where nothing lies ahead any more nothing is looked at again. */
  async #lowerNewest(): Promise<void> {
    const before = this.#newest
    // What is committed meanwhile raises it.
    this.#newest = 0
    try {
      for (const { ns, id } of this.#namespaces.values())
        this.#newest = Math.max(this.#newest, this.#open(id).head.head.at, (await this.#storage.times(ns)).newest)
    } catch (error) {
      this.#newest = Math.max(this.#newest, before)
      throw error
    }
  }

  /** A newer head wins whatever its time, so it does not matter who has the one of the future. */
  async #redateHead({ id, genesis }: OpenNamespace): Promise<boolean> {
    return this.#imports.take(async () => {
      const { head } = this.#open(id)
      if (head.head.at <= this.#latest() || !equalBytes(genesis.genesis.owner, this.#identity.author)) return false
      await this.#save(genesis, redatedHead(head, this.#clock.next(0), this.#identity))
      return true
    })
  }

  async noteTaken(id: string, time: number): Promise<void> {
    await this.#storage.noteKnown(this.#open(id).ns, time)
  }

  /** Notes who may have our records before anybody can get them: a process that is killed while it sends must not take them for unsent. */
  async #handOut(ns: number, { handedTo }: BatchBuilder): Promise<void> {
    if (handedTo > 0) await this.#storage.noteKnown(ns, handedTo)
  }

  /** Signs what nobody signed yet, in groups of 64. */
  async #sealPending(ns: number): Promise<void> {
    const run = (this.#sealing.get(ns) ?? Promise.resolve()).then(async () => {
      for (;;) {
        const records = await this.#storage.unsealed(ns, MAX_SEAL_RECORDS)
        if (records.length === 0) return
        const hashes = new Uint8Array(records.length * 32)
        records.forEach(({ hash }, i) => hashes.set(hash, i * 32))
        await this.#storage.attachSeal(
          ns,
          records.map(({ seq }) => seq),
          createSeal(this.#network.cid, hashes, this.#identity),
        )
        if (records.length < MAX_SEAL_RECORDS) return
      }
    })
    this.#sealing.set(
      ns,
      run.catch(() => undefined),
    )
    return run
  }

  async batchSince(
    id: string,
    since: number,
    { maxBytes, skip = [], latest }: { maxBytes: number; skip?: readonly (readonly [from: number, to: number])[]; latest?: number | undefined },
  ): Promise<OutgoingBatch> {
    const { ns } = this.#open(id)
    await this.#sealPending(ns)
    const builder = new BatchBuilder(this.#storage, { maxBytes, own: this.#identity.author, latest })
    const end = async (seq: number, more: boolean): Promise<OutgoingBatch> => {
      await this.#handOut(ns, builder)
      return { batch: builder.finish(), records: builder.records, sent: builder.sent, seq, more }
    }
    let seq = since
    let sealedTo = 0
    let next = 0
    reading: for (;;) {
      let range = skip[next]
      while (range !== undefined && range[1] <= seq) range = skip[++next]
      if (range !== undefined && range[0] <= seq) {
        seq = range[1]
        continue
      }
      // What is passed over anyway is not even read, except within a page.
      const until = range?.[0] ?? Number.POSITIVE_INFINITY
      const records = await this.#storage.recordsSince(ns, seq, EXPORT_PAGE)
      for (const record of records) {
        if (record.seq > until) {
          seq = until
          continue reading
        }
        const added = await builder.add(record)
        if (added === 'full') return end(seq, true)
        // Written since the sealing above. Whatever has no seal even then stays here.
        if (added === 'unsealed' && record.seq > sealedTo) {
          sealedTo = record.seq
          await this.#sealPending(ns)
          continue reading
        }
        seq = record.seq
      }
      const total = await this.#storage.total(ns)
      if (records.length === 0 || seq >= total.seq) return { ...(await end(seq, false)), ...(total.seq === seq ? { summary: summaryOf(total) } : {}) }
    }
  }

  async batchOf(
    id: string,
    slots: Uint8Array,
    { maxBytes, latest }: { maxBytes: number; latest?: number | undefined },
  ): Promise<{ batch: Uint8Array | undefined; records: number; sent: readonly SentRecord[]; taken: number }> {
    const { ns } = this.#open(id)
    await this.#sealPending(ns)
    const builder = new BatchBuilder(this.#storage, { maxBytes, own: this.#identity.author, latest })
    let taken = 0
    let sealedTo = 0
    for (let offset = 0; offset + SLOT_BYTES <= slots.length; ) {
      const [record] = await this.#storage.recordsBySlot(ns, [slots.subarray(offset, offset + SLOT_BYTES)])
      const added = record === undefined ? 'added' : await builder.add(record)
      if (added === 'full') break
      if (added === 'unsealed' && record !== undefined && record.seq > sealedTo) {
        sealedTo = record.seq
        await this.#sealPending(ns)
        continue
      }
      offset += SLOT_BYTES
      taken++
    }
    await this.#handOut(ns, builder)
    return { batch: builder.finish(), records: builder.records, sent: builder.sent, taken }
  }

  async accept(id: string, batchBytes: Uint8Array): Promise<AcceptResult | { refused: Refusal }> {
    const open = this.#namespaces.get(id)
    if (open === undefined) return { refused: 'wrong-namespace' }
    const batch = decodeBatch(batchBytes)
    if (!batch.ok) return { refused: batch.reason }
    const rules = {
      scope: open.scope,
      owner: open.genesis.genesis.owner,
      maxContentBytes: this.#maxContent,
      latest: this.#latest(),
      aside: this.#aside,
    }
    const judged = await judgeBatch(batch.value, rules)
    const competitors = judged.filter((one) => typeof one !== 'string')
    const { seals } = batch.value
    const outcomes = await this.#commitOr<readonly Fitted[], readonly Fitted[]>(
      () => this.#storage.commit(open.ns, competitors, { seals }),
      () => commitWhatFits(this.#storage, open.ns, competitors, seals),
    )
    const ranges = this.#committed(
      open,
      outcomes.filter((outcome) => outcome !== 'no-room'),
    )
    let next = 0
    const results = judged.map((one): Acceptance => {
      if (typeof one === 'string') return one
      const outcome = outcomes[next++]
      if (outcome === 'no-room') return 'quota'
      return outcome !== undefined ? 'stored' : one.isSame ? 'same' : 'superseded'
    })
    return { results, ranges }
  }

  async firstQuestion(id: string): Promise<Uint8Array> {
    const { ns } = this.#open(id)
    return (await this.#comparing()).firstQuestion(ns)
  }

  async auditQuestion(id: string): Promise<Uint8Array | undefined> {
    const { ns } = this.#open(id)
    return (await this.#comparing()).auditQuestion(ns)
  }

  async answer(id: string, question: Uint8Array): Promise<Uint8Array | { refused: Refusal }> {
    const { ns } = this.#open(id)
    const answered = await (await this.#comparing()).answer(ns, question)
    return answered.ok ? answered.value : { refused: answered.reason }
  }

  async compareReply(id: string, question: Uint8Array, reply: Uint8Array): ReturnType<Replica['compareReply']> {
    const { ns } = this.#open(id)
    const compared = await (await this.#comparing()).compareReply(ns, question, reply)
    return compared.ok ? compared.value : { refused: compared.reason }
  }

  onCommit(listener: (event: CommitEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    const isScrubbing = this.#scrubTimer !== undefined || this.#settleTimer !== undefined
    clearTimeout(this.#scrubTimer)
    clearTimeout(this.#settleTimer)
    this.#scrubTimer = undefined
    this.#settleTimer = undefined
    try {
      if (isScrubbing) await this.#storage.scrub()
    } catch (error) {
      // Everything else was done. The next start empties the log.
      if (errorCode(error) !== 'disk-full') throw error
    } finally {
      await this.#storage.close()
    }
  }
}

/** Number of a namespace that no storage has: nothing lies there. */
const NO_NAMESPACE = 0

function checkCollection(name: string): void {
  if (!isCollectionName(name)) throw new DocstoreError('bad-collection', 'A collection name has 1 to 64 letters, digits, "_" or "-"')
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw new DocstoreError('bad-limit', `A page has 1 to ${MAX_PAGE} documents`)
}
