import { DocstoreError } from '../errors.ts'
import { isPlainObject, type Document } from '../model/content.ts'
import { MAX_SORT_FIELDS } from './limits.ts'
import { compareValues, type Sortable } from './order.ts'
import { pathFault, pathOf } from './path.ts'
import { sortValues } from './reach.ts'

/** A field to sort by. */
export interface SortField {
  readonly path: string
  readonly descending: boolean
}

/** Fields to sort by, the most significant first. */
export type Sort = readonly SortField[]

/** Checks a sort such as `{ name: 1, age: -1 }`. Throws `bad-sort`. */
export function parseSort(input: unknown): Sort {
  if (!isPlainObject(input)) throw badSort('it has to be an object such as { name: 1, age: -1 }')
  const fields = Object.entries(input)
  if (fields.length > MAX_SORT_FIELDS) throw badSort(`it has more than ${MAX_SORT_FIELDS} fields`)
  return fields.map(([path, direction]) => {
    const fault = path.startsWith('$') ? 'starts with $; write it in quotation marks' : pathFault(path)
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

/** Which of two documents comes first, in the order of MongoDB; equal ones by `_id`. */
export function compareBySort(sort: Sort, a: Document, b: Document): number {
  for (const field of totalSort(sort)) {
    const order = compareValues(sortValue(field, a), sortValue(field, b))
    if (order !== 0) return field.descending ? -order : order
  }
  return 0
}

/** What a document is sorted by: of several values in arrays, the least where the order rises, else the greatest. */
export function sortValue({ path, descending }: SortField, document: Document): Sortable {
  const values = sortValues(document, pathOf(path))
  return values.reduce((best, value) => (compareValues(value, best) < 0 === descending ? best : value))
}

function badSort(what: string): DocstoreError {
  return new DocstoreError('bad-sort', `The sort cannot be used: ${what}`)
}
