import type { GossipSub } from '@libp2p/gossipsub'
import { describe, expect, it } from 'vitest'
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

  arrive(topic: string): void {
    this.subscribers.set(topic, ['peer'])
    this.dispatchEvent(new CustomEvent('subscription-change', { detail: { subscriptions: [{ topic, subscribe: true }] } }))
  }

  beat(): void {
    this.dispatchEvent(new Event('gossipsub:heartbeat'))
  }
}

describe('topics of a relay', () => {
  it('gives up a topic whose subscribers went without a word, so that others find room', () => {
    const pubsub = new FakePubsub()
    const topics = new Topics({
      pubsub: pubsub as unknown as GossipSub,
      receipts: { of: async () => 0, sent: () => undefined },
      relays: () => [],
      hasConnections: () => true,
      networkId: 'net',
      forwards: true,
      onMessage: () => undefined,
    })
    for (let i = 0; i < 1000; i++) pubsub.arrive(`/docstore/net/topic/${i}`)
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
