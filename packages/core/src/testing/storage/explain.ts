import { describe, expect } from 'vitest'
import { loadRegexEngine } from '../../query/index.ts'
import { addNamespace, put, query } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'

/** What is said of how a query is answered. */
export function explainContract(open: OpenStorage, engine: 'sqlite' | 'postgres'): void {
  const test = testOn(open)
  const SCORE = { score: { $meta: 'textScore' } }
  const word = { $text: { $search: 'word5' } }

  interface Case {
    readonly filter: unknown
    readonly sort?: unknown
    readonly found: string
    readonly order: string
    readonly indexes?: readonly string[]
    /** Conditions that JavaScript decides. */
    readonly js?: readonly string[]
    readonly hint?: RegExp | undefined
  }

  /** What PostgreSQL does in another way: it has an index of each field, and puts in order of _id by itself. */
  const ALL: readonly (Case & { readonly postgres?: Partial<Case> })[] = [
    { filter: {}, found: 'scan', order: '_id' },
    { filter: {}, sort: { a: 1 }, found: 'scan', order: 'index', indexes: ['a'] },
    { filter: {}, sort: { z: -1 }, found: 'scan', order: 'sorted', hint: /createIndex\(\["z"\]\)/ },
    { filter: { _id: '5' }, found: '_id', order: '_id' },
    { filter: { _id: { $gt: '5' } }, found: '_id', order: '_id' },
    { filter: { a: 5 }, found: 'index', order: 'index', indexes: ['a'], postgres: { order: '_id' } },
    { filter: { a: 5 }, sort: { z: 1 }, found: 'index', order: 'sorted', indexes: ['a'] },
    { filter: { a: { $gt: 3 } }, sort: { a: -1 }, found: 'index', order: 'index', indexes: ['a'] },
    { filter: { t: /^word/ }, found: 'scan', order: '_id', js: ['t: $regex'], hint: /createIndex\(\["t"\]\)/ },
    { filter: { t: /word/ }, found: 'scan', order: '_id', js: ['t: $regex'], hint: /\$text/ },
    { filter: { tags: 'x' }, found: 'index', order: 'sorted', indexes: ['tags'], postgres: { order: '_id' } },
    { filter: { tags: { $size: 2 } }, found: 'scan', order: '_id', js: ['tags: $size'], hint: /No index/ },
    { filter: { $or: [{ a: 5 }, { tags: '5' }] }, found: 'index', order: 'sorted', indexes: ['a', 'tags'], postgres: { order: '_id' } },
    { filter: word, sort: SCORE, found: 'text', order: 'sorted', indexes: ['text t'], js: ['textScore'] },
    { filter: { ...word, a: 5 }, found: 'text', order: 'index', indexes: ['a', 'text t'], postgres: { order: '_id' } },
    { filter: { z: 5, y: { $gt: 3 } }, found: 'scan', order: '_id', js: ['z: equality', 'y: a comparison'], hint: /createIndex\(\["z","y"\]\)/ },
    { filter: { z: 5 }, sort: { y: 1 }, found: 'scan', order: 'sorted', js: ['z: equality'], hint: /createIndex\(\["z","y"\]\)/ },
    { filter: { $or: [{ z: 5 }, { a: 5 }] }, found: 'scan', order: '_id', js: ['z: equality'], hint: /createIndex\(\["z"\]\)/ },
    { filter: { z: { $ne: 5 } }, found: 'scan', order: '_id', js: ['z: equality'], hint: /No index/ },
    {
      filter: { c: 5 },
      found: 'scan',
      order: 'sorted',
      hint: /createIndex\(\["c"\]\)/,
      postgres: { found: 'index', order: '_id', indexes: ['b,c'], hint: undefined },
    },
  ]
  const CASES = ALL.map(({ postgres, ...one }) => (engine === 'postgres' ? { ...one, ...postgres } : one))

  describe('explain', () => {
    test('says how documents are found and put in order, and what would help', async ({ storage }) => {
      await loadRegexEngine()
      const ns = await addNamespace(storage)
      await storage.commit(
        ns,
        Array.from({ length: 50 }, (_, i) => put({ id: `${i}`, fields: { a: i, tags: ['x', `${i}`], t: `word${i}`, b: 1, c: i } })),
      )
      for (const paths of [['a'], ['tags'], ['b', 'c']]) await storage.createIndex(ns, 'cities', paths)
      await storage.createIndex(ns, 'cities', ['t'], { text: true })
      for (const { filter, sort, found, order, indexes = [], js = [], hint } of CASES) {
        const explanation = await storage.explain(ns, 'cities', query(filter, { sort }))
        const what = JSON.stringify([filter, sort, explanation])
        expect(explanation, what).toMatchObject({ found, order, documents: 50 })
        expect(
          explanation.indexes.map(({ fields, text }) => `${text ? 'text ' : ''}${fields.join()}`),
          what,
        ).toEqual(indexes)
        expect(
          explanation.inJavaScript.map((one) => one.split(',')[0]),
          what,
        ).toEqual(engine === 'postgres' ? expect.arrayContaining([...js]) : js)
        if (hint === undefined) expect(explanation.hint, what).toBeUndefined()
        else expect(explanation.hint, what).toMatch(hint)
        expect(explanation.plan.length, what).toBeGreaterThan(0)
        expect(explanation.summary, what).toMatch(/^(Documents are looked up|Every document .*\(50\))/)
      }
    })

    test('gives a hint that is true: with that index, documents are looked up', async ({ storage }) => {
      await loadRegexEngine()
      const ns = await addNamespace(storage)
      await storage.commit(ns, [put({ fields: { z: 1, y: 2 } })])
      for (const { filter, sort } of CASES.filter(({ hint }) => hint?.source.startsWith('createIndex'))) {
        const fields = (await storage.explain(ns, 'cities', query(filter, { sort }))).hint?.match(/\["[^\]]*\]/g) ?? []
        for (const one of fields) await storage.createIndex(ns, 'cities', JSON.parse(one) as string[])
        const explanation = await storage.explain(ns, 'cities', query(filter, { sort }))
        expect(explanation.hint, JSON.stringify([filter, sort])).toBeUndefined()
        expect([explanation.found, explanation.order], JSON.stringify([filter, sort])).toContain('index')
        for (const one of fields) await storage.dropIndex(ns, 'cities', JSON.parse(one) as string[])
      }
    })
  })
}
