import { afterEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type DocstoreOptions } from '../index-node.ts'

const stores: Docstore[] = []

async function open(options: DocstoreOptions = {}): Promise<Docstore> {
  const store = await createDocstore({ network: 'off', ...options })
  stores.push(store)
  return store
}

afterEach(async () => {
  for (const store of stores.splice(0).toReversed()) await store.close()
})

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('documents', () => {
  it('gives back what was put, under the id that it returned', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    const { _id, cid, at } = await notes.put({ title: 'Hello', tags: ['a'], nested: { n: 1.5, none: null } })
    expect(await notes.get(_id)).toEqual({ _id, title: 'Hello', tags: ['a'], nested: { n: 1.5, none: null } })
    expect(cid).toMatch(/^baguqeera/)
    expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(10_000)
  })

  it('replaces a document of the same id, and leaves equal content alone', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    const first = await notes.put({ _id: 'a', n: 1 })
    const same = await notes.put({ n: 1, _id: 'a' })
    expect(same).toEqual(first)
    const { root } = await notes.status()
    await notes.put({ _id: 'a', n: 2 })
    expect(await notes.get('a')).toEqual({ _id: 'a', n: 2 })
    expect(await notes.count()).toBe(1)
    expect((await notes.status()).root).not.toBe(root)
  })

  it('deletes, tells whether there was anything, and can write the id again', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'a', n: 1 })
    expect(await notes.delete('a')).toBe(true)
    expect(await notes.delete('a')).toBe(false)
    expect(await notes.get('a')).toBeUndefined()
    expect(await notes.count()).toBe(0)
    await notes.put({ _id: 'a', n: 2 })
    expect(await notes.get('a')).toEqual({ _id: 'a', n: 2 })
  })

  it('keeps collections and namespaces apart', async () => {
    const store = await open()
    const one = await store.namespaces.create({ name: 'one' })
    const two = await store.namespaces.create({ name: 'two' })
    await one.put({ _id: 'a', from: 'one' })
    await one.collection('posts').put({ _id: 'a', from: 'posts' })
    await two.put({ _id: 'a', from: 'two' })
    expect(await one.find().toArray()).toEqual([{ _id: 'a', from: 'one' }])
    expect(await one.collection('posts').get('a')).toEqual({ _id: 'a', from: 'posts' })
    expect(await two.get('a')).toEqual({ _id: 'a', from: 'two' })
  })

  it('begins ids with the author in a namespace where anyone writes their own documents', async () => {
    const store = await open()
    const posts = await store.namespaces.create({ name: 'posts', write: 'author' })
    const { _id } = await posts.put({ _id: 'first', text: 'hi' })
    expect(_id).toBe(`${store.info.person}/first`)
    expect(await posts.get(_id)).toEqual({ _id, text: 'hi' })
    expect(await codeOf(posts.put({ _id: `z6Mk${'a'.repeat(44)}/x` }))).toBe('not-allowed')
  })

  it('refuses what is no document, with a code, and changes nothing', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    const { root } = await notes.status()
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const bad: readonly (readonly [unknown, string])[] = [
      ['text', 'bad-document'],
      [[1], 'bad-document'],
      [null, 'bad-document'],
      [{ n: Number.NaN }, 'bad-document'],
      [{ f: () => 1 }, 'bad-document'],
      [{ b: 1n }, 'bad-document'],
      [cyclic, 'bad-document'],
      [{ '/': 1 }, 'bad-document'],
      [{ s: '\ud800' }, 'bad-document'],
      [{ _id: 7 }, 'bad-id'],
      [{ _id: '' }, 'bad-id'],
      [{ _id: 'x'.repeat(600) }, 'bad-id'],
      [{ _id: 'a\0b' }, 'bad-id'],
      [{ body: 'x'.repeat(130_000) }, 'document-too-large'],
    ]
    for (const [document, code] of bad) expect(await codeOf(notes.put(document as never)), JSON.stringify(code)).toBe(code)
    expect(await codeOf(notes.putMany([{ ok: 1 }, 'no' as never]))).toBe('bad-document')
    expect((await notes.status()).root).toBe(root)
  })

  it('names what is wrong with a query, a collection, an id of a namespace', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes' })
    expect(await codeOf(notes.find({ a: { $near: 1 } }).toArray())).toBe('bad-filter')
    expect(await codeOf(notes.find({}, { sort: { a: 2 as 1 } }).toArray())).toBe('bad-sort')
    expect(await codeOf(notes.find().page('nonsense'))).toBe('bad-cursor')
    expect(await codeOf(notes.collection('a/b').put({}))).toBe('bad-collection')
    expect(await codeOf(store.namespaces.open('nonsense'))).toBe('bad-namespace-id')
    expect(await codeOf(store.namespaces.create({ name: '' }))).toBe('bad-name')
    expect(await codeOf(store.namespaces.create({ name: 'x', write: 'everyone' as 'anyone' }))).toBe('unsupported-policy')
    expect(await codeOf(notes.grant(store.info.identity, 'write'))).toBe('unsupported-policy')
    expect(await codeOf(notes.grant('ada', 'write'))).toBe('bad-identity')
  })

  it('finds what each author wrote by the id that they gave, and by the full one', async () => {
    const store = await open()
    const posts = await store.namespaces.create({ name: 'posts', write: 'author' })
    const { _id } = await posts.put({ _id: 'hello', n: 1 })
    expect(await posts.get('hello')).toEqual({ _id, n: 1 })
    expect(await posts.get(_id)).toEqual({ _id, n: 1 })
    expect(await (await store.namespaces.open(posts.id)).get('hello')).toEqual({ _id, n: 1 })
    await posts.put({ _id: 'hello', n: 2 })
    expect(await posts.find().toArray()).toEqual([{ _id, n: 2 }])
    expect(await posts.delete('hello')).toBe(true)
    expect(await posts.delete('hello')).toBe(false)
    expect(await posts.get(_id)).toBeUndefined()
    expect(await codeOf(posts.delete(`z6Mk${'a'.repeat(44)}/hello`))).toBe('not-allowed')
  })

  it('says that a message that is no text is none, and which events there are', async () => {
    const store = await open()
    expect(await codeOf(store.publish('room', { a: 1 } as never))).toBe('bad-message')
    expect(() => store.on('nope' as never, () => undefined)).toThrow('There are peer, sync, directory, clock, owner')
  })

  it('says that an id that is no text is none', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    expect(await codeOf(notes.get(undefined as never))).toBe('bad-id')
    expect(await codeOf(notes.delete(7 as never))).toBe('bad-id')
  })

  it('reads a namespace that is not here as empty, and keeps what is written to it', async () => {
    const other = await open()
    const { id } = await other.namespaces.create({ name: 'elsewhere' })
    const notes = await (await open()).namespaces.open(id)
    expect(await notes.find().toArray()).toEqual([])
    expect(await notes.count()).toBe(0)
    expect(await notes.info()).toBeUndefined()
    expect(await notes.put({ _id: 'a' })).toMatchObject({ _id: 'a', pending: true })
    expect(await notes.putMany([{ _id: 'b' }, { _id: 'c' }])).toEqual({ read: 2, written: 0, unchanged: 0, pending: 2 })
    expect(await notes.find().toArray()).toEqual([])
    expect((await notes.status()).pending).toEqual({ waiting: 3, refused: 0 })
  })
})

describe('queries', () => {
  it('filters, sorts, limits and pages the same with and without an index', async () => {
    const places = await (await open()).namespaces.create({ name: 'places' })
    await places.putMany(
      Array.from({ length: 500 }, (_, i) => ({ _id: `p${String(i).padStart(3, '0')}`, country: i % 3 === 0 ? 'FR' : 'DE', n: i % 50 })),
    )
    const find = async (): Promise<unknown[]> => places.find({ country: 'FR', n: { $gte: 10 } }, { sort: { n: -1 }, limit: 40 }).toArray()
    const before = await find()
    expect(before).toHaveLength(40)
    await places.createIndex(['country', 'n'])
    await places.createIndex(['country', 'n'])
    expect(await find()).toEqual(before)
    const pages: unknown[] = []
    const query = places.find({ country: 'FR' }, { sort: { n: 1 }, limit: 30 })
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await query.page(cursor)
      pages.push(...page.documents)
      cursor = page.cursor
      more = cursor !== undefined
    }
    expect(pages).toEqual(await places.find({ country: 'FR' }, { sort: { n: 1 } }).toArray())
    expect(pages).toHaveLength(167)
    expect(await places.count({ country: 'FR' })).toBe(167)
  })

  it('streams more than one page in the order of ids', async () => {
    const many = await (await open()).namespaces.create({ name: 'many' })
    const progress: number[] = []
    const result = await many.putMany(
      Array.from({ length: 5000 }, (_, i) => ({ _id: String(i).padStart(5, '0') })),
      { onProgress: ({ written }) => progress.push(written) },
    )
    expect(result).toEqual({ read: 5000, written: 5000, unchanged: 0 })
    expect(progress.at(-1)).toBe(5000)
    const ids: string[] = []
    for await (const { _id } of many.find()) ids.push(_id)
    expect(ids).toHaveLength(5000)
    expect(ids).toEqual(ids.toSorted())
    expect(await many.putMany([{ _id: '00000' }, { _id: 'new' }])).toEqual({ read: 2, written: 1, unchanged: 1 })
  })
})

describe('watching', () => {
  it('ends when the store closes, waiting or not', { timeout: 10_000 }, async () => {
    const store = await open({ network: 'on' })
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.put({ n: 1 })
    const counts = [0, 0, 0]
    const read = async (values: AsyncIterable<unknown>, i: number): Promise<void> => {
      for await (const _ of values) counts[i] = (counts[i] ?? 0) + 1
    }
    const ended = Promise.all([read(notes.watch(), 0), read(notes.changes({ since: 0 }), 1), read(store.subscribe('room'), 2)])
    await expect.poll(() => counts).toEqual([1, 1, 0])
    await store.close()
    await ended
    expect(counts).toEqual([1, 1, 0])
  })

  it('shows the results now and after each change that matters', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'a', tag: 'x' })
    const seen: string[][] = []
    const steps = [() => notes.put({ _id: 'b', tag: 'x' }), () => notes.delete('a')]
    for await (const { documents, synced } of notes.watch({ tag: 'x' })) {
      expect(synced).toBe(false)
      seen.push(documents.map(({ _id }) => _id))
      const step = steps.shift()
      if (step === undefined) break
      await step()
    }
    expect(seen).toEqual([['a'], ['a', 'b'], ['b']])
  })

  it('tells every change once, in order, with who made it', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'a', n: 1 })
    const seen: unknown[] = []
    const ended = new AbortController()
    const reading = (async () => {
      for await (const { type, _id, document, from } of notes.changes({ since: 0, signal: ended.signal })) {
        seen.push({ type, _id, document })
        expect(from).toBe(store.me)
        if (seen.length === 1) await notes.put({ _id: 'b', n: 1 })
        if (seen.length === 2) await notes.delete('b')
        if (seen.length === 3) ended.abort()
      }
    })()
    await reading
    expect(seen).toEqual([
      { type: 'put', _id: 'a', document: { _id: 'a', n: 1 } },
      { type: 'put', _id: 'b', document: { _id: 'b', n: 1 } },
      { type: 'delete', _id: 'b', document: undefined },
    ])
  })
})
