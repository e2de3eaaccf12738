import { describe, expect } from 'vitest'
import { HashSum } from '../../sets/hash-sum.ts'
import type { CollectionCount, SetTotal, Storage } from '../../storage/storage.ts'
import { parseFilter } from '../../query/index.ts'
import { seededRandom } from '../random.ts'
import { addNamespace, FAIL, put } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'
import { samples } from '../samples.ts'

/** The total, added up the plain way. */
async function addedUp(storage: Storage, ns: number): Promise<SetTotal> {
  const sum = new HashSum()
  const versions = await storage.versionsSince(ns, 0, 100_000)
  for (const { hash } of versions) sum.add(hash)
  const documents = (await storage.recordsSince(ns, 0, 100_000)).filter(({ content }) => content !== null).length
  return { seq: versions.at(-1)?.seq ?? 0, count: sum.count, fingerprint: sum.fingerprint(), documents }
}

/** Documents by collection, counted the plain way. */
async function counted(storage: Storage, ns: number): Promise<readonly CollectionCount[]> {
  const counts = new Map<string, number>()
  for (const { collection, content } of await storage.recordsSince(ns, 0, 100_000))
    if (collection !== null && content !== null) counts.set(collection, (counts.get(collection) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([collection, documents]) => ({ collection, documents }))
}

/** What all records add up to. */
export function totalsContract(open: OpenStorage): void {
  const test = testOn(open)

  describe('total', () => {
    test('is that of no records in an empty namespace', async ({ storage }) => {
      const ns = await addNamespace(storage)
      expect(await storage.total(ns)).toEqual({ seq: 0, count: 0, fingerprint: new HashSum().fingerprint(), documents: 0 })
      expect(await storage.recount(ns)).toBe(true)
    })

    test('is what the records add up to, after commits of all sizes, replacements, failures and reopening', async (opened) => {
      let { storage } = opened
      const random = seededRandom(31)
      const spaces = [await addNamespace(storage, 'a'), await addNamespace(storage, 'b')]
      for (let at = 1; at <= samples(30, 60); at++) {
        const ns = random.pick(spaces)
        const size = random.pick([1, 1, 1, 2, 20, 200])
        const entries = Array.from({ length: size }, () =>
          put({ id: `${random.below(300)}`, at, fields: random.chance(0.2) ? null : {}, collection: random.pick(['cities', 'people', `c${at}`]) }),
        )
        if (random.chance(0.2)) await expect(async () => storage.commit(ns, [...entries, FAIL])).rejects.toThrow('planned')
        else await storage.commit(ns, entries)
        if (random.chance(0.3)) storage = await opened.reopen()
        for (const one of spaces) {
          const sum = await addedUp(storage, one)
          expect(await storage.total(one), `step ${at}`).toEqual(sum)
          const collections = await counted(storage, one)
          expect(await storage.collections(one), `step ${at}`).toEqual(collections)
          expect(await storage.overview(one)).toEqual({ ...sum, collections })
          const people = collections.find(({ collection }) => collection === 'people')?.documents ?? 0
          expect(await storage.count(one, 'people', parseFilter({}))).toBe(people)
        }
      }
      for (const ns of spaces) expect(await storage.recount(ns)).toBe(true)
    })
  })
}
