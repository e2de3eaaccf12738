import { DocstoreError } from '../errors.ts'
import { isRecordLike } from '../model/record-like.ts'
import { MAX_SORT_FIELDS } from './limits.ts'
import { parseSort, type Sort } from './sort.ts'

/**
 * Checks a sort: an object such as `{ name: 1, age: -1 }`, or the same as a `Map` or a list of pairs, `[['name', 1], ['2020', -1]]`. An
 * object has names that look like whole numbers first, whatever was typed; the other two keep every order. Throws `bad-sort`.
 */
export function parseSortInput(input: unknown): Sort {
  const pairs = sortPairs(input)
  if (pairs.length > MAX_SORT_FIELDS) throw badSort(`it has more than ${MAX_SORT_FIELDS} fields`)
  const sort = pairs.flatMap(([path, direction]) => parseSort({ [path]: direction }))
  const twice = sort.find(({ path }, i) => sort.findIndex((one) => one.path === path) < i)
  if (twice !== undefined) throw badSort(`the field ${JSON.stringify(twice.path)} is in it twice`)
  return sort
}

/** A sort as a list of pairs, which any line can carry, of whatever they are. Throws `bad-sort` where it is no list of that kind. */
export function sortPairs(input: unknown): readonly (readonly [path: string, direction: unknown])[] {
  const pairs: readonly unknown[] | undefined =
    input instanceof Map ? [...input] : Array.isArray(input) ? input : isRecordLike(input) ? Object.entries(input) : undefined
  if (pairs === undefined) throw badSort('it has to be an object such as { name: 1, age: -1 }, a Map, or a list such as [["name", 1], ["age", -1]]')
  return pairs.map((pair) => {
    const [path, direction, ...more]: readonly unknown[] = Array.isArray(pair) ? pair : []
    if (typeof path !== 'string' || more.length > 0) throw badSort('a list of fields has pairs such as ["name", 1]')
    return [path, direction]
  })
}

function badSort(what: string): DocstoreError {
  return new DocstoreError('bad-sort', `The sort cannot be used: ${what}`)
}
