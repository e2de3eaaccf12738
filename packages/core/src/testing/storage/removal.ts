import { describe, expect } from 'vitest'
import { utf8 } from '../../model/bytes.ts'
import { HashSum } from '../../sets/hash-sum.ts'
import { type Storage } from '../../storage/storage.ts'
import { seededRandom } from '../random.ts'
import { addNamespace, idsOf, put, query, sealOver, slotOf, snapshot, version, entry } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'

const ALL = { after: -1, since: 0, limit: 1000 }

/** Removes all that is later than a time, as its callers do: page after page. */
async function removeAll(storage: Storage, ns: number, after: number, limit: number): Promise<void> {
  for (let since = 0; ; ) {
    const which = { after, since, limit }
    const records = await storage.laterRecords(ns, which)
    const last = records.at(-1)
    if (last === undefined) return
    expect(await storage.removeLater(ns, which)).toBe(records.length)
    since = last.seq
  }
}

/** Records that go without a tombstone, and namespaces that are forgotten. */
export function removalContract(open: OpenStorage): void {
  const test = testOn(open)

  describe('removeLater', () => {
    test('leaves what the earlier records would be alone: totals, counts, indexes, words, seals', async (opened) => {
      let { storage } = opened
      const random = seededRandom(7)
      const ns = await addNamespace(storage)
      const other = await addNamespace(storage, 'other')
      await storage.createIndex(ns, 'cities', ['tags'])
      await storage.createIndex(ns, 'cities', ['text'], { text: true })
      await storage.commit(other, [put({ id: 'stays', at: 500 })])
      const before = await snapshot(storage, other)
      for (let at = 1; at <= 200; at++) {
        const fields = random.chance(0.2) ? null : { tags: ['x', `t${at}`], text: `word${at} common` }
        const record = version({ id: `${random.below(150)}`, at, fields, collection: random.pick(['cities', 'people']) })
        if (random.chance(0.3)) await storage.commit(ns, [entry(record, 0)], { seals: [sealOver([record])] })
        else await storage.commit(ns, [entry(record)])
      }
      const last = await storage.lastSeq(ns)
      const stay = (await storage.recordsSince(ns, 0, 1000)).filter(({ at }) => at <= 120)
      await removeAll(storage, ns, 120, 7)
      for (let round = 0; round < 2; round++) {
        const records = await storage.recordsSince(ns, 0, 1000)
        expect(records).toEqual(stay)
        const sum = new HashSum()
        for (const { hash } of stay) sum.add(hash)
        const documents = stay.filter(({ content }) => content !== null)
        expect(await storage.total(ns)).toEqual({ seq: last, count: stay.length, fingerprint: sum.fingerprint(), documents: documents.length })
        const cities = documents.filter(({ collection }) => collection === 'cities').flatMap(({ id }) => id ?? [])
        expect((await idsOf(storage, ns, query({ tags: 'x' }))).toSorted()).toEqual(cities.toSorted())
        expect((await idsOf(storage, ns, query({ $text: { $search: 'common' } }))).toSorted()).toEqual(cities.toSorted())
        for (const { seal } of records) if (seal !== null) expect(await storage.seal(seal)).toBeDefined()
        storage = await opened.reopen()
      }
      expect(await storage.recount(ns)).toBe(true)
      expect(await storage.laterRecords(ns, { ...ALL, after: 120 })).toEqual([])
      expect(await storage.removeLater(ns, { ...ALL, after: 120 })).toBe(0)
      expect(await storage.findDamage()).toEqual([])
      // Positions do not come twice.
      const [outcome] = await storage.commit(ns, [put({ id: 'new', at: 300 })])
      expect(outcome?.seq).toBe(last + 1)
      expect({ ...((await snapshot(storage, other)) as object), namespaces: [], meta: [] }).toEqual({
        ...(before as object),
        namespaces: [],
        meta: [],
      })
    })

    test('keeps contents for who reads them already', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await storage.commit(
        ns,
        Array.from({ length: 50 }, (_, i) => put({ id: `${i}`, at: i })),
      )
      const { filter, sort } = query()
      const { contents, reading } = await storage.openReading(ns, 'cities', { filter, sort, first: 10 })
      expect(contents).toHaveLength(10)
      await removeAll(storage, ns, -1, 20)
      expect((await storage.readOn(reading ?? '', 10, 100)).contents).toHaveLength(40)
    })
  })

  describe('forgetNamespace', () => {
    test('takes it away with its indexes; saved again, it goes on where it was', async (opened) => {
      let { storage } = opened
      const [ns, other] = [await addNamespace(storage, 'gone'), await addNamespace(storage, 'stays')]
      await storage.createIndex(ns, 'cities', ['tags'])
      await storage.createIndex(ns, 'cities', ['text'], { text: true })
      await storage.commit(ns, [put({ id: 'a', fields: { tags: ['x'], text: 'word' } }), put({ id: 'b' })])
      await storage.commit(other, [put({ id: 'a' })])
      await storage.forgetNamespace(ns)
      expect((await storage.namespaces()).map(({ cid }) => cid)).toEqual(['stays'])
      expect(await storage.halfForgotten()).toEqual([ns])
      storage = await opened.reopen()
      expect((await storage.namespaces()).map(({ cid }) => cid)).toEqual(['stays'])
      const isKept = (await storage.halfForgotten()).length > 0
      expect(await storage.removeLater(ns, ALL)).toBe(2)
      expect(isKept).toBe(true)
      expect(await storage.halfForgotten()).toEqual([])
      expect(await storage.indexes(ns, 'cities')).toEqual([])
      expect(await storage.collections(ns)).toEqual([])
      expect(await storage.recordsBySlot(ns, [slotOf({ collection: 'cities', id: 'a' })])).toEqual([])
      expect(await idsOf(storage, other, query())).toEqual(['a'])
      expect(await addNamespace(storage, 'gone')).toBe(ns)
      expect((await storage.namespaces()).map(({ cid, genesis }) => [cid, genesis])).toEqual([
        ['gone', utf8('genesis of gone')],
        ['stays', utf8('genesis of stays')],
      ])
      expect(await storage.lastSeq(ns)).toBeGreaterThanOrEqual(2)
      expect(await idsOf(storage, ns, query())).toEqual([])
      await storage.createIndex(ns, 'cities', ['tags'])
      await storage.commit(ns, [put({ id: 'c', fields: { tags: ['x'] } })])
      expect(await idsOf(storage, ns, query({ tags: 'x' }))).toEqual(['c'])
    })

    test('at a position goes only where nothing came behind it, and takes nothing that was on its way', async ({ storage }) => {
      const ns = await addNamespace(storage, 'gone')
      await storage.commit(ns, [put({ id: 'a' })])
      const at = await storage.lastSeq(ns)
      await storage.commit(ns, [put({ id: 'b' })])
      expect(await storage.forgetNamespace(ns, at)).toBe(false)
      expect(await idsOf(storage, ns, query())).toEqual(['a', 'b'])
      expect(await storage.forgetNamespace(ns, await storage.lastSeq(ns))).toBe(true)
      await expect((async () => storage.commit(ns, [put({ id: 'c' })]))()).rejects.toMatchObject({ code: 'unknown-namespace' })
      await expect((async () => storage.commitShrinking(ns, [put({ id: 'c' })]))()).rejects.toMatchObject({ code: 'unknown-namespace' })
      await removeAll(storage, ns, -1, 100)
      expect(await addNamespace(storage, 'gone')).toBe(ns)
      await storage.commit(ns, [put({ id: 'c' })])
      expect(await idsOf(storage, ns, query())).toEqual(['c'])
    })

    test('leaves no byte of it on the disk', async ({ storage, files }) => {
      const ns = await addNamespace(storage)
      await storage.createIndex(ns, 'cities', ['secret'])
      await storage.createIndex(ns, 'cities', ['secret'], { text: true })
      await storage.commit(
        ns,
        Array.from({ length: 300 }, (_, i) => put({ id: `${i}`, fields: { secret: `inthevault${i}` } })),
      )
      await storage.scrub()
      const found = async (): Promise<boolean> =>
        ((await files?.()) ?? []).some((bytes) => new TextDecoder('latin1').decode(bytes).includes('inthevault'))
      if (files !== undefined) expect(await found()).toBe(true)
      await storage.forgetNamespace(ns)
      await removeAll(storage, ns, -1, 100)
      await storage.scrub()
      expect(await found()).toBe(false)
    })
  })
}
