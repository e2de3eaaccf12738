import { DocstoreError } from '../errors.ts'
import type { Document } from '../model/content.ts'
import { arrayEntryValue, createIndexSql, pathExpression, pathFault, valueAt } from '../query/index.ts'
import { SEQ_SPAN } from './schema.ts'
import type { Statements } from './statements.ts'

/** Declared indexes per namespace, so that one app cannot use up those of all others. */
const MAX_NAMESPACE_INDEXES = 64
/** Declared indexes altogether: each is looked at on every write, in whichever namespace. With so many, bulk writes take four times as long. */
const MAX_INDEXES = 128
/** Fields in one index: what one sort can use. */
const MAX_PATHS = 8
/** Documents that are read at a time while an index is made over them. */
const BACKFILL_PAGE = 100

interface IndexedPath {
  readonly ix: number
  readonly path: string
  hasArrays: boolean
}

/**
 * The declared indexes of a database. Scalars are indexed by SQLite's expression indexes. Elements of arrays, which those cannot
 * hold, go to `array_entries`; a path that never met an array is marked so, and its queries stay plain comparisons.
 */
export class DeclaredIndexes {
  readonly #statements: Statements
  /** By namespace and collection, then by path. */
  readonly #paths = new Map<string, Map<string, IndexedPath>>()
  /** How to forget what the running transaction has learned, should it fail. */
  readonly #undo: (() => void)[] = []
  #anyArrays = false

  constructor(statements: Statements) {
    this.#statements = statements
    for (const row of statements.own('SELECT ix, ns, collection, path, arrays FROM index_paths').all()) {
      const hasArrays = row['arrays'] === 1
      this.#collection(Number(row['ns']), String(row['collection'])).set(String(row['path']), {
        ix: Number(row['ix']),
        path: String(row['path']),
        hasArrays,
      })
      this.#anyArrays ||= hasArrays
    }
  }

  /** What queries need to know of a path: covered by no index, by one without arrays, or the number of its array entries. */
  arrays(ns: number, collection: string, path: string): 'unknown' | 'none' | number {
    const indexed = this.#paths.get(`${ns}/${collection}`)?.get(path)
    if (indexed === undefined) return 'unknown'
    return indexed.hasArrays ? indexed.ix : 'none'
  }

  list(ns: number, collection: string): string[][] {
    const rows = this.#statements.own('SELECT paths FROM indexes WHERE ns = ? AND collection = ? ORDER BY name').all(ns, collection)
    return rows.map((row) => JSON.parse(String(row['paths'])) as string[])
  }

  /** Makes an index over what is stored and what will be. Call inside a transaction. */
  create(ns: number, collection: string, paths: readonly string[]): void {
    checkPaths(paths)
    const name = `ix/${ns}/${collection}/${JSON.stringify(paths)}`
    if (this.#statements.own('SELECT 1 FROM indexes WHERE name = ?').get(name) !== undefined) return
    this.#checkCount(ns)
    for (const path of paths) if (path !== '_id') this.#track(ns, collection, path)
    this.#statements.own('INSERT INTO indexes (name, ns, collection, paths) VALUES (?, ?, ?, ?)').run(name, ns, collection, JSON.stringify(paths))
    this.#statements.exec(createIndexSql({ name, ns, collection, paths }))
  }

  /** Adds the array entries of a new version. Call inside a transaction. */
  added(ns: number, collection: string, rid: number, content: string): void {
    const paths = this.#paths.size === 0 ? undefined : this.#paths.get(`${ns}/${collection}`)
    if (paths === undefined) return
    const document = JSON.parse(content) as Document
    for (const indexed of paths.values()) this.#addEntries(indexed, rid, document)
  }

  /** Removes the array entries of a version that is replaced. */
  removed(rid: number): void {
    if (this.#anyArrays) this.#statements.own('DELETE FROM array_entries WHERE rid = ?').run(rid)
  }

  /** Keeps what the transaction has learned. */
  committed(): void {
    this.#undo.length = 0
  }

  /** Forgets what the transaction has learned: its rows are gone. */
  rolledBack(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }

  #checkCount(ns: number): void {
    const row = this.#statements.own('SELECT count(*) AS total, count(*) FILTER (WHERE ns = ?) AS here FROM indexes').get(ns)
    const full = Number(row?.['here']) >= MAX_NAMESPACE_INDEXES ? `a namespace can have ${MAX_NAMESPACE_INDEXES}` : `a store can have ${MAX_INDEXES}`
    if (Number(row?.['here']) < MAX_NAMESPACE_INDEXES && Number(row?.['total']) < MAX_INDEXES) return
    throw new DocstoreError('too-many-indexes', `There is no room for another declared index: ${full}`)
  }

  #collection(ns: number, collection: string): Map<string, IndexedPath> {
    const key = `${ns}/${collection}`
    const paths = this.#paths.get(key) ?? new Map<string, IndexedPath>()
    this.#paths.set(key, paths)
    return paths
  }

  #track(ns: number, collection: string, path: string): void {
    const paths = this.#collection(ns, collection)
    if (paths.has(path)) return
    const row = this.#statements
      .own('INSERT INTO index_paths (ns, collection, path, arrays) VALUES (?, ?, ?, 0) RETURNING ix')
      .get(ns, collection, path)
    const indexed = { ix: Number(row?.['ix']), path, hasArrays: false }
    paths.set(path, indexed)
    this.#undo.push(() => paths.delete(path))
    this.#backfill(ns, collection, indexed)
  }

  #backfill(ns: number, collection: string, indexed: IndexedPath): void {
    const startsAsArray = `substr(${pathExpression(indexed.path)}, 1, 1) = '['`
    const sql = `SELECT rid, content FROM records WHERE rid > ? AND rid < ? AND collection = ? AND content IS NOT NULL AND ${startsAsArray} ORDER BY rid LIMIT ?`
    let after = ns * SEQ_SPAN
    for (;;) {
      const rows = this.#statements.query(sql).all(after, (ns + 1) * SEQ_SPAN, collection, BACKFILL_PAGE)
      for (const row of rows) {
        after = Number(row['rid'])
        this.#addEntries(indexed, after, JSON.parse(String(row['content'])) as Document)
      }
      if (rows.length < BACKFILL_PAGE) return
    }
  }

  #addEntries(indexed: IndexedPath, rid: number, document: Document): void {
    const value = valueAt(document, indexed.path)
    if (!Array.isArray(value)) return
    if (!indexed.hasArrays) this.#markArrays(indexed)
    const insert = this.#statements.own('INSERT OR IGNORE INTO array_entries (ix, value, rid) VALUES (?, ?, ?)')
    for (const element of value) {
      const entry = arrayEntryValue(element)
      if (entry !== undefined) insert.run(indexed.ix, entry, rid)
    }
  }

  #markArrays(indexed: IndexedPath): void {
    this.#statements.own('UPDATE index_paths SET arrays = 1 WHERE ix = ?').run(indexed.ix)
    indexed.hasArrays = true
    this.#anyArrays = true
    this.#undo.push(() => {
      indexed.hasArrays = false
    })
  }
}

function checkPaths(paths: readonly string[]): void {
  if (paths.length === 0 || paths.length > MAX_PATHS) throw new DocstoreError('bad-index', `An index has 1 to ${MAX_PATHS} fields`)
  for (const path of paths) {
    const fault = pathFault(path)
    if (fault !== undefined) throw new DocstoreError('bad-index', `The field name ${JSON.stringify(path.slice(0, 80))} ${fault}`)
  }
}
