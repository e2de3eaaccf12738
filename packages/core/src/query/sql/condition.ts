import { DocstoreError } from '../../errors.ts'
import { storedForms } from '../../model/content.ts'
import type { FieldFilter, Filter } from '../filter.ts'
import { arrayOnPath, pathExpression, typeExpression } from '../path.ts'
import { arrayEntryRows, endOf, fieldSubject, valuePredicate } from './predicate.ts'
import { accessOf, isEntry, lookedUpInArrays, prefixRange, type QueryScope, recordsBy, rowsOf, type ValueFilter } from './scope.ts'
import { matchExpression, type Search } from '../search.ts'
import { allOf, anyOf, type SqlFragment } from './sql-fragment.ts'
import { identifier, integerLiteral } from './sql-literal.ts'
import type { TypeName } from '../types.ts'

/** An end of the values at a path, as in `lower a.b`. */
export type End = `${'lower' | 'upper'} ${string}`

/**
 * The SQL condition that a row of the scope matches the filter. Where no array lies on a path, SQLite's own JSON functions decide; where
 * one does, or where they cannot, `docstore_matches` asks `match.ts`. `bounded` are the ends that a cursor limits more closely than the
 * filter does.
 */
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
      if (required && filter.filters.length > 0 && accessOf(scope, filter) === 'index') {
        return rowIn(filter.filters.map((one) => matchingRows(scope, one)))
      }
      if (isSearch(filter.filters)) return matchesCall(scope, filter)
      return anyOf(filter.filters.map((one) => compile(scope, one)))
    case 'not':
      return negate(compile(scope, filter.filter))
    case 'text':
      return textRows(scope, filter.search)
    case 'equals':
    case 'compare':
      if (filter.path === '_id') return isNative(filter) ? onValue(onlyText(filter), required) : { sql: 'FALSE', params: [] }
      return isNative(filter) ? onField(scope, filter, required) : inJavaScript(scope, filter, isOneOf(filter, ['array', 'object']))
    case 'exists':
      return onAnything(scope, filter, `${typeExpression(filter.path)} IS NOT NULL`)
    case 'type':
      return ofType(scope, filter)
    case 'regex': {
      const exact = onText(scope, filter)
      const begin = required && beginsWith(scope, filter, required)
      return begin === undefined ? exact : allOf([begin, exact])
    }
    case 'mod':
      return inJavaScript(scope, filter, isOneOf(filter, ['integer', 'real']))
    case 'size':
      return inJavaScript(scope, filter, 'FALSE')
    case 'elemMatch': {
      const exact = withText(filter, inJavaScript(scope, filter, 'FALSE'))
      const lookups = required === undefined ? [] : lookedUpInArrays(scope, filter)
      return allOf([...lookups.map((one) => rowIn([arrayEntryRows(one, scope.field(one.path)?.ix ?? 0)])), exact])
    }
  }
}

/**
 * Whether alternatives look for a text in several fields: one look at the whole document is many times cheaper than taking each field out of its
 * JSON and asking JavaScript about it.
 */
function isSearch(filters: readonly Filter[]): boolean {
  const kinds = filters.map(({ kind }) => kind)
  return kinds.filter((kind) => kind === 'regex').length > 1 && kinds.every((kind) => kind === 'regex' || kind === 'equals')
}

/** Whether SQL alone can say that one value satisfies the condition. */
function isNative(filter: ValueFilter): boolean {
  return filter.kind === 'equals' || isEntry(filter.value)
}

function onField(scope: QueryScope, filter: ValueFilter, required: Required | undefined): SqlFragment {
  const field = scope.field(filter.path)
  if (field !== undefined && !field.hasArrays) {
    if (required && filter.kind === 'equals' && filter.values.length > 1 && filter.values.includes(null)) return nullOrValue(scope, filter)
    return onValue(filter, required)
  }
  const scalar = onValue(filter)
  const isInEntries = filter.kind === 'compare' || filter.values.every(isEntry)
  if (field === undefined || !isInEntries) return scalarOrArray(scope, filter, scalar)
  const entries = arrayEntryRows(filter, field.ix)
  if (required === undefined) return anyOf([scalar, rowIn([entries])])
  const scalars = { sql: `SELECT rowid FROM records WHERE ${rowsOf(scope, 'index')} AND ${scalar.sql}`, params: scalar.params }
  return rowIn([scalars, entries])
}

/** A condition on the value at the path itself, or on what lies in arrays on it. */
function scalarOrArray(scope: QueryScope, filter: ValueFilter, scalar: SqlFragment): SqlFragment {
  const arrays = arrayOnPath(filter.path)
  const call = matchesCall(scope, filter)
  if (filter.kind === 'equals' && filter.values.includes(null)) {
    // Behind an array SQLite finds nothing, which is not what a missing field is.
    return { sql: `CASE WHEN ${arrays} THEN ${call.sql} ELSE ${scalar.sql} END`, params: [...call.params, ...scalar.params] }
  }
  const exact = `(${scalar.sql} OR CASE WHEN ${arrays} THEN ${call.sql} ELSE FALSE END)`
  return withText(filter, { sql: exact, params: [...scalar.params, ...call.params] })
}

/** The condition, looked at only where the text of a value that it needs stands in the document: found much faster than JSON is parsed. */
function withText(filter: Filter, condition: SqlFragment): SqlFragment {
  const text = neededText(filter)
  return text === undefined ? condition : { sql: `(instr(content, ?) > 0 AND ${condition.sql})`, params: [text, ...condition.params] }
}

/** JSON of a value without which no document matches, where all content has it as the same text. The longest of several. */
function neededText(filter: Filter): string | undefined {
  switch (filter.kind) {
    case 'equals': {
      const [only] = filter.values
      const [text, former] = filter.values.length === 1 && only !== undefined && only !== null ? storedForms(only) : []
      return former === undefined ? text : undefined
    }
    case 'and': {
      const texts = filter.filters.map(neededText).filter((text) => text !== undefined)
      return texts.length === 0 ? undefined : texts.reduce((longest, text) => (text.length > longest.length ? text : longest))
    }
    case 'elemMatch':
      return neededText(filter.filter)
    default:
      return undefined
  }
}

/** The condition decided by `match.ts`, for rows with an array on the path and those where `candidate` holds. */
function inJavaScript(scope: QueryScope, filter: FieldFilter, candidate: string): SqlFragment {
  const call = matchesCall(scope, filter)
  const arrays = filter.path === '_id' || hasNoArrays(scope, filter.path) ? 'FALSE' : arrayOnPath(filter.path)
  return { sql: `CASE WHEN ${candidate} OR ${arrays} THEN ${call.sql} ELSE FALSE END`, params: call.params }
}

/** A regular expression: most documents have one text at the path, which is all that has to be looked at. */
function onText(scope: QueryScope, filter: Extract<FieldFilter, { kind: 'regex' }>): SqlFragment {
  const { value, type } = fieldSubject(filter.path)
  const number = scope.matcher(filter)
  const text = `docstore_has_match(?, ${value})`
  const arrays = filter.path === '_id' || hasNoArrays(scope, filter.path) ? 'FALSE' : arrayOnPath(filter.path)
  return {
    sql: `CASE WHEN ${type} = 'text' THEN ${text} WHEN ${arrays} THEN docstore_matches(?, content) ELSE FALSE END`,
    params: [number, number],
  }
}

/** The condition decided by SQL where no array lies on the path, else by `match.ts`. */
function onAnything(scope: QueryScope, filter: FieldFilter, native: string): SqlFragment {
  if (filter.path === '_id' || hasNoArrays(scope, filter.path)) return { sql: native, params: [] }
  const call = matchesCall(scope, filter)
  return { sql: `CASE WHEN ${arrayOnPath(filter.path)} THEN ${call.sql} ELSE ${native} END`, params: call.params }
}

function hasNoArrays(scope: QueryScope, path: string): boolean {
  return scope.field(path)?.hasArrays === false
}

/** SQLite's names of the types; it tells whole numbers from others, and not as `int` and `double` do. */
const SQLITE_TYPES: ReadonlyMap<TypeName, readonly string[]> = new Map<TypeName, readonly string[]>([
  ['number', ['integer', 'real']],
  ['string', ['text']],
  ['object', ['object']],
  ['array', ['array']],
  ['bool', ['true', 'false']],
  ['null', ['null']],
])

function ofType(scope: QueryScope, filter: Extract<FieldFilter, { kind: 'type' }>): SqlFragment {
  const types = filter.types.map((type) => SQLITE_TYPES.get(type))
  const isKnown = types.every((names) => names !== undefined)
  return isKnown
    ? onAnything(scope, filter, isOneOf(filter, types.flat()))
    : inJavaScript(scope, filter, isOneOf(filter, ['integer', 'real', 'text', 'object', 'true', 'false', 'null']))
}

function isOneOf({ path }: FieldFilter, types: readonly string[]): string {
  return `coalesce(${typeExpression(path)} IN (${types.map((type) => `'${type}'`).join()}), FALSE)`
}

function matchesCall(scope: QueryScope, filter: Filter): SqlFragment {
  return { sql: 'docstore_matches(?, content)', params: [scope.matcher(filter)] }
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
  const access = accessOf(scope, filter)
  return { sql: `SELECT rowid FROM ${recordsBy(access)} WHERE ${rowsOf(scope, access)} AND ${sql}`, params }
}

/** What an index can look up of a regular expression: the texts that begin as it does, and some that are JSON of something else. */
function beginsWith(scope: QueryScope, filter: Extract<FieldFilter, { kind: 'regex' }>, { bounded }: Required): SqlFragment | undefined {
  const texts = prefixRange(scope, filter)
  if (texts === undefined) return undefined
  const params = [texts.low, texts.high]
  const value = pathExpression(filter.path)
  const field = filter.path === '_id' ? undefined : scope.field(filter.path)
  const plus = (end: 'lower' | 'upper'): string => (bounded.includes(`${end} ${filter.path}`) ? '+' : '')
  const scalar = { sql: `${plus('lower')}${value} >= ? AND ${plus('upper')}${value} < ?`, params }
  if (field === undefined || !field.hasArrays) return scalar
  return rowIn([
    { sql: `SELECT rowid FROM records WHERE ${rowsOf(scope, 'index')} AND ${scalar.sql}`, params },
    { sql: 'SELECT rid FROM array_entries WHERE ix = ? AND value >= ? AND value < ?', params: [field.ix, ...params] },
  ])
}

function textRows({ text }: QueryScope, search: Search): SqlFragment {
  if (text === undefined) {
    const how = "createIndex(['title', 'body'], { text: true }), or on the command line with: docstore index create NS title,body --text"
    throw new DocstoreError('bad-filter', `The filter cannot be used: $text needs a text index, and this collection has none. Make one with ${how}`)
  }
  const expression = matchExpression(search)
  if (expression === undefined) return { sql: 'FALSE', params: [] }
  text.makeReady()
  const table = identifier(text.table)
  const moved = `LEFT JOIN text_moved m ON m.tx = ${integerLiteral(text.tx)} AND m.row = ${table}.rowid`
  return rowIn([{ sql: `SELECT coalesce(m.rid, ${table}.rowid) FROM ${table} ${moved} WHERE ${table} MATCH ?`, params: [expression] }])
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
