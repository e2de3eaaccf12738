import type { Json } from '../model/content.ts'
import { arrayEntryValue, createIndexSql, pathExpression } from '../query/index.ts'
import type { SqlDriver, SqlStatement } from './driver.ts'
import { DocstoreError } from '../errors.ts'

/** Declared indexes per namespace: each is looked at on every write there. */
export const MAX_INDEXES = 64
const MAX_PATHS = 8

interface IndexedPath {
  readonly ix: number
  readonly segments: readonly string[]
  hasArrays: boolean
}

/**
 * The declared indexes of a database. Scalars are indexed by SQLite's expression indexes. Elements of arrays, which those cannot
 * hold, go to `array_entries`; a path that never met an array is marked so, and its queries stay plain comparisons.
 */
export class DeclaredIndexes {
  readonly #driver: SqlDriver
  readonly #paths = new Map<string, Map<string, IndexedPath>>()
  readonly #insertEntry: SqlStatement
  readonly #deleteEntries: SqlStatement
  readonly #markArrays: SqlStatement
  #anyArrays = false

  constructor(driver: SqlDriver) {
    this.#driver = driver
    this.#insertEntry = driver.prepare('INSERT OR IGNORE INTO array_entries (ix, value, rid) VALUES (?, ?, ?)')
    this.#deleteEntries = driver.prepare('DELETE FROM array_entries WHERE rid = ?')
    this.#markArrays = driver.prepare('UPDATE index_paths SET arrays = 1 WHERE ix = ?')
    for (const row of driver.prepare('SELECT ix, ns, collection, path, arrays FROM index_paths').all()) {
      this.#remember(Number(row['ns']), String(row['collection']), String(row['path']), Number(row['ix']), row['arrays'] === 1)
    }
  }

  /** What queries need to know of a path: covered by no index, by one without arrays, or the number of its array entries. */
  arrays(ns: number, collection: string, path: string): 'unknown' | 'none' | number {
    const indexed = this.#paths.get(`${ns}/${collection}`)?.get(path)
    if (indexed === undefined) return 'unknown'
    return indexed.hasArrays ? indexed.ix : 'none'
  }

  list(ns: number, collection: string): string[][] {
    const rows = this.#driver.prepare('SELECT paths FROM indexes WHERE ns = ? AND collection = ? ORDER BY name').all(ns, collection)
    return rows.map((row) => JSON.parse(String(row['paths'])) as string[])
  }

  /** Makes an index over what is stored and what will be. Call inside a transaction. */
  create(ns: number, collection: string, paths: readonly string[]): void {
    if (paths.length === 0 || paths.length > MAX_PATHS) throw new DocstoreError('bad-index', `An index has 1 to ${MAX_PATHS} fields`)
    const name = `ix/${ns}/${collection}/${JSON.stringify(paths)}`
    if (this.#driver.prepare('SELECT 1 FROM indexes WHERE name = ?').get(name) !== undefined) return
    const { n } = this.#driver.prepare('SELECT count(*) AS n FROM indexes WHERE ns = ?').get(ns) ?? {}
    if (Number(n) >= MAX_INDEXES) throw new DocstoreError('too-many-indexes', `A namespace can have ${MAX_INDEXES} declared indexes`)
    for (const path of paths) if (path !== '_id') this.#track(ns, collection, path)
    this.#driver.prepare('INSERT INTO indexes (name, ns, collection, paths) VALUES (?, ?, ?, ?)').run(name, ns, collection, JSON.stringify(paths))
    this.#driver.exec(createIndexSql({ name: name.replaceAll('"', "'"), ns, collection, paths }))
  }

  /** Adds the array entries of a new version. */
  added(ns: number, collection: string, rid: number, content: string): void {
    const paths = this.#paths.get(`${ns}/${collection}`)
    if (paths === undefined) return
    const document = JSON.parse(content) as { readonly [key: string]: Json }
    for (const indexed of paths.values()) {
      const value = valueAt(document, indexed.segments)
      if (!Array.isArray(value)) continue
      if (!indexed.hasArrays) {
        this.#markArrays.run(indexed.ix)
        indexed.hasArrays = true
        this.#anyArrays = true
      }
      for (const element of value as readonly Json[]) {
        const entry = arrayEntryValue(element)
        if (entry !== undefined) this.#insertEntry.run(indexed.ix, entry, rid)
      }
    }
  }

  /** Removes the array entries of a version that is replaced. */
  removed(rid: number): void {
    if (this.#anyArrays) this.#deleteEntries.run(rid)
  }

  /** Forgets what a rolled-back transaction marked. */
  reload(): void {
    this.#anyArrays = false
    for (const row of this.#driver.prepare('SELECT ns, collection, path, arrays FROM index_paths').all()) {
      const indexed = this.#paths.get(`${Number(row['ns'])}/${String(row['collection'])}`)?.get(String(row['path']))
      if (indexed === undefined) continue
      indexed.hasArrays = row['arrays'] === 1
      if (indexed.hasArrays) this.#anyArrays = true
    }
  }

  #track(ns: number, collection: string, path: string): void {
    if (this.#paths.get(`${ns}/${collection}`)?.has(path)) return
    this.#driver.prepare('INSERT INTO index_paths (ns, collection, path, arrays) VALUES (?, ?, ?, 0)').run(ns, collection, path)
    const { ix } = this.#driver.prepare('SELECT ix FROM index_paths WHERE ns = ? AND collection = ? AND path = ?').get(ns, collection, path) ?? {}
    this.#remember(ns, collection, path, Number(ix), false)
    const expression = pathExpression(path)
    const withArrays = this.#driver
      .prepare(`SELECT rid, content FROM records WHERE ns = ? AND collection = ? AND content IS NOT NULL AND substr(${expression}, 1, 1) = '['`)
      .all(ns, collection)
    for (const row of withArrays) this.added(ns, collection, Number(row['rid']), String(row['content']))
  }

  #remember(ns: number, collection: string, path: string, ix: number, hasArrays: boolean): void {
    const key = `${ns}/${collection}`
    const paths = this.#paths.get(key) ?? new Map<string, IndexedPath>()
    paths.set(path, { ix, segments: path.split('.'), hasArrays })
    this.#paths.set(key, paths)
    if (hasArrays) this.#anyArrays = true
  }
}

function valueAt(document: { readonly [key: string]: Json }, segments: readonly string[]): Json | undefined {
  let value: Json | undefined = document
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = (value as { readonly [key: string]: Json })[segment]
  }
  return value
}
