import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ready, Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const FIELDS = ['a', 'b', 'c', 'd', 'e']
/** `RUNS=10` for more of what is done at once. */
const RUNS = Number(process.env['RUNS'] ?? 1)

let ready: Ready
const folders = FIELDS.map(() => bench.folder())
const [first = ''] = folders
let orders = ''

/** Five processes set five different fields of one order at once. */
function updateFive(dataOf: (i: number) => string, id: string): Promise<unknown> {
  const changes = (field: string, i: number): string => JSON.stringify({ $set: { [field]: i } })
  return Promise.all(FIELDS.map((field, i) => bench.json(['update', orders, id, changes(field, i), '--data', dataOf(i), '--join', ready.join])))
}

beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
  await bench.json(['join', ready.join, '--data', first])
  orders = await bench.namespace(first, 'orders', '--write', 'anyone')
})
afterAll(() => bench.close())

describe("a document of one's own", () => {
  it('is called by its full id, whichever was given', async () => {
    const guests = await bench.namespace(first, 'guests', '--write', 'author')
    const { _id } = await bench.json(['put', guests, '--id', 'hello', '--offline', '--data', first], '{"n":1}')
    expect(_id).toMatch(/^bafyrei\w+\/hello$/)
    const updated = await bench.json(['update', guests, 'hello', '{"$inc":{"n":1}}', '--offline', '--data', first])
    expect(updated).toMatchObject({ _id })
    expect((await bench.run(['conflicts', guests, 'hello', '--data', first])).stdout).toBe('No version that lost is kept in the collection "docs"\n')
    expect(await bench.json(['delete', guests, 'hello', '--offline', '--data', first])).toEqual({ _id, deleted: true, copies: 0 })
  })
})

describe('a namespace', () => {
  it('is created with types of its collections, and shows them', async () => {
    const typed = await bench.namespace(first, 'typed', '--type', 'docs=log', '--type', 'people=map', '--offline')
    const { _id } = await bench.json(['put', typed, '--offline', '--data', first], '{"n":1}')
    expect(_id).toMatch(/^[0-9A-Z]{11}-[0-9A-Z]{8}-bafyrei\w+$/)
    expect(await bench.json(['namespace', 'show', typed, '--data', first])).toMatchObject({
      collections: [
        { collection: 'docs', documents: 1, type: 'log' },
        { collection: 'people', documents: 0, type: 'map' },
      ],
    })
    expect(await bench.failure(['namespace', 'create', 'other', '--type', 'docs=list', '--data', first])).toMatchObject({ exit: 1, code: 'bad-type' })
  })
})

describe('update', () => {
  it('changes fields, counts up only what nobody has changed, and shows what is known of a document', async () => {
    const { cid } = await bench.json(['put', 'orders', '--data', first], '{"_id":"one","n":1,"customer":{"city":"Oslo"}}')
    const updated = await bench.json([
      'update',
      'orders',
      'one',
      '{"$inc":{"n":1},"$set":{"customer.city":"Lyon"}}',
      '--if',
      String(cid),
      '--data',
      first,
    ])
    expect(updated).toEqual({ _id: 'one', cid: expect.stringMatching(/^baguqeera/), at: expect.stringMatching(/^20.*Z$/), copies: 1 })
    const { person } = await bench.json(['id', '--data', first])
    const document = { _id: 'one', customer: { city: 'Lyon' }, n: 2 }
    expect(await bench.json(['get', 'orders', 'one', '--meta', '--data', first])).toEqual({
      document,
      cid: updated['cid'],
      at: updated['at'],
      by: person,
    })
    for (const late of [
      ['update', 'orders', 'one', '{"$inc":{"n":1}}'],
      ['delete', 'orders', 'one'],
    ])
      expect(await bench.failure([...late, '--if', String(cid), '--data', first])).toMatchObject({ exit: 1, code: 'conflict' })
    expect(await bench.json(['get', 'orders', 'one', '--data', first])).toEqual(document)
  })

  it('and put leave a history, of which one version can be put back', { timeout: 120_000 }, async () => {
    await bench.namespace(first, 'kept', '--history', '7')
    const { cid } = await bench.json(['put', 'kept', '--data', first], '{"_id":"one","n":1}')
    await bench.json(['update', 'kept', 'one', '{"$set":{"n":2}}', '--offline', '--data', first])
    await bench.json(['put', 'kept', '--offline', '--data', first], '{"_id":"one","n":3}')
    const { person: by } = await bench.json(['id', '--data', first])
    const version = (n: number): unknown => ({
      _id: 'one',
      cid: expect.any(String),
      at: expect.stringMatching(/Z$/),
      by,
      document: { _id: 'one', n },
    })
    expect(await bench.json(['history', 'kept', 'one', '--offline', '--data', first])).toEqual([version(2), version(1)])
    expect(await bench.json(['history', 'kept', 'one', '--restore', String(cid), '--data', first])).toMatchObject({ _id: 'one', cid, copies: 1 })
    const [line = ''] = (await bench.run(['find', 'kept', '--meta', '--json', '--data', first])).stdout.split('\n')
    expect(JSON.parse(line)).toMatchObject({ document: { _id: 'one', n: 1 }, cid, by })
    expect(await bench.json(['namespace', 'set', 'kept', 'history', '0', '--data', first])).toMatchObject({ history: 0 })
    expect(await bench.failure(['history', 'kept', 'none', '--data', first])).toMatchObject({ exit: 1, code: 'not-found' })
  })

  it('says what is wrong with it', async () => {
    expect(await bench.failure(['update', 'orders', 'none', '{"$set":{"n":1}}', '--data', first])).toMatchObject({ exit: 1, code: 'not-found' })
    expect(await bench.failure(['update', 'orders', 'one', '{"":{"n":1}}', '--data', first])).toMatchObject({ exit: 2 })
  })
})

describe('five processes that set five fields of one order at once', () => {
  const merged = (id: string): unknown => ({ _id: id, start: true, a: 0, b: 1, c: 2, d: 3, e: 4 })

  it('keep all five on one folder', { timeout: 120_000 * RUNS }, async () => {
    for (let run = 0; run < RUNS; run++) {
      await bench.json(['put', 'orders', '--data', first], `{"_id":"here ${run}","start":true}`)
      await updateFive(() => first, `here ${run}`)
      expect(await bench.json(['get', 'orders', `here ${run}`, '--data', first])).toEqual(merged(`here ${run}`))
    }
  })

  it('keep all five on five folders with a relay, and equal sets', { timeout: 120_000 * RUNS }, async () => {
    for (let run = 0; run < RUNS; run++) {
      await bench.json(['put', 'orders', '--data', first], `{"_id":"there ${run}","start":true}`)
      await updateFive((i) => folders[i] ?? '', `there ${run}`)
      const roots = await Promise.all(folders.map(async (data) => (await bench.json(['sync', orders, '--data', data]))['root']))
      expect(new Set(roots).size).toBe(1)
      expect(await bench.json(['get', orders, `there ${run}`, '--data', folders.at(-1) ?? ''])).toEqual(merged(`there ${run}`))
    }
  })
})

/** All five where it is done more than once: each of them takes ten processes. */
const people = folders.slice(0, RUNS > 1 ? 5 : 2)

describe('people who set one field of one order without having heard of each other', () => {
  it('see the same one win, and all others among the conflicts, everywhere; one settles them for all', { timeout: 120_000 * RUNS }, async () => {
    const conflicts = (id: string): Promise<unknown[]> =>
      Promise.all(people.map((data) => bench.json<unknown>(['conflicts', orders, id, '--data', data])))
    const syncAll = async (those = people): Promise<void> => {
      for (const data of those) await bench.json(['sync', orders, '--data', data, '--join', ready.join])
    }
    for (let run = 0; run < RUNS; run++) {
      const id = `same ${run}`
      await bench.json(['put', 'orders', '--data', first], `{"_id":"${id}","state":"new"}`)
      await syncAll()
      for (const [i, data] of people.entries()) await bench.json(['update', orders, id, `{"$set":{"state":"by ${i}"}}`, '--offline', '--data', data])
      await syncAll()
      await syncAll(people.slice(0, -1))
      const document = { _id: id, state: `by ${people.length - 1}` }
      for (const data of people) expect(await bench.json(['get', orders, id, '--data', data])).toEqual(document)
      const [here, ...others] = await conflicts(id)
      expect(others).toEqual(people.slice(1).map(() => here))
      const lost = people
        .slice(1)
        .map((_, i) => expect.objectContaining({ field: 'state', value: `by ${i}`, document: { _id: id, state: `by ${i}` } }))
      expect(here).toHaveLength(people.length - 1)
      expect(here).toEqual(expect.arrayContaining(lost))
      const seen = (here as readonly { readonly cid: string }[]).flatMap(({ cid }) => ['--seen', cid])
      expect(await bench.json(['resolve', orders, id, ...seen, '--data', first])).toMatchObject({ _id: id, settled: here })
      await syncAll(people.slice(1))
      expect(await conflicts(id)).toEqual(people.map(() => []))
    }
  })
})
