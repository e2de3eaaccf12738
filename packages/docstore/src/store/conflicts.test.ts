import { openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDocstore, type Conflict, type Docstore, type Document, type Namespace } from '../index-node.ts'
import { handNamespace } from '../testing/hand-over.ts'

let store: Docstore
let orders: Namespace
let others: Replica[]

/** Somebody else with the same namespace, whose clock is behind: what is written here wins. */
async function other(): Promise<Replica> {
  const { network } = await store.replica.info()
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.descriptor, aside: false, now: () => Date.now() - 1000 })
  others.push(replica)
  await handNamespace(store.replica, replica, orders.id)
  return replica
}

async function send(from: Replica, to: Replica): Promise<void> {
  const { batch } = await from.batchSince(orders.id, 0, { maxBytes: 1_000_000 })
  if (batch !== undefined) await to.accept(orders.id, batch)
}

const write = (replica: Replica, content: string | null, collection = 'docs'): ReturnType<Replica['write']> =>
  replica.write(orders.id, collection, [{ id: 'x', content }])

async function told(collection = 'docs'): Promise<Conflict<Document>[]> {
  const conflicts: Conflict<Document>[] = []
  for await (const conflict of orders.collection(collection).conflicts({ id: 'x' })) conflicts.push(conflict)
  return conflicts
}

beforeEach(async () => {
  others = []
  store = await createDocstore({ network: 'off' })
  orders = await store.namespaces.create({ name: 'orders', write: 'anyone', types: { people: 'map' } })
})
afterEach(async () => {
  await store.close()
  for (const replica of others) await replica.close()
})

describe('conflicts that somebody looked at', () => {
  /** One version that lost is here, and told; another one comes after that. */
  async function lateArrival(late: (replica: Replica) => Promise<unknown>): Promise<readonly Conflict<Document>[]> {
    const [first, second] = [await other(), await other()]
    await write(first, '{"_id":"x","n":1}')
    await late(second)
    await orders.put({ _id: 'x', n: 3 })
    await send(first, store.replica)
    const seen = await told()
    expect(seen.map(({ document }) => document)).toEqual([{ _id: 'x', n: 1 }])
    await send(second, store.replica)
    return seen
  }

  it('are settled, and no others: what arrived since stays to be told, whichever way they are named', async () => {
    for (const name of ['given', 'by CID']) {
      const seen = await lateArrival((second) => write(second, '{"_id":"x","n":2}'))
      await orders.resolve('x', { keep: 'winner', seen: name === 'given' ? seen : seen.map(({ cid }) => cid) })
      expect((await told()).map(({ document }) => document)).toEqual([{ _id: 'x', n: 2 }])
      await orders.resolve('x', { keep: 'winner' })
      expect(await told()).toEqual([])
      expect(await orders.get('x')).toEqual({ _id: 'x', n: 3 })
      await orders.delete('x')
    }
  })

  it('are settled by one of them, or by a document, and what arrived since stays', async () => {
    const [seen] = await lateArrival((second) => write(second, '{"_id":"x","n":2}'))
    if (seen === undefined) throw new Error('no conflict')
    await orders.resolve('x', { keep: seen.cid, seen: [seen] })
    expect(await orders.get('x')).toEqual({ _id: 'x', n: 1 })
    const [late] = await told()
    expect(late).toMatchObject({ document: { n: 2 } })
    await orders.resolve('x', { keep: { n: 9 }, seen: [] })
    expect(await told()).toMatchObject([{ document: { n: 2 } }])
    await orders.resolve('x', { keep: { n: 10 }, seen: await told() })
    expect(await told()).toEqual([])
  })

  it('are not settled where the document has changed since, or they are not there any more', async () => {
    const seen = await lateArrival(async () => undefined)
    const third = await other()
    await send(store.replica, third)
    await write(third, '{"_id":"x","n":4}')
    await send(third, store.replica)
    await expect(orders.resolve('x', { keep: 'winner', seen })).rejects.toMatchObject({ code: 'conflict' })
    await orders.resolve('x', { keep: 'winner', seen: await told() })
    await expect(orders.resolve('x', { keep: 'winner', seen })).rejects.toMatchObject({ code: 'not-found' })
    await expect(orders.resolve('x', { keep: 'winner', seen: ['none'] })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('can be a delete, which is made after all; changes of a deleted document that nobody saw stay conflicts of that', async () => {
    const [deleter, changer] = [await other(), await other()]
    await orders.put({ _id: 'x', n: 1 })
    await send(store.replica, deleter)
    await send(store.replica, changer)
    await write(deleter, null)
    await orders.put({ _id: 'x', n: 2 })
    await orders.put({ _id: 'x', n: 3 })
    await send(deleter, store.replica)
    const seen = await told()
    expect(seen).toMatchObject([{ document: null, cid: null }])
    await changer.update(orders.id, 'docs', { id: 'x', changes: { $set: { m: 1 } } })
    await orders.resolve('x', { keep: null, seen })
    expect(await orders.get('x')).toBeUndefined()
    expect(await told()).toEqual([])
    await send(changer, store.replica)
    const hidden = await told()
    expect(hidden).toMatchObject([{ field: 'm', value: 1, cid: null }])
    await orders.resolve('x', { keep: 'winner', seen: hidden })
    expect(await told()).toEqual([])
  })

  it('are settled in a map too, where a whole version lost', async () => {
    const people = orders.collection('people')
    const deleter = await other()
    await people.put({ _id: 'x', n: 1 })
    await send(store.replica, deleter)
    await write(deleter, null, 'people')
    await people.delete('x')
    await people.put({ _id: 'x', n: 2 })
    await send(deleter, store.replica)
    const seen = await told('people')
    expect(seen).toMatchObject([{ cid: null, document: null, won: { document: { n: 2 } } }])
    await people.resolve('x', { keep: 'winner', seen })
    expect(await told('people')).toEqual([])
    expect(await people.get('x')).toEqual({ _id: 'x', n: 2 })
  })
})
