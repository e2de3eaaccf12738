import type { Json } from '../../model/json/json-value.ts'
import type { Explanation, Filter, Sort } from '../../query/index.ts'
import type { SqlRow } from '../drivers/driver.ts'
import type { FoundPage, StoredQuery } from '../storage.ts'

/** Results that are to be read piece by piece. */
export interface Selection {
  readonly filter: Filter
  readonly sort: Sort
  /** Infinite where all are wanted. */
  readonly limit: number
  readonly skip: number
  /** So many may be read whole at once. */
  readonly few: number
}

/** Which rows they are, in order: whole (`rowid`, `content`) where there are few, else by their row ids. */
export type Selected = { readonly whole: readonly SqlRow[] } | { readonly rows: Float64Array }

/** What a database answers about the documents of a collection. */
export interface CollectionQueries {
  /** One page. Throws `too-slow`. */
  find(ns: number, collection: string, query: StoredQuery): FoundPage
  count(ns: number, collection: string, filter: Filter): number
  select(ns: number, collection: string, selection: Selection): Selected
  distinct(ns: number, collection: string, path: string, filter: Filter): Promise<readonly Json[]>
  explain(ns: number, collection: string, query: Omit<StoredQuery, 'after'>): Promise<Explanation>
  /** To be called when indexes have come or gone. */
  forgetPlans(): void
}
