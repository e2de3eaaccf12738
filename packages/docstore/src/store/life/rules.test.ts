import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore } from '../../index-node.ts'

let store: Docstore
beforeEach(async () => {
  store = await createDocstore({ data: 'memory', network: 'off' })
})
afterEach(() => store.close())

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    ({ code, details }: { code?: string; details?: object }) => ({ code, ...details }),
  )

describe('rules', () => {
  it('come with a namespace, are read as they were given, and replaced collection by collection', async () => {
    const orders = { schema: { properties: { total: { minimum: 0.5 } } }, immutable: ['number'], maxBytes: 1000 }
    const shop = await store.namespaces.create({ name: 'shop', collections: { orders, people: { unique: ['email'] } } })
    expect(await shop.rules()).toEqual({ orders, people: { unique: ['email'] } })
    expect(await shop.setRules({ orders: { maxBytes: 10 }, people: null })).toEqual({ orders: { maxBytes: 10 } })
    expect(await shop.rules()).toEqual({ orders: { maxBytes: 10 } })
    expect(await shop.setRules({ orders: null })).toEqual({})
    expect(await (await store.namespaces.create({ name: 'none' })).rules()).toEqual({})
  })

  it('that cannot be are refused with where and why', async () => {
    const create = (collections: object) => failure(store.namespaces.create({ name: 'shop', write: 'anyone', collections: collections as never }))
    expect(await create({ docs: { schema: { properties: { at: { format: 'date' } } } } })).toEqual({
      code: 'bad-rules',
      collection: 'docs',
      pointer: '/properties/at/format',
    })
    for (const rules of [{ unique: ['a'] }, { schema: 'text' }, { schema: { minimum: 'x' } }, { immutable: 'a' }, { colour: 1 }, 'none', []])
      expect(await create({ docs: rules }), JSON.stringify(rules)).toMatchObject({ code: 'bad-rules' })
    expect(await create({ 'no name': { maxBytes: 1 } })).toMatchObject({ code: 'bad-collection' })
    expect(await store.namespaces.list()).toEqual([])
  })

  it('give documents their ids, one by one and in bulk, with the CIDs of what was stored', async () => {
    const shop = await store.namespaces.create({ name: 'shop', write: 'author', collections: { docs: { immutable: ['number'] } } })
    const { _id, cid } = await shop.put({ number: 1, total: 5 })
    expect(await shop.get(_id, { meta: true })).toMatchObject({ document: { _id, number: 1, total: 5 }, cid })
    expect((await shop.put({ total: 6, number: 1 }))._id).toBe(_id)
    await shop.putMany([{ number: 1, total: 7 }, { number: 2 }])
    expect(await shop.count()).toBe(2)
    expect(await shop.get(_id)).toMatchObject({ total: 7 })
    expect(await failure(shop.put({ _id: 'mine', number: 3 }))).toMatchObject({ code: 'immutable-field', fields: ['number'] })
    expect(await failure(shop.update(_id, { $set: { number: 2 } }))).toMatchObject({ code: 'immutable-field' })
  })

  it('show which of them a document breaks, and keep documents that others would lose', async () => {
    const shop = await store.namespaces.create({ name: 'shop' })
    await shop.put({ _id: 'a', total: 'five' })
    const rules = { docs: { schema: { properties: { total: { type: 'number' } } } } }
    expect(await failure(shop.setRules(rules))).toMatchObject({
      code: 'documents-against-rules',
      documents: 1,
      examples: [{ _id: 'a', path: ['total'] }],
    })
    expect(await shop.checkRules(rules)).toMatchObject({ documents: 1, conflicts: 0, examples: [{ collection: 'docs', _id: 'a', rule: 'type' }] })
    expect(await shop.checkRules({ docs: { maxBytes: 1000 } })).toEqual({ documents: 0, conflicts: 0, examples: [] })
    expect(await failure(shop.checkRules({ docs: { maxBytes: -1 } }))).toMatchObject({ code: 'bad-rules' })
    expect(await shop.rules()).toEqual({})
    await shop.setRules(rules, { force: true })
    expect(await shop.get('a')).toBeUndefined()
    expect(await shop.pending()).toMatchObject([{ _id: 'a', document: { total: 'five' }, refused: 'against-rules' }])
  })
})
