import { beforeAll, describe, expect, it } from 'vitest'
import { oracleFind, oracleMatches } from '../testing/mongo-oracle.ts'
import { patienceFor, queryCases, seedsOf, withSeed } from '../testing/query-cases.ts'
import { parseFilter } from './filter.ts'
import { matches } from './match.ts'
import { loadRegexEngine } from './regex.ts'
import { compareBySort, parseSort, totalSort } from './sort.ts'

beforeAll(loadRegexEngine)

describe('filters and sorts', () => {
  const seeds = seedsOf(150)

  it('give what the oracle of MongoDB gives', { timeout: patienceFor(seeds) }, async () => {
    for (const seed of seeds) {
      await withSeed(seed, () => {
        const { documents, queries } = queryCases(seed, 50)
        for (const { filter: typed, sort: typedSort } of queries) {
          const filter = parseFilter(typed)
          const sort = totalSort(parseSort(typedSort))
          for (const document of documents) expect(matches(filter, document), JSON.stringify([typed, document])).toBe(oracleMatches(typed, document))
          const found = documents.filter((document) => matches(filter, document)).sort((a, b) => compareBySort(sort, a, b))
          expect(found, JSON.stringify([typed, typedSort])).toEqual(oracleFind(documents, typed, typedSort))
        }
      })
    }
  })
})
