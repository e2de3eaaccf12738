import type { GossipSub } from '@libp2p/gossipsub'
import { MAX_FORWARDED_TOPICS, MAX_TOPIC_LENGTH } from '../limits.ts'
import { DEFAULT_LIMITS } from '../relay-limits.ts'
import { topicPrefix } from './topic-counts.ts'

/** What taking part in topics for others takes. */
export interface ForwardedTopicsInit {
  readonly pubsub: GossipSub
  readonly networkId: string
  /** Whether this peer itself is subscribed to a topic. */
  readonly isOwn: (topic: string) => boolean
  /** Topics in which it takes part because of one peer, at most. */
  readonly topicsPerPeer?: number | undefined
}

/** A relay takes part in every topic that somebody at it is subscribed to; otherwise two browsers there would not hear each other. */
export class ForwardedTopics {
  readonly #pubsub: GossipSub
  readonly #prefix: string
  readonly #isOwn: (topic: string) => boolean
  readonly #topicsPerPeer: number
  /** With the peer because of which it began. */
  readonly #forwarded = new Map<string, string>()
  readonly #changed = new Map<string, string>()
  #isStopped = false

  constructor({ pubsub, networkId, isOwn, topicsPerPeer = DEFAULT_LIMITS.topicsPerPeer }: ForwardedTopicsInit) {
    this.#pubsub = pubsub
    this.#prefix = topicPrefix(networkId)
    this.#isOwn = isOwn
    this.#topicsPerPeer = topicsPerPeer
    pubsub.addEventListener('subscription-change', ({ detail }) => this.#note(detail.peerId.toString(), detail.subscriptions))
    pubsub.addEventListener('gossipsub:heartbeat', () => this.#forward())
  }

  has(name: string): boolean {
    return this.#forwarded.has(name)
  }

  /** To be called before GossipSub stops: it takes no more calls then. */
  stop(): void {
    this.#isStopped = true
  }

  /** Notes topics whose subscribers changed, to be looked at with the next heartbeat. */
  #note(peer: string, subscriptions: readonly { readonly topic: string }[]): void {
    for (const { topic } of subscriptions) {
      if (!topic.startsWith(this.#prefix) || topic.length > this.#prefix.length + MAX_TOPIC_LENGTH) continue
      if (this.#changed.size < MAX_FORWARDED_TOPICS) this.#changed.set(topic, peer)
    }
  }

  /** It waits for a heartbeat, by which the streams to new subscribers are open: whoever sees the relay in a topic can count on it. */
  #forward(): void {
    // A heartbeat that was under way ends after the stop.
    if (this.#isStopped) return
    const perPeer = new Map<string, number>()
    // All of them: GossipSub does not tell when a subscriber is gone because its connection is.
    for (const [topic, peer] of this.#forwarded) {
      if (this.#pubsub.getSubscribers(topic).length > 0) {
        perPeer.set(peer, (perPeer.get(peer) ?? 0) + 1)
        continue
      }
      this.#forwarded.delete(topic)
      if (!this.#isOwn(topic.slice(this.#prefix.length))) this.#pubsub.unsubscribe(topic)
    }
    for (const [topic, peer] of this.#changed) {
      if (this.#forwarded.size >= MAX_FORWARDED_TOPICS) break
      if (this.#forwarded.has(topic) || this.#pubsub.getSubscribers(topic).length === 0) continue
      // Others may subscribe to it too, and it is taken up then.
      const count = perPeer.get(peer) ?? 0
      if (count >= this.#topicsPerPeer) continue
      perPeer.set(peer, count + 1)
      this.#forwarded.set(topic, peer)
      this.#pubsub.subscribe(topic)
    }
    this.#changed.clear()
  }
}
