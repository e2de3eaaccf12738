import type { NostrFilter } from '@p2p-docstore/core/nostr'
import type { Client } from '../connection/client.ts'
import { eventHead } from '../message/frames.ts'

/** What a client listens to under one id. */
export class Subscription {
  readonly client: Client
  readonly id: string
  readonly filters: readonly NostrFilter[]
  /** What each of its events begins with, as text and as bytes. */
  readonly head: string
  readonly headBytes: Buffer
  /** Values in its filters. */
  readonly values: number
  /** New events, by id, that wait until the stored ones are sent; `undefined` from then on. */
  waiting: Map<string, Buffer> | undefined = new Map()
  isClosed = false

  constructor(client: Client, id: string, filters: readonly NostrFilter[], values: number) {
    this.client = client
    this.id = id
    this.filters = filters
    this.values = values
    this.head = eventHead(id)
    this.headBytes = Buffer.from(this.head)
  }
}
