import { DocstoreError } from '../errors.ts'
import { sha256 } from '#crypto'
import { compileCount, compileFind, compileSortValues, type Filter } from '../query/index.ts'
import { compareBytes, toHex } from '../model/bytes.ts'
import { MAX_SEAL_RECORDS } from '../model/limits.ts'
import type { Seal } from '../model/seal.ts'
import { DeclaredIndexes } from './declared-indexes.ts'
import type { SqlDriver, SqlRow, SqlStatement, SqlValue } from './driver.ts'
import { type Durability, prepareSchema, SEQ_SPAN } from './schema.ts'
import type {
  CommitEntry,
  CommitOutcome,
  CommitSeals,
  NewRecord,
  PageEnd,
  Storage,
  StoredNamespace,
  StoredQuery,
  StoredRecord,
  Version,
} from './storage.ts'

/** Prepared statements of queries that are kept for the next time. */
const MAX_STATEMENTS = 200
/** Author keys whose numbers are kept in memory. */
const MAX_AUTHORS = 4096
/** Most namespaces in one database: keeps row ids below 2^53. */
const MAX_NAMESPACES: number = 2 ** 17 - 1

const COLUMNS = 'r.rid, r.slot, r.collection, r.id, r.at, r.hash, a.key AS by, r.seal, r.prev, r.exp, r.kh, r.content'
const FROM = 'FROM records r JOIN authors a ON a.author = r.author'

/** The storage contract on SQLite, whichever driver reaches it. All methods answer at once. */
export class SqliteStorage implements Storage {
  readonly #driver: SqlDriver
  readonly #indexes: DeclaredIndexes
  readonly #statements = new Map<string, SqlStatement>()
  readonly #authors = new Map<string, number>()
  readonly #lastSeq = new Map<number, number>()
  #lastAuthor: { readonly by: Uint8Array; readonly author: number } | undefined
  #hasDirtyPages = false
  #closed = false

  constructor(driver: SqlDriver, { durability = 'normal' }: { durability?: Durability } = {}) {
    this.#driver = driver
    prepareSchema(driver, durability)
    this.#indexes = new DeclaredIndexes(driver)
  }

  getMeta(key: string): Uint8Array | undefined {
    return bytesOrUndefined(this.#sql('SELECT value FROM meta WHERE key = ?').get(key)?.['value'])
  }

  setMeta(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#sql('DELETE FROM meta WHERE key = ?').run(key)
    else this.#sql('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value)
  }

  listMeta(prefix: string): (readonly [key: string, value: Uint8Array])[] {
    const rows = this.#sql('SELECT key, value FROM meta WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key').all(prefix)
    return rows.map((row) => [String(row['key']), bytes(row['value'])] as const)
  }

  namespaces(): StoredNamespace[] {
    return this.#sql('SELECT ns, cid, genesis, head, signature FROM namespaces ORDER BY ns')
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
      this.#sql(
        'INSERT INTO namespaces (cid, genesis, head, signature) VALUES (?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET head = excluded.head, signature = excluded.signature',
      ).run(cid, genesis, head, signature)
      const ns = Number(this.#sql('SELECT ns FROM namespaces WHERE cid = ?').get(cid)?.['ns'])
      if (ns > MAX_NAMESPACES) throw new DocstoreError('too-many-namespaces', `One peer holds at most ${MAX_NAMESPACES} namespaces`)
      return ns
    })
  }

  commit(ns: number, entries: readonly CommitEntry[], { seals = [], sealWith }: CommitSeals = {}): (CommitOutcome | undefined)[] {
    const before = this.lastSeq(ns)
    try {
      return this.#transaction(() => {
        const stored: (number | undefined)[] = seals.map(() => undefined)
        const outcomes: (CommitOutcome | undefined)[] = []
        if (sealWith === undefined) {
          const kept = seals.map(() => 0)
          for (const entry of entries) {
            const old = this.#bySlot(entry.slot)
            const record = entry.build(old)
            const { seal } = entry
            // Counted generously while the commit runs, so that a seal outlives a record that the same commit replaces.
            const number = record === undefined || seal === undefined ? null : (stored[seal] ??= this.#insertSeal(seals[seal], entries.length))
            if (record !== undefined && seal !== undefined) kept[seal] = (kept[seal] ?? 0) + 1
            outcomes.push(record === undefined ? undefined : this.#replace(ns, entry.slot, old, record, number))
          }
          const adjust = this.#sql('UPDATE seals SET live = live - ? WHERE seal = ?')
          stored.forEach((number, seal) => number !== undefined && adjust.run(entries.length - (kept[seal] ?? 0), number))
          return outcomes
        }
        const built = entries.map((entry) => {
          const old = this.#bySlot(entry.slot)
          return { slot: entry.slot, old, record: entry.build(old) }
        })
        const changed = built.filter((one) => one.record !== undefined)
        const numbers: number[] = []
        for (let i = 0; i < changed.length; i += MAX_SEAL_RECORDS) {
          const group = changed.slice(i, i + MAX_SEAL_RECORDS)
          const hashes = new Uint8Array(group.length * 32)
          group.forEach(({ record }, at) => record !== undefined && hashes.set(record.hash, at * 32))
          numbers.push(this.#insertSeal(sealWith(hashes), group.length))
        }
        let position = 0
        for (const { slot, old, record } of built) {
          if (record === undefined) outcomes.push(undefined)
          else outcomes.push(this.#replace(ns, slot, old, record, numbers[Math.floor(position++ / MAX_SEAL_RECORDS)] ?? null))
        }
        return outcomes
      })
    } catch (error) {
      this.#lastSeq.set(ns, before)
      this.#indexes.reload()
      throw error
    }
  }

  unsealed(ns: number, limit: number): StoredRecord[] {
    const sealed = Number(this.#sql('SELECT sealed FROM namespaces WHERE ns = ?').get(ns)?.['sealed'] ?? 0)
    const from = Math.max(sealed, ns * SEQ_SPAN)
    return this.#records(
      `SELECT ${COLUMNS} ${FROM} WHERE r.rid > ? AND r.rid < ? AND r.seal IS NULL ORDER BY r.rid LIMIT ?`,
      from,
      (ns + 1) * SEQ_SPAN,
      limit,
    )
  }

  attachSeal(ns: number, seqs: readonly number[], seal: Seal): void {
    this.#transaction(() => {
      const number = this.#insertSeal(seal, 0)
      const update = this.#sql('UPDATE records SET seal = ? WHERE rid = ? AND seal IS NULL RETURNING rid')
      let live = 0
      for (const seq of seqs) if (update.get(number, ns * SEQ_SPAN + seq) !== undefined) live++
      this.#sql('UPDATE seals SET live = ? WHERE seal = ?').run(live, number)
      if (live === 0) this.#sql('DELETE FROM seals WHERE seal = ?').run(number)
      this.#sql('UPDATE namespaces SET sealed = ? WHERE ns = ?').run(ns * SEQ_SPAN + Math.max(...seqs), ns)
    })
  }

  seal(seal: number): Seal | undefined {
    const row = this.#sql('SELECT a.key AS by, s.hashes, s.signature FROM seals s JOIN authors a ON a.author = s.author WHERE s.seal = ?').get(seal)
    return row && { by: bytes(row['by']), hashes: bytes(row['hashes']), signature: bytes(row['signature']) }
  }

  lastSeq(ns: number): number {
    let last = this.#lastSeq.get(ns)
    if (last === undefined) {
      const row = this.#sql('SELECT max(rid) AS rid FROM records WHERE rid >= ? AND rid < ?').get(ns * SEQ_SPAN, (ns + 1) * SEQ_SPAN)
      last = typeof row?.['rid'] === 'number' ? row['rid'] - ns * SEQ_SPAN : 0
      this.#lastSeq.set(ns, last)
    }
    return last
  }

  recordsSince(ns: number, since: number, limit: number): StoredRecord[] {
    return this.#records(
      `SELECT ${COLUMNS} ${FROM} WHERE r.rid > ? AND r.rid < ? ORDER BY r.rid LIMIT ?`,
      ns * SEQ_SPAN + since,
      (ns + 1) * SEQ_SPAN,
      limit,
    )
  }

  recordsBySlot(ns: number, slots: readonly Uint8Array[]): StoredRecord[] {
    const found: StoredRecord[] = []
    for (const slot of slots) {
      const row = this.#sql(`SELECT ${COLUMNS} ${FROM} WHERE r.slot = ? AND r.ns = ?`).get(slot, ns)
      if (row !== undefined) found.push(storedRecord(row))
    }
    return found
  }

  versionsSince(ns: number, since: number, limit: number): Version[] {
    const rows = this.#sql('SELECT rid, slot, hash, at FROM records WHERE rid > ? AND rid < ? ORDER BY rid LIMIT ?').all(
      ns * SEQ_SPAN + since,
      (ns + 1) * SEQ_SPAN,
      limit,
    )
    return rows.map((row) => ({ seq: Number(row['rid']) - ns * SEQ_SPAN, slot: bytes(row['slot']), hash: bytes(row['hash']), at: Number(row['at']) }))
  }

  contentByDigest(digest: Uint8Array): string | undefined {
    // Made when it is first needed: most peers never look content up by CID, and every write would pay for it.
    this.#sql('CREATE INDEX IF NOT EXISTS records_by_content ON records (content_key) WHERE content IS NOT NULL').run()
    for (const row of this.#sql('SELECT content FROM records WHERE content_key = ? AND content IS NOT NULL').all(contentKey(digest))) {
      const content = String(row['content'])
      if (compareBytes(sha256(content), digest) === 0) return content
    }
    return undefined
  }

  get(ns: number, collection: string, id: string): string | undefined {
    const row = this.#sql('SELECT content FROM records WHERE ns = ? AND collection = ? AND id = ? AND content IS NOT NULL').get(ns, collection, id)
    return row && String(row['content'])
  }

  find(ns: number, collection: string, { filter, sort, limit, after }: StoredQuery): { contents: string[]; end: PageEnd | undefined } {
    const { sql, params } = compileFind(this.#scope(ns, collection), { filter, sort, limit, after })
    const rows = this.#sql(sql).all(...params)
    const last = rows.length < limit ? undefined : rows.at(-1)
    return { contents: rows.map((row) => String(row['content'])), end: last && this.#pageEnd(last, sort) }
  }

  #pageEnd(row: SqlRow, sort: StoredQuery['sort']): PageEnd {
    const values = sort.length === 0 ? [] : Object.values(this.#sql(compileSortValues(sort)).get(Number(row['rowid'])) ?? {})
    return { values, id: String(row['id']) }
  }

  count(ns: number, collection: string, filter: Filter): number {
    const { sql, params } = compileCount(this.#scope(ns, collection), filter)
    return Number(Object.values(this.#sql(sql).get(...params) ?? {})[0] ?? 0)
  }

  collections(ns: number): { collection: string; documents: number }[] {
    return this.#sql('SELECT collection, count(*) AS documents FROM records WHERE ns = ? AND content IS NOT NULL GROUP BY collection')
      .all(ns)
      .map((row) => ({ collection: String(row['collection']), documents: Number(row['documents']) }))
  }

  createIndex(ns: number, collection: string, paths: readonly string[]): void {
    try {
      this.#transaction(() => this.#indexes.create(ns, collection, paths))
    } catch (error) {
      this.#indexes.reload()
      throw error
    }
  }

  indexes(ns: number, collection: string): string[][] {
    return this.#indexes.list(ns, collection)
  }

  scrub(): void {
    // secure_delete has zeroed the bytes in the pages; the write-ahead log still holds the pages as they were.
    if (this.#hasDirtyPages) this.#driver.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#hasDirtyPages = false
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#driver.close()
  }

  #scope(ns: number, collection: string): { ns: number; collection: string; arrays: (path: string) => 'unknown' | 'none' | number } {
    return { ns, collection, arrays: (path) => this.#indexes.arrays(ns, collection, path) }
  }

  #bySlot(slot: Uint8Array): StoredRecord | undefined {
    const row = this.#sql(`SELECT ${COLUMNS} ${FROM} WHERE r.slot = ?`).get(slot)
    return row && storedRecord(row)
  }

  #records(sql: string, ...params: readonly SqlValue[]): StoredRecord[] {
    return this.#sql(sql)
      .all(...params)
      .map(storedRecord)
  }

  #replace(ns: number, slot: Uint8Array, old: StoredRecord | undefined, record: NewRecord, seal: number | null): CommitOutcome {
    if (old !== undefined) this.#remove(ns, old)
    const seq = this.lastSeq(ns) + 1
    const rid = ns * SEQ_SPAN + seq
    this.#sql(
      'INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, seal, prev, exp, kh, content_key, content) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)',
    ).run(
      rid,
      ns,
      slot,
      record.collection,
      record.id,
      record.at,
      record.hash,
      this.#author(record.by),
      seal,
      record.prev,
      record.exp,
      record.kh,
      record.digest && contentKey(record.digest),
      record.content,
    )
    if (record.content !== null && record.collection !== null) this.#indexes.added(ns, record.collection, rid, record.content)
    this.#lastSeq.set(ns, seq)
    return { seq, record, replaced: old }
  }

  #remove(ns: number, old: StoredRecord): void {
    const rid = ns * SEQ_SPAN + old.seq
    this.#indexes.removed(rid)
    this.#sql('DELETE FROM records WHERE rid = ?').run(rid)
    if (old.content !== null) this.#hasDirtyPages = true
    if (old.seal === null) return
    this.#sql('UPDATE seals SET live = live - 1 WHERE seal = ?').run(old.seal)
    this.#sql('DELETE FROM seals WHERE seal = ? AND live <= 0').run(old.seal)
  }

  #insertSeal(seal: Seal | undefined, live: number): number {
    if (seal === undefined) throw new DocstoreError('internal', 'A record refers to a seal that is not in its batch')
    const row = this.#sql('INSERT INTO seals (author, hashes, signature, live) VALUES (?, ?, ?, ?) RETURNING seal').get(
      this.#author(seal.by),
      seal.hashes,
      seal.signature,
      live,
    )
    return Number(row?.['seal'])
  }

  #author(by: Uint8Array): number {
    if (this.#lastAuthor?.by === by) return this.#lastAuthor.author
    const hex = toHex(by)
    let author = this.#authors.get(hex)
    if (author === undefined) {
      this.#sql('INSERT OR IGNORE INTO authors (key) VALUES (?)').run(by)
      author = Number(this.#sql('SELECT author FROM authors WHERE key = ?').get(by)?.['author'])
      if (this.#authors.size >= MAX_AUTHORS) this.#authors.clear()
      this.#authors.set(hex, author)
    }
    this.#lastAuthor = { by, author }
    return author
  }

  #sql(sql: string): SqlStatement {
    if (this.#closed) throw new DocstoreError('storage-closed', 'The store was closed')
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#driver.prepare(sql)
      if (this.#statements.size >= MAX_STATEMENTS) {
        const oldest = this.#statements.keys().next()
        if (!oldest.done) this.#statements.delete(oldest.value)
      }
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #transaction<T>(work: () => T): T {
    this.#sql('BEGIN IMMEDIATE').run()
    try {
      const result = work()
      this.#sql('COMMIT').run()
      return result
    } catch (error) {
      // Numbers that this transaction gave out do not exist any more.
      this.#authors.clear()
      this.#lastAuthor = undefined
      if (this.#driver.inTransaction()) this.#driver.exec('ROLLBACK')
      throw error
    }
  }
}

function storedRecord(row: SqlRow): StoredRecord {
  const { collection, id, seal, exp, content } = row
  return {
    seq: Number(row['rid']) % SEQ_SPAN,
    slot: bytes(row['slot']),
    collection: typeof collection === 'string' ? collection : null,
    id: typeof id === 'string' ? id : null,
    at: Number(row['at']),
    hash: bytes(row['hash']),
    by: bytes(row['by']),
    seal: typeof seal === 'number' ? seal : null,
    prev: bytesOrUndefined(row['prev']) ?? null,
    exp: typeof exp === 'number' ? exp : null,
    kh: bytesOrUndefined(row['kh']) ?? null,
    content: typeof content === 'string' ? content : null,
  }
}

function bytes(value: SqlValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

function bytesOrUndefined(value: SqlValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

/** First 48 bits of a digest, as an integer. */
function contentKey(digest: Uint8Array): number {
  let key = 0
  for (let i = 0; i < 6; i++) key = key * 256 + (digest[i] ?? 0)
  return key
}
