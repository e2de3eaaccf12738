import type { ErasedContent } from '../model/batch.ts'
import type { EditPath } from '../model/edits/edit-path.ts'
import type { Seen } from '../model/edits/seen.ts'
import type { Json } from '../model/json/json-value.ts'
import type { Explanation, Filter, Sort } from '../query/index.ts'
import type { NostrEvent } from '../model/nostr/event.ts'
import type { Seal } from '../model/seal.ts'
import type { SqlValue } from './drivers/driver.ts'
import type { CompactStep } from './space/compacting.ts'
import type { FileStorage } from './files/file-storage.ts'
import type { LogStorage, StoredAct, StoredLog } from './logs/log-storage.ts'
import type { NostrFilter, NostrGate, NostrIds, NostrPage, PageOptions, SetOptions } from './nostr/types.ts'

/** A value, or a promise of it: SQLite answers at once, PostgreSQL or a worker later. */
type Awaitable<T> = T | Promise<T>

/** A namespace as it is stored. `ns` is its number in this database. */
export interface StoredNamespace {
  readonly ns: number
  readonly cid: string
  readonly genesis: Uint8Array
  readonly head: Uint8Array
  readonly signature: Uint8Array
}

/** The stored version of a document or of its tombstone. */
export interface StoredRecord {
  /** Local append order within the namespace; every write gets a higher one. */
  readonly seq: number
  readonly slot: Uint8Array
  /** Absent in a tombstone of a document that was never here. */
  readonly collection: string | null
  readonly id: string | null
  readonly at: number
  readonly hash: Uint8Array
  readonly by: Uint8Array
  /** Number of its seal; `null` while it has none. */
  readonly seal: number | null
  readonly prev: Uint8Array | null
  readonly exp: number | null
  /** Key hash, of a tombstone only. */
  readonly kh: Uint8Array | null
  /**
   * Canonical JSON of the document; `null` for a tombstone. Where fields of the document were edited by themselves, the record that came last has
   * what all of them make together, and the others `null`.
   */
  readonly content: string | null
  /** What the record says itself, where that is not its `content`. */
  readonly own?: string
  /** Whether the slot is its author's own, whatever the write policy is. */
  readonly ownSlot?: true
  /** Of a record that has expired: what is known of what it said. Its `content` is `null`. */
  readonly erased?: ErasedContent
  /** Of an edit: slot of the document, and the field. */
  readonly edit?: RecordEdit
  /** Which versions by others its writer had before him. */
  readonly seen?: Seen
  /** Of a version that lost and is kept: it lies in a slot of its own. */
  readonly lost?: RecordLoss
}

/** What a version lost. */
export interface RecordLoss {
  /** Slot of the document. */
  readonly document: Uint8Array
  /** The slot for which it competed. */
  readonly unit: Uint8Array
  /** When it lost here, Unix milliseconds. */
  readonly since: number
}

/** What an edit is about. */
export interface RecordEdit {
  /** Slot of the document. */
  readonly document: Uint8Array
  readonly path: EditPath
}

/** A version to be stored. Its `content` is what it says itself. */
export interface NewRecord extends Omit<StoredRecord, 'seq' | 'slot' | 'seal' | 'own' | 'lost'> {
  /** sha-256 of the content; `null` for a tombstone, and where it expired. */
  readonly digest: Uint8Array | null
  /** Of an edit that was made here: what the document becomes by it, where nothing of that is later. So nobody has to find it out again. */
  readonly becomes?: string | undefined
}

/** Which record made a document what it is. */
export interface ShownFacts {
  readonly at: number
  readonly by: Uint8Array
  /** Hybrid time at which the document expires; `null` where it does not. */
  readonly exp: number | null
}

/** The same with the document. */
export interface ShownVersion extends ShownFacts {
  readonly content: string
}

/** A version that lost, with what won. */
export interface LostVersion {
  readonly id: string
  /** What the document would be with it; `null` where that is none: it was a delete, or the document was deleted. */
  readonly content: string | null
  readonly at: number
  readonly by: Uint8Array
  /** Of an edit: its field, and the value, absent where it takes that away. */
  readonly edit?: { readonly path: EditPath; readonly value?: Json }
  /** What the document is, `null` where there is none, and the version to which it lost. */
  readonly won: { readonly content: string | null; readonly at: number; readonly by: Uint8Array }
  /** Where the next page begins. */
  readonly end: LostEnd
}

/** A document of which versions lost. */
export interface LostDocument {
  readonly collection: string
  readonly id: string
  /** How many, 16 at most. */
  readonly conflicts: number
  /** Whether it was deleted, so that only its conflicts are left. */
  readonly isDeleted: boolean
}

/** Where a page of versions that lost has ended. */
export interface LostEnd {
  readonly id: string
  readonly seq: number
}

/** Where a page of such documents has ended. */
export type LostDocumentEnd = Pick<LostDocument, 'collection' | 'id'>

/** A page of documents of which versions lost. */
export interface LostDocuments {
  readonly documents: readonly LostDocument[]
  /** Where the next page begins, where there may be one. */
  readonly end?: LostDocumentEnd
}

/** Which version holds a slot. */
export interface Version extends Pick<StoredRecord, 'seq' | 'slot' | 'hash' | 'at'> {}

/** What all records of a namespace add up to. */
export interface SetTotal {
  /** Highest position in the local order; 0 where it is empty. */
  readonly seq: number
  /** Number of records, tombstones included. */
  readonly count: number
  /** Fingerprint of all of them. */
  readonly fingerprint: Uint8Array
  /** Number of documents, in all collections. */
  readonly documents: number
}

/** How many documents a collection has. */
export interface CollectionCount {
  readonly collection: string
  readonly documents: number
}

/** How far the times of a namespace reach; either can be up to a minute too late, never too early. Once `future` found nothing, `newest` is exact. */
export interface TimeMarks {
  /** No record has a later time. */
  readonly newest: number
  /** Nobody else has a record of a later time. */
  readonly known: number
}

/** Records beyond a time. */
export interface FutureTotal {
  readonly records: number
  /** Those of one author that nobody else can have. */
  readonly own: number
  /** Latest time among them, 0 where there are none. */
  readonly last: number
}

/** Which records of the future are asked for: beyond a time, by an author, after a position. */
export interface UnknownFuture {
  readonly after: number
  readonly by: Uint8Array
  readonly since: number
  readonly limit: number
}

/** A document with its edits, inside of a commit. */
export interface DocumentView {
  /** What holds the document's slot. */
  readonly base: StoredRecord | undefined
  /** In their order. */
  readonly edits: readonly StoredRecord[]
  /** Versions that lost and are kept, in their order. */
  readonly losers: readonly StoredRecord[]
  /** Latest time of its records, 0 where there are none. */
  readonly newest: number
  /** Position of the last of them, 0 where there are none. */
  readonly lastSeq: number
  /** What all of them make together; `null` where that is no document. */
  content(): string | null
  /** sha-256 of that. */
  digest(): Uint8Array | null
}

/** Records later than a time, after a position. */
export interface LaterRecords {
  readonly after: number
  readonly since: number
  readonly limit: number
  /** Of these, those at these positions alone. */
  readonly only?: readonly number[]
}

/** Records that somebody signed, or that are some, between two positions. */
export interface RecordsOf {
  /** Digests of persons, whichever device of theirs signed, and keys that signed for themselves. */
  readonly persons: readonly Uint8Array[]
  /** Hashes, hexadecimal, of records that are looked for, whoever signed them. */
  readonly hashes?: readonly string[]
  readonly since: number
  /** The last position that is looked at. */
  readonly to: number
  readonly limit: number
}

/** A record that was here, or came too late to be. */
export interface PastRecord {
  readonly at: number
  readonly hash: Uint8Array
  readonly by: Uint8Array
  /** Of an edit: the field. */
  readonly path?: EditPath
  /** What it says; `null` for a tombstone. */
  readonly content: string | null
}

/** How many of them a namespace has here, and what they take, bytes. */
export interface HistorySize {
  readonly versions: number
  readonly bytes: number
}

/** One competitor for a slot. */
export interface CommitEntry {
  readonly slot: Uint8Array
  /** Slot of the document, where the entry is an edit or wants to see the document whole. */
  readonly document?: Uint8Array
  /** Which of the commit's seals covers it, where seals are given. */
  readonly seal?: number
  /** Whether it takes the place of the version that holds the slot though that is later: nobody else has that. */
  readonly isAnew?: boolean
  /**
   * Called inside the transaction with the version that holds the slot: returns the one that competes with it, or `undefined` to leave
   * everything as it is. Pure and synchronous. Where a document of this slot was deleted long ago, `forgotten` is the time up to which nothing of it must
   * come back, whatever stands there since, else 0. Where the document has edits or losers, or the entry names it, it comes as a whole too. Which of
   * the two wins, and whether the other is kept, the storage finds out.
   */
  readonly build: (old: StoredRecord | undefined, document: DocumentView | undefined, forgotten: number) => NewRecord | undefined
  /** After `build` gave nothing: the record that came too late for its slot, for the history of its document. */
  readonly late?: NewRecord | undefined
}

/** How the records of a commit are signed, and what is written with them. */
export interface CommitSeals {
  /** Seals that arrived with the records. */
  readonly seals?: readonly Seal[]
  /** Signs here and now, in groups; slots must differ from each other then. Without either, records wait for `attachSeal`. */
  readonly sealWith?: (hashes: Uint8Array) => Seal
  /** Called once all entries are built: small values to set in the same transaction, or to remove with `undefined`. */
  readonly notes?: (() => readonly (readonly [key: string, value: Uint8Array | undefined])[]) | undefined
}

/** What a commit did with one entry; `undefined` where nothing of it is kept. */
export interface CommitOutcome {
  readonly seq: number
  readonly record: NewRecord
  readonly replaced: StoredRecord | undefined
  /** Of a document with edits or losers: the number of the namespace, and which versions left slots that nothing else has taken. */
  readonly edited?: { readonly ns: number; readonly gone: readonly Pick<Version, 'slot' | 'hash'>[] }
  /** How many versions of the document have lost by this and are kept, the record itself perhaps. */
  readonly lost?: number
}

/** Which records are looked at, and up to which time what is gone is forgotten. */
export interface ForgetRange {
  readonly before: number
  readonly since: number
  readonly limit: number
}

/** A document that was shown and is not any more, or in another way, because of records that have expired. `ns` is the number of its namespace. */
export interface ExpiredDocument {
  readonly ns: number
  /** The new position of its record, 0 where that went. */
  readonly seq: number
  readonly collection: string | null
  /** Of an event of Nostr: the version that went, for which nothing came. */
  readonly gone?: Pick<Version, 'slot' | 'hash'>
}

/** What a record is called in the network that it moves to. */
export interface Restated {
  readonly slot: Uint8Array
  readonly hash: Uint8Array
  /** Key hash, of a tombstone only. */
  readonly kh: Uint8Array | null
  /** Slot of the document, of an edit only. */
  readonly document?: Uint8Array
}

/** A log that is called something else from now on, and whose acts say so. */
export interface MovedLog {
  /** What it is called until then. */
  readonly before: Uint8Array
  readonly log: StoredLog
  readonly acts: readonly StoredAct[]
}

/** A namespace of this database, by its number `ns`, as what it is in the network that it moves to. */
export interface NamespaceMove extends StoredNamespace {
  /**
   * Called inside the transaction with each of its records, in append order; one that is `undefined` is forgotten. Pure and synchronous. Without it they stay as
   * they are: events of Nostr are the same in every network.
   */
  readonly restate?: (record: StoredRecord) => Restated | undefined
  /** Signs the restated records, in groups. */
  readonly sealWith: (hashes: Uint8Array) => Seal
  /** Its log of roles, where it has one. */
  readonly roles?: MovedLog
  /** Called with how many of its records were dealt with since the last call. */
  readonly onRecords?: (records: number) => void
}

/** Where a page of results ended. */
export interface PageEnd {
  readonly values: readonly SqlValue[]
  readonly id: string
}

/** A query within one collection. */
export interface StoredQuery {
  readonly filter: Filter
  readonly sort: Sort
  readonly limit: number
  readonly after?: PageEnd | undefined
  /** Leaves out versions after this position: those that have changed since an earlier page. */
  readonly upTo?: number | undefined
  /** Most milliseconds; `too-slow` beyond. Without `maxRows` only conditions that SQLite cannot decide itself are counted. */
  readonly maxMs?: number | undefined
  /** Most rows that are looked at; `too-slow` beyond. */
  readonly maxRows?: number | undefined
  /** Whether all that match are counted too. */
  readonly withTotal?: boolean | undefined
  /** Whether it is wanted who made the documents what they are. */
  readonly withFacts?: boolean | undefined
}

/** One page of results. */
export interface FoundPage {
  readonly contents: readonly string[]
  /** One for each, where that was asked for. */
  readonly facts?: readonly ShownFacts[]
  /** Where the next page begins; `undefined` on the last. */
  readonly end: PageEnd | undefined
  /** Highest position of the moment. */
  readonly seq: number
  /** How many match altogether, where that was asked for. */
  readonly total: number | undefined
}

/** A query whose results are read in one state, however long that takes. */
export interface ReadingQuery {
  readonly filter: Filter
  readonly sort: Sort
  /** Without it, all. */
  readonly limit?: number | undefined
  readonly skip?: number | undefined
  /** Most documents of the first piece. */
  readonly first: number
  /** Whether it is wanted who made the documents what they are. */
  readonly withFacts?: boolean | undefined
}

/** The first piece of results; where more follows, the reading that gives it. */
export interface OpenedReading {
  readonly contents: readonly string[]
  readonly facts?: readonly ShownFacts[]
  readonly reading: string | undefined
  /** Highest position of the moment. */
  readonly seq: number
}

/** The next piece of results. */
export interface ReadPiece {
  readonly contents: readonly string[]
  readonly facts?: readonly ShownFacts[]
  readonly isLast: boolean
}

/** A change, with what its reader saw there last: `null` where that was no document, `undefined` where it is not known. */
export interface FeedRecord {
  readonly record: StoredRecord
  readonly before: string | null | undefined
}

/** Whether an index is about the words in its fields, else about their values. */
export interface IndexKind {
  readonly text?: boolean
}

/** A declared index. */
export interface IndexInfo extends Required<IndexKind> {
  readonly fields: readonly string[]
}

/** A document that was found by what it says. */
export interface FoundDocument {
  /** Number of its namespace. */
  readonly ns: number
  readonly collection: string
  readonly id: string
  readonly content: string
}

/** An event as it is stored: all of it follows from the event. */
export interface NostrRecord {
  readonly event: NostrEvent
  readonly slot: Uint8Array
  readonly record: NewRecord
  readonly seal: Seal
}

/** What became of an event in a commit. `hidden`: it is stored for what it does, and nobody finds it. */
export type NostrStored = 'stored' | 'hidden' | 'duplicate' | 'superseded' | 'deleted' | 'vanished' | 'expired'

/** What a commit of events did. */
export interface NostrCommit {
  /** One for each event, in their order. */
  readonly results: readonly { readonly what: NostrStored; readonly outcome?: CommitOutcome }[]
  /** Versions that went though nothing took their slots. */
  readonly gone: readonly Pick<Version, 'slot' | 'hash'>[]
}

/** Events of Nostr, which lie in one namespace. Every method is one atomic step. */
export interface NostrStorage {
  /** Stores events whose signatures are right; `now` is a hybrid time. Throws `disk-full` where there is no room for all of them. */
  commit(records: readonly NostrRecord[], now: number): NostrCommit
  /** What a full store still takes: events that take others away. Throws `disk-full` where not even that is possible. */
  commitShrinking(records: readonly NostrRecord[], now: number): NostrCommit
  /** Which of these ids are here, or are not wanted. */
  known(ids: readonly string[]): readonly ('here' | 'unwanted' | undefined)[]
  page(filter: NostrFilter, options: PageOptions): NostrPage
  count(filter: NostrFilter, gate: NostrGate | undefined): number
  /** Keys of those whose events match, once each event, of so many at most. */
  authorsOf(filter: NostrFilter, options: SetOptions): readonly string[]
  /** `undefined` for more than so many. */
  ids(filter: NostrFilter, options: SetOptions): NostrIds | undefined
  /** Takes events away that the operator does not want, and keeps them from coming back. Gives what went. */
  ban(ids: readonly string[]): readonly Pick<Version, 'slot' | 'hash'>[]
  /** Lets them be stored again. */
  unban(ids: readonly string[]): void
}

/**
 * Where a peer's data lies. Every method is one atomic step; a method that throws has changed nothing. Implementations are
 * held to one contract by `testing/storage-contract.ts`.
 */
export interface Storage extends LogStorage {
  /** Small values of the peer itself: keys, settings. */
  getMeta(key: string): Awaitable<Uint8Array | undefined>
  /** Sets a value, or removes it with `undefined`. With `flushed` it waits for the disk, and a power cut takes neither this nor anything of before. */
  setMeta(key: string, value: Uint8Array | undefined, options?: { readonly flushed?: boolean }): Awaitable<void>
  /** All values whose key starts with `prefix`, sorted by key. */
  listMeta(prefix: string): Awaitable<readonly (readonly [key: string, value: Uint8Array])[]>

  /** All that are here, without those that were forgotten. */
  namespaces(): Awaitable<readonly StoredNamespace[]>
  /** Adds a namespace, or replaces the head of one that is here, which moves its last position on: whoever reads the local order looks again. */
  saveNamespace(namespace: Omit<StoredNamespace, 'ns'>): Awaitable<number>
  /**
   * Takes a namespace and its indexes away; its records go with `removeLater`, until none is left. Its id keeps its number, and the local order goes on
   * where it was should it be saved again: positions that others know must not come twice. With a position, only where that is the last one; false where it is
   * not. What is on its way into it finds it gone then: `commit` throws `unknown-namespace`.
   */
  forgetNamespace(ns: number, onlyAt?: number): Awaitable<boolean>
  /** Numbers of forgotten namespaces that still have records. */
  halfForgotten(): Awaitable<readonly number[]>
  /** Records of a later time, in append order: at most `limit`, fewer where they are large, none only where none follow. */
  laterRecords(ns: number, which: LaterRecords): Awaitable<readonly StoredRecord[]>
  /** Records of some persons, in append order: at most `limit`, fewer where they are large. Reads the authors of all records up to the last one that it gives. */
  recordsOf(ns: number, which: RecordsOf): Awaitable<readonly StoredRecord[]>
  /** Removes the records that `laterRecords` gives, and resolves with their number. No tombstone stays. */
  removeLater(ns: number, which: LaterRecords): Awaitable<number>

  /**
   * Makes other namespaces of those that are here, and sets small values, all in one transaction: ids, slots, hashes and seals change, and what
   * records replaced is forgotten; documents, times, authors, positions and indexes stay as they are. Nobody else may know any of their records.
   */
  moveNamespaces(moves: readonly NamespaceMove[], meta: ReadonlyMap<string, Uint8Array | undefined>): Awaitable<void>

  /**
   * To be called before a commit in which there is an edit, an entry that names its document, or a version that has not seen the one it meets. What
   * there is already of edits and losers needs no call.
   */
  readyForEdits(): Awaitable<void>
  /** Lets records compete for their slots, all in one transaction, and stores the winners. */
  commit(ns: number, entries: readonly CommitEntry[], seals?: CommitSeals): Awaitable<readonly (CommitOutcome | undefined)[]>
  /**
   * What a full store still takes: like `commit`, but of the new versions only those that are tombstones or no larger than what they replace.
   * The others are `'no-room'`; with `isWhole` one of them is enough for `disk-full`. It may use what is reserved for this, beyond `maxBytes`
   * and on a full disk.
   */
  commitShrinking(
    ns: number,
    entries: readonly CommitEntry[],
    options?: Pick<CommitSeals, 'seals' | 'notes'> & { readonly isWhole?: boolean },
  ): Awaitable<readonly (CommitOutcome | undefined | 'no-room')[]>
  /**
   * Says whether what others take the place of is kept from now on, as history that is here alone; until then it is not. To be called before the first
   * commit: what is deleted has to be forgotten in any case.
   */
  keepHistory(ns: number, isKept: boolean): Awaitable<void>
  /** All records that are known of a document which is here: those that make it, and those that others took the place of. In no order. */
  pastRecords(ns: number, collection: string, id: string): Awaitable<readonly PastRecord[]>
  /** Removes records of the history that went before a time, Unix milliseconds, at most `limit`; resolves with their number. */
  tidyHistory(ns: number, which: { readonly before: number; readonly limit: number }): Awaitable<number>
  historySize(ns: number): Awaitable<HistorySize>
  /** Numbers of the namespaces that have some. */
  historyNamespaces(): Awaitable<readonly number[]>
  /** Local records that nobody signed yet, in append order. */
  unsealed(ns: number, limit: number): Awaitable<readonly StoredRecord[]>
  /** Puts a seal on records that had none. Records that were replaced meanwhile are passed over. */
  attachSeal(ns: number, seqs: readonly number[], seal: Seal): Awaitable<void>
  seal(seal: number): Awaitable<Seal | undefined>
  /** Whether anybody ever signed something so that was stored here. */
  isAuthor(by: Uint8Array): Awaitable<boolean>

  /** How far the times of its records reach. */
  times(ns: number): Awaitable<TimeMarks>
  /** Notes that somebody else may have records up to a time. Records that arrive with a seal are noted by `commit`. */
  noteKnown(ns: number, time: number): Awaitable<void>
  /** How many records lie beyond a time, and how many of them `by` wrote and nobody else can have. Takes no time where there are none. */
  future(ns: number, after: number, by: Uint8Array): Awaitable<FutureTotal>
  /** Those that `by` wrote and nobody else can have, after a position in append order. Reads the namespace from there. */
  unknownFuture(ns: number, which: UnknownFuture): Awaitable<readonly StoredRecord[]>

  /** Hybrid time at which the next record expires; `undefined` where none does. */
  nextExpiry(): Awaitable<number | undefined>
  /** Erases what records said that have expired by a time, of at most `limit`, the first ones first. The records stay, at new positions. */
  expire(now: number, limit: number): Promise<readonly ExpiredDocument[]>

  /**
   * Removes records that were erased though they expire after this time, of at most `limit`: a clock was wrong. They can come again then. Gives the
   * numbers of their namespaces, none where no more are left.
   */
  takeBackExpired(latest: number, limit: number): Promise<readonly number[]>

  /**
   * Looks at `limit` records after a position and forgets documents that are gone and of which nothing is later than a time: their records go, and a
   * few bytes stay that keep them from coming back. `next` is where to go on.
   */
  forgetDeleted(ns: number, which: ForgetRange): Promise<{ readonly next: number | undefined; readonly removed: number }>
  /** Removes records that are no later than a time, by position: somebody has forgotten their documents. Resolves with how many went. */
  giveUp(ns: number, seqs: readonly number[], before: number): Promise<number>

  /** Highest `seq` in the namespace, 0 where it is empty. */
  lastSeq(ns: number): Awaitable<number>
  /** What the records add up to. Takes the same short time however many there are. */
  total(ns: number): Awaitable<SetTotal>
  /** Adds up all records anew; resolves with false where `total` was wrong, which puts it right. */
  recount(ns: number): Awaitable<boolean>
  /**
   * Records in append order, after `since`: at most `limit`, fewer once their content has 16 Mi UTF-16 units, none only where none follow.
   */
  recordsSince(ns: number, since: number, limit: number): Awaitable<readonly StoredRecord[]>
  recordsBySlot(ns: number, slots: readonly Uint8Array[]): Awaitable<readonly StoredRecord[]>
  /** The versions that hold the slots, in append order: what the summary of the set is made of. */
  versionsSince(ns: number, since: number, limit: number): Awaitable<readonly Version[]>
  /** The same by slot: those in `[low, high)`, where `undefined` is the end of everything, at most `limit`. */
  versionsBetween(ns: number, low: Uint8Array, high: Uint8Array | undefined, limit: number): Awaitable<readonly Version[]>
  /** A document whose content has this sha-256 now, whichever that is. The first call may take a while: it makes an index. */
  documentByDigest(digest: Uint8Array): Awaitable<FoundDocument | undefined>

  /** Content of a document, `undefined` where there is none or it was deleted. */
  get(ns: number, collection: string, id: string): Awaitable<string | undefined>
  /** The same, with time and author of the newest of its records. */
  getVersion(ns: number, collection: string, id: string): Awaitable<ShownVersion | undefined>
  /**
   * Versions that lost and are kept, of one document or of all, in order of their ids: at most `limit`, fewer where they are large, none only where none
   * follow.
   */
  conflicts(
    ns: number,
    collection: string,
    which: { readonly id?: string | undefined; readonly after?: LostEnd | undefined; readonly limit: number },
  ): Promise<readonly LostVersion[]>
  /** Documents with such versions, of all collections, in order of collection and id. Looks at `limit` documents at most; `end` where others may follow. */
  conflicted(ns: number, which: { readonly after?: LostDocumentEnd | undefined; readonly limit: number }): Promise<LostDocuments>
  /** One page in order. It ends early, like a full one with its `end`, once its documents have 16 Mi UTF-16 units. */
  find(ns: number, collection: string, query: StoredQuery): Awaitable<FoundPage>
  /**
   * Begins to read all results of a query as they are now. What is replaced or deleted later is kept in memory until it was read, within
   * bounds; the reading that was not used for longest ends first.
   */
  openReading(ns: number, collection: string, query: ReadingQuery): Awaitable<OpenedReading>
  /** Results from this one on, counted from the first of all: at most `limit`, fewer where they are large. Throws `reading-ended`. */
  readOn(reading: string, from: number, limit: number): Awaitable<ReadPiece>
  /** Ends a reading or a feed; it may have ended before. */
  endReading(reading: string): Awaitable<void>
  /** Begins to read changes, from now on unless a position is given, each with what stood there when it was last read. */
  openFeed(ns: number, since?: number): Awaitable<{ readonly feed: string; readonly seq: number }>
  /** The next changes in append order, none where there are none yet. Throws `reading-ended`. */
  readFeed(feed: string, limit: number): Awaitable<readonly FeedRecord[]>
  /** The different values at a path, those of arrays one by one, sorted. Throws `too-large` where they have over 16 Mi UTF-16 units as JSON. */
  distinct(ns: number, collection: string, path: string, filter: Filter): Awaitable<readonly Json[]>
  count(ns: number, collection: string, filter: Filter): Awaitable<number>
  /** How a query is answered; it is not run. */
  explain(ns: number, collection: string, query: Omit<StoredQuery, 'after'>): Awaitable<Explanation>
  /** Collections that have documents, with their counts; 10,000 of them at most. */
  collections(ns: number): Awaitable<readonly CollectionCount[]>
  /** The total and the collections of one moment. */
  overview(ns: number): Awaitable<SetTotal & { readonly collections: readonly CollectionCount[] }>
  /** Declares an index over one or more paths. Declaring it again changes nothing. */
  createIndex(ns: number, collection: string, paths: readonly string[], kind?: IndexKind): Awaitable<void>
  /** Drops an index over these paths, in this order; `false` where there is none. */
  dropIndex(ns: number, collection: string, paths: readonly string[], kind?: IndexKind): Awaitable<boolean>
  indexes(ns: number, collection: string): Awaitable<readonly IndexInfo[]>

  /** Whether there are any logs of persons or roles. */
  hasLogs(): Awaitable<boolean>

  /** Files that documents name, and their blocks. */
  files(): Promise<FileStorage>
  /** Whether blocks may be here that no document needs: of files whose removal was cut short, or of uploads. */
  hasFilesToClear(): Awaitable<boolean>

  /** Where events of Nostr lie: the namespace of this number, which is the only one of its kind. Throws `unsupported` on PostgreSQL. */
  nostr(ns: number): Promise<NostrStorage>

  /** Calls back with numbers of namespaces that other processes have changed, where several share a database. */
  onOthers?(listener: (ns: readonly number[]) => void): void

  /** Whether what it stores in lies where it lay when it was opened. Writes throw `data-missing` once this was found to be wrong. */
  isInPlace(): Awaitable<boolean>
  /** What is damaged, in words of the database, 100 faults at most; nothing where all is whole. Reads everything. */
  findDamage(): Awaitable<readonly string[]>
  /**
   * Copies everything into a new file, readable by this user alone, and does nothing else meanwhile. Throws `file-exists`, `no-file`, `disk-full`, and
   * `no-files` where there are none.
   */
  backup(path: string): Awaitable<void>
  /** Gives free space of the database back to the disk, a part of it at a time: call it until nothing is left. Throws `storage-busy`, `disk-full`. */
  compactSome(): Promise<CompactStep>
  /** Makes all indexes anew. */
  rebuildIndexes(): Awaitable<void>
  /**
   * Makes sure that bytes of deleted and replaced content are gone from the disk, and that what a full disk needs is kept again. Throws `storage-busy`
   * while another connection reads.
   */
  scrub(): Awaitable<void>
  close(): Awaitable<void>
}
