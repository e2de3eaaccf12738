import { compareBytes, utf8 } from '../model/bytes.ts'
import type { Json } from '../model/json/json-value.ts'
import { compareText } from '../model/compare-text.ts'
import { EMPTY } from './reach.ts'
import type { SqlValue } from './sql/sql-fragment.ts'

/**
 * The order of values of different types, as MongoDB has it (its manual, "Comparison/Sort Order"): an empty array that is sorted by,
 * null, numbers, strings, objects, arrays, `false`, `true`.
 */
export type Sortable = Json | typeof EMPTY

const RANKS = { empty: 0, null: 1, number: 2, string: 3, object: 4, array: 5, boolean: 6 } as const

function rankOf(value: Sortable): number {
  if (value === EMPTY) return RANKS.empty
  if (value === null) return RANKS.null
  if (Array.isArray(value)) return RANKS.array
  switch (typeof value) {
    case 'number':
      return RANKS.number
    case 'string':
      return RANKS.string
    case 'boolean':
      return RANKS.boolean
    default:
      return RANKS.object
  }
}

/** Which of two values comes first: negative, 0 or positive. Strings by code point, objects and arrays field by field. */
export function compareValues(a: Sortable, b: Sortable): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  const ranks = rankOf(a) - rankOf(b)
  if (ranks !== 0 || a === EMPTY || b === EMPTY || a === null) return ranks
  return compareBytes(sortableBytes(a), sortableBytes(b))
}

/** Whether two values are of one type, so that `$gt` and its like compare them. */
export function isSameType(a: Json, b: Json): boolean {
  return rankOf(a) === rankOf(b)
}

/**
 * What SQLite sorts by for a value: its order of NULL, numbers, text and blobs is ours then. Null is the lowest number, because NULL
 * stands for the empty array.
 */
export function orderKey(value: Sortable): SqlValue {
  if (value === EMPTY) return null
  if (value === null) return Number.NEGATIVE_INFINITY
  return typeof value === 'number' || typeof value === 'string' ? value : sortableBytes(value)
}

/** Bytes whose order is that of the values: each value as its rank and then itself, fields as rank, name, value. */
export function sortableBytes(value: Json): Uint8Array {
  const bytes: number[] = []
  write(value, undefined, bytes)
  return Uint8Array.from(bytes)
}

function write(value: Json, name: string | undefined, bytes: number[]): void {
  bytes.push(rankOf(value))
  if (name !== undefined) writeText(name, bytes)
  if (typeof value === 'number') writeNumber(value, bytes)
  else if (typeof value === 'string') writeText(value, bytes)
  else if (typeof value === 'boolean') bytes.push(value ? 1 : 0)
  else if (Array.isArray(value)) {
    for (const element of value as readonly Json[]) write(element, undefined, bytes)
    bytes.push(0)
  } else if (value !== null) {
    // Sorted, as in canonical JSON: whoever typed the fields in another order means the same object.
    const fields = value as { readonly [key: string]: Json }
    for (const key of Object.keys(fields).sort()) write(fields[key] ?? null, key, bytes)
    bytes.push(0)
  }
}

/** Ends with 0 1; a zero byte inside becomes 0 255, so that a text comes before all that begin with it. */
function writeText(text: string, bytes: number[]): void {
  for (const byte of utf8(text)) {
    bytes.push(byte)
    if (byte === 0) bytes.push(255)
  }
  bytes.push(0, 1)
}

/** The eight bytes of a double, with the sign turned over, or all bits of a negative one. */
function writeNumber(value: number, bytes: number[]): void {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value + 0)
  const isNegative = (view.getUint8(0) & 0x80) !== 0
  for (let i = 0; i < 8; i++) {
    const byte = view.getUint8(i)
    bytes.push(isNegative ? byte ^ 0xff : i === 0 ? byte ^ 0x80 : byte)
  }
}

/** The SQL literal that `orderKey` gives for null. */
export const NULL_KEY = '-9e999'

/** SQL literals of what `orderKey` gives for booleans. */
export const BOOLEAN_KEYS: { readonly true: string; readonly false: string } = { true: "x'0601'", false: "x'0600'" }

/** Whether an `orderKey` is that of a boolean; its second byte is 1 for true. */
export function isBooleanKey(key: Uint8Array): boolean {
  return key[0] === RANKS.boolean
}
