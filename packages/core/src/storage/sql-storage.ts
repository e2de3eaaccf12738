import { DocstoreError, errorCode } from '../errors.ts'
import type { Json } from '../model/json/json-value.ts'
import type { Seal } from '../model/seal.ts'
import type { Explanation, Filter } from '../query/index.ts'
import type { FileStorage } from './files/file-storage.ts'
import type { KeptFiles } from './files/kept-files.ts'
import type { LogNeed, StoredAct, StoredLog } from './logs/log-storage.ts'
import type { LogTables } from './logs/log-tables.ts'
import { OpenReadings } from './reading/open-readings.ts'
import { UNWIPED } from './records/meta-table.ts'
import { NamespaceTable } from './records/namespace-table.ts'
import { shownFacts } from './records/shown-facts.ts'
import type { CompactStep } from './space/compacting.ts'
import type { StorageParts } from './storage-parts.ts'
import type {
  CollectionCount,
  CommitEntry,
  CommitOutcome,
  CommitSeals,
  ExpiredDocument,
  FeedRecord,
  ForgetRange,
  FoundDocument,
  FoundPage,
  FutureTotal,
  HistorySize,
  IndexInfo,
  IndexKind,
  LaterRecords,
  RecordsOf,
  LostDocuments,
  LostVersion,
  NostrStorage,
  NamespaceMove,
  OpenedReading,
  PastRecord,
  ReadingQuery,
  ReadPiece,
  SetTotal,
  ShownVersion,
  Storage,
  StoredNamespace,
  StoredQuery,
  StoredRecord,
  TimeMarks,
  UnknownFuture,
  Version,
} from './storage.ts'
import { Commits } from './writing/commits.ts'
import { Removals } from './writing/removals.ts'
import type { TimedRemovals } from './writing/timed-removals.ts'

/** Collections that are listed. In an open namespace others can make any number of them. */
const MAX_LISTED_COLLECTIONS = 10_000
const NO_FUTURE: FutureTotal = { records: 0, own: 0, last: 0 }

/**
 * The storage contract on a SQL database, which `parts` reach: all in which SQLite and PostgreSQL do not differ. What is declared abstract is what they do
 * in ways of their own. Most methods answer at once.
 */
export abstract class SqlStorage implements Storage {
  readonly #parts: StorageParts
  readonly #namespaces: NamespaceTable
  readonly #commits: Commits
  readonly #removals: Removals
  readonly #readings: OpenReadings
  #files: KeptFiles | undefined
  #isClosed = false

  constructor(parts: StorageParts, isReadOnly = false) {
    this.#parts = parts
    this.#namespaces = new NamespaceTable(parts)
    this.#commits = new Commits(parts)
    this.#removals = new Removals(parts)
    this.#readings = new OpenReadings(parts)
    if (!isReadOnly) parts.indexChanges.look()
  }

  getMeta(key: string): ReturnType<Storage['getMeta']> {
    return this.#parts.meta.get(key)
  }

  setMeta(key: string, value: Uint8Array | undefined, _options?: { readonly flushed?: boolean }): ReturnType<Storage['setMeta']> {
    this.#parts.meta.set(key, value)
  }

  listMeta(prefix: string): ReturnType<Storage['listMeta']> {
    return this.#parts.meta.list(prefix)
  }

  namespaces(): StoredNamespace[] {
    return this.#namespaces.list()
  }

  saveNamespace(namespace: Omit<StoredNamespace, 'ns'>): number {
    return this.#namespaces.save(namespace)
  }

  forgetNamespace(ns: number, onlyAt?: number): boolean {
    return this.#namespaces.forget(ns, onlyAt)
  }

  halfForgotten(): number[] {
    return this.#namespaces.halfForgotten()
  }

  laterRecords(ns: number, which: LaterRecords): StoredRecord[] {
    return this.#removals.laterRecords(ns, which)
  }

  /** Loaded where persons or roles change: seldom. */
  async recordsOf(ns: number, which: RecordsOf): Promise<readonly StoredRecord[]> {
    this.#parts.statements.assertOpen()
    const { recordsOf } = await import('./records/records-of.ts')
    return recordsOf(this.#parts.statements, ns, which)
  }

  removeLater(ns: number, which: LaterRecords): number {
    return this.#removals.removeLater(ns, which)
  }

  async moveNamespaces(moves: readonly NamespaceMove[], meta: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    // Loaded when somebody moves: few ever do.
    const { moveNamespaces } = await import('./records/moved-namespaces.ts')
    await moveNamespaces(this.#parts, moves, meta)
  }

  async readyForEdits(): Promise<void> {
    await this.#parts.late.loadedEdits()
  }

  /** Whether any namespace has edits, so that it has to be made ready for them. */
  get hasEdits(): boolean {
    return this.#namespaces.hasEdits()
  }

  commit(ns: number, entries: readonly CommitEntry[], seals?: CommitSeals): (CommitOutcome | undefined)[] {
    this.#namespaces.assertNotTakenAway(ns)
    return this.#commits.commit(ns, entries, seals)
  }

  commitShrinking(
    ns: number,
    entries: readonly CommitEntry[],
    options?: Parameters<Storage['commitShrinking']>[2],
  ): (CommitOutcome | undefined | 'no-room')[] {
    this.#namespaces.assertNotTakenAway(ns)
    return this.#commits.commitShrinking(ns, entries, options)
  }

  keepHistory(ns: number, isKept: boolean): Promise<void> {
    return this.#parts.late.keepHistory(ns, isKept)
  }

  historyNamespaces(): number[] {
    return this.#parts.late.historyNamespaces()
  }

  async pastRecords(ns: number, collection: string, id: string): Promise<PastRecord[]> {
    const { statements, late, mapping } = this.#parts
    const { pastRecords } = await import('./history/past-records.ts')
    const history = await late.loadedHistory()
    mapping.documentsRead()
    return pastRecords(statements, history, { ns, collection, id })
  }

  async tidyHistory(ns: number, which: { readonly before: number; readonly limit: number }): Promise<number> {
    const history = await this.#parts.late.loadedHistory()
    // Whoever only reads may ask too.
    if (!history.isDue(ns, which.before)) return 0
    return this.#parts.transactions.reserved(() => history.tidy(ns, which), ns)
  }

  async historySize(ns: number): Promise<HistorySize> {
    return (await this.#parts.late.loadedHistory()).size(ns)
  }

  unsealed(ns: number, limit: number): StoredRecord[] {
    return this.#parts.records.unsealed(ns, limit)
  }

  attachSeal(ns: number, seqs: readonly number[], seal: Seal): void {
    this.#commits.attachSeal(ns, seqs, seal)
  }

  seal(seal: number): Seal | undefined {
    return this.#parts.seals.get(seal)
  }

  isAuthor(by: Uint8Array): boolean {
    return this.#parts.authors.isKnown(by)
  }

  times(ns: number): TimeMarks {
    return this.#parts.times.get(ns)
  }

  noteKnown(ns: number, time: number): void {
    // A full store sends too, deletes above all.
    this.#parts.room.withReserve(() => this.#parts.times.noteKnown(ns, time))
  }

  future(ns: number, after: number, by: Uint8Array): FutureTotal {
    const { times, transactions } = this.#parts
    if (times.get(ns).newest <= after) return NO_FUTURE
    const found = times.future(ns, after, by)
    if (found.records > 0) return found
    try {
      transactions.reserved(() => times.lowerNewest(ns, found.last), ns)
    } catch (error) {
      // It only spares the next look.
      if (errorCode(error) !== 'disk-full') throw error
    }
    return NO_FUTURE
  }

  unknownFuture(ns: number, which: UnknownFuture): StoredRecord[] {
    const { newest, known } = this.#parts.times.get(ns)
    return newest <= which.after ? [] : this.#parts.records.beyond(ns, { ...which, after: Math.max(which.after, known) })
  }

  nextExpiry(): number | undefined {
    return this.#removals.nextExpiry()
  }

  async expire(now: number, limit: number): Promise<readonly ExpiredDocument[]> {
    return (await this.#timedRemovals()).expire(now, limit)
  }

  async takeBackExpired(latest: number, limit: number): Promise<readonly number[]> {
    return (await this.#timedRemovals()).takeBackExpired(latest, limit)
  }

  async forgetDeleted(ns: number, which: ForgetRange): Promise<{ readonly next: number | undefined; readonly removed: number }> {
    return (await this.#timedRemovals()).forgetDeleted(ns, which)
  }

  async giveUp(ns: number, seqs: readonly number[], before: number): Promise<number> {
    return (await this.#timedRemovals()).giveUp(ns, seqs, before)
  }

  /** Loaded when something expires or is forgotten: that is seldom. */
  async #timedRemovals(): Promise<TimedRemovals> {
    this.#parts.statements.assertOpen()
    const { TimedRemovals } = await import('./writing/timed-removals.ts')
    return new TimedRemovals(this.#parts)
  }

  lastSeq(ns: number): number {
    return this.#parts.totals.lastSeq(ns)
  }

  total(ns: number): SetTotal {
    return this.#parts.totals.get(ns)
  }

  recount(ns: number): boolean {
    return this.#parts.transactions.reserved(() => this.#parts.totals.recount(ns), ns)
  }

  recordsSince(ns: number, since: number, limit: number): StoredRecord[] {
    return this.#parts.records.since(ns, since, limit)
  }

  recordsBySlot(ns: number, slots: readonly Uint8Array[]): StoredRecord[] {
    return slots.flatMap((slot) => this.#parts.records.bySlot(ns, slot) ?? [])
  }

  versionsSince(ns: number, since: number, limit: number): Version[] {
    return this.#parts.records.versionsSince(ns, since, limit)
  }

  versionsBetween(ns: number, low: Uint8Array, high: Uint8Array | undefined, limit: number): Version[] {
    return this.#parts.records.versionsBetween(ns, low, high, limit)
  }

  documentByDigest(digest: Uint8Array): FoundDocument | undefined {
    return this.#parts.records.documentByDigest(digest)
  }

  get(ns: number, collection: string, id: string): string | undefined {
    this.#parts.mapping.documentsRead()
    return this.#parts.records.content(ns, collection, id)
  }

  getVersion(ns: number, collection: string, id: string): ShownVersion | undefined {
    const { statements, records, mapping } = this.#parts
    mapping.documentsRead()
    const record = records.shown(ns, collection, id)
    if (record === undefined) return undefined
    return { content: record.content ?? '', ...shownFacts(statements, ns, record) }
  }

  async conflicts(ns: number, collection: string, which: Parameters<Storage['conflicts']>[2]): Promise<readonly LostVersion[]> {
    return (await this.#parts.late.loadedEdits()).conflicts(ns, collection, which)
  }

  async conflicted(ns: number, which: Parameters<Storage['conflicted']>[1]): Promise<LostDocuments> {
    return (await this.#parts.late.loadedEdits()).conflicted(ns, which)
  }

  find(ns: number, collection: string, query: StoredQuery): FoundPage {
    this.#parts.mapping.documentsRead()
    return this.#parts.queries.find(ns, collection, query)
  }

  openReading(ns: number, collection: string, query: ReadingQuery): OpenedReading {
    return this.#readings.open(ns, collection, query)
  }

  readOn(reading: string, from: number, limit: number): ReadPiece {
    return this.#readings.readOn(reading, from, limit)
  }

  endReading(reading: string): void {
    this.#parts.statements.assertOpen()
    this.#parts.readings.end(reading)
  }

  openFeed(ns: number, since?: number): { feed: string; seq: number } {
    return this.#readings.openFeed(ns, since)
  }

  readFeed(feed: string, limit: number): FeedRecord[] {
    return this.#readings.readFeed(feed, limit)
  }

  async distinct(ns: number, collection: string, path: string, filter: Filter): Promise<readonly Json[]> {
    this.#parts.mapping.documentsRead()
    return this.#parts.queries.distinct(ns, collection, path, filter)
  }

  count(ns: number, collection: string, filter: Filter): number {
    this.#parts.mapping.documentsRead()
    return this.#parts.queries.count(ns, collection, filter)
  }

  async explain(ns: number, collection: string, query: Omit<StoredQuery, 'after'>): Promise<Explanation> {
    return this.#parts.queries.explain(ns, collection, query)
  }

  collections(ns: number): readonly CollectionCount[] {
    return this.#parts.totals.collections(ns, MAX_LISTED_COLLECTIONS)
  }

  overview(ns: number): SetTotal & { collections: readonly CollectionCount[] } {
    return { ...this.total(ns), collections: this.collections(ns) }
  }

  createIndex(ns: number, collection: string, paths: readonly string[], kind?: IndexKind): void {
    this.#parts.indexChanges.create(ns, collection, paths, kind)
  }

  dropIndex(ns: number, collection: string, paths: readonly string[], kind?: IndexKind): boolean {
    return this.#parts.indexChanges.drop(ns, collection, paths, kind)
  }

  indexes(ns: number, collection: string): IndexInfo[] {
    return this.#parts.indexChanges.list(ns, collection)
  }

  hasLogs(): boolean {
    return this.#parts.statements.own('SELECT 1 FROM logs LIMIT 1').get() !== undefined
  }

  async logs(): Promise<readonly StoredLog[]> {
    return (await this.#loadedLogs()).logs()
  }

  async logNeeds(): Promise<readonly LogNeed[]> {
    return (await this.#loadedLogs()).needs()
  }

  async acts(log: Uint8Array): Promise<readonly StoredAct[]> {
    return (await this.#loadedLogs()).acts(log)
  }

  async addActs(log: StoredLog, acts: readonly StoredAct[], neededBy?: number, urgent = true, told = false): Promise<readonly number[]> {
    return (await this.#loadedLogs()).add(log, acts, { neededBy, urgent, told })
  }

  async dropActs(log: StoredLog, hashes: readonly Uint8Array[]): Promise<readonly number[]> {
    return (await this.#loadedLogs()).dropActs(log, hashes)
  }

  async dropLog(log: Uint8Array): Promise<void> {
    ;(await this.#loadedLogs()).drop(log)
  }

  /** Loaded where there are persons or roles: many peers meet none. */
  async #loadedLogs(): Promise<LogTables> {
    this.#parts.statements.assertOpen()
    const { LogTables } = await import('./logs/log-tables.ts')
    return new LogTables(this.#parts)
  }

  hasFilesToClear(): boolean {
    return this.#parts.references.hasUnused() || this.#parts.meta.get(UNWIPED) !== undefined
  }

  async files(): Promise<FileStorage> {
    this.#parts.statements.assertOpen()
    if (this.#files !== undefined) return this.#files.tables
    // Loaded when somebody has files: many have none.
    const { KeptFiles } = await import('./files/kept-files.ts')
    return (this.#files ??= new KeptFiles(this.#parts)).tables
  }

  async nostr(ns: number): Promise<NostrStorage> {
    this.#parts.statements.assertOpen()
    // Loaded where there are events of Nostr.
    const { openNostr } = await import('./nostr/open-nostr.ts')
    return openNostr(this.#parts, ns)
  }

  isInPlace(): boolean {
    return this.#parts.transactions.isInPlace()
  }

  abstract findDamage(): Promise<readonly string[]>
  abstract compactSome(): Promise<CompactStep>
  abstract rebuildIndexes(): void
  abstract scrub(): void

  async backup(_path: string): Promise<void> {
    this.#parts.statements.assertOpen()
    throw new DocstoreError('no-files', 'There are no files here. Use an export')
  }

  abstract close(): ReturnType<Storage['close']>

  /** Ends what stands on the database, and lets go of it. Calling it again does no more. */
  protected end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { readings, statements, driver } = this.#parts
    readings.close()
    statements.close()
    driver.close()
  }
}
