import type { Filter } from './filter.ts'
import type { QueryScope } from './sql/scope.ts'
import type { Search } from './search.ts'
import { badSort, type Sort, TEXT_SCORE } from './sort.ts'

/** The sort with what its `textScore` is about. Throws `bad-sort` where not every result has one. */
export function scoredSort({ text }: Pick<QueryScope, 'text'>, filter: Filter, sort: Sort): Sort {
  if (sort.every(({ path }) => path !== TEXT_SCORE)) return sort
  const search = requiredSearch(filter)
  if (search === undefined) throw badSort('a textScore needs a $text that every result answers: at the top of the filter, or in $and')
  return sort.map((field) => (field.path === TEXT_SCORE ? { ...field, scored: { search, paths: text?.paths ?? [] } } : field))
}

function requiredSearch(filter: Filter): Search | undefined {
  if (filter.kind === 'text') return filter.search
  if (filter.kind !== 'and') return undefined
  return filter.filters.map(requiredSearch).find((search) => search !== undefined)
}
