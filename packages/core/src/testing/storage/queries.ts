import { describe, expect } from 'vitest'
import { errorCode } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import { compareBySort, matches, parseFilter, parseSort } from '../../query/index.ts'
import type { PageEnd, Storage, StoredQuery } from '../../storage/storage.ts'
import { addNamespace, idsOf, put, query } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'
import { fc } from '../fast-check.ts'
import { samples } from '../samples.ts'

const CITIES = [
  { id: 'lyon', fields: { country: 'FR', population: 520_000, tags: ['river', 'food'], twin: null } },
  { id: 'nice', fields: { country: 'FR', population: 340_000, tags: ['sea'] } },
  { id: 'oslo', fields: { country: 'NO', population: 700_000, tags: 'sea', capital: true } },
  { id: 'rome', fields: { country: 'IT', population: 2_750_000, capital: true, founded: { year: -753 } } },
  { id: 'turin', fields: { country: 'IT', population: 840_000, tags: [], capital: false } },
]

/** Finding documents, with and without indexes. */
export function queriesContract(open: OpenStorage): void {
  const test = testOn(open)

  async function withCities(storage: Storage): Promise<number> {
    const ns = await addNamespace(storage)
    const other = await addNamespace(storage, 'other')
    await storage.commit(
      other,
      CITIES.map((city) => put(city)),
    )
    await storage.commit(ns, [...CITIES.map((city) => put(city)), put({ id: 'lyon', collection: 'people' }), put({ id: 'gone', fields: null })])
    return ns
  }

  describe('documents', () => {
    test('are read by id, and listed by collection', async ({ storage }) => {
      const ns = await withCities(storage)
      expect(JSON.parse((await storage.get(ns, 'cities', 'rome')) ?? '')).toEqual({ _id: 'rome', ...CITIES[3]?.fields })
      expect(await storage.get(ns, 'people', 'rome')).toBeUndefined()
      expect(await storage.get(ns, 'cities', 'gone')).toBeUndefined()
      expect(await storage.collections(ns)).toEqual([
        { collection: 'cities', documents: 5 },
        { collection: 'people', documents: 1 },
      ])
      await storage.commit(ns, [put({ id: 'lyon', collection: 'people', at: 2, fields: null })])
      expect(await storage.collections(ns)).toEqual([{ collection: 'cities', documents: 5 }])
    })
  })

  describe('find and count', () => {
    const FILTERS: readonly (readonly [filter: unknown, ids: readonly string[]])[] = [
      [{}, ['lyon', 'nice', 'oslo', 'rome', 'turin']],
      [{ country: 'FR' }, ['lyon', 'nice']],
      [{ country: { $in: ['NO', 'IT'] }, capital: true }, ['oslo', 'rome']],
      [{ population: { $gt: 600_000, $lte: 840_000 } }, ['oslo', 'turin']],
      [{ tags: 'sea' }, ['nice', 'oslo']],
      [{ tags: { $exists: false } }, ['rome']],
      [{ 'founded.year': -753 }, ['rome']],
      [{ twin: null }, ['lyon', 'nice', 'oslo', 'rome', 'turin']],
      [{ twin: { $exists: true } }, ['lyon']],
      [{ $or: [{ _id: 'lyon' }, { tags: { $nin: ['sea', 'food', 'river'] } }] }, ['lyon', 'rome', 'turin']],
      [{ $not: { capital: true } }, ['lyon', 'nice', 'turin']],
    ]

    for (const indexed of [[], [['country'], ['tags'], ['population', 'country'], ['founded.year'], ['capital']]]) {
      test(`take filters, with ${indexed.length} indexes`, async ({ storage }) => {
        const ns = await withCities(storage)
        for (const paths of indexed) await storage.createIndex(ns, 'cities', paths)
        for (const [filter, ids] of FILTERS) {
          expect(await idsOf(storage, ns, query(filter, { sort: { _id: 1 } })), JSON.stringify(filter)).toEqual(ids)
          expect(await storage.count(ns, 'cities', parseFilter(filter)), JSON.stringify(filter)).toBe(ids.length)
        }
      })
    }

    for (const paths of [[], ['size'], ['parts'], ['parts.size']]) {
      test(`find equal values whichever form they are stored in, with indexes ${JSON.stringify(paths)}`, async ({ storage }) => {
        const ns = await addNamespace(storage)
        if (paths.length > 0) await storage.createIndex(ns, 'cities', paths)
        const fields = { size: -(2 ** 63), parts: [1e20, { size: 1e19 }], name: { '\ue000': 1, '😀': [1e20] } }
        await storage.commit(ns, [
          put({ id: 'now', fields }),
          put({ id: 'before', fields, isFormer: true }),
          put({ id: 'other', fields: { size: 2 ** 63 } }),
        ])
        const filters = [
          { size: -(2 ** 63) },
          { size: { $in: [-(2 ** 63), 7] } },
          { size: { $lt: 0 } },
          { parts: 1e20 },
          { 'parts.size': 1e19 },
          { parts: [1e20, { size: 1e19 }] },
          { name: fields.name },
          { name: { $in: [fields.name, 1] } },
          { parts: { $elemMatch: { size: 1e19 } } },
        ]
        for (const filter of filters) expect((await idsOf(storage, ns, query(filter))).sort(), JSON.stringify(filter)).toEqual(['before', 'now'])
      })
    }

    test('sort', async ({ storage }) => {
      const ns = await withCities(storage)
      expect(await idsOf(storage, ns, query({}, { sort: { country: 1, population: -1 } }))).toEqual(
        ['lyon', 'nice', 'turin', 'rome', 'oslo'].sort(byCountryThenSize),
      )
      expect(await idsOf(storage, ns, query({}, { sort: { capital: -1 }, limit: 2 }))).toEqual(['rome', 'oslo'])
    })

    for (const indexed of [false, true]) {
      test(`give every document once, page by page, ${indexed ? 'with' : 'without'} an index`, async ({ storage }) => {
        const ns = await addNamespace(storage)
        const values = [null, 'a\u0000b', 'a\u0000c', 'a', '', 2 ** 60, 2 ** 60 + 4096, 1e300, -0.5, 0, 1, true, false, ['a'], { b: 1 }]
        if (indexed) await storage.createIndex(ns, 'cities', ['value', 'group'])
        await storage.commit(
          ns,
          values.flatMap((value, i) => [put({ id: `${i}`, fields: { value, group: i % 2 } }), put({ id: `${i} again`, fields: { value } })]),
        )
        for (const sort of [{}, { value: 1 }, { value: -1 }, { group: 1, value: -1 }, { value: 1, _id: -1 }]) {
          const all = await idsOf(storage, ns, query({}, { sort }))
          expect(all).toHaveLength(values.length * 2)
          for (const limit of [1, 7]) expect(await pages(storage, ns, query({}, { sort, limit }))).toEqual(all)
        }
      })
    }

    test('leave out of later pages what changed since the first, in whatever order, for several readers at once', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const ids = Array.from({ length: 60 }, (_, i) => `${100 + i}`)
      await storage.commit(
        ns,
        ids.map((id, i) => put({ id, fields: { n: (i * 37) % 60, group: i % 4 } })),
      )
      const upTo = await storage.lastSeq(ns)
      // More readers than orders are kept for; the first sort is served by no index, the last by the _id.
      const sorts = [
        { n: 1 },
        { n: -1 },
        { group: 1, n: -1 },
        { group: -1 },
        { group: 1 },
        { n: 1, group: 1 },
        { group: -1, n: 1 },
        { n: -1, group: 1 },
        { group: 1, n: 1 },
        {},
      ]
      const readers = sorts.map((sort) => ({ sort, seen: [] as string[], after: undefined as PageEnd | undefined, isOver: false }))
      const changed = new Set<string>()
      const missing: string[][] = readers.map(() => [])
      for (let round = 0; readers.some(({ isOver }) => !isOver); round++) {
        for (const [i, reader] of readers.entries()) {
          if (reader.isOver) continue
          const wanted = query({}, { sort: reader.sort, limit: 7, after: reader.after })
          const { contents, end } = await storage.find(ns, 'cities', { ...wanted, upTo })
          reader.seen.push(...contents.map((content) => String(JSON.parse(content)._id)))
          reader.after = end
          reader.isOver = end === undefined
          missing[i] = [...changed].filter((id) => !reader.seen.includes(id))
        }
        const id = ids[(round * 23) % 60] ?? ''
        changed.add(id)
        await storage.commit(ns, [put({ id, at: 100 + round, fields: round % 2 === 0 ? null : { n: -1 } })])
      }
      for (const [i, { sort, seen }] of readers.entries()) {
        const expected = ids
          .map((_id, at) => ({ _id, n: (at * 37) % 60, group: at % 4 }))
          .sort((a, b) => compareBySort(parseSort(sort), a, b))
          .filter(({ _id }) => !missing[i]?.includes(_id))
        expect(seen, JSON.stringify(sort)).toEqual(expected.map(({ _id }) => _id))
      }
    })

    test('end a page of large documents early, and say where to go on', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const text = 'x'.repeat(100_000)
      const ids = Array.from({ length: 200 }, (_, i) => `${1000 + i}`)
      await storage.commit(
        ns,
        ids.map((id) => put({ id, fields: { text } })),
      )
      const all = query({}, { limit: 10_000 })
      const first = await storage.find(ns, 'cities', all)
      expect(first.contents).toHaveLength(168)
      const second = await storage.find(ns, 'cities', { ...all, after: first.end })
      expect(second).toMatchObject({ contents: { length: 32 }, end: undefined })
      expect([...first.contents, ...second.contents].map((content) => String(JSON.parse(content)._id))).toEqual(ids)

      const records = await storage.recordsSince(ns, 0, 10_000)
      expect(records.at(-1)?.seq).toBe(168)
      expect(await storage.recordsSince(ns, 168, 10_000)).toHaveLength(32)
    })

    test('have no next page where the documents end', async ({ storage }) => {
      const ns = await withCities(storage)
      expect((await storage.find(ns, 'cities', query({}, { limit: 6 }))).end).toBeUndefined()
      expect((await storage.find(ns, 'empty', query())).end).toBeUndefined()
      const { end } = await storage.find(ns, 'cities', query({}, { limit: 5 }))
      expect(await storage.find(ns, 'cities', query({}, { after: end }))).toMatchObject({ contents: [], end: undefined })
    })
  })

  describe('indexes', () => {
    test('are listed once each, and kept', async ({ storage, reopen }) => {
      const ns = await withCities(storage)
      await storage.createIndex(ns, 'cities', ['country', 'population'])
      await storage.createIndex(ns, 'cities', ['country', 'population'])
      await storage.createIndex(ns, 'cities', ['tags', '_id'])
      await storage.createIndex(ns, 'people', ['name'])
      const again = await reopen()
      await again.createIndex(ns, 'cities', ['tags', '_id'])
      expect(new Set(await again.indexes(ns, 'cities'))).toEqual(
        new Set([
          { fields: ['country', 'population'], text: false },
          { fields: ['tags', '_id'], text: false },
        ]),
      )
      expect(await again.indexes(ns, 'people')).toEqual([{ fields: ['name'], text: false }])
      expect(await again.indexes(ns, 'empty')).toEqual([])
      expect(await idsOf(again, ns, query({ tags: 'sea' }, { sort: { _id: 1 } }))).toEqual(['nice', 'oslo'])
    })

    test('take all names that fields can have', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const names = ["it's", "a','b", 'a', 'b', 'a b', '[0]', '$x', '#', 'back\\slash', 'ключ', '*', 'a.$b']
      await storage.commit(
        ns,
        names.map((name) => put({ id: name, fields: nested(name, 1) })),
      )
      for (const name of names) await storage.createIndex(ns, 'cities', [name])
      await storage.createIndex(ns, 'cities', ['a', 'b'])
      for (const name of names.filter((name) => !name.startsWith('$'))) expect(await idsOf(storage, ns, query({ [name]: 1 }))).toEqual([name])
    })

    test('that cannot be are refused, and leave nothing behind', async ({ storage }) => {
      const ns = await withCities(storage)
      const bad = [[], Array.from({ length: 9 }, (_, i) => `f${i}`), [''], ['a..b'], ['tags', 'a"b'], ['a\0b'], ['x'.repeat(300)]]
      for (const paths of bad) {
        const code = await Promise.resolve()
          .then(() => storage.createIndex(ns, 'cities', paths))
          .catch(errorCode)
        expect(code, JSON.stringify(paths)).toBe('bad-index')
      }
      expect(await storage.indexes(ns, 'cities')).toEqual([])
      expect(await idsOf(storage, ns, query({ tags: 'sea' }, { sort: { _id: 1 } }))).toEqual(['nice', 'oslo'])
    })

    test('are limited, per namespace and altogether', async ({ storage }) => {
      const [a, b, c] = [await addNamespace(storage, 'a'), await addNamespace(storage, 'b'), await addNamespace(storage, 'c')]
      const oneMore = (ns: number): Promise<string> =>
        Promise.resolve()
          .then(() => storage.createIndex(ns, 'c0', ['one more']))
          .then(() => 'made', errorCode)
      for (let i = 0; i < 64; i++) await storage.createIndex(a, `c${i % 3}`, [`f${i}`])
      expect(await oneMore(a)).toBe('too-many-indexes')
      for (let i = 0; i < 63; i++) await storage.createIndex(b, `c${i % 3}`, [`f${i}`])
      expect(await oneMore(c)).toBe('made')
      expect(await oneMore(b)).toBe('too-many-indexes')
      expect(await oneMore(c)).toBe('made')
      await storage.createIndex(a, 'c0', ['f0'])
    })

    test('on places in arrays hide nothing from $elemMatch, which looks into arrays in arrays', async ({ storage }) => {
      const ns = await addNamespace(storage)
      for (const path of ['a.0', 'a.1', 'a.0.b', 'a."0"']) await storage.createIndex(ns, 'cities', [path])
      await storage.commit(
        ns,
        [[5], [[5]], [0, [5]], [0, { b: 5 }], [[0], [{ b: 5 }]]].map((a, i) => put({ id: `${i}`, fields: { a } })),
      )
      const found = async (filter: unknown): Promise<string[]> => idsOf(storage, ns, query(filter))
      expect(await found({ a: { $elemMatch: { 0: 5 } } })).toEqual(['1', '2'])
      expect(await found({ a: { $elemMatch: { '0.b': 5 } } })).toEqual(['4'])
      expect(await found({ 'a.0': { $elemMatch: { $eq: 5 } } })).toEqual(['1'])
      expect(await found({ 'a.1': { $elemMatch: { $gt: 4 } } })).toEqual(['2'])
    })

    test('stay true while documents change, whenever arrays appear', async ({ storage }) => {
      let ns = 0
      const value = fc.constantFrom<unknown>(0, 1, true, 'x', 'y', null, ['x'], ['y', 'x', 1], [[1]], [], { a: ['x'] })
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.record({ id: fc.constantFrom('p', 'q', 'r', 's', 't'), a: value, b: value }) },
        { weight: 1, arbitrary: fc.constantFrom({ paths: ['a'] }, { paths: ['b', 'a'] }, { paths: ['a.a'] }) },
        { weight: 1, arbitrary: fc.constantFrom('p', 'q', 'r') },
      )
      const filters = [{ a: 'x' }, { a: 1 }, { a: { $in: ['y', true] } }, { b: { $gte: 'x' } }, { 'a.a': 'x' }, { $not: { a: 'x' } }, { a: null }]
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          ns = await addNamespace(storage, `run ${ns + 1}`)
          const documents = new Map<string, Document>()
          for (const [i, one] of steps.entries()) {
            if (typeof one === 'string') {
              documents.delete(one)
              await storage.commit(ns, [put({ id: one, at: i, fields: null })])
            } else if ('paths' in one) await storage.createIndex(ns, 'cities', one.paths)
            else {
              const { id, ...fields } = one
              documents.set(id, JSON.parse(JSON.stringify({ _id: id, ...fields })) as Document)
              await storage.commit(ns, [put({ id, at: i, fields })])
            }
          }
          for (const input of filters) {
            const filter = parseFilter(input)
            const expected = [...documents.values()]
              .filter((document) => matches(filter, document))
              .sort((a, b) => compareBySort(parseSort({ a: -1 }), a, b))
            expect(await idsOf(storage, ns, query(input, { sort: { a: -1 } }))).toEqual(expected.map(({ _id }) => _id))
            expect(await storage.count(ns, 'cities', filter)).toBe(expected.length)
          }
        }),
        { numRuns: samples(15, 40) },
      )
    })
  })
}

function byCountryThenSize(a: string, b: string): number {
  const sizeOf = (id: string): { country: string; population: number } =>
    CITIES.find((city) => city.id === id)?.fields ?? { country: '', population: 0 }
  return sizeOf(a).country.localeCompare(sizeOf(b).country) || sizeOf(b).population - sizeOf(a).population
}

function nested(path: string, value: number): Record<string, unknown> {
  const [first = '', ...rest] = path.split('.')
  return { [first]: rest.length === 0 ? value : nested(rest.join('.'), value) }
}

async function pages(storage: Storage, ns: number, wanted: StoredQuery): Promise<string[]> {
  const ids: string[] = []
  let after: PageEnd | undefined
  do {
    ids.push(...(await idsOf(storage, ns, { ...wanted, after })))
    after = (await storage.find(ns, 'cities', { ...wanted, after })).end
  } while (after !== undefined)
  return ids
}
