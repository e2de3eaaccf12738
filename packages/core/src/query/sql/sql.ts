import { compileCondition, type End } from './condition.ts'
import type { Filter } from '../filter.ts'
import { BOOLEAN_KEYS, isBooleanKey, NULL_KEY } from '../order.ts'
import { arrayOnPath, pathExpression, pathOf, typeExpression } from '../path.ts'
import { type Access, accessOf, isInOrder, type QueryScope, recordsBy, rowsOf } from './scope.ts'
import { scoredSort } from '../scored-sort.ts'
import { type Sort, type SortField, TEXT_SCORE, totalSort } from '../sort.ts'
import { anyOf, jsonNumber, type SqlFragment, type SqlValue } from './sql-fragment.ts'

/** One page of a query. */
export interface FindQuery {
  readonly filter: Filter
  readonly sort: Sort
  /** Most rows that are returned. */
  readonly limit: number
  /** The row to continue after: the `orderKey` of each of its sort values, and its `_id`. It need not exist any more. */
  readonly after?: { readonly values: readonly SqlValue[]; readonly id: string } | undefined
  /** What of each row is wanted: everything, or only `rowid`, where many rows are to be put in order at once. */
  readonly rows?: 'whole' | 'rowids'
  /** Leaves out rows with a higher rowid: those that came later. */
  readonly lastRow?: number | undefined
}

/** A statement and the values for its `?`. */
export interface CompiledQuery {
  readonly sql: string
  readonly params: SqlValue[]
}

/** SQL for one page of matching rows in order: `rowid`, `id`, `content`. */
export function compileFind(scope: QueryScope, { filter, sort: asked, limit, after, rows = 'whole', lastRow }: FindQuery): CompiledQuery {
  const sort = scoredSort(scope, filter, asked)
  const terms = orderTerms(scope, totalSort(sort), after?.values ?? [])
  const access = findAccess(scope, filter, sort, rows)
  const columns = rows === 'whole' ? 'rowid AS rowid, id, content' : 'rowid AS rowid'
  const select = (ordered: readonly OrderTerm[], start: SqlFragment = { sql: 'TRUE', params: [] }, bounded: readonly End[] = []): SqlFragment => {
    const condition = compileCondition(scope, filter, bounded)
    const order = ordered.map(({ expression, descending }) => `${expression}${descending ? ' DESC' : ''}`)
    return {
      sql:
        `SELECT ${columns} FROM ${recordsBy(access)} WHERE ${rowsOf(scope, access)} AND ${condition.sql} AND ${start.sql}${lastRow === undefined ? '' : ' AND +rowid <= ?'} ` +
        `ORDER BY ${order.join(', ')} LIMIT ?`,
      params: [...condition.params, ...start.params, ...(lastRow === undefined ? [] : [lastRow]), limit],
    }
  }
  const stretches = after && remaining(terms, [...after.values.slice(0, terms.length - 1), after.id])
  const [first] = stretches ?? []
  if (stretches === undefined) return toQuery(select(terms))
  if (stretches.length === 1 && first !== undefined) return toQuery(select(first.ordered, first, first.bounded))
  // Without an index each stretch would read the whole collection, so they become one condition.
  if (!isInOrder(scope, terms[0]?.path ?? '_id')) return toQuery(select(terms, anyOf(stretches)))
  const selects = stretches.map((stretch) => select(stretch.ordered, stretch, stretch.bounded))
  // The parts run one after another, and those after the last needed row not at all.
  return {
    sql: `${selects.map(({ sql }) => `SELECT * FROM (${sql})`).join(' UNION ALL ')} LIMIT ?`,
    params: [...selects.flatMap(({ params }) => params), limit],
  }
}

/** How the rows of a query are found. */
function findAccess(scope: QueryScope, filter: Filter, sort: Sort, rows: FindQuery['rows'] = 'whole'): Access {
  const byFilter = accessOf(scope, filter)
  if (byFilter !== 'collection') return byFilter
  const leading = sort[0]?.path ?? '_id'
  if (isInOrder(scope, leading)) return 'index'
  // What has to be sorted is read whole; so is what somebody wants all of. By `_id`, the index would lead all over the table.
  return scope.isMost && (leading !== '_id' || rows === 'rowids') ? 'scan' : 'collection'
}

/** SQL for the number of matching documents, as `count`. */
export function compileCount(scope: QueryScope, filter: Filter): CompiledQuery {
  const { sql, params } = compileCondition(scope, filter)
  const byFilter = accessOf(scope, filter)
  const access = byFilter === 'collection' && scope.isMost && sql !== 'TRUE' ? 'scan' : byFilter
  return { sql: `SELECT count(*) AS count FROM ${recordsBy(access)} WHERE ${rowsOf(scope, access)} AND ${sql}`, params: [...params] }
}

/** One field of an order, as SQL. */
interface OrderTerm extends SortField {
  readonly expression: string
  /** Whether the expression is what indexes are made of, where null is NULL and booleans are numbers; else it gives an `orderKey`. */
  readonly isPlain: boolean
}

function orderTerms(scope: QueryScope, sort: Sort, keys: readonly SqlValue[]): OrderTerm[] {
  return sort.map((field, i) => {
    const isPlain = field.path === '_id' || (isInOrder(scope, field.path) && plainKey(keys[i] ?? Number.NEGATIVE_INFINITY) !== undefined)
    return { ...field, isPlain, expression: isPlain ? pathExpression(field.path) : orderExpression(scope, field) }
  })
}

/** What gives the `orderKey` of a row: SQLite's own functions where the value is a scalar, else `docstore_order`. */
function orderExpression(scope: QueryScope, field: SortField): string {
  const { path } = field
  const call = `docstore_order(${scope.orderer(field)}, content)`
  if (path === TEXT_SCORE) return call
  const value = pathExpression(path)
  const missing = pathOf(path).length === 1 ? NULL_KEY : `CASE WHEN ${arrayOnPath(path)} THEN ${call} ELSE ${NULL_KEY} END`
  // As doubles, which is what JavaScript has: SQLite reads long whole numbers as integers of 64 bits.
  const scalars = `WHEN 'integer' THEN ${value} * 1.0 WHEN 'real' THEN ${value} WHEN 'text' THEN ${value}`
  const booleans = `WHEN 'true' THEN ${BOOLEAN_KEYS.true} WHEN 'false' THEN ${BOOLEAN_KEYS.false}`
  return `CASE ${typeExpression(path)} ${scalars} ${booleans} WHEN 'null' THEN ${NULL_KEY} WHEN 'array' THEN ${call} WHEN 'object' THEN ${call} ELSE ${missing} END`
}

/** An `orderKey` as an index has it: NULL for null, 0 and 1 for booleans; `undefined` where it has nothing of the kind. */
function plainKey(key: SqlValue): SqlValue | undefined {
  if (key === Number.NEGATIVE_INFINITY) return null
  if (key === null) return undefined
  if (!(key instanceof Uint8Array)) return key
  return isBooleanKey(key) ? key[1] : undefined
}

/** A part of the order that one index range holds: its condition, and what orders it. */
interface Stretch extends SqlFragment {
  readonly ordered: readonly OrderTerm[]
  readonly bounded: readonly End[]
}

/**
 * What comes after the key, as consecutive stretches: the rows that equal it in all terms but the last, then in all but the last
 * two, and so on. NULL comes before all values, so in descending order it makes a stretch of its own.
 */
function remaining(terms: readonly OrderTerm[], keys: readonly SqlValue[]): Stretch[] {
  const stretches: Stretch[] = []
  const values = terms.map((term, i) => (term.isPlain ? plainKey(keys[i] ?? null) : keys[i]) ?? null)
  for (let i = terms.length - 1; i >= 0; i--) {
    const term = terms[i]
    if (term === undefined) continue
    const { path, expression, descending, isPlain } = term
    const prefix = terms.slice(0, i).map((one, at) => equals(one, values[at] ?? null))
    const add = (sql: string, params: readonly SqlValue[], ordered: readonly OrderTerm[], bounded: readonly End[] = []): void => {
      stretches.push({
        sql: `(${[...prefix.map((one) => one.sql), sql].join(' AND ')})`,
        params: [...prefix.flatMap((one) => one.params), ...params],
        ordered,
        bounded,
      })
    }
    const value = values[i] ?? null
    if (value !== null) {
      const operand = operandOf(term, value)
      const bounded: readonly End[] = isPlain ? [`${descending ? 'upper' : 'lower'} ${path}`] : []
      add(`${expression} ${descending ? '<' : '>'} ${operand.sql}`, operand.params, terms.slice(i), bounded)
      if (descending && path !== '_id') add(`${expression} IS NULL`, [], terms.slice(i + 1))
    } else if (!descending) {
      // All values of an index: the blob that comes after them. Unlike IS NOT NULL, an index can look it up.
      add(isPlain ? `${expression} < x''` : `${expression} IS NOT NULL`, [], terms.slice(i))
    }
  }
  return stretches
}

function equals(term: OrderTerm, value: SqlValue): SqlFragment {
  if (value === null) return { sql: `${term.expression} IS NULL`, params: [] }
  const { sql, params } = operandOf(term, value)
  return { sql: `${term.expression} = ${sql}`, params }
}

function operandOf({ isPlain }: OrderTerm, value: Exclude<SqlValue, null>): SqlFragment {
  return typeof value === 'number' && isPlain ? jsonNumber(value) : { sql: '?', params: [value] }
}

function toQuery({ sql, params }: SqlFragment): CompiledQuery {
  return { sql, params: [...params] }
}
