import type { NostrFilter } from '@p2p-docstore/core/nostr'
import type { Outbox } from '../connection/outbox.ts'
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
  /** New events, by id, that wait until the stored ones are sent; `undefined` from then on. */
  waiting: Map<string, Buffer> | undefined = new Map()
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
}
