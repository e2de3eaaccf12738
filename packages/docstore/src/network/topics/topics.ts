import type { GossipSub } from '@libp2p/gossipsub'
import { DocstoreError, fromUtf8, utf8 } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { MAX_MESSAGE_BYTES } from '../limits.ts'
import type { ForwardedTopics } from './forwarded-topics.ts'
import { checkTopic, TopicCounts, topicPrefix } from './topic-counts.ts'
import type { Receipts } from './receipts.ts'
import type { Message } from '../types.ts'

/** How long a publisher waits to learn who is in the topic: one exchange of subscriptions and a heartbeat of the relay. */
const SETTLE_MS = 2500
/** How long a publisher whose message reaches somebody directly waits for a relay to take part too, and how rarely it does so. */
const RELAY_SETTLE_MS = 1500
const RELAY_SETTLE_EVERY_MS = 30_000
/** Topics about which is remembered when that was. */
const MAX_SETTLED = 1000
/** Pause before a message that reached nobody is sent again to those who are known by then. */
const RETRY_MS = 50

/** What topics work with. */
export interface TopicsInit {
  readonly pubsub: GossipSub
  /** Shows who has taken in what was sent. */
  readonly receipts: Pick<Receipts, 'of' | 'sent'>
  /** Peer ids of the connected relays: they take messages to those who are not connected to this peer. */
  readonly relays: () => readonly string[]
  /** Whether this peer is connected to anyone. */
  readonly hasConnections: () => boolean
  readonly networkId: string
  readonly onMessage: (message: Message) => void
}

/** Application messages on GossipSub. Topics of one network have its id in their name. */
export class Topics {
  readonly #pubsub: GossipSub
  readonly #receipts: TopicsInit['receipts']
  readonly #prefix: string
  readonly #onMessage: (message: Message) => void
  readonly #hasConnections: () => boolean
  readonly #relays: () => readonly string[]
  /** When a relay was last waited for, per topic. */
  readonly #settledAt = new Map<string, number>()
  readonly #own = new TopicCounts()
  #forwarded: Pick<ForwardedTopics, 'has' | 'stop'> | undefined
  #isClosed = false

  constructor({ pubsub, receipts, relays, hasConnections, networkId, onMessage }: TopicsInit) {
    this.#pubsub = pubsub
    this.#receipts = receipts
    this.#hasConnections = hasConnections
    this.#relays = relays
    this.#prefix = topicPrefix(networkId)
    this.#onMessage = onMessage
    pubsub.addEventListener('message', ({ detail }) => {
      if (!detail.topic.startsWith(this.#prefix) || detail.type !== 'signed') return
      const topic = detail.topic.slice(this.#prefix.length)
      const text = fromUtf8(detail.data)
      if (!this.#own.has(topic) || text === undefined || detail.data.length > MAX_MESSAGE_BYTES) return
      this.#onMessage({ topic, from: detail.from.toString(), text, at: Date.now() })
    })
  }

  /** Throws `bad-topic` or `message-too-large` where a message cannot be sent. */
  check(topic: string, text: string): void {
    checkTopic(topic)
    if (utf8(text).length > MAX_MESSAGE_BYTES) throw new DocstoreError('message-too-large', `A message has at most ${MAX_MESSAGE_BYTES} bytes`)
  }

  /** Sends a message that was checked; resolves with how many have taken it in. */
  async publish(topic: string, text: string, signal: AbortSignal): Promise<number> {
    const data = utf8(text)
    const name = this.#name(topic)
    for (const until = performance.now() + SETTLE_MS; ; ) {
      if (this.#hasConnections()) await this.#untilSubscribers(name, until - performance.now(), signal)
      await this.#untilRelay(name, signal)
      this.#receipts.sent()
      const { recipients } = await this.#pubsub.publish(name, data)
      const isSubscribed = this.#pubsub.getSubscribers(name).length > 0
      if (recipients.length > 0) return this.#receipts.of(recipients)
      if (!isSubscribed || signal.aborted || performance.now() > until) return 0
      // The stream to a peer that has just connected opens a moment after its subscriptions have arrived.
      await delay(RETRY_MS, signal)
    }
  }

  subscribe(topic: string): void {
    const name = this.#name(topic)
    this.#own.add(topic)
    this.#pubsub.subscribe(name)
  }

  /** Takes part in the topics of others too, at a relay. */
  forward(forwarded: Pick<ForwardedTopics, 'has' | 'stop'> | undefined): void {
    this.#forwarded = forwarded
  }

  /** Whether somebody here is subscribed. */
  has(topic: string): boolean {
    return this.#own.has(topic)
  }

  unsubscribe(topic: string): void {
    const name = this.#name(topic)
    if (this.#own.remove(topic) && this.#forwarded?.has(name) !== true && !this.#isClosed) this.#pubsub.unsubscribe(name)
  }

  /** To be called before GossipSub stops: it takes no more calls then. */
  close(): void {
    this.#isClosed = true
    this.#forwarded?.stop()
  }

  #name(topic: string): string {
    checkTopic(topic)
    return this.#prefix + topic
  }

  /** A relay takes part a moment after the first of its peers; until then only those hear a message who are connected directly. */
  async #untilRelay(name: string, signal: AbortSignal): Promise<void> {
    const now = performance.now()
    if (this.#relays().length === 0 || this.#pubsub.getSubscribers(name).length === 0 || this.#hasRelay(name)) return
    if (now - (this.#settledAt.get(name) ?? Number.NEGATIVE_INFINITY) < RELAY_SETTLE_EVERY_MS) return
    this.#settledAt.delete(name)
    this.#settledAt.set(name, now)
    if (this.#settledAt.size > MAX_SETTLED) this.#settledAt.delete(this.#settledAt.keys().next().value ?? name)
    await this.#untilSubscribers(name, RELAY_SETTLE_MS, signal, () => this.#hasRelay(name))
  }

  #hasRelay(name: string): boolean {
    const relays = this.#relays()
    return this.#pubsub.getSubscribers(name).some((peer) => relays.includes(peer.toString()))
  }

  #untilSubscribers(
    name: string,
    timeoutMs: number,
    signal: AbortSignal,
    isEnough: () => boolean = () => this.#pubsub.getSubscribers(name).length > 0,
  ): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#pubsub.removeEventListener('subscription-change', check)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const check = (): void => {
        if (isEnough()) done()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#pubsub.addEventListener('subscription-change', check)
      signal.addEventListener('abort', done, { once: true })
      check()
    })
  }
}
