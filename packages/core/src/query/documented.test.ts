import { describe, expect, it } from 'vitest'
import { openNodeStorage } from '../storage/open-node.ts'
import { documentedQueries } from '../testing/storage/documented-queries.ts'
import { addNamespace, put } from '../testing/storage/fixtures.ts'
import type { Document } from '../model/content.ts'
import { parseFilter } from './filter.ts'
import { matches } from './match.ts'
import { compareBySort, parseSort } from './sort.ts'
import { loadRegexEngine } from './regex.ts'

await loadRegexEngine()

/** All paths that the filters and sorts of a group name, so that every one of them has an index. */
function pathsIn(cases: readonly { filter: unknown; sort?: unknown }[]): string[] {
  const paths = new Set<string>()
  const add = (filter: unknown): void => {
    if (typeof filter !== 'object' || filter === null) return
    for (const [key, value] of Object.entries(filter)) {
      if (!key.startsWith('$')) paths.add(key)
      else if (Array.isArray(value)) value.forEach(add)
      else add(value)
    }
  }
  for (const { filter, sort } of cases) add([filter, sort])
  return [...paths].filter((path) => path !== '_id' && !/^[0-9]/.test(path))
}

describe('documented queries', () => {
  for (const [i, { documents, cases }] of documentedQueries().entries()) {
    for (const isIndexed of [false, true]) {
      it(`of group ${i + 1} give what MongoDB documents, ${isIndexed ? 'with' : 'without'} indexes`, async () => {
        const storage = openNodeStorage(':memory:')
        const ns = await addNamespace(storage)
        if (isIndexed) for (const path of pathsIn(cases)) await storage.createIndex(ns, 'cities', [path])
        await storage.commit(
          ns,
          documents.map(({ _id, ...fields }) => put({ id: _id, fields })),
        )
        for (const { filter, sort = { _id: 1 }, expected, source } of cases) {
          const what = `${JSON.stringify(filter)}: ${source}`
          const query = { filter: parseFilter(filter), sort: parseSort(sort), limit: 100 }
          const ids = async (after?: Awaited<ReturnType<typeof storage.find>>['end'], limit = 100): Promise<[string[], typeof after]> => {
            const { contents, end } = await storage.find(ns, 'cities', { ...query, limit, after })
            return [contents.map((content) => (JSON.parse(content) as Document)._id), end]
          }
          expect((await ids())[0], what).toEqual(expected)
          expect(await storage.count(ns, 'cities', query.filter), what).toBe(expected.length)
          const plain = documents.filter((document) => matches(query.filter, document)).sort((a, b) => compareBySort(query.sort, a, b))
          expect(
            plain.map(({ _id }) => _id),
            what,
          ).toEqual(expected)
          const paged: string[] = []
          let end: Awaited<ReturnType<typeof storage.find>>['end']
          do {
            const [page, next] = await ids(end, 1)
            paged.push(...page)
            end = next
          } while (end !== undefined)
          expect(paged, what).toEqual(expected)
        }
        await storage.close()
      })
    }
  }
})
