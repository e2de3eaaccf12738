import { expect, it } from 'vitest'
import { loadRegexEngine, matches, parseFilter, parseSort } from '../../query/index.ts'
import type { CommitEntry, PageEnd, Storage } from '../../storage/storage.ts'
import { oracleFind } from '../mongo-oracle.ts'
import { patienceFor, type QueryCases, queryCases, seedsOf, withSeed } from '../query-cases.ts'
import { samples } from '../samples.ts'
import { addNamespace, idsOf, put, query } from './fixtures.ts'
import type { OpenStorage } from './test-on.ts'

const QUERIES_PER_SEED = 30
/** A browser's storage is asked through messages, which takes longer. */
const USUAL_SEEDS: number = 'window' in globalThis ? 4 : samples(8, 25)
/** Documents that one commit writes. */
const COMMIT_SIZE = 4

/** Answers are those of MongoDB, whichever indexes there are and whenever they were made. */
export function oracleContract(open: OpenStorage): void {
  const seeds = seedsOf(USUAL_SEEDS)

  it('answers as the oracle does: finding, counting, page by page, and matching one by one', { timeout: patienceFor(seeds) }, async () => {
    await loadRegexEngine()
    for (const seed of seeds) {
      const { storage, cleanup } = await open()
      try {
        await withSeed(seed, () => compareAnswers(storage, seed))
      } finally {
        await cleanup()
      }
    }
  })
}

async function compareAnswers(storage: Storage, seed: number): Promise<void> {
  const { steps, documents, queries } = queryCases(seed, QUERIES_PER_SEED)
  const ns = await addNamespace(storage, `seed ${seed}`)
  await live(storage, ns, steps)
  for (const { filter, sort } of queries) {
    const what = JSON.stringify({ filter, sort })
    const expected = oracleFind(documents, filter, sort)
    const ids = expected.map(({ _id }) => _id)
    const parsed = parseFilter(filter)
    expect(await idsOf(storage, ns, query(filter, { sort })), what).toEqual(ids)
    expect(await storage.count(ns, 'cities', parsed), `count of ${what}`).toBe(ids.length)
    expect(await idsInPages(storage, ns, { filter, sort }, 1 + (seed % 4)), `pages of ${what}`).toEqual(ids)
    const matching = documents.filter((document) => matches(parsed, document)).map(({ _id }) => _id)
    expect(new Set(matching), `matches of ${what}`).toEqual(new Set(ids))
  }
}

/** Writes in commits of a few documents, with indexes before, between and after them. */
async function live(storage: Storage, ns: number, steps: QueryCases['steps']): Promise<void> {
  let entries: CommitEntry[] = []
  for (const [at, step] of steps.entries()) {
    if (step.kind === 'delete') entries.push(put({ id: step.id, at, fields: null }))
    if (step.kind === 'put') {
      const { _id, ...fields } = step.document
      entries.push(put({ id: _id, at, fields }))
    }
    if (step.kind === 'index' || entries.length === COMMIT_SIZE) {
      await storage.commit(ns, entries)
      entries = []
    }
    if (step.kind === 'index') await storage.createIndex(ns, 'cities', step.paths)
  }
  await storage.commit(ns, entries)
}

async function idsInPages(storage: Storage, ns: number, { filter, sort }: { filter: unknown; sort: unknown }, limit: number): Promise<string[]> {
  const { filter: parsed, sort: order } = { filter: parseFilter(filter), sort: parseSort(sort) }
  const ids: string[] = []
  let after: PageEnd | undefined
  do {
    const { contents, end } = await storage.find(ns, 'cities', { filter: parsed, sort: order, limit, after })
    ids.push(...contents.map((content) => String(JSON.parse(content)._id)))
    after = end
  } while (after !== undefined)
  return ids
}
