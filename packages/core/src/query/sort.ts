import { DocstoreError } from '../errors.ts'
import { canonicalJson, isPlainObject, type Document, type Json } from '../model/content.ts'
import { compareText } from './compare-text.ts'
import { MAX_SORT_FIELDS } from './limits.ts'
import { pathFault, valueAt } from './path.ts'

/** Fields to sort by, the most significant first. */
export type Sort = readonly { readonly path: string; readonly descending: boolean }[]

/** Checks a sort such as `{ name: 1, age: -1 }`. Throws `bad-sort`. */
export function parseSort(input: unknown): Sort {
  if (!isPlainObject(input)) throw badSort('it has to be an object such as { name: 1, age: -1 }')
  const fields = Object.entries(input)
  if (fields.length > MAX_SORT_FIELDS) throw badSort(`it has more than ${MAX_SORT_FIELDS} fields`)
  return fields.map(([path, direction]) => {
    const fault = path.startsWith('$') ? 'starts with $' : pathFault(path)
    if (fault !== undefined) throw badSort(`the field name ${JSON.stringify(path.slice(0, 80))} ${fault}`)
    if (direction !== 1 && direction !== -1) throw badSort(`the direction of ${JSON.stringify(path)} has to be 1 or -1`)
    return { path, descending: direction === -1 }
  })
}

/** The sort with `_id` as its last field, which makes the order total: in the direction of the field before it. */
export function totalSort(sort: Sort): Sort {
  const idAt = sort.findIndex(({ path }) => path === '_id')
  return idAt === -1 ? [...sort, { path: '_id', descending: sort.at(-1)?.descending ?? false }] : sort.slice(0, idAt + 1)
}

/**
 * Which of two documents comes first, in the order of the compiled SQL: missing and null, then numbers and booleans (`false` as 0,
 * `true` as 1), then strings by code point, with arrays and objects among them as their canonical JSON. Equal ones by `_id`.
 */
export function compareBySort(sort: Sort, a: Document, b: Document): number {
  for (const { path, descending } of totalSort(sort)) {
    const order = compareKeys(sortKey(valueAt(a, path)), sortKey(valueAt(b, path)))
    if (order !== 0) return descending ? -order : order
  }
  return 0
}

type SortKey = null | number | string

function sortKey(value: Json | undefined): SortKey {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'object' ? canonicalJson(value) : value
}

function compareKeys(a: SortKey, b: SortKey): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  if (typeof a === 'string') return typeof b === 'string' ? compareText(a, b) : 1
  if (typeof b === 'string') return -1
  return a < b ? -1 : a > b ? 1 : 0
}

function badSort(what: string): DocstoreError {
  return new DocstoreError('bad-sort', `The sort cannot be used: ${what}`)
}
