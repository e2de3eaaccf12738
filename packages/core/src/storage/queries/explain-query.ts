import { compileFind, type Explanation, parseFilter } from '../../query/index.ts'
import { explained } from '../../query/sql/explain.ts'
import { nameOf } from '../indexes/declared-indexes.ts'
import type { StoredQuery } from '../storage.ts'
import type { Queries, QueriesInit } from './queries.ts'

/** Says how a query of a collection is answered. */
export function explainQuery(
  { statements, queries, indexes }: Pick<QueriesInit, 'statements' | 'indexes'> & { readonly queries: Queries },
  { ns, collection, filter, sort, limit }: Omit<StoredQuery, 'after'> & { readonly ns: number; readonly collection: string },
): Explanation {
  const scope = queries.scope(ns, collection)
  const { sql, params } = compileFind(scope, { filter, sort, limit })
  const plan = statements.query(`EXPLAIN QUERY PLAN ${sql}`).all(...params)
  const declared = indexes.list(ns, collection).map((fields) => ({ fields, text: false, name: nameOf(ns, collection, fields) }))
  return explained({
    scope,
    filter,
    sort,
    indexes: scope.text === undefined ? declared : [...declared, { fields: scope.text.paths, text: true, name: scope.text.table }],
    documents: queries.count(ns, collection, parseFilter({})),
    plan: plan.map(({ detail }) => String(detail)),
  })
}
