import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { createDocstore, type Docstore, formatJoinText, readNetwork } from '../index-web.ts'
import { authorOfDid } from '@p2p-docstore/core'
import { takeLock } from '../rpc/locks-web.ts'
import { sharingContract } from '../testing/sharing-contract.ts'

let count = 0

async function removeData(data: string): Promise<void> {
  const root = await navigator.storage.getDirectory()
  await root.removeEntry(`docstore-${data}`, { recursive: true })
}

sharingContract('tabs of a browser', () => {
  const data = `shared-${++count}`
  return { open: ({ network }) => createDocstore({ data, network }), cleanup: () => removeData(data) }
})

describe('data of an origin', () => {
  const data = 'origin'
  const stores: Docstore[] = []

  async function open(): Promise<Docstore> {
    const store = await createDocstore({ data, network: 'off' })
    stores.push(store)
    return store
  }

  afterEach(async () => {
    for (const store of stores.splice(0).toReversed()) await store.close()
    await removeData(data).catch(() => undefined)
  })

  it('is opened again when its worker dies, and no write is lost or made twice', async () => {
    const workers = recordWorkers()
    const [owner, other] = [await open(), await open()]
    expect(workers).toHaveLength(1)
    const { id } = await owner.namespaces.create({ name: 'notes' })
    const notes = [await owner.namespaces.open(id), await other.namespaces.open(id)]
    const before = await other.replica.lastSeq(id)
    const writes = notes.flatMap((one, n) => Array.from({ length: 200 }, (_, i) => one.put({ _id: `${n}/${i}` })))
    await writes[0]
    workers[0]?.terminate()
    await Promise.all(writes)
    expect(workers).toHaveLength(2)
    expect(await other.replica.lastSeq(id)).toBe(before + 400)
    expect(await notes[1]?.count()).toBe(400)
  })

  it('is let go by a page that falls asleep, and taken up again when it wakes', async () => {
    const [owner, other] = [await open(), await open()]
    const { id } = await owner.namespaces.create({ name: 'notes' })
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    const names = async (): Promise<readonly unknown[]> => ((await navigator.locks.query()).held ?? []).map(({ name }) => name)
    await expect.poll(names).not.toContainEqual(expect.stringMatching(/^docstore/))
    const listing = Promise.all([owner.namespaces.list(), other.namespaces.list()])
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    expect((await listing).flat().map((namespace) => namespace.id)).toEqual([id, id])
    expect([owner, other].filter(({ isOwner }) => isOwner)).toHaveLength(1)
  })

  it('says how far it has come while its documents move to a network that is joined, and what is left of it goes', async () => {
    const alone = await open()
    const before = await alone.namespaces.create({ name: 'notes' })
    await before.putMany(Array.from({ length: 600 }, (_, n) => ({ _id: `d${n}` })))
    await alone.close()
    const other = await createDocstore({ data: 'memory', network: 'off', networkName: 'club' })
    const join = formatJoinText('http://127.0.0.1:1', readNetwork(other.info.network.descriptor))
    await other.close()
    const progress: unknown[] = []
    const joined = await createDocstore({ data, join, network: 'off', onMove: (one) => progress.push(one) })
    stores.push(joined)
    expect(progress[0]).toEqual({ done: 0, total: 600 })
    expect(progress.at(-1)).toEqual({ done: 600, total: 600 })
    expect(progress.length).toBeGreaterThan(2)
    const notes = await joined.namespaces.open(before.id)
    expect([notes.id === before.id, await notes.count()]).toEqual([false, 600])
    await expect(joined.leave('club')).rejects.toMatchObject({ code: 'not-delivered', details: { records: 600 } })
    await joined.leave('club', { force: true })
    expect((await joined.networks()).map(({ name }) => name)).toEqual(['my network'])
    expect(await (await open()).namespaces.list()).toEqual([])
  })

  it('begins in a network with authorities of names, where that is wished', async () => {
    const authority = authorOfDid('did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH') ?? new Uint8Array()
    const names = { authorities: [authority], quorum: 1 }
    const store = await createDocstore({ data, network: 'off', names })
    stores.push(store)
    expect(readNetwork(store.info.network.descriptor).descriptor.names).toEqual(names)
    expect(await store.names.show('alice')).toEqual({ name: 'alice', state: 'free' })
  })

  it('is not waited for without end where its owner does not answer', { timeout: 20_000 }, async () => {
    const wake = await takeLock(`docstore/${data}`)
    onTestFinished(wake)
    await expect(open()).rejects.toMatchObject({ code: 'data-in-use' })
    const waiting = open()
    wake()
    expect((await waiting).isOwner).toBe(true)
  })

  it('is not held by a store that could not be opened', async () => {
    await expect(createDocstore({ data, join: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'relay-unreachable' })
    expect((await open()).isOwner).toBe(true)
  })

  it('moves to the network that is joined, whose relay need not be there', async () => {
    const elsewhere = await createDocstore({ data: 'memory', network: 'off' })
    const { network } = elsewhere.info
    await elsewhere.close()
    const alone = await open()
    const notes = await alone.namespaces.create({ name: 'notes', write: 'author' })
    await notes.putMany(Array.from({ length: 300 }, (_, n) => ({ _id: `${n}`, n })))
    const link = formatJoinText('http://127.0.0.1:1', readNetwork(network.descriptor))
    // Not while another tab has it open.
    await expect(createDocstore({ data, join: link, network: 'off' })).rejects.toMatchObject({ code: 'data-in-use' })
    await alone.close()
    const joined = await createDocstore({ data, join: link, network: 'off' })
    stores.push(joined)
    expect(joined.info.network.id).toBe(network.id)
    const moved = await joined.namespaces.open(notes.id)
    expect((await joined.namespaces.list()).map(({ id, name }) => [id, name])).toEqual([[moved.id, 'notes']])
    expect([moved.id === notes.id, await moved.count({ n: { $gte: 0 } })]).toEqual([false, 300])
  })

  it('is refused by name where the browser has no such data', async () => {
    await expect(createDocstore({ data: '../up', network: 'off' })).rejects.toMatchObject({ code: 'bad-name' })
  })
})

/** Workers that are started from now on, until the test ends. */
function recordWorkers(): readonly Worker[] {
  const workers: Worker[] = []
  const { Worker: RealWorker } = globalThis
  globalThis.Worker = class extends RealWorker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args)
      workers.push(this)
    }
  }
  onTestFinished(() => {
    globalThis.Worker = RealWorker
  })
  return workers
}
