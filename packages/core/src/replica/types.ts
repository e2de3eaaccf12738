import type { CollectionSettings, CollectionsSettings } from '../model/namespace/collection-settings.ts'
import type { Json } from '../model/json/json-value.ts'
import type { ActContent, MemberRole, PersonAct, RoleAct } from '../model/people/act-content.ts'
import type { HeldRole } from '../model/people/roles-state.ts'
import type { Device, PersonState } from '../model/people/person-state.ts'
import type { WritePolicy } from '../model/namespace/namespace.ts'
import type { ReplicaNostr } from './nostr/types.ts'
import type { Refusal } from '../model/verdict.ts'
import type { Parts } from '../sets/parts.ts'
import type { Difference } from '../sets/reconcile.ts'
import type { Explanation } from '../query/index.ts'
import type { Asker } from '../storage/queries/query-queue.ts'
import type { HistorySize, IndexInfo, IndexKind } from '../storage/storage.ts'
import type { FileKey } from '../files/file-cid.ts'
import type { ReplicaFiles } from './files/types.ts'

/** Who this peer is and which network it is in. */
export interface ReplicaInfo {
  readonly network: { readonly id: string; readonly name: string; readonly descriptor: Uint8Array }
  /** `did:key` of the key that signs here: of this device. */
  readonly identity: string
  /** Id of the person for whom it signs; absent where it signs for itself. */
  readonly person?: string
  /** Random id of this database: cursors of another one mean nothing here. */
  readonly epoch: string
}

/** A namespace as users see it. */
export interface NamespaceInfo {
  readonly id: string
  readonly name: string
  readonly write: WritePolicy
  /** `did:key` of the owner. */
  readonly owner: string
  /** Whether this identity may write here: its policy allows it, and it has not ended. */
  readonly writable: boolean
  /** ISO time of its first head. */
  readonly createdAt: string
  readonly description?: string
  /** How long earlier versions of documents are kept, days; absent where the owner does not say. */
  readonly history?: number
  /** In how many parts relays keep it that keep a part of the network: 2, 4, … 64; absent where it is whole. */
  readonly split?: number
  /** ISO time at which its owner ended it; absent where it goes on. Nothing that was written later is accepted. */
  readonly ended?: string
  /** Id of the namespace that takes its place, where its owner named one. */
  readonly next?: string
  /** What its owner set for collections, by their names. */
  readonly collections?: CollectionsSettings
  /** What it is, where it is not of an app: `profile`. */
  readonly kind?: string
  /** Of a profile: what its owner says of himself. */
  readonly profile?: ProfileFacts
  /** Whether peers that keep it name it to everyone in the network who asks what there is; absent where they do not. */
  readonly listed?: true
  /**
   * What was set on one device of its owner, while another one set the same to something else, which stands: each as it would be now. There until
   * one sets these anew, on this device.
   */
  readonly conflict?: HeadConflict
}

/** What somebody says of himself in his profile. Nobody vouches for it. */
export interface ProfileFacts {
  /** Display name: one line, 64 UTF-16 units at most, without characters that are not seen. */
  readonly name?: string
  /** 1,024 UTF-16 units at most. */
  readonly about?: string
  /** A username that is claimed, not checked. */
  readonly username?: string
  /** CID of the file, and its size in bytes. */
  readonly picture?: FileKey
}

/** What changes in a profile; what is left out stays, and `null` takes away. */
export type ProfileChange = { readonly [Name in keyof ProfileFacts]?: ProfileFacts[Name] | null }

/** Fields that lost, and what they would say; `null` where they were taken away. */
export interface HeadConflict {
  readonly name?: string
  readonly description?: string | null
  readonly next?: string | null
  readonly listed?: boolean
  readonly history?: number | null
  readonly collections?: CollectionsSettings | null
  readonly profile?: ProfileFacts | null
}

/** A namespace as it travels between peers. */
export interface NamespaceBytes {
  readonly genesis: Uint8Array
  readonly head: Uint8Array
  readonly signature: Uint8Array
}

/** How far a log of a person, or of the roles of a namespace, is known: hashes of the acts that no other act follows, 16 at most. */
export interface LogTips {
  /** Digest of the id of the person, or of the namespace. */
  readonly log: Uint8Array
  readonly tips: readonly Uint8Array[]
}

/** Acts that are wanted of a log: those that do not lie before these tips, without the first of them. */
export interface LogWant extends LogTips {
  readonly skip: number
}

/** Acts of a log on their way, each after its parents. */
export interface LogParcel {
  readonly log: Uint8Array
  /** Of a person. */
  readonly genesis?: Uint8Array
  readonly acts: readonly { readonly bytes: Uint8Array; readonly signature: Uint8Array }[]
}

/** What became of acts that arrived. */
export interface LearntActs {
  /** Acts that are new here, and geneses. */
  readonly stored: number
  /** Acts and logs that were refused. */
  readonly refused: number
  /** Acts of the logs that have grown: what these say has to be found out again. */
  readonly looked: number
}

/** Acts that somebody else wants, as many as fit. */
export interface ExportedActs {
  readonly logs: readonly LogParcel[]
  /** Whether they are not all. */
  readonly more: boolean
  /** Acts of the logs that were looked at for that. */
  readonly looked: number
}

/** A namespace that somebody else told of. */
export interface ForeignNamespace {
  /** As its newest known head says: that of the other side, or one that is here. */
  readonly info: NamespaceInfo
  /** Epoch and number of that head: of two, the one of the higher epoch is newer, in one epoch that with the higher number. */
  readonly epoch: number
  readonly seq: number
  /** Whether the head of the other side lists it. */
  readonly isListed: boolean
  readonly isHere: boolean
}

/** What a namespace is made of. */
export interface NamespaceInit {
  readonly name: string
  readonly write: WritePolicy
  readonly nonce?: Uint8Array
  /** Whether peers that keep it name it to everyone in the network who asks what there is. */
  readonly listed?: boolean
  /** How long earlier versions of documents are kept, days. */
  readonly history?: number
  /** In how many parts relays keep it that keep a part of the network: 1, 2, 4, … 64. */
  readonly split?: number
  /** Settings of collections, by their names. Types stay as they are made here. */
  readonly collections?: Readonly<Record<string, CollectionChange | null>>
}

/** What changes in the settings of a collection; what is left out stays, and `null` takes away. A schema is canonical JSON. */
export type CollectionChange = {
  readonly [Name in keyof CollectionSettings]?: CollectionSettings[Name] | (Name extends 'type' ? 'lww' : never) | null
}

/** What changes in a head; what is left out stays, and `null` takes away. */
export interface HeadChange {
  readonly title?: string
  readonly description?: string | null
  /** How long earlier versions of documents are kept, days. */
  readonly history?: number | null
  /** In how many parts relays keep it that keep a part of the network: never less than before. */
  readonly split?: number
  readonly next?: string | null
  readonly listed?: boolean
  /** By their names; `null` takes all settings of a collection away. */
  readonly collections?: Readonly<Record<string, CollectionChange | null>>
  /** Of a profile. */
  readonly profile?: ProfileChange
  /** Whether documents that are here may break the new rules: everybody removes them then. */
  readonly force?: boolean
  /** Whether it is only judged: what would be thrown is, and nothing is changed. */
  readonly isTrial?: boolean
  /** Ends the namespace now. */
  readonly end?: true
}

/** Which of the versions that lost a write settles: all that are known here, or those that somebody saw, by when and by whom they were written. */
export type Settles = boolean | readonly Pick<ConflictRow, 'at' | 'by'>[]

/** One document to write: its content with `_id`, canonical JSON, or `null` to delete it. */
export interface Write {
  readonly id: string
  readonly content: string | null
  /** CID that the document has to have now, `null` where there has to be none; only where one document is written. */
  readonly if?: string | null | undefined
  /** In a map, where the document was read before: what was read, canonical JSON, or `null` where there was none. Only what differs from that is written. */
  readonly was?: string | null | undefined
  /** Which conflicts of the document it settles: it is written though it says what the document says. A delete settles all unless told not to. */
  readonly settles?: Settles | undefined
  /** Of a delete: whether it is only for a document whose whole version is by this identity. Others stay as they are. */
  readonly isErasing?: boolean | undefined
  /** Whether its id was made up for it: where the rules of the collection derive ids, it gets that one. */
  readonly isNew?: true
  /** Hybrid time at which it expires; without it, it stays. */
  readonly exp?: number | undefined
}

/** Fields of one document to change. */
export interface Update {
  readonly id: string
  /** `{ $set, $unset, $inc, $push, $addToSet }`, each with an object of dotted paths and what they get; checked where it runs. */
  readonly changes: unknown
  /** CID that the document has to have now. */
  readonly if?: string | null | undefined
  /** Which conflicts of these fields it settles: they are written though they have these values. */
  readonly settles?: Settles | undefined
  /** A random name, 16 to 64 characters: an update of the same name that was made already is not made again, and has the same result. */
  readonly once?: string | undefined
}

/** What an update did. `unchanged`: the fields had these values already. */
export interface UpdateResult extends WriteResult {
  /** CID of the document as it stands. */
  readonly cid: string
}

/** What is known of a document beside what it says. */
export interface DocumentFacts {
  /** CID of the content. */
  readonly cid: string
  /** Hybrid time of the newest of its records. */
  readonly at: number
  /** `did:key` of who wrote that one. */
  readonly by: string
  /** Hybrid time at which it expires, where it does. */
  readonly exp?: number
}

/** A rule that a document breaks. */
export interface BrokenRule {
  /** A keyword of JSON Schema, or `maxBytes`. */
  readonly rule: string
  /** Names and places that lead to what breaks it; empty for the document itself. */
  readonly path: readonly (string | number)[]
  /** What is wrong, as a sentence without a full stop. */
  readonly text: string
}

/** A document that was found by the CID of its content. */
export interface DocumentOfContent extends DocumentFacts {
  readonly namespace: string
  readonly collection: string
  readonly id: string
  readonly content: string
}

/** A document as it stands here, or stood, with what is known of it. */
export interface DocumentVersion extends DocumentFacts {
  readonly content: string
  /** The first rule of its collection that it breaks, where it breaks one: two edits did that together, each of which kept it. */
  readonly breaks?: BrokenRule
}

/** A version of a document that lost to another one whose writer had not seen it, and which nobody has settled yet. */
export interface ConflictRow {
  readonly id: string
  /** What the document would be with it, and the CID of that; `null` where that is none: it is a delete, or one of a field of a document that was deleted. */
  readonly content: string | null
  readonly cid: string | null
  /** Hybrid time. */
  readonly at: number
  /** `did:key` of who wrote it. */
  readonly by: string
  /** Where it is one of a field: its dotted path. */
  readonly field?: string
  /** And the value, absent where it takes the field away. */
  readonly value?: Json
  /** The document as it stands, `null` where there is none, and time and author of the version that won. */
  readonly won: { readonly content: string | null; readonly cid: string | null; readonly at: number; readonly by: string }
}

/** A document of which versions lost to others whose writers had not seen them. */
export interface ConflictedDocument {
  readonly collection: string
  readonly id: string
  /** How many, 16 at most. */
  readonly conflicts: number
  /** Whether it was deleted, so that only its conflicts are left. */
  readonly isDeleted: boolean
}

/** A page of such documents. */
export interface ConflictedPage {
  readonly documents: readonly ConflictedDocument[]
  /** From where to go on; absent on the last. */
  readonly after?: Pick<ConflictedDocument, 'collection' | 'id'>
}

/** A document that breaks a rule of its collection as it stands. */
export interface BrokenDocument {
  readonly id: string
  readonly breaks: BrokenRule
}

/** A page of such documents. */
export interface BrokenPage {
  readonly documents: readonly BrokenDocument[]
  /** From where to go on; absent on the last. */
  readonly after?: string
}

/** A page of conflicts. */
export interface ConflictPage {
  readonly conflicts: readonly ConflictRow[]
  /** From where to go on; absent on the last. */
  readonly after?: { readonly id: string; readonly seq: number }
}

/**
 * What a write did. `unchanged`: the same content was here already, or there was nothing to delete. `pending`: the namespace is not here; the
 * write is kept, and made when it arrives.
 */
export interface WriteResult {
  /** There where the rules of the collection derive ids: the one that a new document got. */
  readonly id?: string
  readonly status: 'written' | 'unchanged' | 'pending'
  /** Position in the namespace's local order; whoever has everything up to here has this write. */
  readonly seq: number
  /** Hybrid time of the version that stands. */
  readonly at: number
}

interface PendingBase {
  /** Names it, for `dropPending`. */
  readonly key: string
  readonly collection: string
  /** Hybrid time at which it was asked for. */
  readonly at: number
  /** Code of the reason why it was refused when the namespace arrived; absent while it waits. */
  readonly refused?: string
}

/** A document that was written, or deleted (`null`), in a namespace that was not here. */
export interface PendingWrite extends PendingBase, Write {}

/** An index that was declared in a namespace that was not here. */
export interface PendingIndex extends PendingBase {
  readonly fields: readonly string[]
  readonly text: boolean
}

/** What was asked for in a namespace before it arrived, and waits for that, or was refused then. */
export type PendingChange = PendingWrite | PendingIndex

/** How many changes wait for a namespace, and how many were refused when it arrived. */
export interface PendingCounts {
  readonly waiting: number
  readonly refused: number
}

/** A query as it comes from the user; it is checked where it runs. */
export interface FindRequest {
  readonly filter?: unknown
  readonly sort?: unknown
  readonly limit: number
  /** Most milliseconds; `too-slow` beyond. Without `maxRows` they count for conditions alone that SQLite cannot decide itself, such as `$regex`. */
  readonly maxMs?: number | undefined
  /** Most documents that are looked at; `too-slow` beyond. */
  readonly maxRows?: number | undefined
  /** From the page before. */
  readonly cursor?: string | undefined
  /** Shows also what has changed since the first page; a document can come twice then. */
  readonly withChanges?: boolean | undefined
  /** Counts all that match, at the same moment. */
  readonly withTotal?: boolean | undefined
  /** Tells what is known of each document, too. */
  readonly withFacts?: boolean | undefined
}

/** A query whose results are all of one moment. */
export interface ReadRequest {
  readonly filter?: unknown
  readonly sort?: unknown
  /** Most documents; without it, all. */
  readonly limit?: number | undefined
  /** How many to pass over. */
  readonly skip?: number | undefined
  /** Most documents of the first piece. */
  readonly first: number
  /** Tells what is known of each document, too. */
  readonly withFacts?: boolean | undefined
}

/** Documents as canonical JSON, and what is known of each, where that was asked for. */
export interface ReadContents {
  readonly contents: readonly string[]
  readonly facts?: readonly DocumentFacts[]
}

/** The first piece of results, and the reading that gives the others where there are any. */
export interface OpenedReading extends ReadContents {
  readonly reading: string | undefined
  /** Highest position in the local order of the moment. */
  readonly seq: number
}

/**
 * A page of results: documents as canonical JSON, and where to go on; no cursor means that this was the last. A page of large documents
 * can have fewer than its limit: it ends once they have 16 Mi UTF-16 units.
 */
export interface FindResult extends ReadContents {
  readonly cursor: string | undefined
  /** How many match, where that was asked for. */
  readonly total?: number | undefined
}

/** One change in the namespace's local order. */
export interface ChangeRow {
  readonly seq: number
  readonly collection: string
  readonly id: string
  /** `null`: deleted. */
  readonly content: string | null
  /** `did:key` of the author. */
  readonly by: string
  readonly at: number
}

/** The documents whose changes a feed gives: those that match in one collection. */
export interface FeedRequest {
  readonly collection: string
  readonly filter: unknown
}

/** A change as a feed gives it. */
export interface FeedRow extends ChangeRow {
  /** `leave`: the document is there, but matches no more. It has its content in a `put` alone. */
  readonly type: 'put' | 'delete' | 'leave'
}

/** The next part of a feed. */
export interface FeedPage {
  /** What concerns the reader, which may be nothing while more follows. */
  readonly rows: readonly FeedRow[]
  /** Position up to which it was read; `undefined` where nothing follows yet. */
  readonly seq: number | undefined
}

/** How many documents a collection has. */
export interface CollectionCount {
  readonly collection: string
  readonly documents: number
}

/** What two peers compare first. */
export interface Summary {
  /** Digest of the whole set of records: equal roots, equal sets. */
  readonly root: string
  /** Number of records, tombstones included. */
  readonly count: number
  /** Number of documents, in all collections. */
  readonly documents: number
  /** Highest position in the local order that the root covers. */
  readonly seq: number
}

/** Records of a namespace whose time lies further ahead of the wall clock than peers accept. Only a clock that is or was wrong makes them. */
export interface FutureRecords {
  readonly records: number
  /** Those that were written here and nobody else has: they get a right time once the clock is known to be right. */
  readonly mendable: number
  /** Unix milliseconds from which on peers accept the last of them; `undefined` where there are none. */
  readonly until: number | undefined
}

/** What was written anew with a right time. */
export interface Redated {
  readonly records: number
  readonly namespaces: number
  /** Changes of a person or of roles. */
  readonly acts: number
}

/** A record of a batch: where it lies here, and its time. */
export interface SentRecord {
  readonly seq: number
  readonly at: number
  /** Whether it lies beyond what the receiver was thought to accept: should it take it all the same, `noteTaken` has to say so. */
  readonly isEarly: boolean
}

/** Records to send, and where the next batch begins. */
export interface OutgoingBatch {
  /** Encoded batch; `undefined` where there is nothing to send. */
  readonly batch: Uint8Array | undefined
  readonly records: number
  /** The same, one by one, in the order of the batch. */
  readonly sent: readonly SentRecord[]
  /** Local position up to which everything is in this batch or was skipped. */
  readonly seq: number
  /** Whether more follows right away. */
  readonly more: boolean
  /** Where it is of some parts, records that were looked at for it. */
  readonly looked?: number
  /** Where `seq` is the last position: what all records add up to at this moment. */
  readonly summary?: Summary
}

/** What became of each record of a batch that arrived. `forgotten`: its document was deleted, and that is so long ago that the tombstone has gone. */
export type Acceptance = 'stored' | 'same' | 'superseded' | 'forgotten' | Refusal

/** What accepting a batch did. */
export interface AcceptResult {
  /** One word per record, in the order of the batch. */
  readonly results: readonly Acceptance[]
  /** Local positions that the stored records got, `from < seq <= to` each: several where others wrote while a large batch was stored in parts. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
  /** What was stored, for each author. */
  readonly written: readonly Written[]
}

/** What somebody wrote: how many records, and bytes of their contents. */
export interface Written {
  /** As it signs: a key, or a key and the person for whom it does. */
  readonly by: Uint8Array
  readonly records: number
  readonly bytes: number
}

/** Something was committed. */
export interface CommitEvent {
  /** Id of the namespace. */
  readonly namespace: string
  /** Local positions of the new versions: `from < seq <= to`. */
  readonly from: number
  readonly to: number
  readonly collections: readonly string[]
  /** Documents of which a version has lost by this to one whose writer had not seen it; at most one entry each. */
  readonly conflicts?: readonly { readonly collection: string; readonly id: string }[]
  /** There where the head of a namespace changed that was here before. */
  readonly head?: true
  /** What became of the changes that had waited for the namespace, where it has just arrived. */
  readonly pending?: { readonly applied: number; readonly refused: readonly string[] }
  /** How many documents are here again that logs of persons or roles had taken away, and accept now. */
  readonly returned?: number
}

/** Who this peer is, and small values that are kept with the data. */
export interface ReplicaValues {
  info(): Promise<ReplicaInfo>
  getMeta(key: string): Promise<Uint8Array | undefined>
  /** With `flushed`, also waits for the disk: a power cut does not take it. */
  setMeta(key: string, value: Uint8Array | undefined, options?: { readonly flushed?: boolean }): Promise<void>
  listMeta(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]>
}

/** The namespaces that are here, made or brought by others. */
export interface ReplicaNamespaces {
  /** Makes a namespace; the same `nonce` (16 random bytes), name or not, gives the same one again. */
  createNamespace(init: NamespaceInit): Promise<NamespaceInfo>
  namespaces(): Promise<readonly NamespaceInfo[]>
  /** Ids alone, in no order: much cheaper where there are many. */
  namespaceIds(): Promise<readonly string[]>
  namespace(id: string): Promise<NamespaceInfo | undefined>
  /** The profile of this identity, made where it is not here: its id follows from network and owner, so that every device makes the same one. */
  openProfile(): Promise<NamespaceInfo>
  /** Makes the next head of a namespace that this identity owns. Throws `not-allowed`, `unknown-namespace`, and what is wrong with the change. */
  changeHead(ns: string, change: HeadChange): Promise<NamespaceInfo>
  /** Removes a namespace and its records from here alone; resolves with whether it was here. Should it come again, it is as it was. */
  forgetNamespace(ns: string): Promise<boolean>
  /** A position in the local order, not before that of the head that came last since this replica was opened; 0 where none has. */
  headSeq(ns: string): Promise<number>
  /** Tells which head and which logs a namespace has: another text as soon as one of them has changed, before anybody hears of that. `undefined` where it is not here. */
  headAndLogs(ns: string): Promise<string | undefined>
  /** Genesis and winning head, to hand to another peer. */
  exportNamespace(ns: string): Promise<NamespaceBytes | undefined>
  /** Those that their owners list, with ids greater than `after`, rising, as many as fit into a message; whether `more` follow. */
  listedNamespaces(after: string): Promise<{ readonly namespaces: readonly NamespaceBytes[]; readonly more: boolean }>
  /** What a namespace says of itself that somebody else has, checked and not kept. */
  readNamespace(namespace: NamespaceBytes): Promise<ForeignNamespace | { readonly refused: Refusal }>
  /** Checks and keeps a namespace that arrived; resolves with the refusal where it is not acceptable. */
  importNamespace(genesis: Uint8Array, head: Uint8Array, signature: Uint8Array): Promise<{ readonly id: string } | { readonly refused: Refusal }>
}

/** Local writes. */
export interface ReplicaWrites {
  /**
   * Writes in a namespace that is not here are kept until it arrives: see `ReplicaPending`. Throws `conflict` where a document is not what its `if`
   * says; its `details` have `cid` and `document` as they are now.
   */
  write(ns: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]>
  /**
   * Changes fields of a document. What is changed elsewhere in other fields stays, before and after. Throws `not-found`, `conflict`, `bad-update`,
   * `cannot-update`, `document-too-large`.
   */
  update(ns: string, collection: string, update: Update): Promise<UpdateResult>
  /**
   * The first of `count` times, one after another, for new entries of a log: after the last entry that is here. Throws `unknown-namespace`, and
   * `too-many-writes` beyond what one call writes.
   */
  entryTime(ns: string, collection: string, count: number): Promise<number>
}

/**
 * What was asked for in namespaces that were not here: writes, and indexes. It is kept on disk, judged and applied when the namespace
 * arrives, each write with the time at which it was made. What is refused then stays here until it is dropped.
 */
export interface ReplicaPending {
  /** All of a namespace, in the order in which it was asked for. */
  pending(ns: string): Promise<readonly PendingChange[]>
  pendingCounts(ns: string): Promise<PendingCounts>
  /** Gives up some of it by key, or all; resolves with how much that was. */
  dropPending(ns: string, keys?: readonly string[]): Promise<number>
  /** Ids of namespaces for which something waits. */
  awaited(): Promise<readonly string[]>
}

/** What finds documents. A namespace that is not here reads as empty. */
export interface ReplicaReads {
  get(ns: string, collection: string, id: string): Promise<string | undefined>
  /** The same with its CID, its time and who wrote it. */
  getVersion(ns: string, collection: string, id: string): Promise<DocumentVersion | undefined>
  /**
   * What a document was before, the newest first: 64 versions at most, as far as they are here. Of a document that is not here, none.
   */
  history(ns: string, collection: string, id: string): Promise<readonly DocumentVersion[]>
  /** How many earlier versions of its documents a namespace keeps here, and what they take, bytes. */
  historySize(ns: string): Promise<HistorySize>
  /**
   * With an `asker`, it waits for its turn and runs aside where the replica can do that, which is in a process that holds a folder: nobody waits for it then.
   * Throws `too-many-queries`, `queries-full`, `too-slow` then.
   */
  find(ns: string, collection: string, request: FindRequest, asker?: Asker): Promise<FindResult>
  /** Versions that lost, of one document or of all of a collection, in order of their ids. Throws `bad-limit`. */
  conflicts(
    ns: string,
    collection: string,
    which: { readonly id?: string | undefined; readonly after?: ConflictPage['after']; readonly limit: number },
  ): Promise<ConflictPage>
  /**
   * Documents that have such versions, of all collections, in order of collection and id. Looks at `limit` documents at most, and tells those of which
   * what lost says something else than what won. Throws `bad-limit`.
   */
  conflicted(ns: string, which: { readonly after?: ConflictedPage['after'] | undefined; readonly limit: number }): Promise<ConflictedPage>
  /**
   * Documents of a collection that break one of its rules, because of edits that met: of some ids, or of all, in order of their ids. Looks at `limit`
   * documents at most. Throws `bad-limit`.
   */
  broken(
    ns: string,
    collection: string,
    which: { readonly ids?: readonly string[] | undefined; readonly after?: string | undefined; readonly limit: number },
  ): Promise<BrokenPage>
  /**
   * Begins to read all results of a query as they are now; they stay so until the reading ends, which is after its last piece, with
   * `endReading`, or when it takes too much memory. The next pieces throw `reading-ended` then: begin again.
   */
  openReading(ns: string, collection: string, request: ReadRequest): Promise<OpenedReading>
  /** The results from this one on, counted from the first of all. */
  readOn(reading: string, from: number, limit: number): Promise<ReadContents & { readonly isLast: boolean }>
  /** Ends a reading or a feed; it may have ended before. */
  endReading(reading: string): Promise<void>
  count(ns: string, collection: string, filter: unknown): Promise<number>
  /** How a query is answered; it is not run. */
  explain(ns: string, collection: string, request: Omit<FindRequest, 'cursor'>): Promise<Explanation>
  /** The different values at a path, those of arrays one by one, sorted. Throws `bad-path`, `too-large`. */
  distinct(ns: string, collection: string, path: string, filter: unknown): Promise<readonly Json[]>
  collections(ns: string): Promise<readonly CollectionCount[]>
  /** Summary and collections of one moment. */
  overview(ns: string): Promise<Summary & { readonly collections: readonly CollectionCount[] }>
  createIndex(ns: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<void>
  /** Resolves with whether there was such an index. */
  dropIndex(ns: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<boolean>
  indexes(ns: string, collection: string): Promise<readonly IndexInfo[]>
  /** Content by CID, whichever document has it now. */
  content(cid: string): Promise<string | undefined>
  /** The same with a document that has it. */
  documentOf(cid: string): Promise<DocumentOfContent | undefined>
}

/** What reads the local order of changes. */
export interface ReplicaFeeds {
  /** What follows a position, in order: at most `limit` changes, fewer where they are large, none at the end. Throws `bad-limit`. */
  changes(ns: string, since: number, limit: number): Promise<readonly ChangeRow[]>
  /**
   * Begins to read what happens to the documents that match, from now on unless a position is given. `endReading` ends it. Rejects with
   * `bad-filter`.
   */
  openFeed(ns: string, request: FeedRequest, since?: number): Promise<{ readonly feed: string | undefined; readonly seq: number }>
  /**
   * What follows in a feed of this request: the next `limit` changes of the namespace at most, and of these the ones that concern the reader.
   * Throws `bad-limit`, and `reading-ended` where too much was not read for too long: open another one.
   */
  readFeed(feed: string, request: FeedRequest, limit: number): Promise<FeedPage>
}

/** What is done about records whose time lies in the future. */
export interface ReplicaTimes {
  /** What lies in the future by our clock. */
  future(ns: string): Promise<FutureRecords>
  /**
   * Writes what was written here under a clock that was ahead, and nobody else has, anew with a right time: documents, namespaces, and what this device changed in persons and roles. Call it
   * while the clock is known to be right. Bounded transactions; again does no harm.
   */
  redate(): Promise<Redated>
  /** Notes that somebody took records up to a time: they are not written anew any more. `batchSince` and `batchOf` do so where it was to be expected. */
  noteTaken(ns: string, time: number): Promise<void>
}

/** What leaves for other peers. */
export interface ReplicaSending {
  /**
   * Sealed records after `since`, except those at positions in `skip` (pairs of `from < seq <= to`, rising). The receiver counts as one who may
   * keep them, unless they lie beyond `latest`, which it surely does not accept. With `parts`, only those in these.
   */
  batchSince(
    ns: string,
    since: number,
    options: {
      readonly maxBytes: number
      readonly skip?: readonly (readonly [from: number, to: number])[]
      readonly latest?: number | undefined
      readonly parts?: Parts | undefined
    },
  ): Promise<OutgoingBatch>
  /** Sealed records in these slots (16 bytes each, one after another), as many as fit; `taken` slots were looked at. */
  batchOf(
    ns: string,
    slots: Uint8Array,
    options: { readonly maxBytes: number; readonly latest?: number | undefined },
  ): Promise<{ readonly batch: Uint8Array | undefined; readonly records: number; readonly sent: readonly SentRecord[]; readonly taken: number }>
}

/** One step of an erasure. */
export interface ErasedPage {
  /** Documents that were deleted. */
  readonly documents: number
  /** Versions of ours that had lost to those of others, and are gone. */
  readonly conflicts: number
  /** Changes of ours in documents of others, and what only the key could delete that wrote it before it signed for a person; both stay. */
  readonly edits: number
  /** Position to go on from; `undefined` at the end. */
  readonly next: number | undefined
}

/** What is done about what was deleted long ago. */
export interface ReplicaForgetting {
  /** Deletes the documents that this person wrote on any device, or this key, of a page of the local order behind a position. Throws as `write`. */
  eraseOwn(ns: string, since: number): Promise<ErasedPage>
  /**
   * Gives up records, by position, that somebody who is to be believed has forgotten: those that are older than tombstones are kept. What a new document
   * of a map stands on is written anew instead. Resolves with how many went, or were replaced.
   */
  giveUp(ns: string, seqs: readonly number[]): Promise<number>
  /** Lets tombstones go that were kept for long enough; it happens by itself every few hours. Resolves with how many records went. */
  forgetDeleted(): Promise<number>
}

/** What arrives from other peers. */
export interface ReplicaReceiving {
  /** Judges a batch and stores what wins, without the records that are refused already, by their numbers. Never throws on what is in it. */
  accept(ns: string, batch: Uint8Array, refused?: ReadonlyMap<number, Refusal | 'quota'>): Promise<AcceptResult | { readonly refused: Refusal }>
}

/** What is damaged in the database, in its words. What `isRepaired` is whole now. */
export interface StorageCheck {
  readonly damage: readonly string[]
  readonly isRepaired: boolean
}

/** Logs of persons and roles, without which records of namespaces cannot be judged. They travel before these. */
export interface ReplicaLogs {
  /** How far the log of the owner of a namespace is known here, by its genesis; `undefined` where the owner is a key. */
  ownerLog(genesis: Uint8Array): Promise<LogTips | undefined>
  /** Says which acts of which logs are here that a namespace needs; `undefined` where it needs none. */
  logsDigest(ns: string): Promise<Uint8Array | undefined>
  /** Logs that a namespace needs, behind this one (empty: from the first on), rising, `limit` at most. */
  logTips(ns: string, after: Uint8Array, limit: number): Promise<readonly LogTips[]>
  /** Of logs that somebody else has those of which something is missing here, with what is here of them. */
  missingLogs(ns: string, theirs: readonly LogTips[]): Promise<readonly LogTips[]>
  /** Acts of logs that a namespace needs; with its genesis where it may not be here, which gives those of its owner alone. */
  exportActs(ns: string, wants: readonly LogWant[], maxBytes: number, genesis?: Uint8Array): Promise<ExportedActs>
  /** Checks and keeps acts that arrived for a namespace; with its genesis where it may not be here yet, which lets in the log of its owner alone. */
  importActs(ns: string, logs: readonly LogParcel[], genesis?: Uint8Array): Promise<LearntActs>
}

/** The log of the person for whom this data signs. */
export interface PersonLog {
  /** Id of the person. */
  readonly id: string
  readonly log: LogParcel
}

/** Somebody with a role in a namespace. */
export interface MemberFacts extends Omit<HeldRole, 'via'> {
  /** Id of the person, or the `did:key` of a key. */
  readonly who: string
}

/** The person for whom this data signs, where there is one. */
export interface ReplicaPeople {
  /** `undefined` where the key of this data signs for itself alone. */
  person(): Promise<PersonLog | undefined>
  /** Adds, names or revokes a device of this person, as this device. Throws `no-person`, `not-allowed`. */
  changePerson(change: PersonAct): Promise<void>
  /**
   * Gives or takes roles in a namespace with policy `members`, or removes records there, as its owner or as who may that: all of these changes, one
   * after another, or none. Throws `not-allowed`, `unsupported-policy`, `unknown-namespace`.
   */
  changeRoles(ns: string, ...changes: readonly RoleAct[]): Promise<void>
  /** Who has, or had, a role in a namespace with policy `members`; empty where its policy is another. Its owner is not among them. */
  members(ns: string): Promise<readonly MemberFacts[]>
  /** Who changed a namespace, and who granted and took which role there, the oldest first, as far as it is known here. Throws `unknown-namespace`. */
  namespaceHistory(ns: string): Promise<readonly NamespaceEvent[]>
  /** Adds acts to the log of this person that another device or the recovery key signed, each after its parents. Throws `no-person`, `bad-person`. */
  addToPerson(acts: LogParcel['acts']): Promise<void>
  /**
   * Hybrid time for the end of a device or a role from now on. What is here already lies before it: where the clock of who wrote it is a little ahead of this one, that is
   * later than now.
   */
  cutTime(): Promise<number>
  /** What the log of this person says now; `undefined` where there is none. */
  personFacts(): Promise<PersonFacts | undefined>
  /**
   * Makes this data sign for a person, of whose log it gets as much as there is, as one of their devices. Only where it has no documents: throws `not-allowed`,
   * and `bad-person`. The person that it had before is forgotten.
   */
  becomeDevice(log: LogParcel): Promise<void>
  /**
   * Makes this data sign for the person whose recovery key has this seed: that key adds this device to their log. Throws as `becomeDevice`, and `unknown-words`
   * where another key has taken its place.
   */
  restorePerson(log: LogParcel, options: { readonly seed: Uint8Array; readonly label: string }): Promise<void>
  /** Does something as the recovery key of this person, over which devices have no power. Throws `unknown-words`, `no-person`, `bad-person`. */
  actAsRecovery(seed: Uint8Array, content: ActContent): Promise<void>
  /** Puts another recovery key in the place of this one, which ends once the other has proved itself. Throws as `actAsRecovery`. */
  rotateRecovery(seeds: { readonly seed: Uint8Array; readonly next: Uint8Array }): Promise<void>
  /** The seed of this person's recovery key, while it lies here. A rotation that was interrupted is ended. */
  recoverySeed(): Promise<Uint8Array | undefined>
  /** Keeps another one, or none any more. */
  keepRecoverySeed(seed: Uint8Array | undefined): Promise<void>
  /**
   * The persons of whom it is said that their recovery key has, or had, this hash, as far as logs are here: first those in whose log that key has signed, then who came first.
   * Anybody can say it.
   */
  personsByRecovery(commitment: Uint8Array): Promise<readonly Uint8Array[]>
  /** A part of the log of a person: acts from a number on, at least one where there is one, and then as many as have so many bytes. */
  personLog(person: Uint8Array, from: number, maxBytes: number): Promise<(LogParcel & { readonly more: boolean }) | undefined>
  /**
   * Checks and keeps acts of the log of any person, with their genesis where it may not be here yet. With `keep` for good, as what is known of names needs it; else until
   * many others have come that no namespace needs. Throws `disk-full`.
   */
  learnPerson(log: LogParcel, options: { readonly keep: boolean }): Promise<LearntActs>
  /** The devices of any person, as far as their log is here; `undefined` where it is not. */
  devicesOf(person: Uint8Array): Promise<readonly Device[] | undefined>
  /** The persons of whom a key, as in `Identity.author`, has shown that it is a device or was one, as far as logs are here. */
  personsOfKey(key: Uint8Array): Promise<readonly PersonOfKey[]>
  /** Ids, rising, of namespaces here that a person owns, is a member of or wrote in, behind one. */
  namespacesOf(person: Uint8Array, after: string, limit: number): Promise<readonly string[]>
}

/** One change of a namespace: of its head, or of who may what there. Times are hybrid, as whoever made it says. */
export type NamespaceEvent = {
  /** Id of the person who made it, or the `did:key` of a key. */
  readonly by: string
  /** `did:key` of the device. */
  readonly key: string
  readonly at: number
  /** Whether it counts: false for what somebody did who might not, or whose right to it was taken away since. */
  readonly counts: boolean
} & (
  | { readonly type: 'head'; readonly epoch: number; readonly seq: number; readonly title: string; readonly changed: readonly string[] }
  | {
      readonly type: 'grant'
      readonly who: string
      readonly role: MemberRole
      readonly from: number
      readonly until?: number
      readonly collection?: string
    }
  | { readonly type: 'dismiss'; readonly who: string; readonly until: number; readonly isVoid: boolean }
  | { readonly type: 'remove'; readonly records: number }
)

/** A person of whom a key is a device, or was. */
export interface PersonOfKey {
  /** Id of the person. */
  readonly person: string
  /** Whether it acts for that person no more. */
  readonly isRevoked: boolean
}

/** What the log of a person says. */
export interface PersonFacts extends Pick<PersonState, 'devices' | 'epoch' | 'recovery' | 'proposed' | 'parents'> {
  /** Id of the person. */
  readonly id: string
  /** Its digest, which names the person in signed structures. */
  readonly digest: Uint8Array
  /** Hybrid time of the latest act. */
  readonly newest: number
  /** Revocations that count, each by the key that signed it: of a device, or a recovery key. */
  readonly revocations: readonly { readonly key: Uint8Array; readonly by: Uint8Array; readonly until: number; readonly isVoid: boolean }[]
}

/** What concerns the file of the database. */
export interface ReplicaFile {
  /** Whether it lies where it lay. One that was deleted takes no writes (`data-missing`), and can be backed up. */
  isInPlace(): Promise<boolean>
  /** Reads the whole database and looks for damage; indexes are made anew where nothing else is damaged. */
  checkStorage(): Promise<StorageCheck>
  /** What each author's records take here, read beside everything else; `undefined` where nothing can read beside. */
  usage(): Promise<readonly Written[] | undefined>
  /** Gives a part of the free space of the database back to the disk; resolves with the free bytes that are left. Call it until there are none. */
  compactSome(): Promise<{ readonly left: number }>
  /**
   * Copies the database into a file that must not be there yet, on the machine of the process that holds it. Throws `file-exists`, `no-file`, `disk-full`,
   * `no-files`.
   */
  backup(path: string): Promise<void>
}

/** What two peers ask each other to find out where they differ. */
export interface ReplicaComparing {
  /** Of all records, or of those in some parts. */
  summary(ns: string, parts?: Parts): Promise<Summary>
  /** Adds up all records of all namespaces anew. Resolves with the ids of those whose summary was wrong; it is right now. */
  checkSummaries(): Promise<readonly string[]>
  lastSeq(ns: string): Promise<number>
  /** The first question of a reconciliation, of all records or of those in some parts. */
  firstQuestion(ns: string, parts?: Parts): Promise<Uint8Array>
  /** The first question of an audit, which finds what equal roots can hide; `undefined` where nothing is stored. */
  auditQuestion(ns: string): Promise<Uint8Array | undefined>
  /** Answers another peer's question. Throws `busy` where it would take too much work. */
  answer(ns: string, question: Uint8Array): Promise<Uint8Array | { readonly refused: Refusal }>
  /** Compares another peer's answer to a question with what is here. */
  compareReply(ns: string, question: Uint8Array, reply: Uint8Array): Promise<Difference | { readonly refused: Refusal }>
}

/** What lies here of a namespace. */
export interface NamespacePrint {
  /** 32 bytes: equal ones, equal heads, logs and records. */
  readonly print: Uint8Array
  /** Highest position in the local order that it covers. */
  readonly seq: number
  /** Records that it covers. */
  readonly count: number
}

/** A namespace, or what lies in some parts of it, that is to be proved. */
export interface ProvedNamespace {
  readonly id: string
  readonly parts?: Parts | undefined
}

/** What relays tell each other of what lies where, and how one gives up what others keep. */
export interface ReplicaPlacing {
  /** `undefined` where it is not here. */
  print(ns: string, parts?: Parts): Promise<NamespacePrint | undefined>
  /**
   * SHA-256 of a salt and of all that lies here of these namespaces, contents and all, in their order; `undefined` where one of them is not here. Only who has
   * the same knows it.
   */
  prove(namespaces: readonly ProvedNamespace[], salt: Uint8Array): Promise<Uint8Array | undefined>
  /**
   * Takes a namespace away from here, unless it is another than this by now; with `parts`, the records in these alone, and the namespace too if `isLast`
   * and no others are here. False where they stay.
   */
  takeAway(ns: string, print: NamespacePrint, parts?: { readonly parts: Parts; readonly isLast: boolean }): Promise<boolean>
}

/** What happens here. */
export interface ReplicaEvents {
  /** Calls back after every commit; returns a function that ends it. */
  onCommit(listener: (event: CommitEvent) => void): () => void
}

/**
 * The data of one peer in one network: everything that is stored, checked and found, and nothing of connections. All arguments
 * and results can be cloned to another thread, tab or process, because a replica often lives in one. A namespace that is not here
 * (yet) reads as empty; what is written to it, and indexes that are declared in it, wait until it arrives.
 */
export interface Replica
  extends ReplicaValues,
    ReplicaNamespaces,
    ReplicaWrites,
    ReplicaPending,
    ReplicaReads,
    ReplicaFeeds,
    ReplicaTimes,
    ReplicaSending,
    ReplicaReceiving,
    ReplicaForgetting,
    ReplicaLogs,
    ReplicaPeople,
    ReplicaComparing,
    ReplicaPlacing,
    ReplicaFile,
    ReplicaFiles,
    ReplicaEvents {
  /** Events of Nostr; their namespace is made where it is not here. Only in the process that holds the data: throws `unsupported` elsewhere, and on PostgreSQL. */
  nostr(): Promise<ReplicaNostr>
  close(): Promise<void>
}

export type { FileFacts, MissingBlock, PartialFileFacts, ReplicaFiles } from './files/types.ts'
