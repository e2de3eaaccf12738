import { createNetwork } from '@p2p-docstore/core'
import { afterAll, describe, it } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay, type TestRelayOptions } from '../testing/test-relay.ts'

const descriptor = createNetwork('test')
const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

async function peer(options: Parameters<typeof TestPeer.start>[1]): Promise<TestPeer> {
  const started = await TestPeer.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

/** Peer ids of the relays that are connected, in order. */
async function connected({ network }: TestPeer): Promise<readonly string[]> {
  const peers = await network.peers()
  return peers
    .filter(({ role, state }) => role === 'relay' && state === 'connected')
    .map(({ id }) => id)
    .sort()
}

/** How long is waited for links: all of these tests run side by side in one process, with some twenty peers. */
const PATIENCE = { timeout: 80_000, interval: 100 }

const ids = (...relays: readonly TestRelay[]): readonly string[] => relays.map(({ peer: { id } }) => id).sort()

// Links take their time, so they are watched side by side.
describe.concurrent('a peer that joined one relay of a network', { timeout: 180_000 }, () => {
  it('keeps links to two of them, counts copies on both, and finds the other when the one that it joined is gone, also after a restart', async ({
    expect,
  }) => {
    const first = await relay()
    const second = await relay({ relays: [first.origin] })
    const guest = await peer({ relays: [first.origin] })
    await expect.poll(() => connected(guest), PATIENCE).toEqual(ids(first, second))
    const { id } = await guest.replica.createNamespace({ name: 'notes', write: 'anyone' })
    expect((await guest.network.delivered(id, { copies: 2, seq: 0, timeoutMs: 60_000 })).toSorted()).toEqual(ids(first, second))

    await guest.network.close()
    await first.stop()
    const again = await TestPeer.start(descriptor, { replica: guest.replica, relays: [first.origin] })
    cleanups.push(() => again.network.close())
    await expect.poll(() => connected(again), PATIENCE).toEqual(ids(second))
    expect((await again.network.sync(id, { timeoutMs: 60_000 })).peers).toEqual(ids(second))
  })

  it('works with whichever of several relays is there when it starts', async ({ expect }) => {
    const [first, second] = [await relay(), await relay()]
    await first.stop()
    const guest = await peer({ relays: [first.origin, second.origin] })
    expect(await guest.network.connected({ timeoutMs: 60_000 })).toBe(1)
    expect(await connected(guest)).toEqual(ids(second))
  })

  it('finds it where it is now when it has moved, and another relay knows that', async ({ expect }) => {
    const first = await relay()
    const second = await relay({ relays: [first.origin] })
    const guest = await peer({ relays: [first.origin, second.origin] })
    await expect.poll(() => connected(guest), PATIENCE).toEqual(ids(first, second))
    await first.stop()
    // The same relay at another address, without its web server.
    const moved = await TestPeer.start(descriptor, {
      role: 'relay',
      listen: ['/ip4/127.0.0.1/tcp/0'],
      replica: first.peer.replica,
      relays: [second.origin],
    })
    cleanups.push(() => moved.network.close())
    await expect.poll(() => connected(guest), PATIENCE).toEqual(ids(first, second))
    const status = (await guest.network.peers()).find(({ id }) => id === moved.id)
    expect(status).toMatchObject({ origin: first.origin, state: 'connected' })
  })
})

describe.concurrent('a namespace that no connected relay keeps', { timeout: 180_000 }, () => {
  it('is found at the relay that does', async ({ expect }) => {
    const first = await relay({ storage: 'asked' })
    const others = [await relay({ storage: 'asked', relays: [first.origin] }), await relay({ storage: 'asked', relays: [first.origin] })]
    const last = await relay({ storage: 'asked', relays: [first.origin] })
    const { id } = await last.peer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await last.peer.replica.write(id, 'docs', [{ id: 'one', content: '{"_id":"one"}' }])
    const guest = await peer({ relays: [first.origin, ...others.map(({ origin }) => origin)] })
    await expect.poll(() => connected(guest), PATIENCE).toEqual(ids(first, ...others))
    await guest.network.want(id)
    await expect.poll(async () => ((await guest.replica.namespace(id)) === undefined ? 0 : (await guest.replica.summary(id)).count), PATIENCE).toBe(1)
    await expect.poll(() => connected(guest), PATIENCE).toEqual(expect.arrayContaining([...ids(last)]))
  })
})

describe.concurrent('relays that keep a namespace which not every relay keeps', { timeout: 180_000 }, () => {
  it('meet, so that what one of them gets comes to all', async ({ expect }) => {
    const relays = [await relay({ storage: 'asked' })]
    const [first] = relays
    if (first === undefined) throw new Error('no relay')
    while (relays.length < 9) relays.push(await relay({ storage: 'asked', relays: [first.origin] }))
    const holders = relays.filter((_, index) => index % 3 === 2)
    const guest = await peer({ relays: holders.map(({ origin }) => origin) })
    const { id } = await guest.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await guest.network.delivered(id, { copies: holders.length, seq: 0, timeoutMs: 60_000 })
    await guest.network.close()
    for (const [index, { peer: holder }] of holders.entries())
      await holder.replica.write(id, 'docs', [{ id: `from-${index}`, content: `{"_id":"from-${index}"}` }])
    const counts = (): Promise<readonly number[]> => Promise.all(holders.map(async (one) => (await one.peer.replica.summary(id)).count))
    await expect.poll(counts, PATIENCE).toEqual(holders.map(() => holders.length))
    const [lowest = ''] = ids(...holders)
    const meet = async (): Promise<boolean> =>
      (await Promise.all(holders.map(async (one) => one.peer.id === lowest || (await connected(one.peer)).includes(lowest)))).every(Boolean)
    await expect.poll(meet, PATIENCE).toBe(true)
    for (const one of relays) if (!holders.includes(one)) expect(await one.peer.replica.namespace(id)).toBe(undefined)
  })
})
