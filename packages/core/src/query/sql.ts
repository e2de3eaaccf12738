import { DocstoreError } from '../errors.ts'
import { compileCondition, type End } from './condition.ts'
import type { Filter } from './filter.ts'
import { pathExpression } from './path.ts'
import { accessOf, isCovered, type QueryScope, rowsOf } from './scope.ts'
import { type Sort, totalSort } from './sort.ts'
import { anyOf, jsonNumber, type SqlFragment, type SqlValue } from './sql-fragment.ts'

/** One page of a query. */
export interface FindQuery {
  readonly filter: Filter
  readonly sort: Sort
  /** Most rows that are returned. */
  readonly limit: number
  /** The row to continue after: its sort values, from `compileSortValues`, and its `_id`. It need not exist any more. */
  readonly after?: { readonly values: readonly SqlValue[]; readonly id: string } | undefined
}

/** A statement and the values for its `?`. */
export interface CompiledQuery {
  readonly sql: string
  readonly params: SqlValue[]
}

/** SQL for one page of matching rows in order: `rowid`, `id`, `content`. Throws `bad-cursor` where `after` does not fit the sort. */
export function compileFind(scope: QueryScope, { filter, sort, limit, after }: FindQuery): CompiledQuery {
  const terms = totalSort(sort)
  const leading = terms[0]?.path ?? '_id'
  const byFilter = accessOf(scope, filter)
  const access = byFilter === 'collection' && isCovered(scope, leading) ? 'index' : byFilter
  const select = (ordered: Sort, start: SqlFragment = { sql: 'TRUE', params: [] }, bounded: readonly End[] = []): SqlFragment => {
    const condition = compileCondition(scope, filter, bounded)
    return {
      sql:
        `SELECT rowid AS rowid, id, content FROM records WHERE ${rowsOf(scope, access)} AND ${condition.sql} AND ${start.sql} ` +
        `ORDER BY ${ordered.map(orderTerm).join(', ')} LIMIT ?`,
      params: [...condition.params, ...start.params, limit],
    }
  }
  const stretches = after && remaining(terms, keyOf(terms, after))
  const [first] = stretches ?? []
  if (stretches === undefined) return toQuery(select(terms))
  if (stretches.length === 1 && first !== undefined) return toQuery(select(first.ordered, first, first.bounded))
  // Without an index each stretch would read the whole collection, so they become one condition.
  if (!isCovered(scope, leading)) return toQuery(select(terms, anyOf(stretches)))
  const selects = stretches.map((stretch) => select(stretch.ordered, stretch, stretch.bounded))
  // The parts run one after another, and those after the last needed row not at all.
  return {
    sql: `${selects.map(({ sql }) => `SELECT * FROM (${sql})`).join(' UNION ALL ')} LIMIT ?`,
    params: [...selects.flatMap(({ params }) => params), limit],
  }
}

/** SQL for the number of matching documents, as `count`. */
export function compileCount(scope: QueryScope, filter: Filter): CompiledQuery {
  const { sql, params } = compileCondition(scope, filter)
  return { sql: `SELECT count(*) AS count FROM records WHERE ${rowsOf(scope, accessOf(scope, filter))} AND ${sql}`, params: [...params] }
}

/** SQL for the sort values of the row whose rowid is the one parameter, in order. The sort must have a field. */
export function compileSortValues(sort: Sort): string {
  if (sort.length === 0) throw new TypeError('the sort must not be empty')
  const columns = sort.map(({ path }, i) => {
    const value = pathExpression(path)
    // Drivers refuse to return integers beyond 2^53 as numbers; the nearest double prints as the same digits.
    return path === '_id' ? `${value} AS s${i}` : `iif(typeof(${value}) = 'integer', ${value} * 1.0, ${value}) AS s${i}`
  })
  return `SELECT ${columns.join(', ')} FROM records WHERE rowid = ?`
}

/** A part of the order that one index range holds: its condition, and what orders it. */
interface Stretch extends SqlFragment {
  readonly ordered: Sort
  readonly bounded: readonly End[]
}

/**
 * What comes after the key, as consecutive stretches: the rows that equal it in all terms but the last, then in all but the last
 * two, and so on. NULL comes before all values, so in descending order it makes a stretch of its own.
 */
function remaining(terms: Sort, key: readonly SqlValue[]): Stretch[] {
  const stretches: Stretch[] = []
  for (let i = terms.length - 1; i >= 0; i--) {
    const prefix = terms.slice(0, i).map(({ path }, at) => equals(pathExpression(path), key[at] ?? null))
    const add = (sql: string, params: readonly SqlValue[], ordered: Sort, bounded: readonly End[] = []): void => {
      stretches.push({
        sql: `(${[...prefix.map((one) => one.sql), sql].join(' AND ')})`,
        params: [...prefix.flatMap((one) => one.params), ...params],
        ordered,
        bounded,
      })
    }
    const { path, descending } = terms[i] ?? { path: '_id', descending: false }
    const expression = pathExpression(path)
    const value = key[i] ?? null
    if (value !== null) {
      const operand = operandOf(value)
      add(`${expression} ${descending ? '<' : '>'} ${operand.sql}`, operand.params, terms.slice(i), [`${descending ? 'upper' : 'lower'} ${path}`])
      if (descending && path !== '_id') add(`${expression} IS NULL`, [], terms.slice(i + 1))
    } else if (!descending) {
      // All values: the blob that comes after them. Unlike IS NOT NULL, an index can look it up.
      add(`${expression} < x''`, [], terms.slice(i))
    }
  }
  return stretches
}

function keyOf(terms: Sort, { values, id }: NonNullable<FindQuery['after']>): SqlValue[] {
  const fields = terms.length - 1
  if (values.length < fields)
    throw new DocstoreError('bad-cursor', `The cursor has ${values.length} sort values, the sort needs ${fields}. Start again without it`)
  return [...values.slice(0, fields), id]
}

function equals(expression: string, value: SqlValue): SqlFragment {
  if (value === null) return { sql: `${expression} IS NULL`, params: [] }
  const { sql, params } = operandOf(value)
  return { sql: `${expression} = ${sql}`, params }
}

function operandOf(value: Exclude<SqlValue, null>): SqlFragment {
  return typeof value === 'number' ? jsonNumber(value) : { sql: '?', params: [value] }
}

function orderTerm({ path, descending }: Sort[number]): string {
  return `${pathExpression(path)}${descending ? ' DESC' : ''}`
}

function toQuery({ sql, params }: SqlFragment): CompiledQuery {
  return { sql, params: [...params] }
}
