import { DocstoreError } from '@p2p-docstore/core'
import { MAX_TOPIC_LENGTH } from '../limits.ts'

/** How often each topic is subscribed to: whoever is second in must not end it for the first when they leave. */
export class TopicCounts {
  readonly #counts = new Map<string, number>()

  /** The topics with at least one subscription. */
  get topics(): readonly string[] {
    return [...this.#counts.keys()]
  }

  has(topic: string): boolean {
    return this.#counts.has(topic)
  }

  /** Counts a subscription; whether it is the first to this topic. Throws `bad-topic`. */
  add(topic: string): boolean {
    checkTopic(topic)
    const count = this.#counts.get(topic) ?? 0
    this.#counts.set(topic, count + 1)
    return count === 0
  }

  /** Takes one subscription off; whether it was the last to this topic. */
  remove(topic: string): boolean {
    const count = this.#counts.get(topic) ?? 0
    if (count > 1) this.#counts.set(topic, count - 1)
    else this.#counts.delete(topic)
    return count === 1
  }
}

/** Throws `bad-topic` for a name that no topic can have. */
export function checkTopic(topic: string): void {
  if (topic.length > 0 && topic.length <= MAX_TOPIC_LENGTH && topic.isWellFormed()) return
  throw new DocstoreError('bad-topic', `A topic has 1 to ${MAX_TOPIC_LENGTH} characters`)
}

/** What the GossipSub topics of a network's applications begin with. */
export function topicPrefix(networkId: string): string {
  return `/docstore/${networkId}/topic/`
}
