import type { GossipSub } from '@libp2p/gossipsub'
import { describe, expect, it } from 'vitest'
import { ForwardedTopics } from './forwarded-topics.ts'
import { Topics } from './topics.ts'

/** What topics use of GossipSub, with subscribers that the test decides. */
class FakePubsub extends EventTarget {
  readonly subscribers = new Map<string, string[]>()
  readonly own = new Set<string>()

  getSubscribers(topic: string): string[] {
    return this.subscribers.get(topic) ?? []
  }

  subscribe(topic: string): void {
    this.own.add(topic)
  }

  unsubscribe(topic: string): void {
    this.own.delete(topic)
  }

  arrive(topic: string, peer = 'peer'): void {
    this.subscribers.set(topic, [peer])
    const detail = { peerId: { toString: () => peer }, subscriptions: [{ topic, subscribe: true }] }
    this.dispatchEvent(new CustomEvent('subscription-change', { detail }))
  }

  beat(): void {
    this.dispatchEvent(new Event('gossipsub:heartbeat'))
  }
}

function forwarding(pubsub: FakePubsub, isOwn: (topic: string) => boolean = () => false): ForwardedTopics {
  return new ForwardedTopics({ pubsub: pubsub as unknown as GossipSub, networkId: 'net', isOwn, topicsPerPeer: 50 })
}

describe('topics of a relay', () => {
  it('are not all those of one peer, and one that another peer wants too is taken up for that one', () => {
    const pubsub = new FakePubsub()
    forwarding(pubsub)
    for (let i = 0; i < 60; i++) pubsub.arrive(`/docstore/net/topic/${i}`, 'greedy')
    pubsub.arrive('/docstore/net/topic/other', 'modest')
    pubsub.beat()
    expect(pubsub.own.size).toBe(51)
    pubsub.arrive('/docstore/net/topic/59', 'modest')
    pubsub.beat()
    expect(pubsub.own).toContain('/docstore/net/topic/59')
  })

  it('gives up a topic whose subscribers went without a word, so that others find room', () => {
    const pubsub = new FakePubsub()
    const topics = new Topics({
      pubsub: pubsub as unknown as GossipSub,
      receipts: { of: async () => 0, sent: () => undefined },
      relays: () => [],
      hasConnections: () => true,
      networkId: 'net',
      onMessage: () => undefined,
    })
    topics.forward(forwarding(pubsub, (topic) => topics.has(topic)))
    for (let i = 0; i < 1000; i++) pubsub.arrive(`/docstore/net/topic/${i}`, `peer ${i % 20}`)
    pubsub.beat()
    expect(pubsub.own.size).toBe(1000)
    // A connection that breaks takes the subscriptions along, and GossipSub reports no change.
    pubsub.subscribers.clear()
    topics.subscribe('0')
    pubsub.arrive('/docstore/net/topic/new')
    pubsub.beat()
    expect([...pubsub.own]).toEqual(['/docstore/net/topic/0', '/docstore/net/topic/new'])
  })
})
