import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { TextSocket } from '../../../text-socket.ts'
import type { Bucket } from '../judge/bucket.ts'
import { MAX_KEYS } from '../limits.ts'
import type { Subscription } from '../live/subscription.ts'
import { authFrame } from '../message/frames.ts'
import type { Comparison } from '../negentropy/comparison.ts'
import { Outbox } from './outbox.ts'

/** What a client begins with. */
export interface ClientInit {
  readonly socket: TextSocket
  readonly raw: Duplex
  readonly address: string
  /** How many events, and requests, it may send. */
  readonly bucket: Bucket
  readonly requests: Bucket
}

/** Somebody who is connected: what it listens to, which keys it has shown, and what is on its way. */
export class Client {
  readonly socket: TextSocket
  readonly outbox: Outbox
  readonly address: string
  readonly bucket: Bucket
  readonly requests: Bucket
  readonly keys: Set<string> = new Set()
  readonly subscriptions: Map<string, Subscription> = new Map()
  readonly comparisons: Map<string, Comparison> = new Map()
  /** Values in the filters of its subscriptions. */
  values = 0
  /** Messages that made no sense. */
  nonsense = 0
  /** Whether it was heard of since it was pinged. */
  isAlive = true
  eventsUnderWay = 0
  requestsUnderWay = 0
  #challenge: string | undefined
  readonly #onKey = new Set<() => void>()
  readonly #onWritten: (() => void)[] = []

  constructor({ socket, raw, address, bucket, requests }: ClientInit) {
    this.socket = socket
    this.outbox = new Outbox(socket, raw)
    this.address = address
    this.bucket = bucket
    this.requests = requests
  }

  /** What it has to sign to show a key; `undefined` as long as it was not asked for one. */
  get challenge(): string | undefined {
    return this.#challenge
  }

  /** Asks for a key (NIP-42), once: signers ask their people each time. False where it was asked before. */
  askForKey(): boolean {
    if (this.#challenge !== undefined) return false
    this.#challenge = randomBytes(16).toString('hex')
    this.outbox.send(authFrame(this.#challenge))
    return true
  }

  /** Notes that it has shown a key; false where it has shown too many. */
  addKey(key: string): boolean {
    if (this.keys.size >= MAX_KEYS && !this.keys.has(key)) return false
    this.keys.add(key)
    this.#wakeForKey()
    return true
  }

  /** Resolves once it has shown a key, is gone, or after a while. */
  async shownKey(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onKey.add(resolve)
    const late = setTimeout(resolve, ms)
    await promise
    clearTimeout(late)
    this.#onKey.delete(resolve)
  }

  /** Says that it is gone to those that wait for a key. */
  end(): void {
    this.#wakeForKey()
  }

  #wakeForKey(): void {
    for (const wakeUp of this.#onKey) wakeUp()
  }

  /** Notes that one of its events was answered. */
  written(): void {
    this.eventsUnderWay--
    if (this.eventsUnderWay === 0) for (const wakeUp of this.#onWritten.splice(0)) wakeUp()
  }

  /** Resolves once everything that it has sent so far was answered. */
  async allWritten(): Promise<void> {
    if (this.eventsUnderWay > 0) await new Promise<void>((resolve) => this.#onWritten.push(resolve))
  }
}
