import type { Filter } from './filter.ts'
import { typeExpression } from './path.ts'
import { arrayEntryRows, elementPredicate, endOf, fieldSubject, type ValueFilter, valuePredicate } from './predicate.ts'
import { accessOf, isEntry, type QueryScope, rowsOf } from './scope.ts'
import { allOf, anyOf, type SqlFragment } from './sql-fragment.ts'

/** An end of the values at a path, as in `lower a.b`. */
export type End = `${'lower' | 'upper'} ${string}`

/** The SQL condition that a row of the scope matches the filter. `bounded` are the ends that a cursor limits more closely than the filter does. */
export function compileCondition(scope: QueryScope, filter: Filter, bounded: readonly End[] = []): SqlFragment {
  return compile(scope, filter, { bounded, compared: endsOf(filter) })
}

/** What else limits the rows where a condition is required: no row without it is a result, so an index on it narrows the search. */
interface Required {
  readonly bounded: readonly End[]
  readonly compared: readonly End[]
}

function compile(scope: QueryScope, filter: Filter, required?: Required): SqlFragment {
  switch (filter.kind) {
    case 'and':
      return allOf(filter.filters.map((one) => compile(scope, one, required)))
    case 'or':
      if (required && accessOf(scope, filter) === 'index') return rowIn(filter.filters.map((one) => matchingRows(scope, one)))
      return anyOf(filter.filters.map((one) => compile(scope, one)))
    case 'not':
      return negate(compile(scope, filter.filter))
    case 'exists':
      return { sql: `${typeExpression(filter.path)} IS NOT NULL`, params: [] }
    case 'equals':
    case 'compare':
      return filter.path === '_id' ? onValue(onlyText(filter), required) : onField(scope, filter, required)
  }
}

function onField(scope: QueryScope, filter: ValueFilter, required: Required | undefined): SqlFragment {
  const arrays = scope.arrays(filter.path)
  if (arrays === 'none') {
    if (required && filter.kind === 'equals' && filter.values.length > 1 && filter.values.includes(null)) return nullOrValue(scope, filter)
    return onValue(filter, required)
  }
  const scalar = onValue(filter)
  if (arrays === 'unknown' || (filter.kind === 'equals' && !filter.values.every(isEntry))) return anyOf([scalar, elementPredicate(filter)])
  const entries = arrayEntryRows(filter, arrays)
  if (required === undefined) return anyOf([scalar, rowIn([entries])])
  const scalars = { sql: `SELECT rowid FROM records WHERE ${rowsOf(scope, 'index')} AND ${scalar.sql}`, params: scalar.params }
  return rowIn([scalars, entries])
}

function onValue(filter: ValueFilter, required?: Required): SqlFragment {
  const subject = fieldSubject(filter.path)
  if (required === undefined || filter.kind === 'equals') return valuePredicate(filter, subject)
  const own = endOf(filter.operator)
  const other = own === 'lower' ? 'upper' : 'lower'
  const isBounded = (end: 'lower' | 'upper'): boolean => required.bounded.includes(`${end} ${filter.path}`)
  return valuePredicate(filter, subject, {
    [own]: isBounded(own),
    [other]: isBounded(other) || required.compared.includes(`${other} ${filter.path}`),
  })
}

/** The ends that the required comparisons of a filter set. */
function endsOf(filter: Filter): End[] {
  if (filter.kind === 'and') return filter.filters.flatMap(endsOf)
  return filter.kind === 'compare' ? [`${endOf(filter.operator)} ${filter.path}`] : []
}

/** An index can look up NULL, or a list, but not both at once. */
function nullOrValue(scope: QueryScope, { kind, path, values }: Extract<Filter, { kind: 'equals' }>): SqlFragment {
  const parts = [[null], values.filter((value) => value !== null)]
  return rowIn(parts.map((part) => matchingRows(scope, { kind, path, values: part })))
}

/** SQLite does not use partial indexes for the sides of an OR, but does in the parts of a compound SELECT. */
function rowIn(selects: readonly SqlFragment[]): SqlFragment {
  return { sql: `rowid IN (${selects.map(({ sql }) => sql).join(' UNION ALL ')})`, params: selects.flatMap(({ params }) => params) }
}

function matchingRows(scope: QueryScope, filter: Filter): SqlFragment {
  const { sql, params } = compileCondition(scope, filter)
  return { sql: `SELECT rowid FROM records WHERE ${rowsOf(scope, accessOf(scope, filter))} AND ${sql}`, params }
}

/** NOT of NULL is NULL in SQL; what is not certainly true is false here. */
function negate({ sql, params }: SqlFragment): SqlFragment {
  return { sql: `(${sql}) IS NOT TRUE`, params }
}

/** The column `id` has text affinity, which would turn the operand 5 into '5'. An `_id` is never anything but a string. */
function onlyText(filter: ValueFilter): ValueFilter {
  if (filter.kind === 'equals') return { ...filter, values: filter.values.filter((value) => typeof value === 'string') }
  return typeof filter.value === 'string' ? filter : { kind: 'equals', path: filter.path, values: [] }
}
