import type { NostrFilter } from '@p2p-docstore/core/nostr'
import type { Outbox } from '../connection/outbox.ts'
import { MAX_LIVE_WAITING, MAX_WAITING_BYTES } from '../limits.ts'
import { eventHead } from '../message/frames.ts'

/** Who listens, and under which id. */
export interface SubscriptionInit {
  readonly id: string
  readonly filters: readonly NostrFilter[]
  /** Values in its filters. */
  readonly values: number
  readonly outbox: Outbox
  /** Keys that the client has shown. */
  readonly keys: ReadonlySet<string>
  /** Ends it, and says why. */
  readonly giveUp: (reason: string) => void
}

/** What a client listens to under one id. */
export class Subscription {
  readonly id: string
  readonly filters: readonly NostrFilter[]
  readonly values: number
  readonly outbox: Outbox
  readonly keys: ReadonlySet<string>
  readonly giveUp: (reason: string) => void
  /** What each of its events begins with, as text and as bytes. */
  readonly head: string
  readonly headBytes: Buffer
  /** New events, by id, that wait until the stored ones are sent; `undefined` from then on. Without heads, so that who has many subscriptions holds each once. */
  #waiting: Map<string, Buffer> | undefined = new Map()
  isClosed = false

  constructor({ id, filters, values, outbox, keys, giveUp }: SubscriptionInit) {
    this.id = id
    this.filters = filters
    this.values = values
    this.outbox = outbox
    this.keys = keys
    this.giveUp = giveUp
    this.head = eventHead(id)
    this.headBytes = Buffer.from(this.head)
  }

  /** Whether new events have to wait. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  /** Keeps a new event until the stored ones are sent; false where too much waits, for all subscriptions of the client together. */
  hold(id: string, body: Buffer): boolean {
    const waiting = this.#waiting
    if (waiting === undefined || waiting.has(id)) return true
    if (waiting.size >= MAX_LIVE_WAITING || this.outbox.held + body.length > MAX_WAITING_BYTES / 2) return false
    waiting.set(id, body)
    this.outbox.held += body.length
    return true
  }

  /** Forgets a new event that was among the stored ones. */
  forget(id: string): void {
    this.outbox.held -= this.#waiting?.get(id)?.length ?? 0
    this.#waiting?.delete(id)
  }

  /** Everything that waited; from now on nothing does. */
  release(): readonly Buffer[] {
    const bodies = [...(this.#waiting?.values() ?? [])]
    this.#waiting = undefined
    for (const { length } of bodies) this.outbox.held -= length
    return bodies
  }
}
