import { DocstoreError } from '../errors.ts'
import { canonicalJson, isPlainObject, type Document } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { type FieldFilter, type Filter, SELF } from './filter.ts'
import { compareValues, isSameType } from './order.ts'
import { pathOf } from './path.ts'
import { reach } from './reach.ts'
import { hasMatch } from './regex.ts'
import { isOfType } from './types.ts'

/** Whether a document matches: what a query answers, in plain JavaScript. Throws `bad-filter` for `$text`, which `readDocumentFilter` refuses. */
export function matches(filter: Filter, document: Document): boolean {
  return matchesValue(filter, document)
}

function matchesValue(filter: Filter, value: Json): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => matchesValue(one, value))
    case 'or':
      return filter.filters.some((one) => matchesValue(one, value))
    case 'not':
      return !matchesValue(filter.filter, value)
    case 'text':
      throw new DocstoreError('bad-filter', 'Only a text index can say which documents a $text finds')
    default:
      if (filter.path === SELF) return holds(filter, value)
      return reach(value, pathOf(filter.path), isAboutArrays(filter) ? 'array' : 'elements and array', (one) => holds(filter, one))
  }
}

/** `$size` and `$elemMatch` are about an array as such, so its elements are not looked at in its place. */
function isAboutArrays(filter: FieldFilter): boolean {
  return filter.kind === 'size' || filter.kind === 'elemMatch'
}

/** Whether one value satisfies a condition; `undefined` is a missing field. */
function holds(filter: FieldFilter, value: Json | undefined): boolean {
  if (filter.kind === 'equals') return isOneOf(value ?? null, filter.values)
  if (value === undefined) return false
  switch (filter.kind) {
    case 'exists':
      return true
    case 'compare':
      return isSameType(value, filter.value) && isOrdered(compareValues(value, filter.value), filter.operator, 0)
    case 'regex':
      return typeof value === 'string' && hasMatch(filter.regex, value)
    case 'type':
      return filter.types.some((type) => isOfType(value, type))
    case 'mod':
      // `+ 0`: the remainder of a negative number can be -0.
      return typeof value === 'number' && isInt64(value) && (Math.trunc(value) % filter.divisor) + 0 === filter.remainder
    case 'size':
      return Array.isArray(value) && value.length === filter.size
    case 'elemMatch':
      return Array.isArray(value) && (value as readonly Json[]).some((element) => isElement(filter, element))
  }
}

/** Whether the whole part of a number is one of 64 bits: beyond those, MongoDB's `$mod` matches nothing. */
function isInt64(value: number): boolean {
  return value >= -(2 ** 63) && value < 2 ** 63
}

function isElement({ of, filter }: Extract<FieldFilter, { kind: 'elemMatch' }>, element: Json): boolean {
  if (of === 'values') return matchesValue(filter, element)
  // An array in an array counts as an object of its places.
  const object: Json | undefined = Array.isArray(element)
    ? Object.fromEntries((element as readonly Json[]).entries())
    : isPlainObject(element)
      ? element
      : undefined
  return object !== undefined && matchesValue(filter, object)
}

/** Long lists as a set of their JSON, made once. */
const sets = new WeakMap<readonly Json[], ReadonlySet<string>>()
const LONG_LIST = 8

function isOneOf(value: Json, wanted: readonly Json[]): boolean {
  if (wanted.length < LONG_LIST) return wanted.some((one) => isEqual(value, one))
  const set = sets.get(wanted) ?? new Set(wanted.map(canonicalJson))
  sets.set(wanted, set)
  return set.has(canonicalJson(value))
}

function isEqual(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  return canonicalJson(a) === canonicalJson(b)
}

/** Whether a comparison of two numbers holds. */
export function isOrdered(a: number, operator: '>' | '>=' | '<' | '<=', b: number): boolean {
  switch (operator) {
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '<':
      return a < b
    case '<=':
      return a <= b
  }
}
