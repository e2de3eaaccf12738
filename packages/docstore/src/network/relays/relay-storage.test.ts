import { createNetwork } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay, type TestRelayOptions } from '../testing/test-relay.ts'

const descriptor = createNetwork('test')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(options: TestRelayOptions): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

async function namespaces({ peer }: TestRelay): Promise<readonly string[]> {
  return (await peer.replica.namespaces()).map(({ id }) => id)
}

describe('a relay that keeps what it is asked to', () => {
  it('takes nothing from other relays, and gives them nothing that they do not have', async () => {
    const first = await relay({ storage: 'asked' })
    const second = await relay({ storage: 'asked', relays: [first.origin] })
    const { id: ofFirst } = await first.peer.replica.createNamespace({ name: 'of the first', write: 'anyone' })
    const { id: ofSecond } = await second.peer.replica.createNamespace({ name: 'of the second', write: 'anyone' })
    const state = async (): Promise<unknown> => (await second.peer.network.namespaceStatus(ofSecond)).peers.map((peer) => peer.state)
    await expect.poll(state).toEqual(['declined'])
    expect(await namespaces(first)).toEqual([ofFirst])
    expect(await namespaces(second)).toEqual([ofSecond])
  })

  it('takes what a peer brings, and keeps it equal with other relays that keep it too', async () => {
    const first = await relay({ storage: 'asked' })
    const second = await relay({ storage: 'asked', relays: [first.origin] })
    const guest = await TestPeer.start(descriptor, { relays: [first.origin, second.origin] })
    cleanups.push(() => guest.close())
    const { id } = await guest.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await guest.network.delivered(id, { copies: 2, seq: 0, timeoutMs: 60_000 })
    await guest.close()
    await first.peer.replica.write(id, 'docs', [{ id: 'one', content: '{"_id":"one"}' }])
    await expect.poll(async () => (await second.peer.replica.summary(id)).count).toBe(1)
  })

  it('is another than one that keeps everything, which copies whatever it sees at others', async () => {
    const first = await relay({ storage: 'asked' })
    const second = await relay({ storage: 'all', relays: [first.origin] })
    const { id } = await first.peer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await expect.poll(() => namespaces(second)).toEqual([id])
  })
})
