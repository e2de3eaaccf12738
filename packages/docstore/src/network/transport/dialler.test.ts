import { createNetwork } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'

const descriptor = createNetwork('test')
const peers: TestPeer[] = []
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close()
})

async function peer(...listen: readonly string[]): Promise<TestPeer> {
  const started = await TestPeer.start(descriptor, { listen })
  peers.push(started)
  return started
}

describe('a dial over several addresses', () => {
  it('leads to nobody who breaks the protocol, until that is forgiven', async () => {
    const [here, other] = [await peer(), await peer('/ip4/127.0.0.1/tcp/0')]
    const { dialler, doorkeeper } = here.libp2p.services
    const addresses = other.libp2p.getMultiaddrs()
    const signal = AbortSignal.timeout(60_000)
    expect((await dialler.dial(other.id, addresses, signal)).remotePeer.toString()).toBe(other.id)
    while (!doorkeeper.misconduct.refuses(other.id)) doorkeeper.misconduct.note(other.id, 'malformed')
    await here.libp2p.hangUp(other.libp2p.peerId)
    await expect(dialler.dial(other.id, addresses, signal)).rejects.toThrow(AggregateError)
    expect(here.libp2p.getConnections(other.libp2p.peerId)).toEqual([])
  })
})
