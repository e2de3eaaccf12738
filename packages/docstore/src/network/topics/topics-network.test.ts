import { createNetwork, type Network as Descriptor } from '@p2p-docstore/core'
import type { Multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestPeer, type TestPeerOptions } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

let descriptor: Descriptor
let relay: TestRelay
const peers: TestPeer[] = []
beforeEach(async () => {
  descriptor = createNetwork('test')
  relay = await TestRelay.start(descriptor)
})
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()))
  await relay.close()
})

/** A peer that has joined a topic at the relay, and what it hears there. */
async function listener(options: TestPeerOptions = {}): Promise<{ peer: TestPeer; heard: string[] }> {
  const peer = await TestPeer.start(descriptor, { relays: [relay.origin], ...options })
  peers.push(peer)
  const heard: string[] = []
  peer.network.on('message', ({ text }) => heard.push(text))
  await peer.network.subscribe('topic')
  return { peer, heard }
}

/** Publishes until somebody was there to hear it: who has just joined is not known to everyone yet. */
async function say(peer: TestPeer, text: string): Promise<void> {
  await expect.poll(() => peer.network.publish('topic', text)).toBeGreaterThan(0)
}

const topicName = (): string => `/docstore/${descriptor.id}/topic/topic`

/** Ids of the peers whose presence in the topic a peer knows of. */
function known({ libp2p }: TestPeer): string[] {
  return libp2p.services.pubsub.getSubscribers(topicName()).map((id) => id.toString())
}

/** Ids of the peers to which a peer passes on what is said in the topic; not in GossipSub's type. */
function meshOf({ libp2p }: TestPeer): readonly string[] {
  return (libp2p.services.pubsub as unknown as { getMeshPeers(topic: string): readonly string[] }).getMeshPeers(topicName())
}

function addressOf({ libp2p }: TestPeer, accept: (text: string) => boolean): Multiaddr {
  const address = libp2p.getMultiaddrs().find((one) => accept(one.toString()))
  if (address === undefined) throw new Error('There is no such address')
  return address
}

describe('topics', () => {
  it('reach twenty peers that all come from one address', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => listener()))
    // A relay takes up who has just come with its next heartbeat at the latest.
    await expect.poll(() => meshOf(relay.peer).length).toBe(20)
    await expect.poll(() => all.map(({ peer }) => known(peer))).toEqual(all.map(() => [relay.peer.id]))
    for (const [i, { peer }] of all.entries()) await say(peer, `from ${i}`)
    const texts = new Set(all.map((_, i) => `from ${i}`))
    await expect.poll(() => all.map(({ heard }) => new Set(heard))).toEqual(all.map(() => texts))
  })

  it('go on when a relayed connection becomes a direct one, and when the relay goes then', async () => {
    const [a, b] = await Promise.all([listener(), listener({ role: 'peer', listen: ['/ip4/127.0.0.1/tcp/0'] })])
    await expect.poll(() => b.peer.hasReservation()).toBe(true)
    await a.peer.libp2p.dial(addressOf(b.peer, (text) => text.includes('/p2p-circuit')))
    const between = () => a.peer.libp2p.getConnections(b.peer.libp2p.peerId)
    expect(between().map(({ limits }) => limits !== undefined)).toEqual([true])
    await say(a.peer, 'over the relay')
    await expect.poll(() => b.heard).toContain('over the relay')

    await a.peer.libp2p.dial(
      addressOf(b.peer, (text) => !text.includes('/p2p-circuit')),
      { force: true },
    )
    for (const connection of between()) if (connection.limits !== undefined) await connection.close()
    await relay.stop()
    await expect.poll(() => [a, b].map(({ peer }) => known(peer))).toEqual([[b.peer.id], [a.peer.id]])
    await say(a.peer, 'from a, direct')
    await say(b.peer, 'from b, direct')
    await expect.poll(() => b.heard).toContain('from a, direct')
    await expect.poll(() => a.heard).toContain('from b, direct')
    expect(between().map(({ limits }) => limits === undefined)).toEqual([true])
  })
})
