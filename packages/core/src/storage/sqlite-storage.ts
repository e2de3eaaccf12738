import { DocstoreError, errorCode } from '../errors.ts'
import type { Document } from '../model/content.ts'
import { MAX_SEAL_RECORDS } from '../model/limits.ts'
import type { Seal } from '../model/seal.ts'
import { compileCount, compileFind, type Filter, orderKey, type QueryScope, sortValue, totalSort } from '../query/index.ts'
import { AuthorTable } from './author-table.ts'
import { DeclaredIndexes } from './declared-indexes.ts'
import type { SqlDriver, SqlRow } from './driver.ts'
import { pageOf } from './page.ts'
import { QueryFunctions } from './query-functions.ts'
import { RecordTable } from './record-table.ts'
import { bytes, bytesOrUndefined } from './rows.ts'
import { mapForReading, prepareSchema, type StorageOptions } from './schema.ts'
import { SealTable } from './seal-table.ts'
import { Statements } from './statements.ts'
import type {
  CommitEntry,
  CommitOutcome,
  CommitSeals,
  FutureTotal,
  PageEnd,
  SetTotal,
  Storage,
  StoredNamespace,
  StoredQuery,
  StoredRecord,
  TimeMarks,
  Version,
} from './storage.ts'
import { Times } from './times.ts'
import { Totals } from './totals.ts'

/** Most namespaces in one database: keeps row ids below 2^53. */
const MAX_NAMESPACES: number = 2 ** 17 - 1
/** Collections that are listed. In an open namespace others can make any number of them. */
const MAX_LISTED_COLLECTIONS = 10_000

/** The storage contract on SQLite, whichever driver reaches it. All methods answer at once. */
export class SqliteStorage implements Storage {
  readonly #driver: SqlDriver
  readonly #statements: Statements
  readonly #authors: AuthorTable
  readonly #seals: SealTable
  readonly #indexes: DeclaredIndexes
  readonly #totals: Totals
  readonly #times: Times
  readonly #records: RecordTable
  readonly #functions: QueryFunctions
  #isClosed = false
  #isMapped = false

  constructor(driver: SqlDriver, options: StorageOptions = {}) {
    prepareSchema(driver, options)
    const statements = new Statements(driver)
    const authors = new AuthorTable(statements)
    const seals = new SealTable(statements, authors)
    const indexes = new DeclaredIndexes(statements)
    const totals = new Totals(statements)
    this.#driver = driver
    this.#statements = statements
    this.#authors = authors
    this.#seals = seals
    this.#indexes = indexes
    this.#totals = totals
    this.#times = new Times(statements)
    this.#records = new RecordTable({ statements, authors, seals, indexes, totals })
    this.#functions = new QueryFunctions(driver)
    if (indexes.needsLook) this.#lookAtIndexes()
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
      .own('SELECT ns, cid, genesis, head, signature FROM namespaces ORDER BY ns')
      .all()
      .map((row) => ({
        ns: Number(row['ns']),
        cid: String(row['cid']),
        genesis: bytes(row['genesis']),
        head: bytes(row['head']),
        signature: bytes(row['signature']),
      }))
  }

  saveNamespace({ cid, genesis, head, signature }: Omit<StoredNamespace, 'ns'>): number {
    return this.#transaction(() => {
      this.#statements
        .own(
          'INSERT INTO namespaces (cid, genesis, head, signature) VALUES (?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET head = excluded.head, signature = excluded.signature',
        )
        .run(cid, genesis, head, signature)
      const ns = Number(this.#statements.own('SELECT ns FROM namespaces WHERE cid = ?').get(cid)?.['ns'])
      if (ns > MAX_NAMESPACES) throw new DocstoreError('too-many-namespaces', `One peer holds at most ${MAX_NAMESPACES} namespaces`)
      return ns
    })
  }

  commit(ns: number, entries: readonly CommitEntry[], { seals = [], sealWith }: CommitSeals = {}): (CommitOutcome | undefined)[] {
    return this.#transaction(() => {
      const outcomes = sealWith === undefined ? this.#commitWith(ns, entries, seals) : this.#commitAndSeal(ns, entries, sealWith)
      this.#totals.store(ns)
      this.#times.committed(ns, outcomes, seals.length > 0)
      return outcomes
    })
  }

  #commitWith(ns: number, entries: readonly CommitEntry[], seals: readonly Seal[]): (CommitOutcome | undefined)[] {
    const kept = new Map<number, { readonly seal: number; records: number }>()
    const outcomes = entries.map((entry) => {
      const { slot, seal: position } = entry
      const old = this.#records.bySlot(ns, slot)
      const record = entry.build(old)
      if (record === undefined) return undefined
      if (position === undefined) return this.#records.replace(ns, slot, old, record, null)
      const seal = seals[position]
      if (seal === undefined) throw new DocstoreError('internal', 'A record refers to a seal that is not in its commit')
      // Counted generously while the commit runs, so that a seal outlives a record that the same commit replaces.
      const under = kept.get(position) ?? { seal: this.#seals.add(seal, entries.length), records: 0 }
      kept.set(position, under)
      under.records++
      return this.#records.replace(ns, slot, old, record, under.seal)
    })
    for (const { seal, records } of kept.values()) this.#seals.release(seal, entries.length - records)
    if (kept.size > 0) this.#records.advanceSealed(ns)
    return outcomes
  }

  #commitAndSeal(ns: number, entries: readonly CommitEntry[], sealWith: NonNullable<CommitSeals['sealWith']>): (CommitOutcome | undefined)[] {
    const built = entries.map((entry) => {
      const old = this.#records.bySlot(ns, entry.slot)
      return { slot: entry.slot, old, record: entry.build(old) }
    })
    const hashes = built.flatMap(({ record }) => (record === undefined ? [] : [record.hash]))
    const seals: number[] = []
    for (let i = 0; i < hashes.length; i += MAX_SEAL_RECORDS) {
      const group = hashes.slice(i, i + MAX_SEAL_RECORDS)
      const joined = new Uint8Array(group.length * 32)
      group.forEach((hash, at) => joined.set(hash, at * 32))
      seals.push(this.#seals.add(sealWith(joined), group.length))
    }
    let position = 0
    const outcomes = built.map(
      ({ slot, old, record }) => record && this.#records.replace(ns, slot, old, record, seals[Math.floor(position++ / MAX_SEAL_RECORDS)] ?? null),
    )
    if (seals.length > 0) this.#records.advanceSealed(ns)
    return outcomes
  }

  unsealed(ns: number, limit: number): StoredRecord[] {
    return this.#records.unsealed(ns, limit)
  }

  attachSeal(ns: number, seqs: readonly number[], seal: Seal): void {
    this.#transaction(() => {
      const number = this.#seals.add(seal, seqs.length)
      const passedOver = seqs.filter((seq) => !this.#records.seal(ns, seq, number))
      this.#seals.release(number, passedOver.length)
      this.#records.advanceSealed(ns)
    })
  }

  seal(seal: number): Seal | undefined {
    return this.#seals.get(seal)
  }

  times(ns: number): TimeMarks {
    return this.#times.get(ns)
  }

  noteKnown(ns: number, time: number): void {
    this.#times.noteKnown(ns, time)
  }

  future(ns: number, after: number, by: Uint8Array): FutureTotal {
    return this.#times.get(ns).newest <= after ? { records: 0, own: 0, last: 0 } : this.#transaction(() => this.#times.future(ns, after, by))
  }

  unknownFuture(ns: number, after: number, by: Uint8Array, limit: number): StoredRecord[] {
    const { newest, known } = this.#times.get(ns)
    return newest <= after ? [] : this.#records.beyond(ns, Math.max(after, known), by, limit)
  }

  lastSeq(ns: number): number {
    return this.#totals.lastSeq(ns)
  }

  total(ns: number): SetTotal {
    return this.#totals.get(ns)
  }

  recount(ns: number): boolean {
    return this.#transaction(() => this.#totals.recount(ns))
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

  find(ns: number, collection: string, { filter, sort, limit, after }: StoredQuery): { contents: string[]; end: PageEnd | undefined } {
    this.#isRead()
    const { sql, params } = compileFind(this.#scope(ns, collection), { filter, sort, limit, after })
    const { rows, isFull } = pageOf(this.#statements.query(sql), params, limit)
    const last = isFull ? rows.at(-1) : undefined
    return { contents: rows.map((row) => String(row['content'])), end: last && this.#pageEnd(last, sort) }
  }

  /** Somebody reads documents here. A peer that only collects them needs no more memory for that. */
  #isRead(): void {
    if (this.#isMapped) return
    this.#isMapped = true
    mapForReading(this.#driver)
  }

  #pageEnd(row: SqlRow, sort: StoredQuery['sort']): PageEnd {
    const document = JSON.parse(String(row['content'])) as Document
    const fields = totalSort(sort).slice(0, -1)
    return { values: fields.map((field) => orderKey(sortValue(field, document))), id: String(row['id']) }
  }

  count(ns: number, collection: string, filter: Filter): number {
    this.#isRead()
    const { sql, params } = compileCount(this.#scope(ns, collection), filter)
    return Number(this.#statements.query(sql).get(...params)?.['count'])
  }

  #scope(ns: number, collection: string): QueryScope {
    return {
      ns,
      collection,
      isMost: true,
      field: (path) => this.#indexes.field(ns, collection, path),
      matcher: (filter) => this.#functions.matcher(filter),
      orderer: (field) => this.#functions.orderer(field),
    }
  }

  collections(ns: number): { collection: string; documents: number }[] {
    return this.#statements
      .own('SELECT collection, count(*) AS documents FROM records WHERE ns = ? AND content IS NOT NULL GROUP BY collection LIMIT ?')
      .all(ns, MAX_LISTED_COLLECTIONS)
      .map((row) => ({ collection: String(row['collection']), documents: Number(row['documents']) }))
  }

  createIndex(ns: number, collection: string, paths: readonly string[]): void {
    this.#transaction(() => this.#indexes.create(ns, collection, paths))
  }

  indexes(ns: number, collection: string): string[][] {
    return this.#indexes.list(ns, collection)
  }

  scrub(): void {
    // secure_delete has zeroed the bytes in the pages; the write-ahead log still holds the pages as they were. What SQLite moved to
    // another page before it was deleted can leave a copy in the free part of the old page until that is used again. After many
    // random deletions that is about one document in a thousand; only VACUUM removes these.
    this.#statements.own('PRAGMA wal_checkpoint(TRUNCATE)').get()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#statements.close()
    this.#driver.close()
  }

  #transaction<T>(work: () => T): T {
    this.#statements.own('BEGIN IMMEDIATE').run()
    try {
      const result = work()
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
    this.#indexes.rolledBack()
    try {
      if (this.#driver.inTransaction()) this.#driver.exec('ROLLBACK')
    } catch {
      // What made the transaction fail is the better error; SQLite rolls back what is left when the file is opened again.
    }
  }
}
