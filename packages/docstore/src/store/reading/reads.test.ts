import { afterEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type DocstoreOptions, type Namespace } from '../../index-node.ts'

const stores: Docstore[] = []

async function open(options: DocstoreOptions = {}): Promise<Docstore> {
  const store = await createDocstore({ network: 'off', ...options })
  stores.push(store)
  return store
}

async function create(options: DocstoreOptions = {}): Promise<Namespace> {
  return (await open(options)).namespaces.create({ name: 'notes' })
}

afterEach(async () => {
  for (const store of stores.splice(0).toReversed()) await store.close()
})

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('results', () => {
  it('are of one moment beside a writer in the same process that never waits', async () => {
    const notes = await create()
    const count = 1000
    await notes.putMany(Array.from({ length: count }, (_, n) => ({ _id: `p${n}`, at: n })))
    const over = new AbortController()
    const writing = (async () => {
      for (let at = count; !over.signal.aborted; at++) await notes.put({ _id: `p${(at * 7919) % count}`, at })
    })()
    for (let i = 0; i < 10; i++) {
      const ids = (await notes.find({}, { sort: { at: -1 } }).toArray()).map(({ _id }) => _id)
      expect([ids.length, new Set(ids).size]).toEqual([count, count])
    }
    over.abort()
    await writing
  })

  it('can be sorted by text of any length', async () => {
    const notes = await create()
    const text = (n: number): string => `${'x'.repeat(17_000)}${1000 + n}`
    await notes.putMany(Array.from({ length: 101 }, (_, n) => ({ _id: `${n}`, text: text(n) })))
    const found = await notes.find({}, { sort: { text: -1 } }).toArray()
    expect(found.map((document) => document['text'])).toEqual(Array.from({ length: 101 }, (_, n) => text(100 - n)))
  })

  it('are limited, begun later and reduced to fields', async () => {
    const notes = await create()
    await notes.putMany(Array.from({ length: 20 }, (_, n) => ({ _id: `${100 + n}`, n, odd: n % 2 === 1, deep: [{ a: n, b: 1 }] })))
    const numbers = async (found: AsyncIterable<Readonly<Record<string, unknown>>>): Promise<unknown[]> =>
      (await Array.fromAsync(found)).map(({ n }) => n)
    expect(await numbers(notes.find({}, { skip: 5, limit: 3 }))).toEqual([5, 6, 7])
    expect(await numbers(notes.find({ odd: true }).sort({ n: -1 }).skip(1).limit(2))).toEqual([17, 15])
    expect(await numbers(notes.find({}, { skip: 18 }))).toEqual([18, 19])
    expect(await notes.find({ n: 3 }, { projection: { n: 1, 'deep.a': 1 } }).toArray()).toEqual([{ _id: '103', n: 3, deep: [{ a: 3 }] }])
    expect(await notes.find({ n: 3 }).project({ deep: 0, odd: 0, _id: 0 }).toArray()).toEqual([{ n: 3 }])
    expect(await notes.findOne({ odd: true }, { sort: { n: -1 }, skip: 2, projection: { n: true } })).toEqual({ _id: '115', n: 15 })
    expect(await notes.findOne({ n: 99 })).toBeUndefined()
    expect(await notes.distinct('odd')).toEqual([false, true])
    expect(await notes.distinct('n', { n: { $gte: 18 } })).toEqual([18, 19])
    expect(await notes.countDocuments({ odd: true }, { skip: 3, limit: 5 })).toBe(5)
    expect(await notes.count({ odd: true }, { skip: 8 })).toBe(2)
    expect(await notes.find({}, { skip: 15 }).count()).toBe(5)
  })

  it('are in the order as typed where it is a Map or a list, also of names that look like numbers', async () => {
    const notes = await create()
    await notes.putMany([
      { _id: 'a', region: 1, 2020: 5 },
      { _id: 'b', region: 2, 2020: 1 },
      { _id: 'c', region: 1, 2020: 1 },
    ])
    const ids = async (sort: never): Promise<string[]> => (await notes.find({}, { sort }).toArray()).map(({ _id }) => _id)
    const pairs = [
      ['region', 1],
      ['2020', -1],
    ]
    expect(await ids(pairs as never)).toEqual(['a', 'c', 'b'])
    expect(await ids(new Map(pairs as [string, number][]) as never)).toEqual(['a', 'c', 'b'])
    expect(await ids(new Map([['region', -1]]) as never)).toEqual(['b', 'c', 'a'])
    for (const sort of ['region', ['region'], [['region', 2]], [['region', 1, 1]], new Set(['region']), [pairs[0], pairs[0]]])
      expect(await codeOf(notes.find({}, { sort: sort as never }).toArray()), JSON.stringify(sort)).toBe('bad-sort')
  })

  it('come in pages that may see changes, but no document twice, and every one that did not change', async () => {
    const notes = await create()
    const count = 500
    await notes.putMany(Array.from({ length: count }, (_, n) => ({ _id: `p${1000 + n}`, score: n })))
    const query = notes.find({}, { sort: { score: 1 }, limit: 40 })
    const changed = new Set<string>()
    const seen: string[] = []
    let cursor: string | undefined
    for (let round = 0; ; round++) {
      const page = await query.page(cursor, { withTotal: true })
      seen.push(...page.documents.map(({ _id }) => _id))
      expect(page.total).toBe(count)
      cursor = page.cursor
      if (cursor === undefined) break
      for (let i = 0; i < 10; i++) {
        const n = (round * 131 + i * 37) % count
        changed.add(`p${1000 + n}`)
        await notes.put({ _id: `p${1000 + n}`, score: (n * 17 + round) % (2 * count) })
      }
    }
    expect(new Set(seen).size).toBe(seen.length)
    const unchanged = Array.from({ length: count }, (_, n) => `p${1000 + n}`).filter((id) => !changed.has(id))
    expect(unchanged.filter((id) => !seen.includes(id))).toEqual([])
  })

  it('of a store that closes meanwhile end with an error', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.putMany(Array.from({ length: 300 }, (_, n) => ({ _id: `${n}` })))
    const loop = notes.find()[Symbol.asyncIterator]()
    await loop.next()
    await store.close()
    const rest = async (): Promise<void> => {
      for (let next = await loop.next(); next.done !== true; ) next = await loop.next()
    }
    expect(await codeOf(rest())).toBe('storage-closed')
  })
})

describe('a status', () => {
  it('counts what its root stands for', async () => {
    const { namespaces, replica } = await open()
    const notes = await namespaces.create({ name: 'notes' })
    const roots = new Map<string, number>()
    const over = new AbortController()
    const writing = (async () => {
      for (let n = 0; !over.signal.aborted; n++) await notes.put({ _id: `${n}` })
    })()
    for (let i = 0; i < 50 || roots.size < 2; i++) {
      const { root, documents, have } = await notes.status()
      expect(documents).toBe(have)
      roots.set(root, documents)
      const { collections, ...summary } = await replica.overview(notes.id)
      expect(collections.reduce((sum, { documents: here }) => sum + here, 0)).toBe(summary.documents)
    }
    over.abort()
    await writing
  })
})

describe('what means nothing', () => {
  it('is refused: limits', async () => {
    const notes = await create()
    for (const limit of [0, -3, Number.NaN, null, 2.5, '5', 2 ** 60]) {
      expect(await codeOf(notes.find({}, { limit: limit as never }).toArray()), String(limit)).toBe('bad-limit')
      expect(await codeOf(notes.find({}, { limit: limit as never }).page()), String(limit)).toBe('bad-limit')
      expect(await codeOf(notes.count({}, { limit: limit as never })), String(limit)).toBe('bad-limit')
      expect(await codeOf(notes.watch({}, { limit: limit as never }).next()), String(limit)).toBe('bad-limit')
    }
    await expect(notes.find({}, { limit: 0 }).toArray()).rejects.toThrow('Leave it out for no limit')
    for (const skip of [-1, 1.5, null, 'x']) expect(await codeOf(notes.find({}, { skip: skip as never }).toArray())).toBe('bad-option')
    expect(await codeOf(notes.find({}, { skip: 1 }).page())).toBe('bad-option')
  })

  it('is refused: options, and the error lists those that there are', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes' })
    const odd = { skpi: 1 } as never
    const calls: readonly Promise<unknown>[] = [
      notes.find({}, odd).toArray(),
      notes.find({}, odd)[Symbol.asyncIterator]().next(),
      notes.find({}, { hint: { a: 1 } } as never).page(),
      notes.find({}, 5 as never).toArray(),
      notes.find({}, null as never).toArray(),
      notes.find({}, new Map([['limit', 1]]) as never).toArray(),
      notes.find().page(undefined, odd),
      notes.findOne({}, { limit: 1 } as never),
      notes.count({}, odd),
      notes.countDocuments({}, odd),
      notes.watch({}, odd).next(),
      notes.changes(odd).next(),
      notes.changes({ since: -1 }).next(),
      notes.putMany([], odd),
      notes.sync(odd),
      notes.delivered(odd),
      store.namespaces.create({ name: 'x', wirte: 'anyone' } as never),
      store.subscribe('room', odd).next(),
      createDocstore({ dat: './x' } as never),
    ]
    expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'bad-option'))
    await expect(notes.find({}, odd).toArray()).rejects.toThrow('find has no option "skpi". It knows limit, meta, projection, skip, sort')
  })

  it('is refused: projections and fields', async () => {
    const notes = await create()
    for (const projection of [
      { a: 1, b: 0 },
      { a: 2 },
      { a: '$b' },
      { a: 1, 'a.b': 1 },
      { 'a.b': 1, a: 1 },
      { $a: 1 },
      { '': 1 },
      5,
      ['a'],
      new Map([['a', 1]]),
    ])
      expect(await codeOf(notes.find({}, { projection: projection as never }).toArray()), JSON.stringify(projection)).toBe('bad-projection')
    for (const path of ['', '$a', 5, undefined]) expect(await codeOf(notes.distinct(path as never)), String(path)).toBe('bad-path')
  })
})
