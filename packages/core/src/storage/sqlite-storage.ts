import { DocstoreError, errorCode } from '../errors.ts'
import { equalBytes } from '../model/bytes.ts'
import type { Json } from '../model/json-value.ts'
import { follows } from '../model/edits/normal-form.ts'
import { RECORDS_PER_SEAL } from '../model/limits.ts'
import type { Seal } from '../model/seal.ts'
import { compileFind, type Explanation, type Filter, parseFilter, type QueryScope } from '../query/index.ts'
import { AuthorTable } from './records/author-table.ts'
import { checkPaths, DeclaredIndexes, nameOf } from './indexes/declared-indexes.ts'
import { distinctSql, distinctValues } from './reading/distinct.ts'
import type { SqlDriver, SqlValue } from './drivers/driver.ts'
import { FileReferences } from './files/file-references.ts'
import type { FileStorage } from './files/file-storage.ts'
import type { HistoryTable } from './history/history-table.ts'
import { MAX_GIVEN } from './history/limits.ts'
import { MAX_PAGE_LENGTH, pageOf } from './reading/page.ts'
import { PageOrders } from './reading/page-orders.ts'
import { QueryFunctions } from './reading/query-functions.ts'
import { Queries } from './queries.ts'
import { type KeptRow, Readings } from './reading/readings.ts'
import type { EditedDocument } from './records/edited-document.ts'
import { isShown } from './records/own-content.ts'
import type { ForgottenSlots } from './records/forgotten-slots.ts'
import { ForgottenTimes } from './records/forgotten-times.ts'
import type { ExpiredRecords } from './records/expired-records.ts'
import type { EditedDocuments } from './records/edited-documents.ts'
import { RecordTable, type RecordTableInit } from './records/record-table.ts'
import { factsOfRows, shownFacts } from './records/shown-facts.ts'
import { fullError, isOutOfSpace, Room } from './space/room.ts'
import { bytes, bytesOrUndefined } from './rows.ts'
import { shrinkingOnly } from './space/shrinking.ts'
import type { CompactStep } from './space/compacting.ts'
import { clearSome, type Leftover } from './space/leftovers.ts'
import { mapForReading, prepareSchema, SEQ_SPAN, type StorageOptions, unmap } from './schema.ts'
import { SealTable } from './records/seal-table.ts'
import { Statements } from './statements.ts'
import type {
  CollectionCount,
  CommitEntry,
  CommitOutcome,
  CommitSeals,
  ExpiredDocument,
  FeedRecord,
  ForgetRange,
  FoundPage,
  FutureTotal,
  HistorySize,
  IndexInfo,
  IndexKind,
  LaterRecords,
  LostVersion,
  NamespaceMove,
  NewRecord,
  OpenedReading,
  PastRecord,
  ReadingQuery,
  ReadPiece,
  SetTotal,
  ShownFacts,
  ShownVersion,
  Storage,
  StoredNamespace,
  StoredQuery,
  StoredRecord,
  TimeMarks,
  UnknownFuture,
  Version,
} from './storage.ts'
import { TextIndexes } from './indexes/text-indexes.ts'
import { Times } from './records/times.ts'
import { Totals } from './records/totals.ts'

/** Most namespaces in one database: keeps row ids below 2^53. */
const MAX_NAMESPACES: number = 2 ** 17 - 1
/** Collections that are listed. In an open namespace others can make any number of them. */
const MAX_LISTED_COLLECTIONS = 10_000
/** Hybrid time at which the first record expires: an index has them in order. */
const NEXT_EXPIRY = 'SELECT min(exp) AS exp FROM records WHERE exp IS NOT NULL AND erased IS NULL AND kh IS NULL'
/** Key that is there while free pages may hold what was removed. */
const UNWIPED = 'unwiped'
/** Largest small value of a peer that a full store takes too, bytes: keys, addresses, how far others have come. There are few of them. */
const MAX_RESERVED_META_BYTES: number = 64 * 1024
const NO_FUTURE: FutureTotal = { records: 0, own: 0, last: 0 }
/** Contents that are read in one call: 15 MB where all are of the largest size. */
const ROWS_AT_ONCE = 128
/** How long documents are read without mapping the file after a block of a file was read, milliseconds. */
const UNMAPPED_MS = 1000
/** Largest collection whose results are listed as one JSON text, 3.5 MB: that takes half as long as one row after the other, and twice the memory. */
const MAX_LISTED_ROWS: number = 256 * 1024

/** What a full disk may take at a time at the price of a text index: more of them may need too much by themselves. */
const MAX_RECORDS_BEFORE_TEXT = 32

/** A record that takes its place. */
interface Placed {
  readonly entry: CommitEntry
  readonly old: StoredRecord | undefined
  readonly document: EditedDocument | undefined
  readonly record: NewRecord
  readonly seal: number | null
}

/** What a storage on SQLite is made with. */
export interface SqliteStorageOptions extends StorageOptions {
  /** What knows of edits, where it need not be loaded first. */
  readonly edits?: typeof EditedDocuments
}

/** The storage contract on SQLite, whichever driver reaches it. All methods but `explain` answer at once. */
export class SqliteStorage implements Storage {
  readonly #driver: SqlDriver
  readonly #statements: Statements
  readonly #authors: AuthorTable
  readonly #seals: SealTable
  readonly #indexes: DeclaredIndexes
  readonly #texts: TextIndexes
  readonly #totals: Totals
  readonly #times: Times
  readonly #references: FileReferences
  readonly #forgotten: ForgottenTimes
  #files: FileStorage | undefined
  readonly #records: RecordTable
  readonly #recordParts: RecordTableInit
  /** What knows of edits, loaded before the first of them. */
  #edited: EditedDocuments | undefined
  /** What knows of earlier versions, loaded where some are kept. */
  #history: HistoryTable | undefined
  /** Whether there was some when the first namespace said that it keeps none. */
  #hasHistory: boolean | undefined
  readonly #now: () => number
  readonly #maxBytes: number | undefined
  readonly #queries: Queries
  readonly #room: Room
  readonly #readings = new Readings()
  readonly #isInPlace: () => boolean
  #isGone = false
  #isClosed = false
  #isMapped = false
  /** Until when it stays so, on the clock of `performance`. */
  #unmappedUntil = 0

  constructor(driver: SqlDriver, options: SqliteStorageOptions = {}, isReadOnly = false) {
    if (!isReadOnly) prepareSchema(driver, options)
    const statements = new Statements(driver)
    const authors = new AuthorTable(statements)
    const seals = new SealTable(statements, authors)
    const indexes = new DeclaredIndexes(statements)
    const texts = new TextIndexes(statements)
    const totals = new Totals(statements)
    this.#driver = driver
    this.#isInPlace = options.isInPlace ?? (() => true)
    this.#now = options.now ?? Date.now
    this.#maxBytes = options.maxBytes
    this.#room = new Room(driver, statements, { maxBytes: options.maxBytes, reserve: options.reserve })
    this.#statements = statements
    this.#authors = authors
    this.#seals = seals
    this.#indexes = indexes
    this.#texts = texts
    this.#totals = totals
    this.#times = new Times(statements)
    this.#references = new FileReferences(statements)
    this.#forgotten = new ForgottenTimes(statements)
    const table: RecordTableInit = {
      statements,
      authors,
      seals,
      indexes,
      texts,
      totals,
      readings: this.#readings,
      now: options.now ?? Date.now,
      onReplaced: (ns, document, gone, by) => this.#history?.replaced(ns, document, gone, by),
      onRemoved: (ns, document) => this.#history?.forgetDocument(ns, document),
    }
    this.#records = new RecordTable(table)
    this.#recordParts = table
    this.#edited = options.edits && new options.edits(table)
    this.#queries = new Queries({
      driver,
      statements,
      indexes,
      textIndex: (ns, collection) => this.#textIndex(ns, collection),
      totals,
      functions: new QueryFunctions(driver),
      orders: new PageOrders(),
    })
    if (indexes.needsLook && !isReadOnly) this.#lookAtIndexes()
  }

  #lookAtIndexes(): void {
    try {
      this.#transaction(() => this.#indexes.look())
    } catch (error) {
      // Without space for that, queries do without these indexes until the next start.
      if (errorCode(error) !== 'disk-full') throw error
    }
  }

  getMeta(key: string): Uint8Array | undefined {
    return bytesOrUndefined(this.#statements.own('SELECT value FROM meta WHERE key = ?').get(key)?.['value'])
  }

  setMeta(key: string, value: Uint8Array | undefined): void {
    const isSmall = value === undefined || value.length <= MAX_RESERVED_META_BYTES
    if (isSmall) this.#room.withReserve(() => this.#setMeta(key, value))
    else this.#room.growing(() => this.#setMeta(key, value))
  }

  #setMeta(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#statements.own('DELETE FROM meta WHERE key = ?').run(key)
    else this.#statements.own('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value)
  }

  listMeta(prefix: string): (readonly [key: string, value: Uint8Array])[] {
    // SQLite compares UTF-8, where no character comes after this one.
    const rows = this.#statements.own('SELECT key, value FROM meta WHERE key >= ? AND key < ? ORDER BY key').all(prefix, `${prefix}\u{10ffff}`)
    return rows.map((row) => [String(row['key']), bytes(row['value'])] as const)
  }

  namespaces(): StoredNamespace[] {
    return this.#statements
      .own('SELECT ns, cid, genesis, head, signature FROM namespaces WHERE length(genesis) > 0 ORDER BY ns')
      .all()
      .map((row) => ({
        ns: Number(row['ns']),
        cid: String(row['cid']),
        genesis: bytes(row['genesis']),
        head: bytes(row['head']),
        signature: bytes(row['signature']),
      }))
  }

  saveNamespace(namespace: Omit<StoredNamespace, 'ns'>): number {
    const known = this.#statements.own('SELECT ns FROM namespaces WHERE cid = ?').get(namespace.cid)
    if (known === undefined) return this.#transaction(() => this.#saveNamespace(namespace))
    return this.#reserved(() => {
      this.#totals.moveOn(Number(known['ns']))
      return this.#saveNamespace(namespace)
    })
  }

  #saveNamespace({ cid, genesis, head, signature }: Omit<StoredNamespace, 'ns'>): number {
    this.#statements
      .own(
        'INSERT INTO namespaces (cid, genesis, head, signature) VALUES (?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET genesis = iif(length(genesis) = 0, excluded.genesis, genesis), head = excluded.head, signature = excluded.signature',
      )
      .run(cid, genesis, head, signature)
    const ns = Number(this.#statements.own('SELECT ns FROM namespaces WHERE cid = ?').get(cid)?.['ns'])
    if (ns > MAX_NAMESPACES) throw new DocstoreError('too-many-namespaces', `One peer holds at most ${MAX_NAMESPACES} namespaces`)
    return ns
  }

  forgetNamespace(ns: number): void {
    const indexes = this.#statements.own('SELECT collection, paths FROM indexes WHERE ns = ?')
    const texts = this.#statements.own('SELECT collection, paths FROM text_indexes WHERE ns = ?')
    const pathsOf = (paths: unknown): string[] => JSON.parse(String(paths)) as string[]
    this.#reserved(() => {
      // An empty genesis stands for none: the row keeps the number for this id.
      this.#statements.own("UPDATE namespaces SET genesis = x'', head = x'', signature = x'' WHERE ns = ?").run(ns)
      for (const { collection, paths } of indexes.all(ns)) this.#indexes.drop(ns, String(collection), pathsOf(paths))
      this.#statements.own('DELETE FROM forgotten WHERE ns = ?').run(ns)
      for (const { collection, paths } of texts.all(ns)) this.#texts.drop(ns, String(collection), pathsOf(paths))
    })
    this.#queries.forgetPlans()
  }

  halfForgotten(): number[] {
    const rows = this.#statements
      .own(
        'SELECT ns FROM namespaces WHERE length(genesis) = 0 AND (EXISTS (SELECT 1 FROM records WHERE rid > namespaces.ns * ?1 AND rid < (namespaces.ns + 1) * ?1) OR EXISTS (SELECT 1 FROM history WHERE hid > namespaces.ns * ?1 AND hid < (namespaces.ns + 1) * ?1))',
      )
      .all(SEQ_SPAN)
    return rows.map((row) => Number(row['ns']))
  }

  laterRecords(ns: number, which: LaterRecords): StoredRecord[] {
    const found = this.#records.later(ns, which)
    const { only } = which
    return only === undefined ? found : found.filter(({ seq }) => only.includes(seq))
  }

  removeLater(ns: number, which: LaterRecords): number {
    const remove = (): number => {
      const found = this.laterRecords(ns, which)
      for (const record of found) this.#records.remove(ns, record)
      if (found.length === 0) return 0
      this.#references.removed(ns, found)
      // Where all go, nothing is left to be shown in another way.
      if ((which.after >= 0 || which.only !== undefined) && this.#edited !== undefined) {
        this.#edited.showAnew(ns, found)
        this.#references.committed(ns, [], this.#edited.takeShown())
      }
      this.#totals.storeNow(ns)
      return found.length
    }
    return this.#makingRoom(remove, which.limit)
  }

  async moveNamespaces(moves: readonly NamespaceMove[], meta: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    // Loaded when somebody moves: few ever do.
    const { moveRecords } = await import('./records/moved-records.ts')
    for (const { ns } of moves) await this.keepHistory(ns, false)
    this.#reserved(() => {
      for (const move of moves) {
        const { ns, cid, genesis, head, signature } = move
        // Positions go on from where they are, also where the last record is forgotten.
        this.#totals.lastSeq(ns)
        this.#statements
          .own('UPDATE namespaces SET cid = ?, genesis = ?, head = ?, signature = ?, known = 0 WHERE ns = ?')
          .run(cid, genesis, head, signature, ns)
        // Under its new id nothing of it was ever anywhere.
        this.#statements.own('DELETE FROM forgotten WHERE ns = ?').run(ns)
        moveRecords({ records: this.#records, seals: this.#seals, references: this.#references, history: this.#history }, move)
        this.#totals.recount(ns)
      }
      for (const [key, value] of meta) this.#setMeta(key, value)
    })
  }

  async readyForEdits(): Promise<void> {
    this.#statements.assertOpen()
    if (this.#edited !== undefined) return
    const { EditedDocuments } = await import('./records/edited-documents.ts')
    this.#edited ??= new EditedDocuments(this.#recordParts)
  }

  /** Whether any namespace has edits, so that it has to be made ready for them. */
  get hasEdits(): boolean {
    return this.#statements.own('SELECT 1 FROM namespaces WHERE edited = 1 LIMIT 1').get() !== undefined
  }

  commit(ns: number, entries: readonly CommitEntry[], { seals = [], sealWith, notes }: CommitSeals = {}): (CommitOutcome | undefined)[] {
    const write = (): (CommitOutcome | undefined)[] => {
      // Where there are edits, what is written is signed when it leaves.
      const isLate = sealWith === undefined || this.#edited?.hasEdits(ns) === true
      const outcomes = isLate ? this.#commitWith(ns, entries, seals) : this.#commitAndSeal(ns, entries, sealWith)
      this.#totals.store(ns)
      this.#times.committed(ns, outcomes, seals.length > 0)
      this.#references.committed(ns, outcomes, this.#edited?.takeShown() ?? [])
      if (notes !== undefined) for (const [key, value] of notes()) this.#setMeta(key, value)
      return outcomes
    }
    const outcomes = this.#orWithoutHistory(() => this.#transaction(write))
    this.#room.stored(outcomes.length, unitsOf(outcomes))
    return outcomes
  }

  commitShrinking(
    ns: number,
    entries: readonly CommitEntry[],
    { seals = [], isWhole = false, notes }: Pick<CommitSeals, 'seals' | 'notes'> & { readonly isWhole?: boolean } = {},
  ): (CommitOutcome | undefined | 'no-room')[] {
    const shrink = (): (CommitOutcome | undefined | 'no-room')[] => {
      const shrinking = shrinkingOnly(entries)
      const outcomes = this.#commitWith(ns, shrinking.entries, seals)
      if (isWhole && outcomes.some((_, i) => shrinking.isLeftOut(i))) throw fullError('some of it would need more room than what it replaces')
      // Where nothing is written, nothing may be taken from the reserve.
      if (outcomes.some((outcome) => outcome !== undefined)) {
        this.#totals.store(ns)
        this.#times.committed(ns, outcomes, seals.length > 0)
        this.#references.committed(ns, outcomes, this.#edited?.takeShown() ?? [])
      }
      if (notes !== undefined) for (const [key, value] of notes()) this.#setMeta(key, value)
      return outcomes.map((outcome, i) => (shrinking.isLeftOut(i) ? 'no-room' : outcome))
    }
    const makeRoom = (): (CommitOutcome | undefined | 'no-room')[] => this.#makingRoom(shrink, entries.length)
    const outcomes = this.#history === undefined ? makeRoom() : this.#history.paused(makeRoom)
    this.#room.stored(outcomes.length, 0)
    return outcomes
  }

  #commitWith(ns: number, entries: readonly CommitEntry[], seals: readonly Seal[]): (CommitOutcome | undefined)[] {
    const kept = new Map<number, { readonly seal: number; records: number }>()
    const outcomes = entries.map((entry) => {
      const { seal: position } = entry
      const { old, document, forgotten } = this.#heldFor(ns, entry)
      const record = entry.build(old, document, forgotten)
      if (record === undefined) {
        this.#late(ns, entry, old, document)
        return undefined
      }
      if (position === undefined) return this.#put(ns, { entry, old, document, record, seal: null })
      const seal = seals[position]
      if (seal === undefined) throw new DocstoreError('internal', 'A record refers to a seal that is not in its commit')
      // Counted generously while the commit runs, so that a seal outlives a record that the same commit replaces.
      const under = kept.get(position) ?? { seal: this.#seals.add(seal, entries.length), records: 0 }
      kept.set(position, under)
      const outcome = this.#put(ns, { entry, old, document, record, seal: under.seal })
      if (outcome !== undefined) under.records++
      return outcome
    })
    this.#edited?.settle(ns)
    for (const { seal, records } of kept.values()) this.#seals.release(seal, entries.length - records)
    if (kept.size > 0) this.#records.advanceSealed(ns)
    return outcomes
  }

  /** Keeps a record for the history that came too late for anything else. */
  #late(ns: number, { slot, late }: CommitEntry, old: StoredRecord | undefined, document: EditedDocument | undefined): void {
    if (late === undefined || this.#history === undefined) return
    this.#history.late(ns, document?.slot ?? slot, late, document === undefined ? old : document.base)
  }

  /** What holds the slot of an entry, and the document where that has edits or the entry is one. */
  #heldFor(
    ns: number,
    entry: CommitEntry,
  ): { readonly old: StoredRecord | undefined; readonly document: EditedDocument | undefined; readonly forgotten: number } {
    const { slot } = entry
    const document = this.#edited?.of(ns, entry, entry.document === undefined)
    if (entry.document !== undefined && document === undefined) throw new DocstoreError('internal', 'The storage was not made ready for edits')
    if (document === undefined) {
      const old = this.#records.bySlot(ns, slot)
      return { old, document, forgotten: this.#forgotten.of(ns, slot) }
    }
    const old = document.heldBy(slot, entry.document !== undefined && !equalBytes(entry.document, slot))
    return { old, document, forgotten: this.#forgotten.of(ns, document.slot) }
  }

  #put(ns: number, { entry, old, document, record, seal }: Placed): CommitOutcome | undefined {
    const { slot, isAnew = false } = entry
    const isNext = document === undefined && (old === undefined || isAnew || follows(record, old))
    if (isNext) return this.#records.replace(ns, slot, old, record, seal)
    // Neither has seen the other, or the old one is later: what is kept of both is found out with all that there is of the document.
    const whole = document ?? this.#edited?.of(ns, { slot, document: record.edit?.document ?? slot }, false)
    if (whole === undefined || this.#edited === undefined) throw new DocstoreError('internal', 'The storage was not made ready for edits and losers')
    const outcome = this.#edited.take(ns, whole, { slot, record, seal, isAnew })
    if (outcome === undefined) this.#late(ns, entry, old, whole)
    return outcome
  }

  #commitAndSeal(ns: number, entries: readonly CommitEntry[], sealWith: NonNullable<CommitSeals['sealWith']>): (CommitOutcome | undefined)[] {
    const built = entries.map((entry) => {
      const old = this.#records.bySlot(ns, entry.slot)
      return { slot: entry.slot, old, record: entry.build(old, undefined, this.#forgotten.of(ns, entry.slot)) }
    })
    const hashes = built.flatMap(({ record }) => (record === undefined ? [] : [record.hash]))
    const seals: number[] = []
    for (let i = 0; i < hashes.length; i += RECORDS_PER_SEAL) {
      const group = hashes.slice(i, i + RECORDS_PER_SEAL)
      const joined = new Uint8Array(group.length * 32)
      group.forEach((hash, at) => joined.set(hash, at * 32))
      seals.push(this.#seals.add(sealWith(joined), group.length))
    }
    let position = 0
    const outcomes = built.map(
      ({ slot, old, record }) => record && this.#records.replace(ns, slot, old, record, seals[Math.floor(position++ / RECORDS_PER_SEAL)] ?? null),
    )
    if (seals.length > 0) this.#records.advanceSealed(ns)
    return outcomes
  }

  async keepHistory(ns: number, isKept: boolean): Promise<void> {
    this.#statements.assertOpen()
    // What there is from another time has to be forgotten with its documents.
    if (this.#history === undefined && !isKept && !(this.#hasHistory ??= this.historyNamespaces().length > 0)) return
    const history = this.#history ?? (await this.#loadedHistory())
    history.keep(ns, isKept)
  }

  historyNamespaces(): number[] {
    const rows = this.#statements.own('SELECT ns FROM history_sizes WHERE versions > 0').all()
    return rows.map(({ ns }) => Number(ns))
  }

  async #loadedHistory(): Promise<HistoryTable> {
    const { HistoryTable } = await import('./history/history-table.ts')
    return (this.#history ??= new HistoryTable({
      statements: this.#statements,
      authors: this.#authors,
      now: this.#now,
      maxBytes: this.#maxBytes,
    }))
  }

  async pastRecords(ns: number, collection: string, id: string): Promise<PastRecord[]> {
    const { pastRecords } = await import('./history/past-records.ts')
    const history = await this.#loadedHistory()
    this.#isRead()
    return pastRecords(this.#statements, history, { ns, collection, id })
  }

  async tidyHistory(ns: number, which: { readonly before: number; readonly limit: number }): Promise<number> {
    const history = await this.#loadedHistory()
    // Whoever only reads may ask too.
    if (!history.isDue(ns, which.before)) return 0
    return this.#reserved(() => history.tidy(ns, which))
  }

  async historySize(ns: number): Promise<HistorySize> {
    this.#statements.assertOpen()
    return (await this.#loadedHistory()).size(ns)
  }

  unsealed(ns: number, limit: number): StoredRecord[] {
    return this.#records.unsealed(ns, limit)
  }

  attachSeal(ns: number, seqs: readonly number[], seal: Seal): void {
    this.#sealing(() => {
      const number = this.#seals.add(seal, seqs.length)
      const passedOver = seqs.filter((seq) => !this.#records.seal(ns, seq, number))
      this.#seals.release(number, passedOver.length)
      this.#records.advanceSealed(ns)
    })
    this.#room.stored(seqs.length, 0)
  }

  seal(seal: number): Seal | undefined {
    return this.#seals.get(seal)
  }

  times(ns: number): TimeMarks {
    return this.#times.get(ns)
  }

  noteKnown(ns: number, time: number): void {
    // A full store sends too, deletes above all.
    this.#room.withReserve(() => this.#times.noteKnown(ns, time))
  }

  future(ns: number, after: number, by: Uint8Array): FutureTotal {
    if (this.#times.get(ns).newest <= after) return NO_FUTURE
    const found = this.#times.future(ns, after, by)
    if (found.records > 0) return found
    try {
      this.#reserved(() => this.#times.lowerNewest(ns, found.last))
    } catch (error) {
      // It only spares the next look.
      if (errorCode(error) !== 'disk-full') throw error
    }
    return NO_FUTURE
  }

  unknownFuture(ns: number, which: UnknownFuture): StoredRecord[] {
    const { newest, known } = this.#times.get(ns)
    return newest <= which.after ? [] : this.#records.beyond(ns, { ...which, after: Math.max(which.after, known) })
  }

  nextExpiry(): number | undefined {
    const exp = this.#statements.own(NEXT_EXPIRY).get()?.['exp']
    return typeof exp === 'number' ? exp : undefined
  }

  async expire(now: number, limit: number): Promise<readonly ExpiredDocument[]> {
    const expired = await this.#expired()
    return this.#makingRoom(() => expired.erase(now, limit), limit)
  }

  async takeBackExpired(latest: number, limit: number): Promise<readonly number[]> {
    const expired = await this.#expired()
    return this.#makingRoom(() => expired.takeBack(latest, limit), limit)
  }

  async forgetDeleted(ns: number, which: ForgetRange): Promise<{ readonly next: number | undefined; readonly removed: number }> {
    const slots = await this.#forgottenSlots()
    const page = this.#makingRoom(() => slots.forget(ns, which), which.limit)
    this.#forgotten.changed()
    return page
  }

  async giveUp(ns: number, seqs: readonly number[], before: number): Promise<number> {
    const slots = await this.#forgottenSlots()
    const removed = this.#makingRoom(() => slots.giveUp(ns, seqs, before), seqs.length)
    this.#forgotten.changed()
    return removed
  }

  /** Loaded when something is forgotten: that is seldom. */
  async #forgottenSlots(): Promise<ForgottenSlots> {
    this.#statements.assertOpen()
    const { ForgottenSlots } = await import('./records/forgotten-slots.ts')
    return new ForgottenSlots({ ...this.#recordParts, records: this.#records, references: this.#references, edited: await this.#readyEdits() })
  }

  /** Loaded when something expires: little does. */
  async #expired(): Promise<ExpiredRecords> {
    const [{ ExpiredRecords }, edited] = await Promise.all([import('./records/expired-records.ts'), this.#readyEdits()])
    return new ExpiredRecords({ ...this.#recordParts, records: this.#records, references: this.#references, edited })
  }

  async #readyEdits(): Promise<EditedDocuments> {
    await this.readyForEdits()
    if (this.#edited === undefined) throw new DocstoreError('internal', 'The storage was not made ready for edits')
    return this.#edited
  }

  lastSeq(ns: number): number {
    return this.#totals.lastSeq(ns)
  }

  total(ns: number): SetTotal {
    return this.#totals.get(ns)
  }

  recount(ns: number): boolean {
    return this.#reserved(() => this.#totals.recount(ns))
  }

  recordsSince(ns: number, since: number, limit: number): StoredRecord[] {
    return this.#records.since(ns, since, limit)
  }

  recordsBySlot(ns: number, slots: readonly Uint8Array[]): StoredRecord[] {
    return slots.flatMap((slot) => this.#records.bySlot(ns, slot) ?? [])
  }

  versionsSince(ns: number, since: number, limit: number): Version[] {
    return this.#records.versionsSince(ns, since, limit)
  }

  versionsBetween(ns: number, low: Uint8Array, high: Uint8Array | undefined, limit: number): Version[] {
    return this.#records.versionsBetween(ns, low, high, limit)
  }

  contentByDigest(digest: Uint8Array): string | undefined {
    return this.#records.contentByDigest(digest)
  }

  get(ns: number, collection: string, id: string): string | undefined {
    this.#isRead()
    return this.#records.content(ns, collection, id)
  }

  getVersion(ns: number, collection: string, id: string): ShownVersion | undefined {
    this.#isRead()
    const record = this.#records.shown(ns, collection, id)
    if (record === undefined) return undefined
    return { content: record.content ?? '', ...shownFacts(this.#statements, ns, record) }
  }

  async conflicts(ns: number, collection: string, which: Parameters<Storage['conflicts']>[2]): Promise<readonly LostVersion[]> {
    await this.readyForEdits()
    return this.#edited?.conflicts(ns, collection, which) ?? []
  }

  find(ns: number, collection: string, query: StoredQuery): FoundPage {
    this.#isRead()
    return this.#queries.find(ns, collection, query)
  }

  openReading(
    ns: number,
    collection: string,
    { filter, sort, limit = Number.POSITIVE_INFINITY, skip = 0, first, withFacts = false }: ReadingQuery,
  ): OpenedReading {
    this.#isRead()
    const seq = this.#totals.lastSeq(ns)
    const compile = (rows: 'whole' | 'rowids'): { sql: string; params: SqlValue[] } => {
      const { sql, params } = compileFind(this.#queries.scope(ns, collection), { filter, sort, limit: -1, rows })
      return { sql: `${sql} OFFSET ?`, params: params.slice(0, -1) }
    }
    // One more than the first piece has room for tells whether that is all. Where SQLite sorts, it has to be worth sorting twice.
    const few = Math.min(limit, first + 1)
    const whole = compile('whole')
    if (limit + skip <= few || !this.#queries.sorts(whole.sql)) {
      const { rows, isFull } = pageOf(this.#statements.query(whole.sql), [...whole.params, few, skip], few)
      if (!isFull || rows.length === limit) {
        const facts = withFacts ? { facts: this.#facts(Float64Array.from(rows, ({ rowid }) => Number(rowid))) } : {}
        return { contents: rows.map((row) => String(row['content'])), ...facts, reading: undefined, seq }
      }
    }
    const { sql, params } = compile('rowids')
    const rows = this.#rowsOf(sql, [...params, Number.isFinite(limit) ? limit : -1, skip], this.#totals.documents(ns, collection) <= MAX_LISTED_ROWS)
    const contents = this.#contents(rows, 0, first)
    const facts = withFacts ? { facts: this.#facts(rows.subarray(0, contents.length)) } : {}
    if (contents.length === rows.length) return { contents, ...facts, reading: undefined, seq }
    const factsOf = withFacts ? (record: StoredRecord) => shownFacts(this.#statements, ns, record) : undefined
    return { contents, ...facts, reading: this.#readings.select(ns, rows, ns * SEQ_SPAN + seq, factsOf), seq }
  }

  /** Who made the documents of rows what they are; of those that were replaced, what was kept. */
  #facts(rows: Float64Array, kept?: ReadonlyMap<number, KeptRow>): ShownFacts[] {
    return factsOfRows(this.#statements, [...rows]).map((facts, i) => facts ?? kept?.get(rows[i] ?? 0)?.facts ?? notKept())
  }

  #rowsOf(sql: string, params: readonly SqlValue[], isShort: boolean): Float64Array {
    if (isShort) {
      const all = this.#statements.query(`SELECT json_group_array(rowid) AS rows FROM (${sql})`).get(...params)
      return Float64Array.from(JSON.parse(String(all?.['rows'])) as number[])
    }
    const rows: number[] = []
    this.#statements.query(sql).each(params, ({ rowid }) => rows.push(Number(rowid)) > 0)
    return Float64Array.from(rows)
  }

  readOn(reading: string, from: number, limit: number): ReadPiece {
    this.#statements.assertOpen()
    const { rows, kept, factsOf } = this.#readings.selection(reading, from)
    const contents = this.#contents(rows, from, limit, kept)
    const facts = factsOf === undefined ? {} : { facts: this.#facts(rows.subarray(from, from + contents.length), kept) }
    const isLast = from + contents.length >= rows.length
    if (isLast) this.#readings.end(reading)
    return { contents, ...facts, isLast }
  }

  endReading(reading: string): void {
    this.#statements.assertOpen()
    this.#readings.end(reading)
  }

  /** Contents of versions by row id, in order, until they fill a page; those that were replaced are in `kept`. */
  #contents(rows: Float64Array, from: number, limit: number, kept?: ReadonlyMap<number, KeptRow>): string[] {
    const contents: string[] = []
    const end = Math.min(rows.length, from + limit)
    const statement = this.#statements.own(
      'SELECT j.key AS position, r.content AS content FROM json_each(?) j LEFT JOIN records r ON r.rid = j.value',
    )
    let length = 0
    // All rows of one call at once take less time than one by one, and so many cannot be too large.
    for (let at = from; at < end; at += ROWS_AT_ONCE) {
      const wanted = [...rows.subarray(at, Math.min(end, at + ROWS_AT_ONCE))]
      for (const { position, content } of statement.all(JSON.stringify(wanted))) {
        const text = typeof content === 'string' ? content : (kept?.get(wanted[Number(position)] ?? 0)?.content ?? notKept())
        // Nothing promises that a join gives its rows in this order.
        contents[at - from + Number(position)] = text
        length += text.length
      }
      if (length >= MAX_PAGE_LENGTH) break
    }
    return contents
  }

  openFeed(ns: number, since?: number): { feed: string; seq: number } {
    const last = this.#totals.lastSeq(ns)
    const seq = since ?? last
    return { feed: this.#readings.feed(ns, seq, last), seq }
  }

  readFeed(feed: string, limit: number): FeedRecord[] {
    this.#statements.assertOpen()
    const { ns, at } = this.#readings.feedPlace(feed)
    for (let since = at; ; ) {
      const records = this.#records.since(ns, since, limit)
      const before = this.#readings.seenBefore(feed, records)
      const changes = records.flatMap((record, i) => (isShown(record) ? { record, before: before[i] } : []))
      const last = records.at(-1)
      if (last === undefined || changes.length > 0) return changes
      since = last.seq
    }
  }

  distinct(ns: number, collection: string, path: string, filter: Filter): readonly Json[] {
    this.#isRead()
    const { sql, params } = compileFind(this.#queries.scope(ns, collection), { filter, sort: [], limit: -1 })
    return distinctValues(path, (onValue) => this.#statements.query(distinctSql(path, sql)).each(params, (row) => onValue(row['value'])))
  }

  /** Somebody reads documents here. A peer that only collects them needs no more memory for that. */
  #isRead(): void {
    if (this.#isMapped || performance.now() < this.#unmappedUntil) return
    this.#isMapped = true
    mapForReading(this.#driver)
  }

  /** A file is being read: mapped, all of it would count as the process's memory. */
  #isStreamed(): void {
    this.#unmappedUntil = performance.now() + UNMAPPED_MS
    if (!this.#isMapped) return
    this.#isMapped = false
    unmap(this.#driver)
  }

  count(ns: number, collection: string, filter: Filter): number {
    this.#isRead()
    return this.#queries.count(ns, collection, filter)
  }

  async explain(ns: number, collection: string, { filter, sort, limit }: Omit<StoredQuery, 'after'>): Promise<Explanation> {
    // Loaded when somebody asks: few do.
    const { explained } = await import('../query/sql/explain.ts')
    const scope = this.#queries.scope(ns, collection)
    const { sql, params } = compileFind(scope, { filter, sort, limit })
    const plan = this.#statements.query(`EXPLAIN QUERY PLAN ${sql}`).all(...params)
    const declared = this.#indexes.list(ns, collection).map((fields) => ({ fields, text: false, name: nameOf(ns, collection, fields) }))
    return explained({
      scope,
      filter,
      sort,
      indexes: scope.text === undefined ? declared : [...declared, { fields: scope.text.paths, text: true, name: scope.text.table }],
      documents: this.count(ns, collection, parseFilter({})),
      plan: plan.map(({ detail }) => String(detail)),
    })
  }

  #textIndex(ns: number, collection: string): QueryScope['text'] {
    const index = this.#texts.of(ns, collection)
    return index && { ...index, makeReady: () => index.isGivenUp && this.#remakeText(ns, collection) }
  }

  #remakeText(ns: number, collection: string): void {
    try {
      this.#transaction(() => this.#texts.remake(ns, collection))
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      throw new DocstoreError(
        'disk-full',
        'The text index of this collection was given up so that documents could be deleted on a full disk, and there is no room yet to make it again. Free some space',
        { cause: error },
      )
    }
  }

  collections(ns: number): readonly CollectionCount[] {
    return this.#totals.collections(ns, MAX_LISTED_COLLECTIONS)
  }

  overview(ns: number): SetTotal & { collections: readonly CollectionCount[] } {
    return { ...this.total(ns), collections: this.collections(ns) }
  }

  createIndex(ns: number, collection: string, paths: readonly string[], { text = false }: IndexKind = {}): void {
    checkPaths(paths)
    this.#transaction(() => (text ? this.#texts : this.#indexes).create(ns, collection, paths))
    this.#queries.forgetPlans()
  }

  dropIndex(ns: number, collection: string, paths: readonly string[], { text = false }: IndexKind = {}): boolean {
    const indexes = text ? this.#texts : this.#indexes
    try {
      return this.#reserved(() => indexes.drop(ns, collection, paths))
    } catch (error) {
      if (!isOutOfSpace(error)) throw error
    } finally {
      this.#queries.forgetPlans()
    }
    // An index that goes makes room, but overwriting it in one transaction needs a log of its size.
    const leftovers: Leftover[] = []
    const isDropped = this.#room.freeing(() => this.#atomically(() => indexes.drop(ns, collection, paths, leftovers), 'makes room'))
    this.#queries.forgetPlans()
    this.#clear(leftovers)
    return isDropped
  }

  indexes(ns: number, collection: string): IndexInfo[] {
    const text = this.#texts.of(ns, collection)
    const declared = this.#indexes.list(ns, collection).map((fields) => ({ fields, text: false }))
    return text === undefined ? declared : [...declared, { fields: text.paths, text: true }]
  }

  hasFilesToClear(): boolean {
    return this.#references.hasUnused() || this.getMeta(UNWIPED) !== undefined
  }

  async files(): Promise<FileStorage> {
    this.#statements.assertOpen()
    if (this.#files !== undefined) return this.#files
    // Loaded when somebody has files: many have none.
    const { FileTables } = await import('./files/file-tables.ts')
    return (this.#files ??= new FileTables({
      statements: this.#statements,
      growing: (work, bytes) => {
        this.#transaction(work)
        this.#room.stored(0, bytes)
      },
      shrinking: (work) => this.#reserved(work),
      clearing: (work) => this.#clearing(work),
      giveBack: () => this.#giveBack(),
      onRead: () => this.#isStreamed(),
    }))
  }

  /**
   * Removes blocks. To overwrite them would write all of a file twice; where the end of the database can be cut off, they are left as they are in free
   * pages, which `#giveBack` fills with what lies behind them, or cuts off. That this is to be done is noted with them.
   */
  #clearing(work: () => boolean): boolean {
    if (!this.#room.canGiveBack) return this.#reserved(work)
    return this.#room.withoutOverwriting(() =>
      this.#reserved(() => {
        const hasRemoved = work()
        if (hasRemoved) this.#setMeta(UNWIPED, Uint8Array.of(1))
        return hasRemoved
      }),
    )
  }

  #giveBack(): boolean {
    if (this.getMeta(UNWIPED) === undefined) return false
    if (this.#room.withReserve(() => this.#room.giveBack())) return true
    this.#room.settle()
    this.#reserved(() => this.#setMeta(UNWIPED, undefined))
    return false
  }

  isInPlace(): boolean {
    this.#statements.assertOpen()
    this.#isGone = !this.#isInPlace()
    return !this.#isGone
  }

  async findDamage(): Promise<readonly string[]> {
    // Loaded when somebody asks: few do.
    const { damageIn } = await import('./damage.ts')
    return damageIn(this.#statements)
  }

  async backup(_path: string): Promise<void> {
    this.#statements.assertOpen()
    throw new DocstoreError('no-files', 'There are no files here. Use an export')
  }

  async compactSome(): Promise<CompactStep> {
    // Loaded when somebody asks: few do.
    const { compactSome } = await import('./space/compacting.ts')
    this.#statements.assertOpen()
    const step = this.#room.withReserve(() => compactSome(this.#statements, this.#room))
    if (step.left === 0) this.#room.settle()
    return step
  }

  rebuildIndexes(): void {
    this.#reserved(() => this.#driver.exec('REINDEX'))
  }

  scrub(): void {
    this.isInPlace()
    // secure_delete has zeroed the bytes in the pages; the write-ahead log still holds the pages as they were. What SQLite moved to
    // another page before it was deleted can leave a copy in the free part of the old page until that is used again. After many
    // random deletions that is about one document in a thousand, and one word in some hundreds of a small text index; only VACUUM, or
    // dropping the index, removes these.
    this.#room.settle()
    this.#records.madeRoom()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#readings.close()
    this.#statements.close()
    this.#driver.close()
  }

  /** A transaction that may make the database larger. */
  #transaction<T>(work: () => T): T {
    try {
      return this.#atomically(work, 'grows')
    } catch (error) {
      this.#room.emptyLogAfter(error)
      return this.#atomically(() => this.#texts.withoutMerging(work), 'grows')
    }
  }

  /** A transaction that other peers need to learn of a delete. */
  #sealing(work: () => void): void {
    this.#room.beyondLimit(() => this.#atomically(work, 'seals'))
  }

  /** A transaction that makes room, or adds little to what is there. */
  #reserved<T>(work: () => T): T {
    return this.#room.withReserve(() => this.#atomically(work, 'makes room'))
  }

  /**
   * The same for records that others take the place of. Where it is indexes that need too much, these give way: what lies in arrays is taken
   * out of them afterwards, bit by bit, text indexes are not merged meanwhile, and, for the sake of a few records, given up.
   */
  #makingRoom<T>(work: () => T, records: number): T {
    try {
      return this.#reserved(work)
    } catch (error) {
      if (!isOutOfSpace(error) || (this.#texts.changed.length === 0 && !this.#indexes.hasArrays)) throw error
    }
    const leftovers: Leftover[] = []
    const lightly = (): T => this.#reserved(() => this.#indexes.leaving(leftovers, () => this.#texts.withoutMerging(work)))
    const result = this.#orWithoutTexts(lightly, records)
    this.#clear(leftovers)
    return result
  }

  /** What documents were before gives way to what they are. */
  #orWithoutHistory<T>(write: () => T): T {
    for (let given = 0; ; given++) {
      try {
        return write()
      } catch (error) {
        if (errorCode(error) !== 'disk-full' || given === MAX_GIVEN || !this.#givesHistory()) throw error
      }
    }
  }

  #givesHistory(): boolean {
    const history = this.#history
    try {
      return history !== undefined && this.#reserved(() => history.giveUp())
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      return false
    }
  }

  #orWithoutTexts<T>(write: () => T, records: number): T {
    try {
      return write()
    } catch (error) {
      if (!isOutOfSpace(error) || this.#texts.changed.length === 0 || records > MAX_RECORDS_BEFORE_TEXT) throw error
    }
    const tables = this.#texts.changed
    this.#room.freeing(() => this.#atomically(() => this.#texts.giveUp(tables), 'makes room'))
    this.#queries.forgetPlans()
    return write()
  }

  /** Takes away what a write has left, in transactions that the reserve can pay. What stays where it cannot does no harm. */
  #clear(leftovers: readonly Leftover[]): void {
    try {
      for (const leftover of leftovers) while (this.#reserved(() => clearSome(this.#statements, leftover)));
    } catch (error) {
      if (!isOutOfSpace(error)) throw error
    }
  }

  #atomically<T>(work: () => T, kind: 'grows' | 'seals' | 'makes room'): T {
    // What is written to a file that was deleted is gone with this process.
    if (this.#isGone && !this.isInPlace()) throw dataGone()
    this.#statements.own('BEGIN IMMEDIATE').run()
    this.#texts.began()
    try {
      const result = work()
      this.#history?.store()
      if (kind === 'grows') this.#room.assertWithin()
      if (kind !== 'makes room') this.#room.assertPayable()
      this.#statements.own('COMMIT').run()
      this.#indexes.committed()
      return result
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  #rollback(): void {
    this.#authors.rolledBack()
    this.#totals.rolledBack()
    this.#edited?.rolledBack()
    this.#history?.rolledBack()
    this.#forgotten.changed()
    this.#indexes.rolledBack()
    this.#texts.rolledBack()
    try {
      if (this.#driver.inTransaction()) this.#driver.exec('ROLLBACK')
    } catch {
      // What made the transaction fail is the better error; SQLite rolls back what is left when the file is opened again.
    }
  }
}

function dataGone(): DocstoreError {
  return new DocstoreError(
    'data-missing',
    'The file of the database was deleted or replaced while it is open. What is in it can be saved as long as this process runs: docstore relay backup FILE',
  )
}

function notKept(): never {
  throw new DocstoreError('internal', 'A version that is being read was removed without being kept')
}

function unitsOf(outcomes: readonly (CommitOutcome | undefined)[]): number {
  let units = 0
  for (const outcome of outcomes) units += outcome?.record.content?.length ?? 0
  return units
}
