import { DocstoreError } from '../errors.ts'
import type { Document } from '../model/content.ts'
import {
  arrayOnPath,
  createIndexSql,
  dropIndexSql,
  type FieldIndex,
  fieldIndex,
  indexedAt,
  kindExpression,
  KINDS,
  pathFault,
  pathOf,
} from '../query/index.ts'
import type { Leftover } from './leftovers.ts'
import { SEQ_SPAN } from './schema.ts'
import type { Statements } from './statements.ts'

/** Declared indexes per namespace, so that one app cannot use up those of all others. */
export const MAX_NAMESPACE_INDEXES = 64
/** Declared indexes altogether: each is looked at on every write, in whichever namespace. With so many, bulk writes take four times as long. */
export const MAX_INDEXES = 128
/** Fields in one index: what one sort can use. */
const MAX_PATHS = 8
/** Documents that are read at a time while an index is made over them. */
const BACKFILL_PAGE = 100

/** Of a path at which nobody has looked yet, after a migration. */
const UNKNOWN_KINDS = -1

interface IndexedPath {
  readonly ix: number
  readonly ns: number
  readonly collection: string
  readonly path: string
  /** `KINDS` that were found, or `UNKNOWN_KINDS`. */
  kinds: number
}

/**
 * The declared indexes of a database. Scalars are indexed by SQLite's expression indexes. What lies in arrays, which those cannot
 * hold, goes to `array_entries`. What kinds of values a path has met is noted, because it decides what its index can answer: with
 * scalars only, queries stay plain comparisons and the index has the order of a sort.
 */
export class DeclaredIndexes {
  readonly #statements: Statements
  /** By namespace and collection, then by path. */
  readonly #paths = new Map<string, Map<string, IndexedPath>>()
  /** How to forget what the running transaction has learned, should it fail. */
  readonly #undo: (() => void)[] = []
  #anyArrays = false
  #leftovers: Leftover[] | undefined

  constructor(statements: Statements) {
    this.#statements = statements
    for (const row of statements.own('SELECT ix, ns, collection, path, kinds FROM index_paths').all()) {
      const indexed = {
        ix: Number(row['ix']),
        ns: Number(row['ns']),
        collection: String(row['collection']),
        path: String(row['path']),
        kinds: Number(row['kinds']),
      }
      this.#collection(indexed.ns, indexed.collection).set(indexed.path, indexed)
      this.#anyArrays ||= mayHaveArrays(indexed)
    }
  }

  /** Whether paths are to be looked at: a migration cannot do it. */
  get needsLook(): boolean {
    return this.#all().some(({ kinds }) => kinds === UNKNOWN_KINDS)
  }

  /** Looks at the paths at which nobody has looked yet; until then their indexes are not used. Call inside a transaction. */
  look(): void {
    for (const indexed of this.#all()) if (indexed.kinds === UNKNOWN_KINDS) this.#backfill(indexed)
  }

  #all(): IndexedPath[] {
    return [...this.#paths.values()].flatMap((paths) => [...paths.values()])
  }

  /** What queries need to know of a path; `undefined` where no index covers it. */
  field(ns: number, collection: string, path: string): FieldIndex | undefined {
    const indexed = this.#paths.get(`${ns}/${collection}`)?.get(path)
    return indexed === undefined || indexed.kinds === UNKNOWN_KINDS ? undefined : fieldIndex(indexed.ix, indexed.kinds)
  }

  list(ns: number, collection: string): string[][] {
    const rows = this.#statements.own('SELECT paths FROM indexes WHERE ns = ? AND collection = ? ORDER BY name').all(ns, collection)
    return rows.map((row) => JSON.parse(String(row['paths'])) as string[])
  }

  /** Makes an index over what is stored and what will be. Call inside a transaction. */
  create(ns: number, collection: string, paths: readonly string[]): void {
    const name = nameOf(ns, collection, paths)
    if (this.#statements.own('SELECT 1 FROM indexes WHERE name = ?').get(name) !== undefined) return
    this.#checkCount(ns)
    for (const path of paths) if (path !== '_id') this.#track(ns, collection, path)
    this.#statements.own('INSERT INTO indexes (name, ns, collection, paths) VALUES (?, ?, ?, ?)').run(name, ns, collection, JSON.stringify(paths))
    this.#statements.exec(createIndexSql({ name, ns, collection, paths }))
  }

  /**
   * Drops an index; `false` where there is none. Where space is short, says in `leftovers` what is yet to be cleared. Call inside a transaction.
   */
  drop(ns: number, collection: string, paths: readonly string[], leftovers?: Leftover[]): boolean {
    const name = nameOf(ns, collection, paths)
    const row = this.#statements.own('DELETE FROM indexes WHERE name = ? RETURNING name').get(name)
    if (row === undefined) return false
    this.#statements.exec(dropIndexSql(name))
    const inUse = new Set(this.list(ns, collection).flat())
    for (const path of paths) if (!inUse.has(path)) this.#forget(ns, collection, path, leftovers)
    return true
  }

  #forget(ns: number, collection: string, path: string, leftovers: Leftover[] | undefined): void {
    const known = this.#collection(ns, collection)
    const indexed = known.get(path)
    if (indexed === undefined) return
    if (leftovers === undefined) this.#statements.own('DELETE FROM array_entries WHERE ix = ?').run(indexed.ix)
    else leftovers.push({ table: 'array_entries', column: 'ix', number: indexed.ix })
    this.#statements.own('DELETE FROM index_paths WHERE ix = ?').run(indexed.ix)
    known.delete(path)
    this.#anyArrays = this.#all().some(mayHaveArrays)
    this.#undo.push(() => {
      known.set(path, indexed)
      this.#anyArrays ||= mayHaveArrays(indexed)
    })
  }

  /** Whether a version may have array entries. */
  get hasArrays(): boolean {
    return this.#anyArrays
  }

  /** Does what a transaction does; the array entries of versions that go are left, and put on the list. */
  leaving<T>(leftovers: Leftover[], work: () => T): T {
    // Of an attempt that failed.
    leftovers.length = 0
    this.#leftovers = leftovers
    try {
      return work()
    } finally {
      this.#leftovers = undefined
    }
  }

  /** Adds the array entries of a new version. Call inside a transaction. */
  added(ns: number, collection: string, rid: number, content: string): void {
    const paths = this.#paths.size === 0 ? undefined : this.#paths.get(`${ns}/${collection}`)
    if (paths === undefined || paths.size === 0) return
    const document = JSON.parse(content) as Document
    for (const indexed of paths.values()) this.#addEntries(indexed, rid, document)
  }

  /** Removes the array entries of a version that is replaced. */
  removed(rid: number): void {
    if (!this.#anyArrays) return
    if (this.#leftovers !== undefined) this.#leftovers.push({ table: 'array_entries', column: 'rid', number: rid })
    else this.#statements.own('DELETE FROM array_entries WHERE rid = ?').run(rid)
  }

  /** Keeps what the transaction has learned. */
  committed(): void {
    this.#undo.length = 0
  }

  /** Forgets what the transaction has learned: its rows are gone. */
  rolledBack(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo()
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
      .own('INSERT INTO index_paths (ns, collection, path, kinds) VALUES (?, ?, ?, 0) RETURNING ix')
      .get(ns, collection, path)
    const indexed = { ix: Number(row?.['ix']), ns, collection, path, kinds: 0 }
    // Of one that had the number before.
    this.#statements.own('DELETE FROM array_entries WHERE ix = ?').run(indexed.ix)
    paths.set(path, indexed)
    this.#undo.push(() => paths.delete(path))
    this.#backfill(indexed)
  }

  #backfill(indexed: IndexedPath): void {
    const { ns, collection, path } = indexed
    const rows = 'FROM records WHERE rid > ? AND rid < ? AND collection = ? AND content IS NOT NULL'
    const end = (ns + 1) * SEQ_SPAN
    const found = this.#statements.query(`SELECT DISTINCT ${kindExpression(path)} AS kind ${rows}`).all(ns * SEQ_SPAN, end, collection)
    this.#met(
      indexed,
      found.reduce((kinds, { kind }) => kinds | Number(kind), 0),
    )
    if ((indexed.kinds & KINDS.array) === 0) return
    const sql = `SELECT rid, content ${rows} AND ${arrayOnPath(path)} ORDER BY rid LIMIT ?`
    for (let after = ns * SEQ_SPAN; ; ) {
      const page = this.#statements.query(sql).all(after, end, collection, BACKFILL_PAGE)
      for (const row of page) {
        after = Number(row['rid'])
        this.#addEntries(indexed, after, JSON.parse(String(row['content'])) as Document)
      }
      if (page.length < BACKFILL_PAGE) return
    }
  }

  #addEntries(indexed: IndexedPath, rid: number, document: Document): void {
    if (indexed.kinds === UNKNOWN_KINDS) return
    const { kind, entries } = indexedAt(document, pathOf(indexed.path))
    if ((indexed.kinds & kind) !== kind) this.#met(indexed, indexed.kinds | kind)
    if (entries.length === 0) return
    const insert = this.#statements.own('INSERT OR IGNORE INTO array_entries (ix, value, rid) VALUES (?, ?, ?)')
    for (const entry of entries) insert.run(indexed.ix, entry, rid)
  }

  /** Notes what kinds of values a path has met. They are not forgotten when the documents go. */
  #met(indexed: IndexedPath, kinds: number): void {
    this.#statements.own('UPDATE index_paths SET kinds = ? WHERE ix = ?').run(kinds, indexed.ix)
    const before = indexed.kinds
    indexed.kinds = kinds
    this.#anyArrays ||= (kinds & KINDS.array) !== 0
    this.#undo.push(() => {
      indexed.kinds = before
    })
  }
}

function mayHaveArrays({ kinds }: IndexedPath): boolean {
  return kinds === UNKNOWN_KINDS || (kinds & KINDS.array) !== 0
}

/** The name of an index in SQLite. */
export function nameOf(ns: number, collection: string, paths: readonly string[]): string {
  return `ix/${ns}/${collection}/${JSON.stringify(paths)}`
}

/** Checks the fields of an index. Throws `bad-index`. */
export function checkPaths(paths: readonly string[]): void {
  if (paths.length === 0 || paths.length > MAX_PATHS) throw new DocstoreError('bad-index', `An index has 1 to ${MAX_PATHS} fields`)
  for (const path of paths) {
    const fault = pathFault(path)
    if (fault !== undefined) throw new DocstoreError('bad-index', `The field name ${JSON.stringify(path.slice(0, 80))} ${fault}`)
  }
}
