import { describe, expect } from 'vitest'
import { errorCode, errorMessage } from '../../errors.ts'
import { parseFilter } from '../../query/index.ts'
import type { PageEnd, Storage } from '../../storage/storage.ts'
import { seededRandom } from '../random.ts'
import { addNamespace, FAIL, idsOf, put, query } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'
import { fc } from '../fast-check.ts'
import { samples } from '../samples.ts'

const TEXT = { text: true }

const RECIPES = [
  { id: 'cake', fields: { title: 'Chocolate cake', body: 'Melt the chocolate. Bake the cake slowly.', tags: ['sweet', 'slow food'] } },
  {
    id: 'cafe',
    fields: { title: 'Café au lait', body: 'Coffee with milk, hot', tags: ['drink'], steps: [{ say: 'Brew coffee' }, { say: 'Heat milk' }] },
  },
  { id: 'soup', fields: { title: 'HOT SOUP', body: ['Chop onions', 'cake of salt: none'], tags: 'slow' } },
  { id: 'bare', fields: { title: 5, body: null } },
]

/** Finding words. */
export function textContract(open: OpenStorage): void {
  const test = testOn(open)

  async function withRecipes(storage: Storage, paths: readonly string[] = ['title', 'body', 'tags', 'steps.say']): Promise<number> {
    const ns = await addNamespace(storage)
    await storage.commit(
      ns,
      RECIPES.slice(0, 2).map((recipe) => put(recipe)),
    )
    await storage.createIndex(ns, 'cities', paths, TEXT)
    await storage.commit(
      ns,
      RECIPES.slice(2).map((recipe) => put(recipe)),
    )
    return ns
  }

  const search = (text: string, more: object = {}): unknown => ({ $text: { $search: text }, ...more })
  const find = (storage: Storage, ns: number, filter: unknown): Promise<string[]> => idsOf(storage, ns, query(filter, { sort: { _id: 1 } }))
  const failure = async (work: () => unknown): Promise<string> =>
    Promise.resolve()
      .then(work)
      .then(
        () => 'no failure',
        (error: unknown) => `${errorCode(error)}: ${errorMessage(error)}`,
      )

  describe('text', () => {
    const SEARCHES: readonly (readonly [filter: unknown, ids: readonly string[]])[] = [
      [search('cake'), ['cake', 'soup']],
      [search('CAFE'), ['cafe']],
      [search('café'), ['cafe']],
      [search('lait chop'), ['cafe', 'soup']],
      [search('"hot soup"'), ['soup']],
      [search('"soup hot"'), []],
      // One text ends where the next begins: in two fields, and in two elements.
      [search('"au lait coffee"'), []],
      [search('"onions cake"'), []],
      [search('"sweet slow"'), []],
      [search('"slow food"'), ['cake']],
      // With phrases, words only count for the score.
      [search('"hot soup" milk'), ['soup']],
      [search('"milk" "coffee"'), ['cafe']],
      [search('hot -soup'), ['cafe']],
      [search('hot -"hot soup"'), ['cafe']],
      [search('slow -sweet-slow'), ['cake', 'soup']],
      [search('-cake'), []],
      [search(''), []],
      [search('!!! ...'), []],
      [search('sweet\u0000drink'), ['cafe', 'cake']],
      [search('brew'), ['cafe']],
      [search('cake', { _id: 'soup' }), ['soup']],
      [search('cake', { tags: 'sweet' }), ['cake']],
      [search('cake', { title: { $ne: 'HOT SOUP' } }), ['cake']],
      [{ $or: [search('soup'), { title: 5 }, { _id: 'cake' }] }, ['bare', 'cake', 'soup']],
      [{ $and: [{ $or: [search('soup'), { title: 5 }] }, { _id: { $gt: 'c' } }] }, ['soup']],
    ]

    for (const indexed of [false, true]) {
      test(`finds words and phrases, ${indexed ? 'beside' : 'without'} other indexes`, async ({ storage }) => {
        const ns = await withRecipes(storage)
        if (indexed) for (const path of ['title', 'tags', 'body']) await storage.createIndex(ns, 'cities', [path])
        for (const [filter, ids] of SEARCHES) {
          expect(await find(storage, ns, filter), JSON.stringify(filter)).toEqual(ids)
          expect(await storage.count(ns, 'cities', parseFilter(filter)), JSON.stringify(filter)).toBe(ids.length)
        }
      })
    }

    test('takes everything that can be typed for words, never for syntax', async ({ storage }) => {
      const ns = await withRecipes(storage)
      const piece = fc.constantFrom(
        'cake',
        '"',
        '""',
        '*',
        '(',
        ')',
        ' AND ',
        ' NOT ',
        ' OR ',
        ' NEAR(',
        '^',
        ':',
        'words:',
        '-',
        '+',
        '\\',
        '\u0000',
        "'",
        ';',
        '{',
        ' ',
        '🙂',
      )
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
          await storage.count(ns, 'cities', parseFilter(search(pieces.join(''))))
        }),
        { numRuns: samples(100, 300) },
      )
      expect(await find(storage, ns, search('words : cake*'))).toEqual(['cake', 'soup'])
      expect(await find(storage, ns, search('cak*'))).toEqual([])
      expect(await find(storage, ns, search('NOT'))).toEqual([])
    })

    test('gives the best answers first, page by page, whatever else is written meanwhile', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const score = { score: { $meta: 'textScore' } }
      const long = 'and so on '.repeat(100)
      await storage.commit(ns, [
        put({ id: 'b once', fields: { text: 'tea' } }),
        put({ id: 'a once', fields: { text: 'Téa' } }),
        put({ id: 'long', fields: { text: `tea ${long}` } }),
        put({ id: 'both', fields: { text: ['milk', 'tea'] } }),
        put({ id: 'often', fields: { text: 'tea tea tea' } }),
      ])
      await storage.createIndex(ns, 'cities', ['text'], TEXT)
      const filter = search('tea milk')
      const best = ['both', 'often', 'a once', 'b once', 'long']
      expect(await idsOf(storage, ns, query(filter, { sort: score }))).toEqual(best)
      expect(await idsOf(storage, ns, query(search('tea milk', { _id: { $gt: 'b' } }), { sort: { ...score, _id: -1 }, limit: 3 }))).toEqual([
        'both',
        'often',
        'b once',
      ])
      const paged: string[] = []
      let after: PageEnd | undefined
      do {
        const wanted = query(filter, { sort: score, limit: 1, after })
        paged.push(...(await idsOf(storage, ns, wanted)))
        after = (await storage.find(ns, 'cities', wanted)).end
        // Makes `milk` common, and texts long: the scores of the others stay what they were.
        await storage.commit(ns, [put({ id: `other ${paged.length}`, fields: { text: 'milk', long } })])
      } while (after !== undefined && paged.length < 20)
      expect(paged.filter((id) => !id.startsWith('other'))).toEqual(best)
    })

    test('sorts by score only where every result answers a $text', async ({ storage }) => {
      const ns = await withRecipes(storage)
      for (const filter of [{}, { title: 'x' }, { $or: [search('cake'), { title: 5 }] }])
        expect(await failure(() => storage.find(ns, 'cities', query(filter, { sort: { s: { $meta: 'textScore' } } })))).toMatch(/^bad-sort: .*\$text/)
    })

    test('says how to make a text index where there is none', async ({ storage }) => {
      const ns = await withRecipes(storage)
      await storage.createIndex(ns, 'people', ['name'])
      for (const work of [() => storage.find(ns, 'people', query(search('x'))), () => storage.count(ns, 'people', parseFilter(search('x')))])
        expect(await failure(work)).toMatch(/^bad-filter: .*\{ text: true \}/)
    })

    test('has one index per collection, which is listed, kept and dropped', async ({ storage, reopen }) => {
      const ns = await withRecipes(storage, ['title'])
      await storage.createIndex(ns, 'cities', ['title'], TEXT)
      await storage.createIndex(ns, 'cities', ['title'])
      expect(await failure(() => storage.createIndex(ns, 'cities', ['title', 'body'], TEXT))).toMatch(/^bad-index: .*\["title"\]/)
      for (const paths of [[], [''], ['a..b']]) expect(await failure(() => storage.createIndex(ns, 'people', paths, TEXT))).toMatch(/^bad-index/)
      let again = await reopen()
      expect(await again.indexes(ns, 'cities')).toEqual([
        { fields: ['title'], text: false },
        { fields: ['title'], text: true },
      ])
      expect(await find(again, ns, search('soup'))).toEqual(['soup'])
      expect(await again.dropIndex(ns, 'cities', ['body'], TEXT)).toBe(false)
      expect(await again.dropIndex(ns, 'cities', ['title'], TEXT)).toBe(true)
      expect(await again.dropIndex(ns, 'cities', ['title'], TEXT)).toBe(false)
      expect(await again.dropIndex(ns, 'cities', ['title'])).toBe(true)
      expect(await again.indexes(ns, 'cities')).toEqual([])
      await again.createIndex(ns, 'cities', ['body'], TEXT)
      again = await reopen()
      expect(await find(again, ns, search('soup milk'))).toEqual(['cafe'])
    })

    test('are limited, per namespace', async ({ storage }) => {
      const ns = await addNamespace(storage)
      for (let i = 0; i < 16; i++) await storage.createIndex(ns, `c${i}`, ['a'], TEXT)
      expect(await failure(() => storage.createIndex(ns, 'more', ['a'], TEXT))).toMatch(/^too-many-indexes/)
      expect(await storage.dropIndex(ns, 'c0', ['a'], TEXT)).toBe(true)
      await storage.createIndex(ns, 'more', ['a'], TEXT)
    })

    test('stays true through changes, failed commits, failed indexes and reopening', async (opened) => {
      let { storage } = opened
      const random = seededRandom(41)
      const ns = await addNamespace(storage)
      const other = await addNamespace(storage, 'other')
      const words = ['ant', 'bee', 'cow', 'dog', 'eel']
      const documents = new Map<string, string[]>()
      await storage.createIndex(ns, 'cities', ['text', 'list'], TEXT)
      for (let at = 1; at <= 120; at++) {
        const changes = Array.from({ length: random.pick([1, 1, 5, 30]) }, () => {
          const texts = random.chance(0.25) ? null : [random.pick(words), `${random.pick(words)} ${random.pick(words)}`]
          const id = `${random.below(60)}`
          // Often another version with the same texts, or a tombstone after several of them.
          return { id, texts: random.chance(0.4) && documents.has(id) ? (documents.get(id) ?? null) : texts }
        })
        const entries = changes.map(({ id, texts }) => put({ id, at, fields: texts && { text: texts[0], list: [texts[1], at, ['fox']] } }))
        if (random.chance(0.2)) await expect(async () => storage.commit(ns, [...entries, FAIL])).rejects.toThrow('planned')
        else {
          await storage.commit(ns, entries)
          for (const { id, texts } of changes)
            if (texts === null) documents.delete(id)
            else documents.set(id, texts)
        }
        await storage.commit(other, entries)
        if (random.chance(0.1)) storage = await opened.reopen()
        if (random.chance(0.1)) {
          await storage.dropIndex(ns, 'cities', ['text', 'list'], TEXT)
          await storage.createIndex(ns, 'cities', ['text', 'list'], TEXT)
        }
        const [a, b, c] = [random.pick(words), random.pick(words), random.pick(words)]
        const has =
          (word: string) =>
          (texts: readonly string[]): boolean =>
            texts.some((text) => text.split(' ').includes(word))
        const idsWhere = (is: (texts: readonly string[]) => boolean): string[] =>
          [...documents]
            .filter(([, texts]) => is(texts))
            .map(([id]) => id)
            .sort()
        expect(await find(storage, ns, search(`${a} ${b}`)), `step ${at}`).toEqual(idsWhere((texts) => has(a)(texts) || has(b)(texts)))
        expect(await find(storage, ns, search(`${a} -${c}`)), `step ${at}`).toEqual(idsWhere((texts) => has(a)(texts) && !has(c)(texts)))
        expect(await find(storage, ns, search(`"${a} ${b}"`)), `step ${at}`).toEqual(idsWhere((texts) => texts.includes(`${a} ${b}`)))
      }
    })
  })
}
