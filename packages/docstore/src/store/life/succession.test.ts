import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNetwork, openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { expect, it } from 'vitest'
import { createDocstore } from '../../index-node.ts'
import { Docstore } from '../docstore.ts'
import { ownParts } from '../../sharing/shared-parts.ts'

const DOCUMENTS = 30
const PROGRAM = fileURLToPath(new URL('../../testing/succeeding-program.ts', import.meta.url))

/** A replica that fails at a call that changes something, as if the process were killed before it. */
function killedAt(replica: Replica, call: number): Replica {
  let calls = 0
  return new Proxy(replica, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = (value as (...args: unknown[]) => unknown).bind(target)
      const changes = ['write', 'setMeta', 'createNamespace', 'changeHead'].includes(String(name))
      return (...args: unknown[]) => {
        if (changes && ++calls === call) throw new Error('killed')
        return method(...args)
      }
    },
  })
}

function storeOf(replica: Replica): Promise<Docstore> {
  return Docstore.of(ownParts({ replica, network: undefined, libp2p: undefined, isRelay: async () => false, close: async () => undefined }))
}

it('goes on with the same namespace wherever it was interrupted', async () => {
  let isWhole = false
  for (let call = 1; !isWhole; call++) {
    const replica = await openReplica(openNodeStorage(':memory:'), { network: createNetwork('succession').bytes, aside: false })
    const store = await storeOf(replica)
    const old = await store.namespaces.create({ name: 'orders', write: 'owner' })
    await old.putMany(Array.from({ length: DOCUMENTS }, (_, i) => ({ _id: `d${i}`, n: `${i}` })))
    await old.collection('people').put({ _id: 'ada' })
    const succeed = (on: Docstore) => on.namespaces.succeed(old.id, {}, ({ _id, ...rest }, collection) => ({ ...rest, from: collection }))
    isWhole = await succeed(await storeOf(killedAt(replica, call))).then(
      () => true,
      (error: Error) => error.message !== 'killed',
    )
    if (isWhole) expect(call).toBeGreaterThan(6)
    else {
      const [first] = (await store.namespaces.list()).filter(({ id }) => id !== old.id)
      const made = await succeed(store)
      if (first !== undefined) expect(made.id).toBe(first.id)
      expect((await store.namespaces.list()).map(({ id }) => id).sort()).toEqual([old.id, made.id].sort())
      expect(await old.info()).toMatchObject({ next: made.id, writable: false })
      expect((await made.find({}, { sort: { _id: 1 } }).toArray()).length).toBe(DOCUMENTS)
      expect(await made.get('d7')).toEqual({ _id: 'd7', n: '7', from: 'docs' })
      expect(await made.collection('people').get('ada')).toEqual({ _id: 'ada', from: 'people' })
      expect(await replica.listMeta('succeeding/')).toEqual([])
    }
    await expect(succeed(store)).rejects.toMatchObject({ code: 'bad-option' })
    await replica.close()
  }
})

it('copies what stands; what lost stays in the old one, where it is told and not settled any more', async () => {
  const network = createNetwork('succession')
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })
  const other = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false, now: () => Date.now() - 1000 })
  const store = await storeOf(replica)
  const old = await store.namespaces.create({ name: 'orders', write: 'anyone' })
  const { genesis, head, signature } = (await replica.exportNamespace(old.id)) ?? {}
  if (genesis === undefined || head === undefined || signature === undefined) throw new Error('no namespace')
  await other.importNamespace(genesis, head, signature)
  const send = async (from: Replica, to: Replica): Promise<void> => {
    const { batch } = await from.batchSince(old.id, 0, { maxBytes: 100_000 })
    if (batch !== undefined) await to.accept(old.id, batch)
  }
  await old.put({ _id: 'field', n: 1 })
  await send(replica, other)
  await other.update(old.id, 'docs', { id: 'field', changes: { $set: { n: 2 } } })
  await other.write(old.id, 'docs', [{ id: 'whole', content: '{"_id":"whole","n":2}' }])
  for (const n of [3, 4]) await old.update('field', { $set: { n } })
  await old.put({ _id: 'whole', n: 4 })
  await send(other, replica)
  const toldBy = async (namespace: typeof old): Promise<unknown[]> => {
    const told: unknown[] = []
    for await (const { _id, document } of namespace.conflicts()) told.push([_id, document])
    return told
  }
  const told = await toldBy(old)
  expect(told).toEqual([
    ['field', { _id: 'field', n: 2 }],
    ['whole', { _id: 'whole', n: 2 }],
  ])
  const made = await store.namespaces.succeed(old.id, {}, (document) => ({ ...document, moved: true }))
  expect(await made.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
    { _id: 'field', n: 4, moved: true },
    { _id: 'whole', n: 4, moved: true },
  ])
  expect(await toldBy(made)).toEqual([])
  expect(await toldBy(old)).toEqual(told)
  await expect(old.resolve('whole', { keep: 'winner' })).rejects.toMatchObject({ code: 'ended' })
  await Promise.all([replica.close(), other.close()])
})

it('is finished after the process was killed in the middle, under the policy that it was begun with', async () => {
  const data = await mkdtemp(join(tmpdir(), 'docstore-succession-'))
  const open = () => createDocstore({ data, network: 'off' })
  const before = await open()
  const old = await before.namespaces.create({ name: 'orders' })
  await old.putMany(Array.from({ length: 9000 }, (_, i) => ({ _id: `d${i}`, i })))
  await before.close()
  const program = spawn(process.execPath, ['--conditions=@p2p-docstore/source', PROGRAM, data, old.id, '8500'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  expect(await once(program, 'exit')).toEqual([null, 'SIGKILL'])
  const store = await open()
  const [half] = (await store.namespaces.list()).filter(({ id }) => id !== old.id)
  expect(await (await store.namespaces.open(half?.id ?? '')).count()).toBeLessThan(9000)
  await expect(store.namespaces.succeed(old.id, { write: 'owner' })).rejects.toMatchObject({ code: 'bad-option' })
  const made = await store.namespaces.succeed(old.id, {}, ({ _id, ...document }) => document)
  expect([made.id, (await made.info())?.write]).toEqual([half?.id, 'anyone'])
  expect(await made.count()).toBe(9000)
  await store.close()
  await rm(data, { recursive: true })
})
