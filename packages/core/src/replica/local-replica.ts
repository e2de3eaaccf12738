import { backgroundTimer } from '../background-timer.ts'
import { DocstoreError, errorCode } from '../errors.ts'
import { Clock, latestAt } from '../model/clock.ts'
import type { Json } from '../model/json/json-value.ts'
import type { Identity } from '../model/keys/identity.ts'
import { personOf } from '../model/people/author.ts'
import type { Network } from '../model/network/network.ts'
import { type Random, secureRandom } from '../model/keys/random.ts'
import type { Refusal } from '../model/verdict.ts'
import type { Explanation } from '../query/index.ts'
import type { Parts } from '../sets/parts.ts'
import type { Difference } from '../sets/reconcile.ts'
import type { QueriesAside } from '../storage/queries/queries-aside.ts'
import type { Asker } from '../storage/queries/query-queue.ts'
import type { HistorySize, IndexInfo, IndexKind, Storage } from '../storage/storage.ts'
import { Comparing } from './exchange/comparing.ts'
import type { Placing } from './exchange/placing.ts'
import { Receiving } from './exchange/receiving.ts'
import { Sending } from './exchange/sending.ts'
import type { ReplicaGround } from './ground.ts'
import { HistoryKeeping } from './history/history-keeping.ts'
import { Namespaces } from './namespaces.ts'
import type { Files } from './files/files.ts'
import type { NostrEvents } from './nostr/nostr-events.ts'
import type { KeyLookup } from './people/finding/key-lookup.ts'
import { LazyPeople } from './people/lazy-people.ts'
import { ASIDE } from './people/judging/aside-prefixes.ts'
import type { OwnActs } from './people/acting/own-acts.ts'
import type { People } from './people/people.ts'
import type { PersonLookup } from './people/finding/person-lookup.ts'
import { principalId } from './people/principal-id.ts'
import type { SetAside } from './people/judging/set-aside.ts'
import { Feeds } from './reading/feeds.ts'
import { Queries } from './reading/queries.ts'
import type { Removing } from './removing.ts'
import { KnownRules } from './rules/known-rules.ts'
import { FILES_COLLECTION } from '../files/named-file.ts'
import { FIRST_FORGET_MS, FORGET_EVERY_MS } from './limits.ts'
import { nextTask } from '../model/next-task.ts'
import type { Pause } from './slices.ts'
import type {
  AcceptResult,
  Written,
  ChangeRow,
  CollectionCount,
  CommitEvent,
  BrokenPage,
  ConflictedPage,
  ConflictPage,
  DocumentOfContent,
  DocumentVersion,
  ErasedPage,
  FeedPage,
  FeedRequest,
  FindRequest,
  FindResult,
  FutureRecords,
  HeadChange,
  LogParcel,
  LogTips,
  MissingBlock,
  NamespaceBytes,
  NamespaceInfo,
  NamespaceInit,
  ProvedNamespace,
  OpenedReading,
  OutgoingBatch,
  PendingChange,
  PendingCounts,
  ReadContents,
  ReadRequest,
  Redated,
  Replica,
  ReplicaInfo,
  ReplicaSending,
  StorageCheck,
  Summary,
  Update,
  UpdateResult,
  Write,
  WriteResult,
} from './types.ts'
import { Expiry } from './writing/expiry.ts'
import type { Forgetting } from './writing/forgetting.ts'
import { CommitNews } from './writing/commit-news.ts'
import { NewestTime } from './writing/newest-time.ts'
import { LazyPending } from './writing/lazy-pending.ts'
import { Redating } from './writing/redating.ts'
import { OWN_LOGS } from '../storage/logs/log-storage.ts'
import { IDENTITY, OPEN_IDENTITY } from './open-identity.ts'
import { Tidying } from './writing/tidying.ts'
import { Writes } from './writing/writes.ts'

/** What a local replica is made of. */
export interface LocalReplicaInit {
  readonly storage: Storage
  readonly network: Network
  readonly identity: Identity
  /** The seed of that, for what else it signs where the stored one is locked. */
  readonly seed?: Uint8Array
  /** Random id of the database, hexadecimal. */
  readonly epoch: string
  /** Wall clock, Unix milliseconds. */
  readonly now?: () => number
  /** Gives other work its turn in the middle of long work. */
  readonly pause?: Pause
  /** Where queries run for whom nobody else shall wait. */
  readonly queries?: QueriesAside | undefined
  /** Whether other threads may check signatures. */
  readonly aside?: boolean
  /** Whether earlier versions are kept only where the owner of a namespace asks for it: at a relay. */
  readonly historyOnlyAsked?: boolean
  /** Where cuts and salts come from. */
  readonly random?: Random
  /** Called after this data has begun to sign for another person, or what it keeps of its own has changed; what it throws fails the change. */
  readonly onPerson?: (() => Promise<void>) | undefined
}

/** A replica on a storage in this thread: its parts, and which of them each call goes to. */
export class LocalReplica implements Replica {
  readonly #init: LocalReplicaInit
  readonly #tidying: Tidying
  readonly #news: CommitNews
  readonly #namespaces: Namespaces
  readonly #pending: LazyPending
  readonly #expiry: Expiry
  readonly #writes: Writes
  readonly #redating: Redating
  readonly #queries: Queries
  readonly #feeds: Feeds
  readonly #sending: Sending
  readonly #receiving: Receiving
  readonly #comparing: Comparing
  readonly #history: HistoryKeeping
  #files: Promise<Files> | undefined
  #isClosed = false
  #others: Promise<void> = Promise.resolve()
  /** Acts that follow from acts of others. */
  #saying: Promise<void> = Promise.resolve()
  readonly #ground: ReplicaGround
  #loadedForgetting: Forgetting | undefined
  #loadedOwnActs: OwnActs | undefined
  #aside: SetAside | undefined
  #loadedLookup: PersonLookup | undefined
  #loadedPlacing: Placing | undefined
  #loadedKeys: KeyLookup | undefined
  #nostr: NostrEvents | undefined
  #forgetTimer: ReturnType<typeof setTimeout> | undefined

  private constructor(init: LocalReplicaInit) {
    const { storage, queries, network, identity, epoch, now = Date.now, pause = nextTask, aside = true, random = secureRandom } = init
    this.#init = init
    const newest = new NewestTime()
    this.#tidying = new Tidying(storage, queries)
    this.#news = new CommitNews(newest, this.#tidying)
    const ground: ReplicaGround = {
      storage,
      network,
      identity,
      clock: new Clock(now),
      latest: () => latestAt(now()),
      pause,
      news: this.#news,
      newest,
      rules: new KnownRules(),
      people: new LazyPeople(() => this.#openPeople()),
    }
    this.#ground = ground
    const removing = async (): Promise<Removing> => {
      const { Removing } = await import('./removing.ts')
      return new Removing(ground, {
        keep: (open, records, reason) => this.#pending.keepRemoved(open.id, records, reason),
        setAside: async (open, records) => (await this.#openAside()).add(open, records),
        onRemoved: (ns) => this.#comparing.removed(ns),
      })
    }
    this.#history = new HistoryKeeping({ ground, namespaces: () => this.#namespaces.all(), onlyAsked: init.historyOnlyAsked === true, now })
    const namespaces = new Namespaces(ground, {
      onHead: async (open) => (open.scope.write === 'nostr' ? void (await storage.nostr(open.ns)) : this.#history.follow(open)),
      onArrival: (open, isNew) => this.#pending.apply(open, { mayLackRoles: isNew }),
      onJudged: async (id, when) => {
        await this.#aside?.bringBack(id, { isLater: when === 'later' })
        const open = when === 'changed' ? this.#namespaces.get(id) : undefined
        if (open !== undefined) await this.#pending.apply(open, { mayLackRoles: true, isAgain: true })
      },
      onRolesLost: (id, before) => {
        this.#saying = this.#saying.then(() => this.#giveRolesAgain(id, before))
      },
      onForgotten: async (id) => this.#aside?.forget(id),
      removing,
    })
    this.#namespaces = namespaces
    this.#pending = new LazyPending(ground, namespaces)
    this.#expiry = new Expiry(ground, {
      idOf: (ns) => namespaces.idOf(ns),
      onRemoved: (ns) => this.#comparing.removed(ns),
      beside: () => this.#aside,
    })
    this.#news.onExpiring((exp) => this.#expiry.note(exp))
    this.#writes = new Writes(ground, namespaces, { pending: this.#pending, expiry: this.#expiry })
    this.#redating = new Redating(ground, { namespaces, ownActs: () => this.#ownActs() })
    this.#queries = new Queries({
      storage,
      aside: queries,
      namespaces,
      pending: this.#pending,
      expiry: this.#expiry,
      epoch,
      pause,
      rules: ground.rules,
    })
    this.#feeds = new Feeds(storage, namespaces, this.#expiry)
    this.#sending = new Sending(ground, namespaces)
    this.#receiving = new Receiving(ground, namespaces, { aside, nostr: () => this.nostr() })
    this.#comparing = new Comparing({ storage, random, now, pause, onGone: (listener) => this.#news.onGone(listener) }, namespaces)
    this.#news.onCommit(({ collections }) => {
      if (collections.includes(FILES_COLLECTION)) this.#clearFiles()
    })
  }

  /** Opens what the storage holds. Throws `data-corrupt` where that does not verify. */
  static async open(init: LocalReplicaInit): Promise<LocalReplica> {
    const replica = new LocalReplica(init)
    if (await init.storage.hasLogs()) await replica.#ground.people.load()
    await replica.#namespaces.load()
    await replica.#pending.load()
    if ((await init.storage.listMeta(ASIDE)).length > 0) await replica.#openAside()
    await replica.#namespaces.finishRemoving()
    await replica.#expiry.load()
    replica.#history.start()
    init.storage.onOthers?.((numbers) => {
      replica.#others = replica.#others.then(() => replica.#othersChanged(numbers))
    })
    if (await init.storage.hasFilesToClear()) replica.#clearFiles()
    replica.#forgetLater(FIRST_FORGET_MS)
    return replica
  }

  /** What other processes have changed, one after another. */
  async #othersChanged(numbers: readonly number[]): Promise<void> {
    // Loaded where several share a database.
    const { othersChanged } = await import('./others-changed.ts')
    if (!this.#isClosed) await othersChanged(this.#ground, this.#namespaces, this.#comparing, numbers)
  }

  async #giveRolesAgain(...lost: Parameters<OwnActs['giveRolesAgain']>): Promise<void> {
    if (this.#isClosed) return
    try {
      await (await this.#ownActs()).giveRolesAgain(...lost)
    } catch (error) {
      // The roles are seen to be missing, and are given by hand. What is no error of ours is a fault, and is told as one.
      if (!this.#isClosed && !(error instanceof DocstoreError)) throw error
    }
  }

  async info(): Promise<ReplicaInfo> {
    const { network, epoch } = this.#init
    const { did, author } = this.#ground.identity
    const isPerson = personOf(author) !== undefined
    return {
      network: { id: network.id, name: network.descriptor.name, descriptor: network.bytes },
      identity: did,
      ...(isPerson && { person: principalId(author) }),
      epoch,
    }
  }

  async getMeta(key: string): Promise<Uint8Array | undefined> {
    if (key === OPEN_IDENTITY) return this.#init.seed
    return this.#init.storage.getMeta(key)
  }

  async setMeta(key: string, value: Uint8Array | undefined, options?: { readonly flushed?: boolean }): Promise<void> {
    await this.#init.storage.setMeta(key, value, options)
    // Whether it is locked now or not, what it was must not stay on the disk.
    if (key === IDENTITY) this.#tidying.scrubSoon()
  }

  async listMeta(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
    return this.#init.storage.listMeta(prefix)
  }

  // Namespaces

  createNamespace(init: NamespaceInit): Promise<NamespaceInfo> {
    return this.#namespaces.createNamespace(init)
  }

  openProfile(): Promise<NamespaceInfo> {
    return this.#namespaces.openProfile()
  }

  namespaces(): Promise<readonly NamespaceInfo[]> {
    return this.#namespaces.namespaces()
  }

  namespaceIds(): Promise<readonly string[]> {
    return this.#namespaces.namespaceIds()
  }

  namespace(id: string): Promise<NamespaceInfo | undefined> {
    return this.#namespaces.namespace(id)
  }

  changeHead(ns: string, change: HeadChange): Promise<NamespaceInfo> {
    return this.#namespaces.changeHead(ns, change)
  }

  forgetNamespace(ns: string): Promise<boolean> {
    return this.#namespaces.forgetNamespace(ns)
  }

  headSeq(ns: string): Promise<number> {
    return this.#namespaces.headSeq(ns)
  }

  headAndLogs(ns: string): Promise<string | undefined> {
    return this.#namespaces.headAndLogs(ns)
  }

  exportNamespace(ns: string): Promise<NamespaceBytes | undefined> {
    return this.#namespaces.exportNamespace(ns)
  }

  listedNamespaces(after: string): ReturnType<Replica['listedNamespaces']> {
    return this.#namespaces.listedNamespaces(after)
  }

  readNamespace(namespace: NamespaceBytes): ReturnType<Replica['readNamespace']> {
    return this.#namespaces.readNamespace(namespace)
  }

  importNamespace(genesis: Uint8Array, head: Uint8Array, signature: Uint8Array): Promise<{ id: string } | { refused: Refusal }> {
    return this.#namespaces.importNamespace(genesis, head, signature)
  }

  // Writing

  write(ns: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    return this.#writes.write(ns, collection, writes)
  }

  entryTime(ns: string, collection: string, count: number): Promise<number> {
    return this.#writes.entryTime(ns, collection, count)
  }

  update(ns: string, collection: string, update: Update): Promise<UpdateResult> {
    return this.#writes.update(ns, collection, update)
  }

  pending(ns: string): Promise<readonly PendingChange[]> {
    return this.#pending.pending(ns)
  }

  pendingCounts(ns: string): Promise<PendingCounts> {
    return this.#pending.pendingCounts(ns)
  }

  dropPending(ns: string, keys?: readonly string[]): Promise<number> {
    return this.#pending.dropPending(ns, keys)
  }

  awaited(): Promise<readonly string[]> {
    return this.#pending.awaited()
  }

  future(ns: string): Promise<FutureRecords> {
    return this.#redating.future(ns)
  }

  redate(): Promise<Redated> {
    return this.#redating.redate()
  }

  noteTaken(ns: string, time: number): Promise<void> {
    return this.#redating.noteTaken(ns, time)
  }

  // Reading

  get(ns: string, collection: string, id: string): Promise<string | undefined> {
    return this.#queries.get(ns, collection, id)
  }

  getVersion(ns: string, collection: string, id: string): Promise<DocumentVersion | undefined> {
    return this.#queries.getVersion(ns, collection, id)
  }

  history(ns: string, collection: string, id: string): Promise<readonly DocumentVersion[]> {
    return this.#queries.history(ns, collection, id)
  }

  historySize(ns: string): Promise<HistorySize> {
    return this.#queries.historySize(ns)
  }

  find(ns: string, collection: string, request: FindRequest, asker?: Asker): Promise<FindResult> {
    return this.#queries.find(ns, collection, request, asker)
  }

  conflicts(ns: string, collection: string, which: Parameters<Queries['conflicts']>[2]): Promise<ConflictPage> {
    return this.#queries.conflicts(ns, collection, which)
  }

  conflicted(ns: string, which: Parameters<Queries['conflicted']>[1]): Promise<ConflictedPage> {
    return this.#queries.conflicted(ns, which)
  }

  broken(ns: string, collection: string, which: Parameters<Queries['broken']>[2]): Promise<BrokenPage> {
    return this.#queries.broken(ns, collection, which)
  }

  openReading(ns: string, collection: string, request: ReadRequest): Promise<OpenedReading> {
    return this.#queries.openReading(ns, collection, request)
  }

  readOn(reading: string, from: number, limit: number): Promise<ReadContents & { isLast: boolean }> {
    return this.#queries.readOn(reading, from, limit)
  }

  endReading(reading: string): Promise<void> {
    return this.#queries.endReading(reading)
  }

  count(ns: string, collection: string, filter: unknown): Promise<number> {
    return this.#queries.count(ns, collection, filter)
  }

  explain(ns: string, collection: string, request: Omit<FindRequest, 'cursor'>): Promise<Explanation> {
    return this.#queries.explain(ns, collection, request)
  }

  distinct(ns: string, collection: string, path: string, filter: unknown): Promise<readonly Json[]> {
    return this.#queries.distinct(ns, collection, path, filter)
  }

  collections(ns: string): Promise<readonly CollectionCount[]> {
    return this.#queries.collections(ns)
  }

  overview(ns: string): Promise<Summary & { collections: readonly CollectionCount[] }> {
    return this.#queries.overview(ns)
  }

  createIndex(ns: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<void> {
    return this.#queries.createIndex(ns, collection, fields, kind)
  }

  dropIndex(ns: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<boolean> {
    return this.#queries.dropIndex(ns, collection, fields, kind)
  }

  indexes(ns: string, collection: string): Promise<readonly IndexInfo[]> {
    return this.#queries.indexes(ns, collection)
  }

  content(cid: string): Promise<string | undefined> {
    return this.#queries.content(cid)
  }

  documentOf(cid: string): Promise<DocumentOfContent | undefined> {
    return this.#queries.documentOf(cid)
  }

  changes(ns: string, since: number, limit: number): Promise<readonly ChangeRow[]> {
    return this.#feeds.changes(ns, since, limit)
  }

  openFeed(ns: string, request: FeedRequest, since?: number): Promise<{ feed: string | undefined; seq: number }> {
    return this.#feeds.openFeed(ns, request, since)
  }

  readFeed(feed: string, request: FeedRequest, limit: number): Promise<FeedPage> {
    return this.#feeds.readFeed(feed, request, limit)
  }

  // Exchange with other peers

  async summary(ns: string, parts?: Parts): Promise<Summary> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    return this.#comparing.summary(ns, parts)
  }

  async print(ns: string, parts?: Parts): ReturnType<Replica['print']> {
    return (await this.#placing()).print(ns, parts)
  }

  async prove(namespaces: readonly ProvedNamespace[], salt: Uint8Array): ReturnType<Replica['prove']> {
    return (await this.#placing()).prove(namespaces, salt)
  }

  async takeAway(...[ns, print, parts]: Parameters<Replica['takeAway']>): Promise<boolean> {
    return (await this.#placing()).takeAway(ns, print, parts)
  }

  /** Loaded at relays, where there are more than copies. */
  async #placing(): Promise<Placing> {
    const { Placing } = await import('./exchange/placing.ts')
    return (this.#loadedPlacing ??= new Placing(this.#ground, this.#namespaces, this, this.#comparing))
  }

  checkSummaries(): Promise<readonly string[]> {
    return this.#comparing.checkSummaries()
  }

  lastSeq(ns: string): Promise<number> {
    return this.#comparing.lastSeq(ns)
  }

  firstQuestion(ns: string, parts?: Parts): Promise<Uint8Array> {
    return this.#comparing.firstQuestion(ns, parts)
  }

  auditQuestion(ns: string): Promise<Uint8Array | undefined> {
    return this.#comparing.auditQuestion(ns)
  }

  answer(ns: string, question: Uint8Array): Promise<Uint8Array | { refused: Refusal }> {
    return this.#comparing.answer(ns, question)
  }

  compareReply(ns: string, question: Uint8Array, reply: Uint8Array): Promise<Difference | { refused: Refusal }> {
    return this.#comparing.compareReply(ns, question, reply)
  }

  batchSince(ns: string, since: number, options: Parameters<ReplicaSending['batchSince']>[2]): Promise<OutgoingBatch> {
    return this.#sending.batchSince(ns, since, options)
  }

  batchOf(ns: string, slots: Uint8Array, options: Parameters<ReplicaSending['batchOf']>[2]): ReturnType<ReplicaSending['batchOf']> {
    return this.#sending.batchOf(ns, slots, options)
  }

  accept(ns: string, batch: Uint8Array, refused?: ReadonlyMap<number, Refusal | 'quota'>): Promise<AcceptResult | { refused: Refusal }> {
    return this.#receiving.accept(ns, batch, refused)
  }

  async giveUp(ns: string, seqs: readonly number[]): Promise<number> {
    return (await this.#forgetting()).giveUp(ns, seqs)
  }

  async eraseOwn(ns: string, since: number): Promise<ErasedPage> {
    // Loaded when somebody asks: few do.
    const { Erasing } = await import('./writing/erasing.ts')
    if (since === 0) await this.#aside?.forget(ns, this.#ground.identity.author)
    return new Erasing(this.#ground, this.#namespaces, this.#writes).eraseOwn(ns, since)
  }

  async forgetDeleted(): Promise<number> {
    await this.#aside?.tidy()
    return (await this.#forgetting()).look(() => this.#isClosed)
  }

  // Persons

  ownerLog(genesis: Uint8Array): ReturnType<Replica['ownerLog']> {
    return this.#logs((logs) => logs.ownerLog(genesis))
  }

  async logsDigest(ns: string): Promise<Uint8Array | undefined> {
    // At every comparison: where nobody knows of any person, nothing is loaded.
    return this.#ground.people.loaded?.exchange.logsDigest(ns)
  }

  logTips(ns: string, after: Uint8Array, limit: number): ReturnType<Replica['logTips']> {
    return this.#logs((logs) => logs.logTips(ns, after, limit))
  }

  missingLogs(ns: string, theirs: readonly LogTips[]): ReturnType<Replica['missingLogs']> {
    return this.#logs((logs) => logs.missingLogs(ns, theirs))
  }

  exportActs(...asked: Parameters<Replica['exportActs']>): ReturnType<Replica['exportActs']> {
    return this.#logs((logs) => logs.exportActs(...asked))
  }

  importActs(ns: string, parcels: readonly LogParcel[], genesis?: Uint8Array): ReturnType<Replica['importActs']> {
    return this.#logs((logs) => logs.importActs(ns, parcels, genesis))
  }

  async person(): ReturnType<Replica['person']> {
    return this.#ground.people.loaded === undefined ? undefined : (await this.#ownActs()).person()
  }

  async changePerson(change: Parameters<Replica['changePerson']>[0]): Promise<void> {
    await (await this.#ownActs()).changePerson(change)
  }

  async members(ns: string): ReturnType<Replica['members']> {
    return (await this.#ownActs()).members(ns)
  }

  async namespaceHistory(ns: string): ReturnType<Replica['namespaceHistory']> {
    const { namespaceHistory } = await import('./people/namespace-history.ts')
    return namespaceHistory(this.#ground, this.#namespaces.open(ns))
  }

  async changeRoles(...change: Parameters<Replica['changeRoles']>): Promise<void> {
    await (await this.#ownActs()).changeRoles(...change)
  }

  async addToPerson(acts: LogParcel['acts']): Promise<void> {
    await (await this.#ownActs()).addToPerson(acts)
  }

  async cutTime(): Promise<number> {
    return (await this.#ownActs()).cutTime()
  }

  async personFacts(): ReturnType<Replica['personFacts']> {
    return this.#ground.people.loaded === undefined ? undefined : (await this.#ownActs()).personFacts()
  }

  async becomeDevice(log: LogParcel): Promise<void> {
    await (await this.#ownActs()).becomeDevice(log)
  }

  async restorePerson(...args: Parameters<Replica['restorePerson']>): Promise<void> {
    await (await this.#ownActs()).restorePerson(...args)
  }

  async actAsRecovery(...args: Parameters<Replica['actAsRecovery']>): Promise<void> {
    await (await this.#ownActs()).actAsRecovery(...args)
  }

  async rotateRecovery(...args: Parameters<Replica['rotateRecovery']>): Promise<void> {
    await (await this.#ownActs()).rotateRecovery(...args)
  }

  async recoverySeed(): ReturnType<Replica['recoverySeed']> {
    return (await this.#ownActs()).recoverySeed()
  }

  async keepRecoverySeed(seed: Uint8Array | undefined): Promise<void> {
    await (await this.#ownActs()).keepRecoverySeed(seed)
  }

  async personsByRecovery(commitment: Uint8Array): ReturnType<Replica['personsByRecovery']> {
    return this.#ground.people.loaded === undefined ? [] : (await this.#lookup()).personsByRecovery(commitment)
  }

  async personLog(person: Uint8Array, from: number, maxBytes: number): ReturnType<Replica['personLog']> {
    return this.#ground.people.loaded === undefined ? undefined : (await this.#lookup()).personLog(person, from, maxBytes)
  }

  async namespacesOf(person: Uint8Array, after: string, limit: number): Promise<readonly string[]> {
    return this.#ground.people.loaded === undefined ? [] : (await this.#lookup()).namespacesOf(person, after, limit)
  }

  async learnPerson(log: LogParcel, { keep }: { readonly keep: boolean }): ReturnType<Replica['learnPerson']> {
    return (await this.#ground.people.load()).exchange.learn(log, keep ? OWN_LOGS : undefined)
  }

  async devicesOf(person: Uint8Array): ReturnType<Replica['devicesOf']> {
    return (await this.#ground.people.loaded?.state(person))?.devices
  }

  async personsOfKey(key: Uint8Array): ReturnType<Replica['personsOfKey']> {
    if (this.#ground.people.loaded === undefined) return []
    const { KeyLookup } = await import('./people/finding/key-lookup.ts')
    return (this.#loadedKeys ??= new KeyLookup(this.#ground, this.#ground.people.loaded)).personsOfKey(key)
  }

  async #lookup(): Promise<PersonLookup> {
    const { PersonLookup } = await import('./people/finding/person-lookup.ts')
    return (this.#loadedLookup ??= new PersonLookup((await this.#ground.people.load()).logs, this.#namespaces))
  }

  /** Loaded when somebody changes what devices there are: few do. */
  async #ownActs(): Promise<OwnActs> {
    const { OwnActs } = await import('./people/acting/own-acts.ts')
    return (this.#loadedOwnActs ??= new OwnActs(this.#ground, await this.#ground.people.load(), {
      namespaces: this.#namespaces,
      seed: this.#seed(),
      onPerson: this.#init.onPerson,
    }))
  }

  #seed(): Uint8Array {
    const { seed } = this.#init
    if (seed === undefined) throw new TypeError('a replica that keeps a recovery key is opened with the seed of its identity')
    return seed
  }

  async #logs<T>(work: (exchange: People['exchange']) => Promise<T>): Promise<T> {
    return work((await this.#ground.people.load()).exchange)
  }

  /** Loaded where logs have taken something away: seldom. */
  async #openAside(): Promise<SetAside> {
    const { SetAside } = await import('./people/judging/set-aside.ts')
    if (this.#aside !== undefined) return this.#aside
    const aside = new SetAside({
      ground: this.#ground,
      namespace: (id) => this.#namespaces.get(id),
      accept: (id, batch) => this.#receiving.accept(id, batch),
      onBack: (id, records) => this.#pending.cameBack(id, records),
      onExpiring: (exp) => this.#expiry.note(exp),
      onFilesFree: () => this.#clearFiles(),
    })
    await aside.load()
    return (this.#aside ??= aside)
  }

  async #openPeople(): Promise<People> {
    const { storage, aside = true } = this.#init
    const { People } = await import('./people/people.ts')
    return People.open(storage, {
      network: this.#ground.network,
      latest: this.#ground.latest,
      namespace: (id) => this.#namespaces.get(id),
      aside,
      onChanging: async (...change) => (await this.#namespaces.judging()).changing(...change),
      onChanged: async (numbers) => (await this.#namespaces.judging()).changed(numbers),
      tell: (id) => this.#news.tell({ namespace: id, from: 0, to: 0, collections: [], head: true }),
    })
  }

  /** Loaded when it is first needed: most programs end before that. */
  async #forgetting(): Promise<Forgetting> {
    const { Forgetting } = await import('./writing/forgetting.ts')
    return (this.#loadedForgetting ??= new Forgetting({
      ground: this.#ground,
      namespaces: this.#namespaces,
      onRemoved: (ns) => this.#comparing.removed(ns),
    }))
  }

  /** Failures are reported as uncaught, but for those after which there may be another chance. */
  #forgetLater(ms: number): void {
    this.#forgetTimer = backgroundTimer(() => {
      this.forgetDeleted()
        .catch((error: unknown) => {
          if (!this.#isClosed && !['disk-full', 'data-missing', 'storage-read-only', 'storage-closed'].includes(errorCode(error))) throw error
        })
        .finally(() => {
          if (!this.#isClosed) this.#forgetLater(FORGET_EVERY_MS)
        })
    }, ms)
  }

  async nostr(): Promise<NostrEvents> {
    const { NostrEvents } = await import('./nostr/nostr-events.ts')
    this.#nostr ??= new NostrEvents({ ground: this.#ground, namespaces: this.#namespaces, expiry: this.#expiry })
    await this.#nostr.open()
    return this.#nostr
  }

  onCommit(listener: (event: CommitEvent) => void): () => void {
    return this.#news.onCommit(listener)
  }

  // Files

  async file(ns: string, cid: string): ReturnType<Files['file']> {
    return (await this.#fileStore()).file(ns, cid)
  }

  async uploadPieces(upload: string, pieces: readonly Uint8Array[]): ReturnType<Files['uploadPieces']> {
    return (await this.#fileStore()).uploadPieces(upload, pieces)
  }

  async uploadTree(upload: string, digests: Uint8Array, size: number): Promise<string> {
    return (await this.#fileStore()).uploadTree(upload, digests, size)
  }

  async endUpload(upload: string): Promise<void> {
    return (await this.#fileStore()).endUpload(upload)
  }

  async missingBlocks(ns: string, cid: string, range: { readonly from: number; readonly to: number }): ReturnType<Files['missingBlocks']> {
    return (await this.#fileStore()).missingBlocks(ns, cid, range)
  }

  async storeBlock(ns: string, cid: string, block: MissingBlock, bytes: Uint8Array): Promise<boolean> {
    return (await this.#fileStore()).storeBlock(ns, cid, block, bytes)
  }

  async readFile(ns: string, cid: string, at: number): Promise<Uint8Array | undefined> {
    return (await this.#fileStore()).readFile(ns, cid, at)
  }

  async block(cid: string): Promise<Uint8Array | undefined> {
    return (await this.#fileStore()).block(cid)
  }

  async partialFiles(after: number, limit: number): ReturnType<Files['partialFiles']> {
    return (await this.#fileStore()).partialFiles(after, limit)
  }

  /** Loaded when somebody has files: many have none. */
  #fileStore(): Promise<Files> {
    return (this.#files ??= this.#loadFiles().catch((error: unknown) => {
      this.#files = undefined
      throw error
    }))
  }

  async #loadFiles(): Promise<Files> {
    const { storage, pause = nextTask, now = Date.now } = this.#init
    const [{ Files }, files] = await Promise.all([import('./files/files.ts'), storage.files()])
    return new Files({
      storage: files,
      namespaces: this.#namespaces,
      pause,
      now,
      onStored: () => this.#tidying.settleSoon(),
      onRemoved: () => this.#tidying.scrubSoon(),
    })
  }

  /** Failures are reported as uncaught, but for that of a store which closes. */
  #clearFiles(): void {
    this.#fileStore()
      .then((files) => files.clearSoon())
      .catch((error: unknown) => {
        if (!this.#isClosed) throw error
      })
  }

  // The database

  async isInPlace(): Promise<boolean> {
    return this.#init.storage.isInPlace()
  }

  async compactSome(): Promise<{ readonly left: number }> {
    const { storage, queries, pause = nextTask } = this.#init
    // Others have their turn between two parts.
    await pause()
    const quietly = (): Promise<{ readonly left: number }> => storage.compactSome()
    try {
      return await quietly()
    } catch (error) {
      if (queries === undefined || !['storage-busy', 'data-in-use'].includes(errorCode(error))) throw error
    }
    let step = { left: 0 }
    await queries.quiet(async () => {
      step = await quietly()
    })
    return step
  }

  async backup(path: string): Promise<void> {
    const { storage, queries } = this.#init
    // Aside, a file is opened by its name.
    if (queries !== undefined && (await storage.isInPlace())) await queries.backup(path)
    else await storage.backup(path)
  }

  async usage(): Promise<readonly Written[] | undefined> {
    return this.#init.queries?.usage?.()
  }

  async checkStorage(): Promise<StorageCheck> {
    // Loaded when somebody asks: few do.
    const { checkStorage } = await import('./storage-check.ts')
    return checkStorage(this.#init.storage, this.#init.queries)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#forgetTimer)
    try {
      await this.#init.queries?.close()
      await this.#expiry.stop()
      await (await this.#files?.catch(() => undefined))?.stop()
      await this.#history.stop()
      await this.#saying
      await this.#tidying.finish()
    } finally {
      await this.#init.storage.close()
    }
  }
}
