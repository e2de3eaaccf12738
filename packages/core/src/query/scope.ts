import type { Filter } from './filter.ts'
import { identifier, integerLiteral, textLiteral } from './sql-literal.ts'
import { pathExpression } from './path.ts'
import type { Json } from '../model/content.ts'

/** The documents that a query is about, and what is known of their fields. */
export interface QueryScope {
  readonly ns: number
  readonly collection: string
  /**
   * What declared indexes say of a dotted path: `'unknown'` where none covers it, `'none'` where one does and no document has an
   * array there, else the number under which `array_entries` holds the elements of its arrays.
   */
  arrays(path: string): 'unknown' | 'none' | number
}

/** How SQLite should find the rows: by `_id`, by a declared index, or through the whole collection in order of `_id`. */
export type Access = 'id' | 'index' | 'collection'

/**
 * The condition that restricts `records` to the scope. Without statistics, SQLite takes an index on the columns `ns` and `collection` for
 * the most selective there is. The unary plus hides these columns from it, which leaves it the declared indexes; their own
 * conditions are written in the same way, because SQLite has to recognise them.
 */
export function rowsOf({ ns, collection }: Pick<QueryScope, 'ns' | 'collection'>, access: Access): string {
  const plus = access === 'index' ? '+' : ''
  return `${plus}ns = ${integerLiteral(ns)} AND ${plus}collection = ${textLiteral(collection)} AND content IS NOT NULL`
}

/** The best way to the rows of a filter. */
export function accessOf(scope: QueryScope, filter: Filter): Access {
  switch (filter.kind) {
    case 'and': {
      const ways = filter.filters.map((one) => accessOf(scope, one))
      return ways.includes('id') ? 'id' : ways.includes('index') ? 'index' : 'collection'
    }
    case 'or':
      return filter.filters.some((one) => accessOf(scope, one) === 'collection') ? 'collection' : 'index'
    case 'equals':
      if (filter.path === '_id') return 'id'
      return isCovered(scope, filter.path) && (scope.arrays(filter.path) === 'none' || filter.values.every(isEntry)) ? 'index' : 'collection'
    case 'compare':
      return isCovered(scope, filter.path) ? 'index' : 'collection'
    case 'not':
    case 'exists':
      return 'collection'
  }
}

/** Whether a declared index covers the path, so that its expression can be looked up. */
export function isCovered(scope: QueryScope, path: string): boolean {
  return path !== '_id' && scope.arrays(path) !== 'unknown'
}

/** SQL that declares an index on the values at some paths, for one collection. It also serves queries sorted by these paths. */
export function createIndexSql({
  name,
  ns,
  collection,
  paths,
}: {
  readonly name: string
  readonly ns: number
  readonly collection: string
  readonly paths: readonly string[]
}): string {
  const idAt = paths.indexOf('_id')
  const expressions = [...(idAt === -1 ? paths : paths.slice(0, idAt)), '_id'].map(pathExpression)
  return `CREATE INDEX ${identifier(name)} ON records(${expressions.join(', ')}) WHERE ${rowsOf({ ns, collection }, 'index')}`
}

/** What `array_entries` holds for an element of an array; `undefined` where it holds nothing: for null, arrays and objects. */
export function arrayEntryValue(element: Json): number | string | Uint8Array | undefined {
  // Not 0 and 1: an entry has no type beside it, and `true` must not equal 1.
  if (typeof element === 'boolean') return Uint8Array.of(element ? 1 : 0)
  return typeof element === 'number' || typeof element === 'string' ? element : undefined
}

/** Whether `array_entries` can hold the value. */
export function isEntry(value: Json): boolean {
  return value !== null && typeof value !== 'object'
}
