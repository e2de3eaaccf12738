import { describe, expect } from 'vitest'
import { author, addNamespace, put, query } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'

/** What documents were before, and who made them what they are. */
export function historyContract(open: OpenStorage): void {
  const test = testOn(open)

  describe('history', () => {
    test('has what others took the place of, where it is kept, until it is tidied or its document deleted', async ({ storage }) => {
      const [ns, other] = [await addNamespace(storage), await addNamespace(storage, 'other')]
      const write = async (at: number, ids: readonly string[], fields: object | null = { at }): Promise<unknown> =>
        storage.commit(
          ns,
          ids.map((id) => put({ id, at, fields: fields && { ...fields } })),
        )
      const times = async (id: string): Promise<readonly number[]> =>
        (await storage.pastRecords(ns, 'cities', id)).map(({ at }) => at).sort((a, b) => a - b)
      await write(1, ['a', 'b'])
      await write(2, ['a', 'b'])
      expect([await times('a'), await storage.historySize(ns)]).toEqual([[2], { versions: 0, bytes: 0 }])
      await storage.keepHistory(ns, true)
      await write(3, ['a', 'b'])
      await write(4, ['a'])
      expect([await times('a'), await times('b')]).toEqual([
        [2, 3, 4],
        [2, 3],
      ])
      expect((await storage.pastRecords(ns, 'cities', 'b')).find(({ at }) => at === 2)).toMatchObject({
        content: '{"_id":"b","at":2}',
        by: author('ada'),
      })
      expect(await storage.historyNamespaces()).toEqual([ns])
      expect(await storage.historySize(other)).toEqual({ versions: 0, bytes: 0 })
      await storage.keepHistory(ns, false)
      await write(5, ['b'])
      expect(await times('b')).toEqual([2, 5])
      // Whether it is kept or not, it goes with the document.
      await write(6, ['a'], null)
      expect((await storage.historySize(ns)).versions).toBe(1)
      expect(await storage.tidyHistory(ns, { before: 0, limit: 10 })).toBe(0)
      expect(await storage.tidyHistory(ns, { before: Number.POSITIVE_INFINITY, limit: 10 })).toBe(1)
      expect([await storage.historySize(ns), await storage.historyNamespaces()]).toEqual([{ versions: 0, bytes: 0 }, []])
    })
  })

  describe('who made documents what they are', () => {
    test('is told with pages, and with readings as of their moment', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const ids = Array.from({ length: 30 }, (_, n) => `${100 + n}`)
      const write = async (by: string, at: number): Promise<unknown> =>
        storage.commit(
          ns,
          ids.map((id, n) => put({ id, at: at + n, by: author(by), fields: { n } })),
        )
      await write('ada', 1)
      const facts = (by: string, at: number, from: number, to: number): unknown =>
        ids.slice(from, to).map((_, n) => ({ at: at + from + n, by: author(by), exp: null }))
      const page = await storage.find(ns, 'cities', { ...query({}, { limit: 10 }), withFacts: true })
      expect(page.facts).toEqual(facts('ada', 1, 0, 10))
      const { limit: _, ...all } = query()
      const opened = await storage.openReading(ns, 'cities', { ...all, first: 10, withFacts: true })
      expect(opened.facts).toEqual(facts('ada', 1, 0, 10))
      await write('bob', 100)
      const piece = await storage.readOn(opened.reading ?? '', 10, 20)
      expect([piece.contents.length, piece.facts]).toEqual([20, facts('ada', 1, 10, 30)])
      const again = await storage.find(ns, 'cities', { ...query({}, { limit: 10, after: page.end }), withFacts: true })
      expect(again.facts).toEqual(facts('bob', 100, 10, 20))
      expect(await storage.find(ns, 'cities', query())).not.toHaveProperty('facts')
    })
  })
}
