import { afterEach, beforeEach, expect, it } from 'vitest'
import { DocstoreError } from '../../errors.ts'
import { decodeBatch } from '../../model/batch.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import { Ledger } from '../../sync/ledger.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { CommitEvent } from '../types.ts'

const network = createNetwork('parts')

let storage: Storage
let store: LocalReplica
let sender: LocalReplica
let ns: string
beforeEach(async () => {
  storage = openNodeStorage(':memory:')
  store = await openReplica(storage, { network: network.bytes, aside: false })
  sender = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })
  ns = (await sender.createNamespace({ name: 'notes', write: 'anyone' })).id
  const namespace = await sender.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await store.importNamespace(namespace.genesis, namespace.head, namespace.signature)
})
afterEach(async () => {
  await Promise.all([store.close(), sender.close()])
})

async function batchOf(count: number): Promise<Uint8Array> {
  const writes = Array.from({ length: count }, (_, i) => ({ id: `s${i}`, content: `{"_id":"s${i}"}` }))
  await sender.write(ns, 'docs', writes)
  const { batch } = await sender.batchSince(ns, 0, { maxBytes: 1_000_000 })
  if (batch === undefined) throw new Error('no batch')
  return batch
}

/** Finds no room for more than so many records that arrive at once; `between` runs after each part. Gives the sizes that were tried. */
function fitAtMost(most: number, between: (part: number) => Promise<unknown> = async () => undefined): readonly number[] {
  const tried: number[] = []
  const commit = storage.commit.bind(storage)
  storage.commit = (number, entries, seals) => {
    if (seals?.seals !== undefined) throw new DocstoreError('disk-full', 'planned')
    return commit(number, entries, seals)
  }
  storage.commitShrinking = async (number, entries, options) => {
    tried.push(entries.length)
    if (entries.length > most) throw new DocstoreError('disk-full', 'planned')
    const outcomes = await commit(number, entries, options)
    await between(tried.length)
    return outcomes
  }
  return tried
}

it("what others write between the parts of a batch does not count as its sender's", async () => {
  const batch = await batchOf(8)
  const events: CommitEvent[] = []
  store.onCommit((event) => events.push(event))
  fitAtMost(2, (part) => store.write(ns, 'mine', [{ id: `own${part}`, content: `{"_id":"own${part}"}` }]))
  const ledger = new Ledger()
  const accepted = await ledger.accept(store, ns, batch)
  expect(accepted).toMatchObject({
    results: Array.from({ length: 8 }, () => 'stored'),
    ranges: [
      [0, 2],
      [3, 5],
      [6, 8],
      [9, 11],
    ],
  })
  const { batch: back } = await ledger.batchSince(store, ns, 0)
  const decoded = back && decodeBatch(back)
  expect(decoded?.ok === true && decoded.value.records.map(({ key }) => key)).toEqual(['mine/own3', 'mine/own4', 'mine/own5', 'mine/own6'])
  // Every position is told of once.
  const told = events.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i + 1))
  expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  expect(new Set(events.filter(({ to }) => to % 3 === 0).flatMap(({ collections }) => collections))).toEqual(new Set(['mine']))
})

it('a batch of which nothing fits costs a bounded number of transactions', async () => {
  const batch = await batchOf(1000)
  const tried = fitAtMost(0)
  const accepted = await store.accept(ns, batch)
  expect(new Set('refused' in accepted ? [accepted.refused] : accepted.results)).toEqual(new Set(['quota']))
  expect(tried.length).toBeLessThanOrEqual(24)
})

it('a batch whose log fits in parts only is stored whole', async () => {
  const batch = await batchOf(1000)
  const tried = fitAtMost(20)
  const accepted = await store.accept(ns, batch)
  expect(new Set('refused' in accepted ? [accepted.refused] : accepted.results)).toEqual(new Set(['stored']))
  expect(tried.filter((size) => size > 20)).toHaveLength(6)
})
