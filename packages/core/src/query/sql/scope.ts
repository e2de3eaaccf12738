import type { Json } from '../../model/json/json-value.ts'
import type { FieldFilter, Filter } from '../filter.ts'
import { pathExpression, pathOf } from '../path.ts'
import type { SortField } from '../sort.ts'
import { type PrefixRange, rangeOfRegex } from './regex-prefix.ts'
import { identifier, integerLiteral, textLiteral } from './sql-literal.ts'

/** What a declared index knows of a path. */
export interface FieldIndex {
  /** Number under which `array_entries` holds what lies in arrays on the path. */
  readonly ix: number
  /** Whether some document has an array on the path. */
  readonly hasArrays: boolean
  /** Whether SQLite's order of the values is ours: no arrays, no objects, and no booleans beside numbers or strings. */
  readonly isOrdered: boolean
}

/** The text index of a collection. */
export interface TextIndex {
  /** Its number in `text_moved`, which says where a record's row in the table is not called by the `rid` of the record. */
  readonly tx: number
  /** Its FTS5 table. */
  readonly table: string
  readonly paths: readonly string[]
  /** To be called before it is searched: a full disk may have made it be given up. Throws `disk-full` where there is no room to make it again. */
  makeReady(): void
}

/** The documents that a query is about, and what is known of their fields. */
export interface QueryScope {
  readonly ns: number
  readonly collection: string
  /** Whether most records of the namespace are in this collection, so that reading all of them in the order in which they lie is quickest. */
  readonly isMost: boolean
  /** What declared indexes say of a path; `undefined` where none covers it. */
  field(path: string): FieldIndex | undefined
  /** Whether each row is counted by `docstore_within(rid, 0)`, which throws once the query has used up what it may. */
  readonly isBounded?: boolean | undefined
  /** Where `$text` looks. */
  readonly text?: TextIndex | undefined
  /** The number by which `docstore_matches(number, content)` knows a condition. */
  matcher(filter: Filter): number
  /** The number by which `docstore_order(number, content)` knows a field to sort by. */
  orderer(field: SortField): number
}

/**
 * How SQLite should find the rows: by `_id`, by a declared index, through the whole collection in order of `_id`, or through the namespace
 * in the order in which its records lie.
 */
export type Access = 'id' | 'index' | 'collection' | 'scan'

/** The `FROM` of a query. */
export function recordsBy(access: Access): string {
  return access === 'scan' ? 'records NOT INDEXED' : 'records'
}

/**
 * The condition that restricts `records` to the scope. Without statistics, SQLite takes an index on the columns `ns` and `collection` for
 * the most selective there is. The unary plus hides these columns from it, which leaves it the declared indexes; their own
 * conditions are written in the same way, because SQLite has to recognise them.
 */
export function rowsOf({ ns, collection, isBounded }: Pick<QueryScope, 'ns' | 'collection' | 'isBounded'>, access: Access): string {
  const plus = access === 'index' || access === 'scan' ? '+' : ''
  const rows = `${plus}ns = ${integerLiteral(ns)} AND ${plus}collection = ${textLiteral(collection)} AND content IS NOT NULL${isBounded === true ? ' AND docstore_within(rid, 0)' : ''}`
  return access === 'scan' ? `rid > ${integerLiteral(ns * SEQ_SPAN)} AND rid < ${integerLiteral((ns + 1) * SEQ_SPAN)} AND ${rows}` : rows
}

/**
 * Rows of one namespace lie together: the row id of a record is `namespace * 2^36 + seq`, where `seq` is the namespace's
 * local append order, the cursor of its change feed.
 */
export const SEQ_SPAN: number = 2 ** 36

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
      return isLookedUp(scope, filter) ? 'index' : 'collection'
    case 'compare':
      return isLookedUp(scope, filter) ? 'index' : 'collection'
    case 'text':
      return 'index'
    case 'regex':
      return filter.path === '_id' || prefixRange(scope, filter) === undefined ? 'collection' : 'index'
    case 'elemMatch':
      return lookedUpInArrays(scope, filter).length > 0 ? 'index' : 'collection'
    default:
      return 'collection'
  }
}

/** Conditions whose values an index can look up. */
export type ValueFilter = Extract<FieldFilter, { kind: 'equals' | 'compare' }>

/** Whether a declared index looks the condition up. */
function isLookedUp(scope: QueryScope, filter: ValueFilter): boolean {
  const field = filter.path === '_id' ? undefined : scope.field(filter.path)
  if (field === undefined) return false
  if (filter.kind === 'compare') return isEntry(filter.value)
  return !field.hasArrays || filter.values.every(isEntry)
}

/** The texts of which a declared index can look up those that a regular expression matches, if it says how they begin. */
export function prefixRange(scope: QueryScope, { path, regex }: Extract<FieldFilter, { kind: 'regex' }>): PrefixRange | undefined {
  return path !== '_id' && scope.field(path) === undefined ? undefined : rangeOfRegex(regex)
}

/** What an `$elemMatch` asks of all elements that match, and an index on what lies in the arrays can look up. */
export function lookedUpInArrays(scope: Pick<QueryScope, 'field'>, { path, of, filter }: Extract<FieldFilter, { kind: 'elemMatch' }>): ValueFilter[] {
  // The index has an array in an array as one value, but `$elemMatch` of `a.0` looks at its elements.
  if (of === 'values' && pathOf(path).at(-1)?.place !== undefined) return []
  const required = filter.kind === 'and' ? filter.filters : [filter]
  return (
    required
      .filter((one) => one.kind === 'equals' || one.kind === 'compare')
      // `$elemMatch: {0: …}` finds places in the arrays that an array has, where the path `a.0` leads to the first of these arrays.
      .filter((one) => of === 'values' || !/^[0-9]+$/.test(pathOf(one.path)[0]?.name ?? ''))
      .map((one) => ({ ...one, path: of === 'values' ? path : `${path}.${one.path}` }))
      .filter((one) => scope.field(one.path)?.hasArrays && (one.kind === 'compare' ? isEntry(one.value) : one.values.every(isEntry)))
  )
}

/** Whether a declared index holds the rows in order of the path. */
export function isInOrder(scope: QueryScope, path: string): boolean {
  return path !== '_id' && scope.field(path)?.isOrdered === true
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

/** SQL that drops it. */
export function dropIndexSql(name: string): string {
  return `DROP INDEX ${identifier(name)}`
}

/** What `array_entries` holds for a value that lies in an array; `undefined` where it holds nothing: for null, arrays and objects. */
export function arrayEntryValue(element: Json): number | string | Uint8Array | undefined {
  // Not 0 and 1: an entry has no type beside it, and `true` must not equal 1.
  if (typeof element === 'boolean') return Uint8Array.of(element ? 1 : 0)
  return typeof element === 'number' || typeof element === 'string' ? element : undefined
}

/** Whether `array_entries` can hold the value. */
export function isEntry(value: Json): boolean {
  return value !== null && typeof value !== 'object'
}
