import { describe, expect, it } from 'vitest'
import { oracleFind } from '../../../../core/src/testing/mongo-oracle.ts'
import { patienceFor, type QueryCases, queryCases, seedsOf, type Step, withSeed } from '../../../../core/src/testing/query-cases.ts'
import { createDocstore } from '../../index-node.ts'
import type { Collection } from '../collection.ts'

const QUERIES_PER_SEED = 20
/** The first queries of each seed are watched, all at once, while the collection changes. */
const WATCHED = 3

describe('a collection', () => {
  const seeds = seedsOf(25)

  it('answers as the oracle of MongoDB does: find, pages, count, and watch before and after a change', { timeout: patienceFor(seeds) }, async () => {
    for (const seed of seeds) await withSeed(seed, () => compareAnswers(seed))
  })
})

async function compareAnswers(seed: number): Promise<void> {
  const cases = queryCases(seed, QUERIES_PER_SEED)
  const store = await createDocstore({ network: 'off', data: 'memory' })
  try {
    const namespace = await store.namespaces.create({ name: 'seeded' })
    const collection = namespace.collection('documents')
    for (const step of cases.steps) await take(collection, step)
    for (const { filter, sort } of cases.queries) {
      const what = JSON.stringify({ filter, sort })
      const expected = oracleFind(cases.documents, filter, sort)
      expect(await collection.find(filter, { sort }).toArray(), what).toEqual(expected)
      expect(await collection.count(filter), `count of ${what}`).toBe(expected.length)
      expect(await inPages(collection, { filter, sort }, 1 + (seed % 5)), `pages of ${what}`).toEqual(expected)
    }
    await compareWatches(collection, cases, seed)
  } finally {
    await store.close()
  }
}

async function take(collection: Collection, step: Step): Promise<void> {
  if (step.kind === 'index') await collection.createIndex(step.paths)
  else if (step.kind === 'delete') await collection.delete(step.id)
  else await collection.put(step.document)
}

async function inPages(collection: Collection, { filter, sort }: QueryCases['queries'][number], limit: number): Promise<unknown[]> {
  const documents: unknown[] = []
  let cursor: string | undefined
  do {
    const page = await collection.find(filter, { sort, limit }).page(cursor)
    documents.push(...page.documents)
    cursor = page.cursor
  } while (cursor !== undefined)
  return documents
}

/** What a watch shows first, and after a document was stored, replaced or deleted. */
async function compareWatches(collection: Collection, { documents, queries }: QueryCases, seed: number): Promise<void> {
  const change = changeOf(documents, seed)
  const changed = [...documents.filter(({ _id }) => _id !== idOf(change)), ...(change.kind === 'put' ? [change.document] : [])]
  const watched = queries.slice(0, WATCHED).map((query) => {
    const results = collection.watch(query.filter, { sort: query.sort })[Symbol.asyncIterator]()
    return { ...query, results, what: JSON.stringify(query) }
  })
  for (const { results, what, filter, sort } of watched) {
    expect((await results.next()).value?.documents, `first of ${what}`).toEqual(oracleFind(documents, filter, sort))
  }
  const next = watched.map(({ results }) => results.next())
  await take(collection, change)
  for (const [i, { results, what, filter, sort }] of watched.entries()) {
    expect((await next[i])?.value?.documents, `second of ${what}`).toEqual(oracleFind(changed, filter, sort))
    await results.return?.()
  }
}

type Change = Exclude<Step, { kind: 'index' }>

/** Deletes a document that is there, or stores one of another seed, which may replace one. */
function changeOf(documents: QueryCases['documents'], seed: number): Change {
  const [first] = documents
  if (first !== undefined && seed % 3 === 0) return { kind: 'delete', id: first._id }
  const [document = { _id: 'new' }] = queryCases(seed + 1_000_000, 0).documents
  // Equal content would be no change.
  return { kind: 'put', document: { ...document, changed: true } }
}

function idOf(change: Change): string {
  return change.kind === 'put' ? change.document._id : change.id
}
