import { describe, expect } from 'vitest'
import { addNamespace, author, compete, put, sealOver, version } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'

const MINUTE = 60_000 * 4096

/** How far the times of a namespace reach, and what lies beyond one. */
export function timesContract(open: OpenStorage): void {
  const test = testOn(open)
  const [ada, bob] = [author('ada'), author('bob')]

  describe('times', () => {
    test('are never below those of the records, and at most a minute beyond', async ({ storage }) => {
      const ns = await addNamespace(storage)
      expect(await storage.times(ns)).toEqual({ newest: 0, known: 0 })
      await storage.commit(ns, [put({ id: 'a', at: 1000 }), put({ id: 'b', at: 5000 })])
      const { newest, known } = await storage.times(ns)
      expect(newest).toBeGreaterThanOrEqual(5000)
      expect(newest).toBeLessThanOrEqual(5000 + MINUTE)
      expect(known).toBe(0)
      await storage.noteKnown(ns, 7000)
      expect((await storage.times(ns)).known).toBeGreaterThanOrEqual(7000)
      await storage.noteKnown(ns, 1)
      expect((await storage.times(ns)).known).toBeGreaterThanOrEqual(7000)
    })

    test('of records that arrive with a seal are known to others', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const seal = sealOver([version({ id: 'a', at: 9000 })])
      await storage.commit(ns, [compete({ id: 'a', at: 9000 }, 0)], { seals: [seal] })
      expect((await storage.times(ns)).known).toBeGreaterThanOrEqual(9000)
    })

    test('beyond one are counted and listed, by author, without those that others may have', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const elsewhere = await addNamespace(storage, 'elsewhere')
      const far = 1000 * MINUTE
      await storage.commit(ns, [
        put({ id: 'now', at: 10 }),
        put({ id: 'a', at: far + 1 }),
        put({ id: 'b', at: far + 2, fields: null }),
        put({ id: 'c', at: far + 3, by: bob }),
      ])
      await storage.commit(elsewhere, [put({ id: 'd', at: far + 9 })])
      expect(await storage.future(ns, far, ada)).toEqual({ records: 3, own: 2, last: far + 3 })
      const unknown = { after: far, by: ada, since: 0, limit: 10 }
      expect((await storage.unknownFuture(ns, unknown)).map(({ id }) => id)).toEqual(['a', 'b'])
      const [first, ...more] = await storage.unknownFuture(ns, { ...unknown, limit: 1 })
      expect([first?.id, more]).toEqual(['a', []])
      expect((await storage.unknownFuture(ns, { ...unknown, since: first?.seq ?? 0 })).map(({ id }) => id)).toEqual(['b'])
      await storage.noteKnown(ns, far + 2)
      expect(await storage.future(ns, far, ada)).toEqual({ records: 3, own: 0, last: far + 3 })
      expect(await storage.unknownFuture(ns, unknown)).toEqual([])
      expect(await storage.future(ns, far + 3, ada)).toEqual({ records: 0, own: 0, last: 0 })
      // Looked at once, it is right again.
      expect(await storage.times(ns)).toMatchObject({ newest: far + 3 })
    })
  })
}
