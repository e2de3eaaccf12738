import { storedForms } from '../../model/content.ts'
import type { Json } from '../../model/json/json-value.ts'
import type { Comparison } from '../filter.ts'
import { isOrdered } from '../match.ts'
import { pathExpression, typeExpression } from '../path.ts'
import { arrayEntryValue, type ValueFilter } from './scope.ts'
import { allOf, anyOf, jsonNumber, type SqlFragment } from './sql-fragment.ts'

type CompareFilter = Extract<ValueFilter, { kind: 'compare' }>

/** The SQL expressions for a JSON value that a predicate is about. Its type tells `true` from 1, and an object from the string that spells it. */
export interface Subject {
  readonly value: string
  readonly type: string
  readonly isNull: string
}

/** The ends at which something else limits a value. */
export interface BoundedEnds {
  readonly lower?: boolean
  readonly upper?: boolean
}

/** The value at a path of a document. */
export function fieldSubject(path: string): Subject {
  return { value: pathExpression(path), type: typeExpression(path), isNull: `${pathExpression(path)} IS NULL` }
}

/** SELECTs the rows where a value in an array on the path satisfies the filter: from `array_entries`. */
export function arrayEntryRows(filter: ValueFilter, ix: number): SqlFragment {
  const { sql, params } = filter.kind === 'equals' ? entryMembership(filter.values) : range('value', filter, { sql: '?', params: [boundOf(filter)] })
  return { sql: `SELECT rid FROM array_entries WHERE ix = ? AND ${sql}`, params: [ix, ...params] }
}

/**
 * Whether one value satisfies the filter: a term that an index can look up, and more only where it would let in too much.
 * `bounded` says at which ends other conditions limit the value more closely, so that SQLite should search by those.
 */
export function valuePredicate(filter: ValueFilter, subject: Subject, bounded: BoundedEnds = {}): SqlFragment {
  return filter.kind === 'equals' ? equality(filter.values, subject) : comparison(filter, subject, bounded)
}

function equality(values: readonly Json[], { value, type, isNull }: Subject): SqlFragment {
  const { nothing = [], booleans = [], bits = [], lookalikes = [], composites = [], others = [] } = Object.groupBy(values, kindOf)
  const conditions: SqlFragment[] = []
  if (others.length > 0) conditions.push(membership(value, others))
  if (nothing.length > 0) conditions.push({ sql: isNull, params: [] })
  for (const truth of new Set(booleans))
    conditions.push(withType({ sql: `${value} = ${truth ? 1 : 0}`, params: [] }, `${type} = '${truth ? 'true' : 'false'}'`))
  if (bits.length > 0) conditions.push(withType(membership(value, bits), `${type} = 'integer'`))
  if (lookalikes.length > 0) conditions.push(withType(membership(value, lookalikes), `${type} = 'text'`))
  if (composites.length > 0) conditions.push(withType(membership(value, composites), `${type} IN ('array', 'object')`))
  const any = anyOf(conditions)
  // An index can look up one list, but not the sides of an OR.
  return conditions.length > 1 && nothing.length === 0 ? allOf([membership(value, values), any]) : any
}

/** Values that take the same SQL: `bits` are those that booleans turn into, `lookalikes` the strings that could be JSON of a `composite`. */
function kindOf(value: Json): 'nothing' | 'booleans' | 'bits' | 'lookalikes' | 'composites' | 'others' {
  if (value === null) return 'nothing'
  if (typeof value === 'object') return 'composites'
  if (typeof value === 'boolean') return 'booleans'
  if (value === 0 || value === 1) return 'bits'
  return typeof value === 'string' && /^[[{]/.test(value) ? 'lookalikes' : 'others'
}

/** True of the operands, and of what SQLite takes for them: `true` as 1, a string for the JSON that it spells. */
function membership(value: string, operands: readonly Json[]): SqlFragment {
  const operand = operands.length === 1 ? singleOperand(operands[0]) : undefined
  if (operand === undefined) return { sql: `${value} IN (SELECT value FROM json_each(?))`, params: [listOf(operands)] }
  return { sql: `${value} = ${operand.sql}`, params: operand.params }
}

/** One operand as SQL; `undefined` for an array or object that may be stored as another text too. */
function singleOperand(operand: Json | undefined): SqlFragment | undefined {
  if (operand === undefined || typeof operand === 'number') return operand === undefined ? undefined : jsonNumber(operand)
  const [text, former] = typeof operand === 'string' ? [operand] : storedForms(operand)
  return text === undefined || former !== undefined ? undefined : { sql: '?', params: [text] }
}

/** The same for the `value` of `array_entries`, where numbers are doubles and booleans are blobs. */
function entryMembership(operands: readonly Json[]): SqlFragment {
  const [only] = operands
  const single = only === undefined || operands.length > 1 ? undefined : arrayEntryValue(only)
  if (single !== undefined) return { sql: 'value = ?', params: [single] }
  const entry = "CASE type WHEN 'true' THEN x'01' WHEN 'false' THEN x'00' WHEN 'integer' THEN value * 1.0 ELSE value END"
  return { sql: `value IN (SELECT ${entry} FROM json_each(?))`, params: [listOf(operands)] }
}

/** All operands in one parameter, so that the statement is the same for any number of them. */
function listOf(operands: readonly Json[]): string {
  return `[${operands.flatMap(storedForms).join()}]`
}

function withType({ sql, params }: SqlFragment, type: string): SqlFragment {
  return { sql: `(${sql} AND ${type})`, params }
}

/** Arrays and objects are compared in JavaScript. */
function boundOf({ value }: CompareFilter): number | string {
  if (typeof value === 'number' || typeof value === 'string') return value
  throw new TypeError('SQL compares numbers and strings only')
}

function comparison(filter: CompareFilter, { value, type }: Subject, bounded: BoundedEnds): SqlFragment {
  const { operator } = filter
  const bound = boundOf(filter)
  const isLower = endOf(operator) === 'lower'
  if (typeof bound === 'number') {
    const inRange = range(value, filter, jsonNumber(bound), bounded)
    const hasBits = [0, 1].some((bit) => isOrdered(bit, operator, bound))
    return hasBits ? withType(inRange, `(${value} NOT IN (0, 1) OR ${type} = 'integer')`) : inRange
  }
  const inRange = range(value, filter, { sql: '?', params: [bound] }, bounded)
  // JSON of arrays and objects starts with one of these, and most strings do not: the type is looked up for few.
  const hasLookalikes = isLower ? bound < '|' : bound > '['
  return hasLookalikes ? withType(inRange, `(substr(${value}, 1, 1) NOT IN ('[', '{') OR ${type} = 'text')`) : inRange
}

/**
 * SQLite's order is NULL, numbers, text, blobs. The other end of the range keeps to the type of the operand. Of several terms for one
 * end, SQLite may take the widest to search by; a unary plus takes a term out of that choice.
 */
function range(value: string, { operator, value: bound }: CompareFilter, operand: SqlFragment, { lower, upper }: BoundedEnds = {}): SqlFragment {
  const low = `${lower ? '+' : ''}${value}`
  const high = `${upper ? '+' : ''}${value}`
  const isText = typeof bound === 'string'
  if (endOf(operator) === 'lower') return { sql: `${low} ${operator} ${operand.sql} AND ${high} < ${isText ? "x''" : "''"}`, params: operand.params }
  return { sql: `${high} ${operator} ${operand.sql}${isText ? ` AND ${low} >= ''` : ''}`, params: operand.params }
}

/** The end of a range that a comparison sets. */
export function endOf(operator: Comparison): 'lower' | 'upper' {
  return operator === '>' || operator === '>=' ? 'lower' : 'upper'
}
