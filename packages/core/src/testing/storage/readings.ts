import { describe, expect } from 'vitest'
import { errorCode } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import type { Json } from '../../model/json/json-value.ts'
import { parseFilter } from '../../query/index.ts'
import type { Storage } from '../../storage/storage.ts'
import { MAX_READINGS } from '../../storage/reading/readings.ts'
import { addNamespace, FAIL, put, query } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'

const id = (n: number): string => `${1000 + n}`
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** Results of one moment, and changes with what they replaced. */
export function readingsContract(open: OpenStorage): void {
  const test = testOn(open)

  async function withNumbers(storage: Storage, count: number): Promise<number> {
    const ns = await addNamespace(storage)
    await storage.commit(
      ns,
      numbers(0, count).map((n) => put({ id: id(n), fields: { n, half: Math.floor(n / 2) } })),
    )
    return ns
  }

  function readingOf(sort: unknown, { limit, skip }: { limit?: number; skip?: number } = {}, filter: unknown = {}) {
    const { limit: _limit, ...wanted } = query(filter, { sort })
    return { ...wanted, limit, skip, first: 10 }
  }

  /** Reads it to the end, with something that happens before each piece. */
  async function readAll(
    storage: Storage,
    ns: number,
    wanted: ReturnType<typeof readingOf>,
    between: () => unknown = () => undefined,
  ): Promise<Document[]> {
    const { contents, reading } = await storage.openReading(ns, 'cities', wanted)
    const all = [...contents]
    for (let isLast = reading === undefined; !isLast; ) {
      await between()
      const piece = await storage.readOn(reading ?? '', all.length, 7)
      all.push(...piece.contents)
      isLast = piece.isLast
    }
    return all.map((content) => JSON.parse(content) as Document)
  }

  describe('a reading', () => {
    for (const indexed of [false, true]) {
      for (const sort of [{}, { n: 1 }, { half: -1 }, { none: 1 }]) {
        test(`gives the documents of one moment whatever is written meanwhile: sorted by ${JSON.stringify(sort)}${indexed ? ', with an index' : ''}`, async ({
          storage,
        }) => {
          const ns = await withNumbers(storage, 100)
          if (indexed) for (const path of ['n', 'half']) await storage.createIndex(ns, 'cities', [path])
          const before = await readAll(storage, ns, readingOf(sort))
          expect(before).toHaveLength(100)
          let at = 1
          const during = await readAll(storage, ns, readingOf(sort), async () => {
            at++
            // Each document moves, some go, some come, and one commit fails half-way.
            const writes = numbers(0, 100).map((n) => put({ id: id(n), at, fields: n % 3 === 0 ? null : { n: (n * 37 + at) % 100, half: at } }))
            await expect(async () => storage.commit(ns, [...writes, FAIL])).rejects.toThrow('planned')
            await storage.commit(ns, writes)
            await storage.commit(ns, [put({ id: `new ${at}`, at, fields: { n: at } })])
            await storage.scrub()
          })
          expect(during).toEqual(before)
        })
      }
    }

    test('limits, passes over and ends at once where little is found', async ({ storage }) => {
      const ns = await withNumbers(storage, 50)
      for (const limit of [1, 9, 10, 11, 12, 30, 50, 51, undefined]) {
        for (const skip of [0, 1, 10, 45, 50, 60]) {
          for (const sort of [{}, { n: -1 }]) {
            const all = await readAll(storage, ns, readingOf(sort, limit === undefined ? { skip } : { limit, skip }))
            const ordered = 'n' in sort ? numbers(0, 50).toReversed() : numbers(0, 50)
            expect(all.map(({ n }) => n)).toEqual(ordered.slice(skip, skip + (limit ?? 50)))
          }
        }
      }
      expect(await storage.openReading(ns, 'cities', readingOf({}, { limit: 10 }))).toMatchObject({
        contents: { length: 10 },
        reading: undefined,
        seq: 50,
      })
      expect(await storage.openReading(ns, 'cities', readingOf({ n: 1 }, {}, { n: { $lt: 10 } }))).toMatchObject({ reading: undefined })
    })

    test('can be asked for a piece again, but not for one before it', async ({ storage }) => {
      const ns = await withNumbers(storage, 50)
      const { reading = '' } = await storage.openReading(ns, 'cities', readingOf({ n: 1 }))
      await storage.commit(ns, [put({ id: id(20), at: 2, fields: null })])
      const piece = await storage.readOn(reading, 15, 10)
      expect(piece).toMatchObject({ contents: { length: 10 }, isLast: false })
      expect(await storage.readOn(reading, 15, 10)).toEqual(piece)
      expect(await codeOf(() => storage.readOn(reading, 10, 10))).toBe('reading-ended')
    })

    test('ends with its last piece, when it is ended, and where there are too many', async ({ storage }) => {
      const ns = await withNumbers(storage, 50)
      const open = async (): Promise<string> => (await storage.openReading(ns, 'cities', readingOf({ n: 1 }))).reading ?? ''
      const [read, ended, oldest, unused] = [await open(), await open(), await open(), await open()]
      await storage.readOn(read, 10, 100)
      await storage.endReading(ended)
      await storage.endReading(ended)
      for (const gone of [read, ended, 'nonsense']) expect(await codeOf(() => storage.readOn(gone, 10, 1))).toBe('reading-ended')
      for (let i = 2; i < MAX_READINGS; i++) await open()
      await storage.readOn(oldest, 10, 1)
      await open()
      expect(await codeOf(() => storage.readOn(unused, 10, 1))).toBe('reading-ended')
      expect(await codeOf(() => storage.readOn(oldest, 11, 1))).toBe('answered')
    })
  })

  describe('a page after another', () => {
    test('has nothing that changed since the first where that is given, so no document comes twice', async ({ storage }) => {
      const ns = await withNumbers(storage, 20)
      const first = await storage.find(ns, 'cities', { ...query({}, { sort: { n: 1 }, limit: 10 }), withTotal: true })
      expect(first).toMatchObject({ seq: 20, total: 20 })
      await storage.commit(ns, [
        put({ id: id(3), at: 2, fields: { n: 15.5 } }),
        put({ id: id(16), at: 2, fields: { n: 0 } }),
        put({ id: 'new', fields: { n: 17.5 } }),
      ])
      const rest = query({}, { sort: { n: 1 }, after: first.end })
      const ids = async (upTo: number | undefined): Promise<Json[]> =>
        (await storage.find(ns, 'cities', { ...rest, upTo })).contents.map((content) => (JSON.parse(content) as Document)['n'] ?? null)
      expect(await ids(first.seq)).toEqual([10, 11, 12, 13, 14, 15, 17, 18, 19])
      expect(await ids(undefined)).toEqual([10, 11, 12, 13, 14, 15, 15.5, 17, 17.5, 18, 19])
    })
  })

  describe('a feed', () => {
    test('gives each change with what it saw there last', async ({ storage }) => {
      const ns = await withNumbers(storage, 3)
      const { feed } = await storage.openFeed(ns, 0)
      const read = async (limit = 100): Promise<unknown[]> =>
        (await storage.readFeed(feed, limit)).map(({ record, before }) => [
          record.id,
          record.content && (JSON.parse(record.content) as Document)['n'],
          before && (JSON.parse(before) as Document)['n'],
        ])
      const write = async (n: number, at: number, to: number | null): Promise<unknown> =>
        storage.commit(ns, [put({ id: id(n), at, fields: to === null ? null : { n: to } })])
      expect(await read(2)).toEqual([
        [id(0), 0, null],
        [id(1), 1, null],
      ])
      await write(1, 2, 11)
      await write(1, 3, 12)
      await write(2, 2, 22)
      await write(0, 2, null)
      expect(await read(1)).toEqual([[id(1), 12, 1]])
      // The one that was never seen had no place in it before.
      expect(await read()).toEqual([
        [id(2), 22, null],
        [id(0), null, 0],
      ])
      await write(0, 3, 5)
      await expect(async () => storage.commit(ns, [put({ id: id(1), at: 9, fields: null }), FAIL])).rejects.toThrow('planned')
      await write(1, 4, 13)
      expect(await read()).toEqual([
        [id(0), 5, null],
        [id(1), 13, 12],
      ])
      expect(await read()).toEqual([])
      await storage.endReading(feed)
      expect(await codeOf(() => storage.readFeed(feed, 1))).toBe('reading-ended')
    })

    test('says what it cannot know: what was replaced before it was opened', async ({ storage }) => {
      const ns = await withNumbers(storage, 3)
      await storage.commit(ns, [put({ id: id(0), at: 2, fields: { n: 10 } }), put({ id: 'new', fields: {} })])
      expect((await storage.openFeed(ns)).seq).toBe(5)
      const { feed } = await storage.openFeed(ns, 3)
      await storage.commit(ns, [
        put({ id: id(0), at: 3, fields: { n: 20 } }),
        put({ id: id(1), at: 3, fields: { n: 21 } }),
        put({ id: 'newer', fields: {} }),
      ])
      expect((await storage.readFeed(feed, 10)).map(({ record, before }) => [record.id, before && JSON.parse(before)])).toEqual([
        ['new', undefined],
        [id(0), undefined],
        [id(1), { _id: id(1), n: 1, half: 0 }],
        ['newer', null],
      ])
    })
  })

  describe('distinct', () => {
    test('gives each value once, those of arrays one by one, in the order of a sort', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const values: readonly unknown[] = [3, 'b', 'a', [3, 4, 'a'], 'b', null, { x: 1 }, { x: 1 }, true, [], 1.5, [[1]]]
      await storage.commit(ns, [
        ...values.map((a, i) => put({ id: id(i), fields: { a, deep: { a } } })),
        put({ id: 'without', fields: {} }),
        put({ id: 'gone', fields: null }),
      ])
      const found = await storage.distinct(ns, 'cities', 'a', parseFilter({}))
      const keys = (list: readonly unknown[]): string[] => list.map((value) => JSON.stringify(value)).toSorted()
      expect(keys(found)).toEqual(keys([null, true, 1.5, 3, 4, 'a', 'b', { x: 1 }, [1]]))
      expect(found.filter((value) => typeof value === 'number')).toEqual([1.5, 3, 4])
      expect(await storage.distinct(ns, 'cities', 'deep.a', parseFilter({ a: { $gte: 3 } }))).toEqual([3, 4, 'a'])
      expect(await storage.distinct(ns, 'cities', '_id', parseFilter({ a: { $in: ['a', 1.5] } }))).toEqual([id(2), id(3), id(10)])
    })
  })
}

async function codeOf(work: () => unknown): Promise<string> {
  return Promise.resolve()
    .then(work)
    .then(() => 'answered', errorCode)
}
