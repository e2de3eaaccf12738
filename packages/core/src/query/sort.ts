import { DocstoreError } from '../errors.ts'
import { isPlainObject, type Document } from '../model/content.ts'
import { MAX_SORT_FIELDS } from './limits.ts'
import { compareValues, type Sortable } from './order.ts'
import { pathFault, pathOf } from './path.ts'
import { sortValues } from './reach.ts'
import type { Search } from './search.ts'
import { textScore, textsOf } from './text-score.ts'

/** A field to sort by. */
export interface SortField {
  readonly path: string
  readonly descending: boolean
  /** Of `TEXT_SCORE`, once the index is known: what is looked for, and where. */
  readonly scored?: { readonly search: Search; readonly paths: readonly string[] }
}

/** The path that stands for how well a document answers a `$text`, the best first. No path that is typed is empty. */
export const TEXT_SCORE = ''

/** Fields to sort by, the most significant first. */
export type Sort = readonly SortField[]

/** Checks a sort such as `{ name: 1, age: -1 }`. Throws `bad-sort`. */
export function parseSort(input: unknown): Sort {
  if (!isPlainObject(input)) throw badSort('it has to be an object such as { name: 1, age: -1 }')
  const fields = Object.entries(input)
  if (fields.length > MAX_SORT_FIELDS) throw badSort(`it has more than ${MAX_SORT_FIELDS} fields`)
  return fields.map(([path, direction]) => {
    // Whatever it is called there, as in MongoDB: the best come first.
    if (isTextScore(direction)) return { path: TEXT_SCORE, descending: false }
    const fault = path.startsWith('$') ? 'starts with $; write it in quotation marks' : pathFault(path)
    if (fault !== undefined) throw badSort(`the field name ${JSON.stringify(path.slice(0, 80))} ${fault}`)
    if (direction !== 1 && direction !== -1)
      throw badSort(`the direction of ${JSON.stringify(path)} has to be 1 or -1, or { $meta: "textScore" } for the best answers to a $text first`)
    return { path, descending: direction === -1 }
  })
}

function isTextScore(direction: unknown): boolean {
  return isPlainObject(direction) && direction['$meta'] === 'textScore' && Object.keys(direction).length === 1
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
export function sortValue({ path, descending, scored }: SortField, document: Document): Sortable {
  if (scored !== undefined) return -textScore(scored.search, textsOf(document, scored.paths))
  if (path === TEXT_SCORE) throw badSort('only where the text index is, documents have a textScore')
  const values = sortValues(document, pathOf(path))
  return values.reduce((best, value) => (compareValues(value, best) < 0 === descending ? best : value))
}

export function badSort(what: string): DocstoreError {
  return new DocstoreError('bad-sort', `The sort cannot be used: ${what}`)
}
