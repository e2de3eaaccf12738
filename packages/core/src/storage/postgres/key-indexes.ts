import { DocstoreError } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import { toHex } from '../../model/bytes.ts'
import { type FieldIndex, orderKey, pathOf, reach, sortableBytes, sortValue } from '../../query/index.ts'
import { MAX_INDEXES, MAX_NAMESPACE_INDEXES, nameOf, type DeclaredIndexes } from '../indexes/declared-indexes.ts'
import type { SqlValue } from '../drivers/driver.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'

/** Bytes of a value that its key has: what comes after them is looked up in the document. PostgreSQL's indexes take a third of a page. */
const KEY_BYTES = 256
/** Values of one document that are looked up at one path; of one that has more, all are looked at. */
const MAX_KEYS = 1024
/** Documents that are read at a time while an index is made over them. */
const BACKFILL_PAGE = 256

/** The key of every document of which nothing else is known: before all others. */
export const ANY_KEY: Uint8Array = new Uint8Array()

/** What the column `ends` has. */
export const RISING = 1
export const FALLING = 2

interface IndexedPath {
  readonly ix: number
  readonly path: string
}

/**
 * The declared indexes of a database on PostgreSQL, path by path: for each value that a filter meets at a path there is a row in `index_keys`, in arrays
 * too. Keys only narrow a search down; what they find is asked again. That needs nothing of the database but a table, and so is the same on
 * all that speak its protocol.
 */
export class KeyIndexes implements Pick<DeclaredIndexes, keyof DeclaredIndexes> {
  readonly needsLook = false
  /** What goes with a version is one statement, however much it is. */
  readonly hasArrays = false
  readonly #statements: Statements
  /** By namespace and collection. Read when first needed, and again after a transaction that failed. */
  #known: Map<string, IndexedPath[]> | undefined

  constructor(statements: Statements) {
    this.#statements = statements
  }

  look(): void {}

  /** The number of an indexed path; `undefined` where no index covers it. */
  ix(ns: number, collection: string, path: string): number | undefined {
    return this.#of(ns, collection).find((indexed) => indexed.path === path)?.ix
  }

  field(ns: number, collection: string, path: string): FieldIndex | undefined {
    const ix = this.ix(ns, collection, path)
    return ix === undefined ? undefined : { ix, hasArrays: true, isOrdered: false }
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
    for (const path of paths) if (path !== '_id' && this.ix(ns, collection, path) === undefined) this.#track(ns, collection, path)
    this.#statements.own('INSERT INTO indexes (name, ns, collection, paths) VALUES (?, ?, ?, ?)').run(name, ns, collection, JSON.stringify(paths))
  }

  /** Drops an index; `false` where there is none. Call inside a transaction. */
  drop(ns: number, collection: string, paths: readonly string[]): boolean {
    const row = this.#statements.own('DELETE FROM indexes WHERE name = ? RETURNING name').get(nameOf(ns, collection, paths))
    if (row === undefined) return false
    const inUse = new Set(this.list(ns, collection).flat())
    for (const path of paths) {
      const ix = inUse.has(path) ? undefined : this.ix(ns, collection, path)
      if (ix === undefined) continue
      this.#statements.own('DELETE FROM index_keys WHERE ix = ?').run(ix)
      this.#statements.own('DELETE FROM index_paths WHERE ix = ?').run(ix)
      this.#known = undefined
    }
    return true
  }

  leaving<T>(_leftovers: unknown, work: () => T): T {
    return work()
  }

  /** Adds the keys of a new version. Call inside a transaction. */
  added(ns: number, collection: string, rid: number, content: string): void {
    const paths = this.#of(ns, collection)
    if (paths.length === 0) return
    const document = JSON.parse(content) as Document
    for (const indexed of paths) this.#add(indexed, rid, document)
  }

  /** Removes the keys of a version that is replaced. */
  removed(rid: number): void {
    if (this.#all().size > 0) this.#statements.own('DELETE FROM index_keys WHERE rid = ?').run(rid)
  }

  committed(): void {}

  /** Forgets what is known: it is others' now, or gone. */
  rolledBack(): void {
    this.#known = undefined
  }

  #add({ ix, path }: IndexedPath, rid: number, document: Document): void {
    const insert = this.#statements.own('INSERT INTO index_keys (ix, key, rid, ends) VALUES (?, ?, ?, ?)')
    for (const { key, ends } of keysOf(document, path)) insert.run(ix, key, rid, ends)
  }

  #track(ns: number, collection: string, path: string): void {
    // What this version keeps no note of is the kinds that the path has met.
    const row = this.#statements
      .own('INSERT INTO index_paths (ns, collection, path, kinds) VALUES (?, ?, ?, 0) RETURNING ix')
      .get(ns, collection, path)
    const indexed = { ix: Number(row?.['ix']), path }
    this.#known = undefined
    const page = this.#statements.own(
      'SELECT rid, content FROM records WHERE rid > ? AND rid < ? AND collection = ? AND content IS NOT NULL ORDER BY rid LIMIT ?',
    )
    for (let after = ns * SEQ_SPAN; ; ) {
      const rows = page.all(after, (ns + 1) * SEQ_SPAN, collection, BACKFILL_PAGE)
      for (const { rid, content } of rows) {
        after = Number(rid)
        this.#add(indexed, after, JSON.parse(String(content)) as Document)
      }
      if (rows.length < BACKFILL_PAGE) return
    }
  }

  #of(ns: number, collection: string): readonly IndexedPath[] {
    const all = this.#all()
    return all.size === 0 ? [] : (all.get(`${ns}/${collection}`) ?? [])
  }

  #all(): Map<string, IndexedPath[]> {
    if (this.#known !== undefined) return this.#known
    const known = new Map<string, IndexedPath[]>()
    for (const { ix, ns, collection, path } of this.#statements.own('SELECT ix, ns, collection, path FROM index_paths').all()) {
      const key = `${Number(ns)}/${String(collection)}`
      known.set(key, [...(known.get(key) ?? []), { ix: Number(ix), path: String(path) }])
    }
    return (this.#known = known)
  }

  #checkCount(ns: number): void {
    const row = this.#statements.own('SELECT count(*) AS total, count(*) FILTER (WHERE ns = ?) AS here FROM indexes').get(ns)
    const isFullHere = Number(row?.['here']) >= MAX_NAMESPACE_INDEXES
    if (!isFullHere && Number(row?.['total']) < MAX_INDEXES) return
    const full = isFullHere ? `a namespace can have ${MAX_NAMESPACE_INDEXES}` : `a store can have ${MAX_INDEXES}`
    throw new DocstoreError('too-many-indexes', `There is no room for another declared index: ${full}`)
  }
}

/** A key of a document, and which orders have the document there, see the schema. */
interface Key {
  readonly key: Uint8Array
  readonly ends: number
}

/** Keys of all that a filter meets at a path of a document, and of what the document is sorted by. */
function keysOf(document: Document, path: string): readonly Key[] {
  const keys = new Map<string, Key>()
  const add = (key: Uint8Array, ends: number): void => {
    const name = toHex(key)
    keys.set(name, { key, ends: ends | (keys.get(name)?.ends ?? 0) })
  }
  let count = 0
  reach(document, pathOf(path), 'elements and array', (value) => {
    if (++count <= MAX_KEYS) add(keyOf(sortableBytes(value ?? null)), 0)
    return count > MAX_KEYS
  })
  if (count > MAX_KEYS) keys.clear()
  if (count > MAX_KEYS) add(ANY_KEY, 0)
  add(orderedKey(orderKey(sortValue({ path, descending: false }, document))), RISING)
  add(orderedKey(orderKey(sortValue({ path, descending: true }, document))), FALLING)
  return [...keys.values()]
}

/** The key of a value, from its sortable bytes. */
export function keyOf(sortable: Uint8Array): Uint8Array {
  return sortable.slice(0, KEY_BYTES)
}

/** The key of what a document is sorted by. */
export function orderedKey(order: SqlValue): Uint8Array {
  // The empty array, before everything.
  if (order === null) return Uint8Array.of(0)
  if (order instanceof Uint8Array) return keyOf(order)
  return keyOf(sortableBytes(order === Number.NEGATIVE_INFINITY ? null : order))
}
