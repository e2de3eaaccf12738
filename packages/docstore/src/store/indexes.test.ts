import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, DocstoreError, type Namespace } from '../index-node.ts'

let store: Docstore
let notes: Namespace
beforeAll(async () => {
  store = await createDocstore({ data: 'memory', network: 'off' })
  notes = await store.namespaces.create({ name: 'notes' })
  await notes.putMany([
    { _id: 'a', title: 'Green tea', body: 'Pour hot water over tea leaves', year: 2020, tags: ['drink'] },
    { _id: 'b', title: 'Iced tea', body: 'Let it cool', year: 2021, tags: ['drink', 'cold'] },
    { _id: 'c', title: 'Bread', body: 'Knead, wait, bake. Tea goes well with it', year: 2020 },
  ])
})
afterAll(() => store.close())

async function failure(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof DocstoreError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no failure'
}

const idsOf = (documents: readonly { readonly _id: string }[]): string[] => documents.map(({ _id }) => _id)

describe('indexes', () => {
  it('are declared with names or as in MongoDB, listed and dropped', async () => {
    await notes.createIndex(['year', 'title'])
    await notes.createIndex({ tags: 1, year: -1 })
    await notes.createIndex(new Map([['2020', 1] as const, ['a', -1] as const]))
    await notes.createIndex({ title: 'text', body: 'text' })
    // The same as before, in other words.
    await notes.createIndex(['tags', 'year'])
    await notes.createIndex(['title', 'body'], { text: true })
    const all = [
      { fields: ['2020', 'a'], text: false },
      { fields: ['tags', 'year'], text: false },
      { fields: ['year', 'title'], text: false },
      { fields: ['title', 'body'], text: true },
    ]
    expect(await notes.indexes()).toEqual(all)
    expect(await notes.collection('others').indexes()).toEqual([])
    expect(await notes.dropIndex(new Map([['2020', 1] as const, ['a', 1] as const]))).toBe(true)
    expect(await notes.dropIndex(['2020', 'a'])).toBe(false)
    expect(await notes.dropIndex(['title', 'body'])).toBe(false)
    expect(await notes.dropIndex({ tags: 1, year: 1 })).toBe(true)
    expect(await notes.indexes()).toEqual(all.slice(2))
  })

  it('that cannot be are refused, with what can be', async () => {
    for (const fields of ['title', {}, [], null, [5], { title: 2 }, { title: 'hashed' }, { title: 'text', year: 1 }, [''], ['a..b']])
      expect(await failure(() => notes.createIndex(fields as never)), JSON.stringify(fields)).toMatch(/^bad-index: /)
    expect(await failure(() => notes.createIndex({ title: 'text' }, { text: false }))).toMatch(/^bad-index/)
    expect(await failure(() => notes.createIndex(['title'], { unique: true } as never))).toMatch(/^bad-option: .*"unique".*text/)
    expect(await failure(() => notes.createIndex(['title'], { text: 'english' } as never))).toMatch(/^bad-option/)
    expect(await failure(() => notes.createIndex(['body'], { text: true }))).toMatch(/^bad-index: .*\["title","body"\]/)
  })
})

describe('$text', () => {
  it('finds words, the best answers first, in find, count, pages and watch', async () => {
    await notes.createIndex({ title: 'text', body: 'text' })
    const filter = { $text: { $search: 'tea water' } }
    const sort = { score: { $meta: 'textScore' } } as const
    expect(idsOf(await notes.find(filter, { sort }).toArray())).toEqual(['a', 'b', 'c'])
    expect(idsOf(await notes.find({ ...filter, year: 2020 }, { sort: { year: 1, ...sort } }).toArray())).toEqual(['a', 'c'])
    expect(await notes.count({ $text: { $search: '"iced tea"' } })).toBe(1)
    const first = await notes.find(filter, { sort, limit: 2 }).page()
    expect(idsOf(first.documents)).toEqual(['a', 'b'])
    expect(idsOf((await notes.find(filter, { sort, limit: 2 }).page(first.cursor)).documents)).toEqual(['c'])
    for await (const { documents } of notes.watch(filter, { sort })) {
      expect(idsOf(documents)).toEqual(['a', 'b', 'c'])
      break
    }
  })

  it('is refused with what to do: without an index, in changes, beside another, where it is not required, with options that are not ours', async () => {
    const $text = { $search: 'tea' }
    expect(await failure(() => notes.collection('others').count({ $text }))).toMatch(/^bad-filter: .*createIndex/)
    expect(await failure(() => notes.changes({ filter: { $text } })[Symbol.asyncIterator]().next())).toMatch(/^bad-filter: .*find or watch/)
    for (const filter of [
      { $and: [{ $text }, { $text }] },
      { $not: { $text } },
      { $nor: [{ $text }] },
      { tags: { $elemMatch: { $text, a: 1 } } },
      { $text: 'tea' },
      { $text: { $search: 5 } },
      { $text: { $search: 'tea', $language: 'en' } },
      { $text: { $search: 'tea', $caseSensitive: true } },
      { $text: { $search: 'tea', $fuzzy: true } },
      { $text: { $search: 'x'.repeat(1001) } },
      { $text: { $search: 'x '.repeat(51) } },
      { $text: { $search: '\ud800' } },
    ])
      expect(await failure(() => notes.count(filter)), JSON.stringify(filter)).toMatch(/^bad-filter: /)
    const defaults = { $search: 'tea', $language: 'none', $caseSensitive: false, $diacriticSensitive: false }
    expect(await notes.count({ $text: defaults })).toBe(3)
    for (const direction of [2, 'textScore', { $meta: 'indexKey' }, { $meta: 'textScore', x: 1 }])
      expect(await failure(() => notes.find({ $text }, { sort: { score: direction as 1 } }).toArray())).toMatch(/^bad-sort: .*textScore/)
    expect(await failure(() => notes.find({}, { sort: { score: { $meta: 'textScore' } } }).toArray())).toMatch(/^bad-sort: .*\$text/)
  })
})

describe('explain', () => {
  it('says how a query is answered', async () => {
    await notes.createIndex(['year'])
    expect(await notes.explain({ year: 2020 }, { sort: { body: 1 }, limit: 10 })).toEqual({
      found: 'index',
      indexes: [{ fields: ['year'], text: false }],
      order: 'sorted',
      documents: 3,
      inJavaScript: [],
      summary: 'Documents are looked up in the index on year; they are sorted afterwards',
      plan: ['SEARCH records USING INDEX ix/1/docs/["year"] (<expr>=?)', 'USE TEMP B-TREE FOR ORDER BY'],
    })
    expect(await notes.explain({ tags: 'drink' })).toMatchObject({ found: 'scan', hint: expect.stringContaining('createIndex(["tags"])') })
    expect(await failure(() => notes.explain({ year: { $near: 5 } }))).toMatch(/^bad-filter/)
    expect(await failure(() => notes.explain({}, { limit: 0 }))).toMatch(/^bad-limit/)
  })

  it('finds nothing in a namespace that is not here, as other reads do', async () => {
    await using other = await createDocstore({ data: 'memory', network: 'off' })
    const absent = await store.namespaces.open((await other.namespaces.create({ name: 'elsewhere' })).id)
    expect(await absent.explain({ year: 2020 }, { sort: { year: 1 } })).toMatchObject({ documents: 0, indexes: [], order: 'sorted' })
    expect([await absent.count(), await absent.indexes(), await absent.distinct('year')]).toEqual([0, [], []])
  })
})
