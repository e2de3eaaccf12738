import { DocstoreError, errorCode } from '../errors.ts'
import type { Document } from '../model/content.ts'
import { MAX_SEAL_RECORDS } from '../model/limits.ts'
import type { Seal } from '../model/seal.ts'
import {
  compileCount,
  compileFind,
  type Explanation,
  type Filter,
  orderKey,
  parseFilter,
  type QueryScope,
  scoredSort,
  sortValue,
  totalSort,
} from '../query/index.ts'
import { AuthorTable } from './author-table.ts'
import { checkPaths, DeclaredIndexes, nameOf } from './declared-indexes.ts'
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
  IndexInfo,
  IndexKind,
  PageEnd,
  SetTotal,
  Storage,
  StoredNamespace,
  StoredQuery,
  StoredRecord,
  Version,
} from './storage.ts'
import { TextIndexes } from './text-indexes.ts'
import { Totals } from './totals.ts'

/** Most namespaces in one database: keeps row ids below 2^53. */
const MAX_NAMESPACES: number = 2 ** 17 - 1
/** Collections that are listed. In an open namespace others can make any number of them. */
const MAX_LISTED_COLLECTIONS = 10_000

/** The storage contract on SQLite, whichever driver reaches it. All methods but `explain` answer at once. */
export class SqliteStorage implements Storage {
  readonly #driver: SqlDriver
  readonly #statements: Statements
  readonly #authors: AuthorTable
  readonly #seals: SealTable
  readonly #indexes: DeclaredIndexes
  readonly #texts: TextIndexes
  readonly #totals: Totals
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
    const texts = new TextIndexes(statements)
    const totals = new Totals(statements)
    this.#driver = driver
    this.#statements = statements
    this.#authors = authors
    this.#seals = seals
    this.#indexes = indexes
    this.#texts = texts
    this.#totals = totals
    this.#records = new RecordTable({ statements, authors, seals, indexes, texts, totals })
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
    const scope = this.#scope(ns, collection)
    const { sql, params } = compileFind(scope, { filter, sort, limit, after })
    const { rows, isFull } = pageOf(this.#statements.query(sql), params, limit)
    const last = isFull ? rows.at(-1) : undefined
    return { contents: rows.map((row) => String(row['content'])), end: last && this.#pageEnd(last, scoredSort(scope, filter, sort)) }
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

  async explain(ns: number, collection: string, { filter, sort, limit }: Omit<StoredQuery, 'after'>): Promise<Explanation> {
    // Loaded when somebody asks: few do.
    const { explained } = await import('../query/explain.ts')
    const scope = this.#scope(ns, collection)
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

  #scope(ns: number, collection: string): QueryScope {
    return {
      ns,
      collection,
      isMost: true,
      field: (path) => this.#indexes.field(ns, collection, path),
      text: this.#texts.of(ns, collection),
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

  createIndex(ns: number, collection: string, paths: readonly string[], { text = false }: IndexKind = {}): void {
    checkPaths(paths)
    this.#transaction(() => (text ? this.#texts : this.#indexes).create(ns, collection, paths))
  }

  dropIndex(ns: number, collection: string, paths: readonly string[], { text = false }: IndexKind = {}): boolean {
    return this.#transaction(() => (text ? this.#texts : this.#indexes).drop(ns, collection, paths))
  }

  indexes(ns: number, collection: string): IndexInfo[] {
    const text = this.#texts.of(ns, collection)
    const declared = this.#indexes.list(ns, collection).map((fields) => ({ fields, text: false }))
    return text === undefined ? declared : [...declared, { fields: text.paths, text: true }]
  }

  scrub(): void {
    // secure_delete has zeroed the bytes in the pages; the write-ahead log still holds the pages as they were. What SQLite moved to
    // another page before it was deleted can leave a copy in the free part of the old page until that is used again. After many
    // random deletions that is about one document in a thousand, and one word in some hundreds of a small text index; only VACUUM, or
    // dropping the index, removes these.
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
    this.#texts.rolledBack()
    try {
      if (this.#driver.inTransaction()) this.#driver.exec('ROLLBACK')
    } catch {
      // What made the transaction fail is the better error; SQLite rolls back what is left when the file is opened again.
    }
  }
}
