import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorMessage } from '@p2p-docstore/core'
import type { TextSocket } from '../../text-socket.ts'
import { authenticate } from './auth/authenticate.ts'
import { Client } from './connection/client.ts'
import { clientAddress } from './connection/client-address.ts'
import { Places } from './connection/places.ts'
import { count, type Desk } from './desk.ts'
import { Bucket } from './judge/bucket.ts'
import { publish } from './judge/publish.ts'
import { MAX_EVENTS_UNDER_WAY, MAX_NONSENSE, PING_MS } from './limits.ts'
import { closedFrame, negErrorFrame, noticeFrame } from './message/frames.ts'
import { type BadMessage, readMessage } from './message/client-message.ts'
import { closeComparison, closeIdleComparisons, continueComparison, openComparison } from './negentropy/comparisons.ts'
import { countEvents } from './query/count-events.ts'
import { subscribe, unsubscribe } from './query/subscribe.ts'

/** What is around an event in its frame: `["EVENT",` and `]`. */
const AROUND_BYTES = 10

/** Everybody who is connected, and what they say. */
export class NostrRelay {
  readonly #desk: Desk
  readonly #places: Places
  readonly #clients = new Set<Client>()
  readonly #beating: ReturnType<typeof setInterval>

  constructor(desk: Desk) {
    this.#desk = desk
    this.#places = new Places(desk.config.connections, desk.config.connectionsPerAddress)
    this.#beating = setInterval(() => this.beat(), PING_MS)
    this.#beating.unref()
  }

  get clients(): ReadonlySet<Client> {
    return this.#clients
  }

  /** Takes a WebSocket over. Gives the way to let go of it, so that it is somebody else's; nothing where there is no place for it. */
  accept(socket: TextSocket, raw: Duplex, request: IncomingMessage): (() => void) | undefined {
    const { config, lists, now } = this.#desk
    const address = clientAddress(request, config.proxies)
    const leave = lists.has('blockedAddresses', address) ? undefined : this.#places.take(address)
    if (leave === undefined) {
      count(this.#desk.counts, 'turned-away')
      socket.close(1013, 'there is no place')
      return undefined
    }
    const requests = new Bucket(config.requestsPerSecond, config.requestsAtOnce, now)
    const client = new Client({ socket, raw, address, bucket: this.#desk.judge.bucket(), requests })
    this.#clients.add(client)
    let isOurs = true
    const end = (): void => {
      if (!isOurs) return
      isOurs = false
      leave()
      this.#clients.delete(client)
      client.end()
      for (const id of client.subscriptions.keys()) unsubscribe(this.#desk, client, id)
      for (const id of client.comparisons.keys()) closeComparison(this.#desk, client, id)
    }
    socket.once('close', end)
    socket.on('pong', () => {
      client.isAlive = true
    })
    socket.on('message', (data, isBinary) => {
      if (isOurs) this.#hear(client, data, isBinary)
    })
    return end
  }

  /** Lets go of those who have neither answered nor read what waits for them since the last time, and pings the others. */
  beat(): void {
    for (const client of this.#clients) {
      const movedOn = client.outbox.movedOn()
      if (!client.isAlive && !movedOn) {
        count(this.#desk.counts, 'silent')
        client.socket.terminate()
        continue
      }
      client.isAlive = false
      client.socket.ping()
      closeIdleComparisons(this.#desk, client)
    }
  }

  /** Says goodbye to all. */
  stop(): void {
    clearInterval(this.#beating)
    for (const { socket } of this.#clients) {
      socket.close(1001, 'the relay ends')
      // Who does not answer that is not waited for.
      setTimeout(() => socket.terminate(), 1000).unref()
    }
  }

  #hear(client: Client, data: unknown, isBinary: boolean): void {
    client.isAlive = true
    if (isBinary || !Buffer.isBuffer(data)) return this.#refuse(client, { answer: 'NOTICE', id: '', reason: 'invalid: messages are text' })
    const read = readMessage(data.toString())
    if (!read.ok) return this.#refuse(client, read.bad)
    const { message } = read
    const { messageBytes } = this.#desk.config
    if (data.length > messageBytes && message.type !== 'EVENT')
      return this.#refuse(client, { answer: 'NOTICE', id: '', reason: `invalid: too large, ${data.length}>${messageBytes} bytes` })
    count(this.#desk.counts, message.type)
    switch (message.type) {
      case 'EVENT':
        this.#run(client, publish(this.#desk, client, message.event, data.length - AROUND_BYTES))
        this.#slowDown(client)
        return
      case 'REQ':
        return this.#run(client, subscribe(this.#desk, client, message.id, message.filters))
      case 'CLOSE':
        return unsubscribe(this.#desk, client, message.id)
      case 'COUNT':
        return this.#run(client, countEvents(this.#desk, client, message.id, message.filters))
      case 'AUTH':
        return this.#run(client, authenticate(this.#desk, client, message.event))
      case 'NEG-OPEN':
        return this.#run(client, openComparison(this.#desk, client, message.id, message.filter, message.message))
      case 'NEG-MSG':
        return continueComparison(this.#desk, client, message.id, message.message)
      case 'NEG-CLOSE':
        return closeComparison(this.#desk, client, message.id)
    }
  }

  /** Work that goes on while the next message is read. */
  #run(client: Client, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#desk.log.error({ reason: errorMessage(error) }, 'nostr-failed')
      client.socket.close(1011, 'something went wrong')
    })
  }

  /** Reads nothing more of a client until some of its events are stored. */
  #slowDown(client: Client): void {
    if (client.eventsUnderWay < MAX_EVENTS_UNDER_WAY || client.socket.isPaused) return
    client.socket.pause()
    void client.allWritten().then(() => client.socket.resume())
  }

  #refuse(client: Client, { answer, id, reason }: BadMessage): void {
    count(this.#desk.counts, 'nonsense')
    client.outbox.send(answer === 'NOTICE' ? noticeFrame(reason) : answer === 'CLOSED' ? closedFrame(id, reason) : negErrorFrame(id, reason))
    // A request that is refused by its id is no more than one that is granted.
    if (answer === 'NOTICE' && ++client.nonsense >= MAX_NONSENSE) client.socket.close(1008, 'too many messages that make no sense')
  }
}
