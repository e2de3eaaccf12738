import { readFileSync } from 'node:fs'
import type { Document } from '../../model/content.ts'

/** A query whose result MongoDB documents. */
export interface DocumentedQuery {
  readonly filter: unknown
  readonly sort?: unknown
  /** Ids: in order where there is a sort, else by `_id`. */
  readonly expected: readonly string[]
  readonly source: string
}

/** `vectors/queries.json`: documents and the queries on them. */
export function documentedQueries(): readonly { readonly documents: readonly Document[]; readonly cases: readonly DocumentedQuery[] }[] {
  return JSON.parse(readFileSync(new URL('../../../../../vectors/queries.json', import.meta.url), 'utf8')).groups
}
