import type { ErrorCode } from '../../error-codes.ts'
import { DocstoreError, errorCode } from '../../errors.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { MAX_LOSERS } from '../../model/limits.ts'
import { authorFault, type AuthoredRecord, type KnownPeople } from '../../model/people/author-fault.ts'
import { checkPaths } from '../../storage/indexes/declared-indexes.ts'
import { isShown, ownContent } from '../../storage/records/own-content.ts'
import type { IndexInfo, IndexKind, StoredRecord } from '../../storage/storage.ts'
import type { ReplicaGround } from '../ground.ts'
import { MAX_PENDING, MAX_PENDING_BYTES } from '../limits.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { CameBack } from '../people/judging/set-aside.ts'
import type { RemovalReason } from '../removing.ts'
import { Turns } from '../turns.ts'
import type { PendingChange, PendingCounts, PendingIndex, PendingWrite, ReplicaPending, Write, WriteResult } from '../types.ts'
import { pendingEntries } from './pending-entry.ts'
import { PENDING_PREFIX } from './pending-prefix.ts'
import { decodePending, encodePending, namespaceOfKey, pendingKey, pendingPrefix } from './pending-row.ts'

/** What is refused for good is told; a full disk may have room later, so that what needs it goes on waiting. */
const PASSING: ReadonlySet<string> = new Set(['disk-full', 'data-missing', 'storage-closed', 'storage-failed', 'storage-read-only'])

/** Why nobody lets this author write. */
const NOT_ALLOWED = 'not-allowed'
/** Stands for logs where all are keys and there are no roles. */
const NOBODY: KnownPeople = { person: () => undefined }

/** What is known when something is applied. */
interface ApplyOptions {
  /** Whether the namespace has just come, and its logs perhaps not yet. */
  readonly mayLackRoles?: boolean
  readonly isAgain?: boolean
}

/** What is kept of a namespace: how much, and the latest time of it. */
interface Counts {
  waiting: number
  refused: number
  newest: number
}

/** Finds a namespace that is here. */
export interface Arrivals {
  get(id: string): OpenNamespace | undefined
}

/**
 * What was asked for in namespaces that are not here yet. Whether its policy allows a write is written in the namespace itself, so nobody can
 * judge it before that arrives; and a write must not wait for the network. Bounded, and nothing of it is ever dropped silently.
 */
export class PendingChanges implements ReplicaPending {
  readonly #ground: ReplicaGround
  readonly #namespaces: Arrivals
  /** What is kept after an arrival, and what is applied at it, must not miss each other. */
  readonly #turns = new Turns()
  readonly #counts = new Map<string, Counts>()
  #bytes = 0

  constructor(ground: ReplicaGround, namespaces: Arrivals) {
    this.#ground = ground
    this.#namespaces = namespaces
  }

  /** Takes up what the storage holds, and applies what belongs to namespaces that are here: the process may have ended in the middle of that. */
  async load(): Promise<void> {
    for (const [key, bytes] of await this.#ground.storage.listMeta(PENDING_PREFIX)) this.#count(decodePending(key, bytes), bytes.length, 1)
    for (const ns of await this.awaited()) {
      const open = this.#namespaces.get(ns)
      if (open === undefined) continue
      try {
        await this.apply(open, { mayLackRoles: true })
      } catch (error) {
        // The data can be read all the same; it is tried again with the next comparison.
        if (!PASSING.has(errorCode(error))) throw error
      }
    }
  }

  /** Keeps writes; `undefined` where their namespace has arrived. Throws `unknown-namespace` for what is no id, and `too-many-pending`. */
  async keepWrites(ns: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[] | undefined> {
    return this.#keep(ns, async () => {
      const kept: WriteResult[] = []
      for (const { id, content, exp } of writes) {
        const at = this.#nextTime(ns)
        await this.#add({ key: pendingKey(ns, at), collection, at, id, content, ...(exp === undefined ? {} : { exp }) })
        kept.push({ status: 'pending', seq: 0, at })
      }
      return kept
    })
  }

  /** Keeps the declaration of an index; `undefined` where its namespace has arrived. */
  async keepIndex(ns: string, collection: string, fields: readonly string[], { text = false }: IndexKind = {}): Promise<boolean | undefined> {
    checkPaths(fields)
    return this.#keep(ns, async () => {
      if ((await this.#indexRows(ns, collection)).some((one) => isSameIndex(one, fields, text))) return true
      const at = this.#nextTime(ns)
      await this.#add({ key: pendingKey(ns, at), collection, at, fields, text })
      return true
    })
  }

  /** Gives up the declaration of an index; `undefined` where its namespace has arrived. */
  async dropIndex(ns: string, collection: string, fields: readonly string[], { text = false }: IndexKind = {}): Promise<boolean | undefined> {
    return this.#keep(ns, async () => {
      const same = (await this.#indexRows(ns, collection)).filter((one) => isSameIndex(one, fields, text))
      for (const one of same) await this.#remove(one)
      return same.length > 0
    })
  }

  async indexes(ns: string, collection: string): Promise<readonly IndexInfo[]> {
    return (await this.#indexRows(ns, collection)).map(({ fields, text }) => ({ fields, text }))
  }

  /**
   * Applies all that waits for a namespace that is here now. What throws goes on waiting, and where its roles may be on their way still, what these would have to
   * allow. With `isAgain`, because its logs have changed, what they did not allow is judged anew.
   */
  async apply(open: OpenNamespace, { mayLackRoles = false, isAgain = false }: ApplyOptions = {}): Promise<void> {
    const wants = ({ refused }: PendingChange): boolean =>
      refused === undefined || (isAgain && open.scope.write === 'members' && refused === NOT_ALLOWED)
    if (!this.#isAwaited(open.id) && !(isAgain && this.#counts.has(open.id))) return
    await this.#turns.take(async () => {
      const refused: string[] = []
      let applied = 0
      for (const change of (await this.pending(open.id)).filter(wants)) {
        const reason = 'fields' in change ? await this.#declare(open, change) : await this.#write(open, change)
        if (reason === undefined) {
          applied++
          await this.#remove(change)
        } else if (change.refused === undefined && !(mayLackRoles && open.scope.write === 'members' && reason === NOT_ALLOWED)) {
          refused.push(reason)
          await this.#refuse(change, reason)
        }
      }
      if (applied + refused.length > 0) this.#ground.news.tell({ namespace: open.id, from: 0, to: 0, collections: [], pending: { applied, refused } })
    })
  }

  async #declare({ ns }: OpenNamespace, { collection, fields, text }: PendingIndex): Promise<string | undefined> {
    try {
      await this.#ground.storage.createIndex(ns, collection, fields, { text })
      return undefined
    } catch (error) {
      if (!(error instanceof DocstoreError) || PASSING.has(error.code)) throw error
      return error.code
    }
  }

  async #write(open: OpenNamespace, write: PendingWrite): Promise<string | undefined> {
    const { storage, identity, network, news, people } = this.#ground
    const rules = (await this.#ground.rules.of(open.head.head.body.collections))?.get(write.collection)
    const maxContentBytes = network.descriptor.limits.content
    const known = await people.of(open, [identity.author])
    const authority = await known?.authority(open, [identity.author])
    const { write: policy, owner } = open.genesis.genesis
    const fault = (record: AuthoredRecord): ErrorCode | undefined => {
      const reason = authorFault({ write: policy, owner }, record, authority ?? NOBODY)
      // Whether a role has ended or never was, another one may come.
      return reason === undefined ? undefined : policy === 'members' ? NOT_ALLOWED : reason === 'revoked' ? reason : NOT_ALLOWED
    }
    const entries = pendingEntries(open, write, { identity, maxContentBytes, rules, fault })
    if ('refused' in entries) return entries.refused
    await known?.need(open, [identity.author])
    // It was written before anybody here could see what others had.
    await storage.readyForEdits()
    news.tellOf(open.id, await storage.commit(open.ns, entries))
    return undefined
  }

  /**
   * Keeps what was written here and is not accepted any more, as refused, before it is removed: as much as there is room for. Whoever listens hears
   * of all.
   */
  async keepRemoved(ns: string, records: readonly StoredRecord[], reason: RemovalReason): Promise<void> {
    await this.#turns.take(async () => {
      const number = this.#namespaces.get(ns)?.ns
      // Of a document with edits one record shows all of it, whoever wrote that one: it is kept once.
      const edited = new Set<string>()
      for (const record of records.toReversed()) {
        const { collection, id, at } = record
        if (number === undefined || collection === null || id === null) continue
        const key = await this.#freeKey(ns, { at, collection, id })
        if (key === undefined) continue
        if (record.own !== undefined && record.lost === undefined && edited.size === edited.add(`${collection}/${id}`).size) continue
        const content = await this.#saidBy(number, collection, id, record)
        // It was deleted without knowing of this edit, or has expired.
        if (content === undefined || record.erased !== undefined) continue
        try {
          await this.#add({ key, collection, id, content, at, refused: reason })
        } catch (error) {
          if (errorCode(error) !== 'too-many-pending') throw error
        }
      }
      this.#ground.news.tell({ namespace: ns, from: 0, to: 0, collections: [], pending: { applied: 0, refused: records.map(() => reason) } })
    })
  }

  /** What was kept as refused of records that are accepted again goes. */
  async cameBack(ns: string, records: readonly CameBack[]): Promise<void> {
    await this.#turns.take(async () => {
      const back = new Set(records.map(({ collection, id, at }) => `${at}/${collection}/${id}`))
      const kept = (await this.pending(ns)).filter((change) => change.refused === 'revoked' && 'id' in change)
      const gone = kept.filter((change) => 'id' in change && back.has(`${change.at}/${change.collection}/${change.id}`))
      for (const change of gone) await this.#remove(change)
      if (gone.length > 0) this.#ground.news.tell({ namespace: ns, from: 0, to: 0, collections: [], pending: { applied: gone.length, refused: [] } })
    })
  }

  /** What the document is by a record, or would be by one that lost; `undefined` where there is none. */
  async #saidBy(ns: number, collection: string, id: string, record: StoredRecord): Promise<string | null | undefined> {
    const { storage } = this.#ground
    const { lost, edit, seq } = record
    if (lost === undefined) return isShown(record) ? record.content : storage.get(ns, collection, id)
    if (edit === undefined) return ownContent(record)
    const all = await storage.conflicts(ns, collection, { id, after: undefined, limit: MAX_LOSERS })
    return all.find(({ end }) => end.seq === seq)?.content ?? undefined
  }

  /** Where a change of this document and time is kept, `undefined` where it is already. Another device of this author may have written another one at that time. */
  async #freeKey(ns: string, change: { readonly at: number; readonly collection: string; readonly id: string }): Promise<string | undefined> {
    for (let at = change.at; ; at++) {
      const key = pendingKey(ns, at)
      const bytes = await this.#ground.storage.getMeta(key)
      if (bytes === undefined) return key
      const other = decodePending(key, bytes)
      if ('id' in other && other.id === change.id && other.collection === change.collection && other.at === change.at) return undefined
    }
  }

  async pending(ns: string): Promise<readonly PendingChange[]> {
    if (!this.#counts.has(ns)) return []
    return (await this.#ground.storage.listMeta(pendingPrefix(ns))).map(([key, bytes]) => decodePending(key, bytes))
  }

  async pendingCounts(ns: string): Promise<PendingCounts> {
    const { waiting, refused } = this.#counts.get(ns) ?? { waiting: 0, refused: 0 }
    return { waiting, refused }
  }

  async dropPending(ns: string, keys?: readonly string[]): Promise<number> {
    return this.#turns.take(async () => {
      const dropped = (await this.pending(ns)).filter(({ key }) => keys === undefined || keys.includes(key))
      for (const change of dropped) await this.#remove(change)
      if (dropped.length > 0) this.#ground.news.tell({ namespace: ns, from: 0, to: 0, collections: [] })
      return dropped.length
    })
  }

  async awaited(): Promise<readonly string[]> {
    return [...this.#counts.keys()].filter((ns) => this.#isAwaited(ns))
  }

  #isAwaited(ns: string): boolean {
    return (this.#counts.get(ns)?.waiting ?? 0) > 0
  }

  /** Does something for a namespace that is not here, and has not arrived meanwhile. */
  async #keep<T>(ns: string, work: () => Promise<T>): Promise<T | undefined> {
    if (parseCid(DAG_CBOR, ns) === undefined) return undefined
    return this.#turns.take(async () => (this.#namespaces.get(ns) === undefined ? work() : undefined))
  }

  async #indexRows(ns: string, collection: string): Promise<readonly PendingIndex[]> {
    const waiting = (await this.pending(ns)).filter((change) => change.refused === undefined && change.collection === collection)
    return waiting.filter((change) => 'fields' in change)
  }

  /** After everything that waits there, whatever the clock was when that was asked for. */
  #nextTime(ns: string): number {
    return this.#ground.clock.next(this.#counts.get(ns)?.newest ?? 0)
  }

  async #add(change: PendingChange): Promise<void> {
    const bytes = encodePending(change)
    let all = 0
    for (const { waiting, refused } of this.#counts.values()) all += waiting + refused
    if (all >= MAX_PENDING || this.#bytes + bytes.length > MAX_PENDING_BYTES) {
      throw new DocstoreError(
        'too-many-pending',
        `At most ${MAX_PENDING} changes of ${MAX_PENDING_BYTES} bytes wait for namespaces that are not here yet. ready() tells when one has arrived`,
      )
    }
    await this.#ground.storage.setMeta(change.key, bytes)
    this.#count(change, bytes.length, 1)
  }

  /** In one step: a process that ends in between must lose nothing. */
  async #refuse(change: PendingChange, reason: string): Promise<void> {
    const refused: PendingChange = { ...change, refused: reason }
    const bytes = encodePending(refused)
    await this.#ground.storage.setMeta(change.key, bytes)
    this.#count(change, encodePending(change).length, -1)
    this.#count(refused, bytes.length, 1)
  }

  async #remove(change: PendingChange): Promise<void> {
    await this.#ground.storage.setMeta(change.key, undefined)
    this.#count(change, encodePending(change).length, -1)
  }

  #count({ key, at, refused }: PendingChange, bytes: number, by: 1 | -1): void {
    const ns = namespaceOfKey(key)
    const counts = this.#counts.get(ns) ?? { waiting: 0, refused: 0, newest: 0 }
    counts[refused === undefined ? 'waiting' : 'refused'] += by
    counts.newest = Math.max(counts.newest, at)
    this.#bytes += by * bytes
    if (counts.waiting + counts.refused > 0) this.#counts.set(ns, counts)
    else this.#counts.delete(ns)
  }
}

function isSameIndex(one: PendingIndex, fields: readonly string[], text: boolean): boolean {
  return one.text === text && one.fields.length === fields.length && one.fields.every((field, i) => field === fields[i])
}
