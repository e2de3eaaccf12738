import type { Document } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'

/**
 * What MongoDB answers, written from its manual and from what its server's own tests state (`path_test.cpp`, `expression_array_test.cpp`,
 * `null_query_semantics.js`): obvious rather than fast, and sharing no code with the product. Where we differ from MongoDB on purpose, so
 * does this: the order of an object's keys means nothing, names in quotation marks are taken literally, regular expressions are JavaScript's
 * (tests keep to what RE2 reads alike), `int` is a whole number of 32 bits, and each field of a sort stands for itself.
 */
export function oracleFind(documents: readonly Document[], filter: unknown, sort: Readonly<Record<string, 1 | -1>> = {}): Document[] {
  // MongoDB leaves open in which order equal documents come; here it is that of `_id`, in the direction of the last field.
  const order = Object.entries({ ...sort, ...('_id' in sort ? {} : { _id: Object.values(sort).at(-1) ?? 1 }) })
  return documents
    .filter((document) => oracleMatches(filter, document))
    .sort((a, b) => order.reduce((c, [path, direction]) => c || direction * compare(sortKey(a, path, direction), sortKey(b, path, direction)), 0))
}

/** Whether a document, or an element of an array, matches a filter. */
export function oracleMatches(filter: unknown, document: Fields): boolean {
  return Object.entries(objectOf(filter)).every(([key, condition]) => {
    switch (key) {
      case '$and':
        return listOf(condition).every((one) => oracleMatches(one, document))
      case '$or':
        return listOf(condition).some((one) => oracleMatches(one, document))
      case '$nor':
        return !listOf(condition).some((one) => oracleMatches(one, document))
      case '$not':
        return !oracleMatches(condition, document)
      default:
        return matchesCondition(condition, (withElements) => reach(document, segmentsOf(key), withElements))
    }
  })
}

type Fields = Readonly<Record<string, Json>>
/** Where a path leads to no value. */
const MISSING: unique symbol = Symbol('missing')
type Reached = Json | typeof MISSING
/** The values that a condition is about: with the elements of an array at the end of the path, or without them. */
type Reach = (withElements: boolean) => readonly Reached[]

/** A condition such as `5`, `/x/` or `{$gt: 5, $lt: 7}`: each of its operators may be satisfied by another value. */
function matchesCondition(condition: unknown, values: Reach): boolean {
  if (condition instanceof RegExp) return matchesOperator('$regex', condition, values, {})
  if (!isOperators(condition)) return matchesOperator('$eq', condition, values, {})
  return Object.entries(condition).every(([operator, operand]) => matchesOperator(operator, operand, values, condition))
}

function matchesOperator(operator: string, operand: unknown, values: Reach, siblings: Fields): boolean {
  const some = (test: (value: Reached) => boolean): boolean => values(true).some(test)
  const someArray = (test: (array: readonly Json[]) => boolean): boolean => values(false).some((value) => Array.isArray(value) && test(value))
  switch (operator) {
    case '$eq':
      return some((value) => isEqual(value, jsonOf(operand)))
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return some((value) => isCompared(value, operator, jsonOf(operand)))
    case '$in':
      return listOf(operand).some((one) => matchesOperator(one instanceof RegExp ? '$regex' : '$eq', one, values, {}))
    case '$ne':
      return !matchesOperator('$eq', operand, values, {})
    case '$nin':
      return !matchesOperator('$in', operand, values, {})
    case '$not':
      return !matchesCondition(operand, values)
    case '$exists':
      return some((value) => value !== MISSING) === Boolean(operand)
    case '$type':
      return (Array.isArray(operand) ? operand : [operand]).some((type) => some((value) => isOfType(value, type)))
    case '$regex': {
      const { source, flags } = operand instanceof RegExp ? operand : { source: operand, flags: siblings['$options'] ?? '' }
      const regex = new RegExp(textOf(source), `${textOf(flags)}u`)
      return some((value) => typeof value === 'string' && regex.test(value))
    }
    case '$options':
      return true
    case '$mod': {
      const [divisor = 0, remainder = 0] = listOf(operand).map((one) => Math.trunc(Number(one)))
      return some((value) => typeof value === 'number' && is64Bits(Math.trunc(value)) && Math.trunc(value) % divisor === remainder)
    }
    case '$size':
      return someArray((array) => array.length === operand)
    case '$all':
      return (
        listOf(operand).length > 0 &&
        listOf(operand).every((one) =>
          matchesCondition((isOperators(one) && '$elemMatch' in one) || one instanceof RegExp ? one : { $eq: one }, values),
        )
      )
    case '$elemMatch':
      return someArray((array) => array.some((element) => matchesElement(operand, element)))
    default:
      throw new TypeError(`the oracle does not know ${operator}`)
  }
}

/** `$elemMatch` with operators is about the elements themselves; with fields it is about those that have fields, and an array's are its places. */
function matchesElement(condition: unknown, element: Json): boolean {
  const isOfValues = isOperators(condition) && !Object.keys(condition).some((key) => ['$and', '$or', '$nor'].includes(key))
  if (isOfValues) return matchesCondition(condition, () => [element])
  if (Array.isArray(element)) return oracleMatches(condition, Object.fromEntries(element.map((one, i) => [String(i), one])))
  return isObject(element) && oracleMatches(condition, element)
}

interface Segment {
  readonly name: string
  /** Whether it can say a place in an array too. */
  readonly isPlain: boolean
}

/** `a.0."b.c"` is a, 0 and b.c. */
function segmentsOf(path: string): Segment[] {
  return (path.match(/"(?:[^"\\]|\\.)*"|[^."]+/g) ?? []).map((one) =>
    one.startsWith('"') ? { name: String(JSON.parse(one)), isPlain: false } : { name: one, isPlain: true },
  )
}

/** The values at a path: through every object of an array on it, and to its place where the path says one. */
function reach(fields: Fields, [first, ...rest]: readonly Segment[], withElements: boolean): readonly Reached[] {
  const value = first !== undefined && Object.hasOwn(fields, first.name) ? fields[first.name] : undefined
  if (value === undefined) return [MISSING]
  if (Array.isArray(value)) return rest.length > 0 ? reachThrough(value, rest, withElements) : withElements ? [...value, value] : [value]
  if (rest.length === 0) return [value]
  return isObject(value) ? reach(value, rest, withElements) : [MISSING]
}

function reachThrough(array: readonly Json[], path: readonly Segment[], withElements: boolean): readonly Reached[] {
  const [first, ...rest] = path
  return array.flatMap((element, i): readonly Reached[] => {
    const isThere = first?.isPlain === true && first.name === String(i)
    const ofObject = isObject(element) ? reach(element, path, withElements) : []
    if (!isThere) return ofObject
    // An array at the place where the path ends is one value.
    if (rest.length === 0) return [...ofObject, element]
    if (Array.isArray(element)) return reachThrough(element, rest, withElements)
    return isObject(element) ? [...ofObject, ...reach(element, rest, withElements)] : ofObject
  })
}

/** What an empty array sorts as: before null. */
const EMPTY: unique symbol = Symbol('empty array')
type SortKey = Json | typeof EMPTY

/** The least key of a document where the sort rises, the greatest where it falls. */
function sortKey(document: Fields, path: string, direction: 1 | -1): SortKey {
  return sortKeys(document, segmentsOf(path)).reduce((best, key) => (direction * compare(key, best) < 0 ? key : best))
}

function sortKeys(value: Json, [first, ...rest]: readonly Segment[]): readonly [SortKey, ...SortKey[]] {
  const field = first !== undefined && isObject(value) && Object.hasOwn(value, first.name) ? value[first.name] : undefined
  if (field === undefined) return [null]
  return Array.isArray(field) ? sortKeysOfArray(field, rest) : rest.length === 0 ? [field] : sortKeys(field, rest)
}

function sortKeysOfArray(array: readonly Json[], path: readonly Segment[]): readonly [SortKey, ...SortKey[]] {
  const [first, ...rest] = path
  if (first?.isPlain === true && Object.hasOwn(array, first.name) && first.name !== 'length') {
    const element = array[Number(first.name)] ?? null
    if (rest.length === 0) return [Array.isArray(element) && element.length === 0 ? EMPTY : element]
    return Array.isArray(element) ? sortKeysOfArray(element, rest) : sortKeys(element, rest)
  }
  const [key, ...keys] = array.flatMap((element): readonly SortKey[] => (path.length === 0 ? [element] : sortKeys(element, path)))
  return key === undefined ? [path.length === 0 ? EMPTY : null] : [key, ...keys]
}

function isEqual(value: Reached, operand: Json): boolean {
  return value === MISSING ? operand === null : compare(value, operand) === 0
}

/** Only values of one type compare; null is equal to itself and to what is missing. */
function isCompared(value: Reached, operator: string, operand: Json): boolean {
  const given = value === MISSING ? null : value
  if (rank(given) !== rank(operand)) return false
  const c = compare(given, operand)
  return operator === '$gt' ? c > 0 : operator === '$gte' ? c >= 0 : operator === '$lt' ? c < 0 : c <= 0
}

/** MongoDB's order of all values, of which JSON has these. */
function compare(a: SortKey, b: SortKey): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (Array.isArray(a) && Array.isArray(b)) return compareEach(a, b, compare)
  if (isObject(a) && isObject(b)) {
    return compareEach(entriesOf(a), entriesOf(b), ([m, x], [n, y]) => rank(x) - rank(y) || compareText(m, n) || compare(x, y))
  }
  return a === b ? 0 : Number(a) - Number(b)
}

function compareEach<T>([x, ...a]: readonly T[], [y, ...b]: readonly T[], compareOne: (x: T, y: T) => number): number {
  if (x === undefined || y === undefined) return Number(x !== undefined) - Number(y !== undefined)
  return compareOne(x, y) || compareEach(a, b, compareOne)
}

/** By code point, as UTF-8 sorts. */
function compareText(a: string, b: string): number {
  const points = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0)
  return compareEach(points(a), points(b), (x, y) => x - y)
}

/** In the order of canonical JSON, so that it does not matter in which they were typed. */
function entriesOf(object: Fields): [string, Json][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))
}

function rank(value: SortKey): number {
  if (value === EMPTY) return 0
  return ['null', 'number', 'string', 'object', 'array', 'boolean'].indexOf(typeOf(value)) + 1
}

function typeOf(value: Json): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function isOfType(value: Reached, type: unknown): boolean {
  if (value === MISSING) return false
  if (typeof value === 'number' && type !== 'number') return type === (Number.isInteger(value) && Math.abs(value + 0.5) < 2 ** 31 ? 'int' : 'double')
  return typeOf(value) === (type === 'bool' ? 'boolean' : type)
}

function is64Bits(whole: number): boolean {
  return whole >= -(2 ** 63) && whole < 2 ** 63
}

function isOperators(value: unknown): value is Fields {
  return isObject(value) && Object.keys(value).some((key) => key.startsWith('$'))
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp)
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new TypeError('not an object')
  return value
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not a list')
  return value
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a text')
  return value
}

function jsonOf(value: unknown): Json {
  return value as Json
}
