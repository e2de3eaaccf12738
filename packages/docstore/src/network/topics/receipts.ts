import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { type DocstoreLibp2p, pingConnection } from '../transport/index.ts'

/** How long the other end of a connection may take to show that it has taken in what was sent, milliseconds: it may be busy. */
const RECEIPT_TIMEOUT_MS = 3000
/** The same when this peer ends, and for how long after the last message that is asked at all: what is older has arrived, or never will. */
const END_TIMEOUT_MS = 1000
const RECENT_MS = 5000

/** The question that runs on a connection, and the one that all share who came since it began. */
interface Asking {
  readonly current: Promise<boolean>
  next?: Promise<boolean>
}

/**
 * Shows that messages have arrived. GossipSub only hands them to a connection; and where that is closed while the other end is busy, TCP throws
 * away what it has not read yet. What is sent over one connection stays in order, so who answers a ping has everything that was sent before it.
 */
export class Receipts {
  readonly #libp2p: DocstoreLibp2p
  readonly #networkId: string
  readonly #asking = new WeakMap<Connection, Asking>()
  /** How often something was sent, and the last time; and how often it had been when what was sent on a connection had arrived. */
  #sent = 0
  #sentAt = Number.NEGATIVE_INFINITY
  readonly #taken = new WeakMap<Connection, number>()

  constructor(libp2p: DocstoreLibp2p, networkId: string) {
    this.#libp2p = libp2p
    this.#networkId = networkId
    // What others sent is passed on.
    libp2p.services.pubsub.addEventListener('message', () => this.sent())
  }

  /** Something was handed to GossipSub, from here or to be passed on. */
  sent(): void {
    this.#sent++
    this.#sentAt = performance.now()
  }

  /** How many of these peers have taken in what GossipSub handed to their connections so far. */
  async of(peers: readonly PeerId[]): Promise<number> {
    const taken = await Promise.all(
      peers.flatMap((peer) => {
        const connection = this.#libp2p.getConnections(peer).find((one) => gossipOf(one) !== undefined)
        return connection === undefined ? [] : [this.#ask(connection)]
      }),
    )
    return taken.filter((isTaken) => isTaken).length
  }

  /** To be called before connections are closed: waits, not for long, until the others have taken in what was sent last. */
  async settle(): Promise<void> {
    if (performance.now() - this.#sentAt > RECENT_MS) return
    const asked = Promise.all(
      this.#libp2p
        .getConnections()
        .filter((connection) => gossipOf(connection) !== undefined && this.#taken.get(connection) !== this.#sent)
        .map((connection) => this.#ask(connection)),
    )
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, END_TIMEOUT_MS)))
    await Promise.race([asked, late])
    clearTimeout(timer)
  }

  /** One question at a time: it speaks for all that was sent before it began, however many messages that are. */
  #ask(connection: Connection): Promise<boolean> {
    const asking = this.#asking.get(connection)
    if (asking === undefined) return this.#begin(connection)
    asking.next ??= asking.current.then(() => this.#begin(connection))
    return asking.next
  }

  #begin(connection: Connection): Promise<boolean> {
    const current = this.#answers(connection)
    const asking: Asking = { current }
    this.#asking.set(connection, asking)
    void current.then(() => {
      if (asking.next === undefined && this.#asking.get(connection) === asking) this.#asking.delete(connection)
    })
    return current
  }

  /** Never rejects: no answer is one. */
  async #answers(connection: Connection): Promise<boolean> {
    const signal = AbortSignal.timeout(RECEIPT_TIMEOUT_MS)
    const sent = this.#sent
    try {
      // What the other side has no room for yet waits in the stream; a ping would overtake it.
      const gossip = gossipOf(connection)
      if (gossip === undefined) return false
      await gossip.onDrain({ signal })
      await pingConnection(connection, this.#networkId, signal)
      this.#taken.set(connection, sent)
      return true
    } catch {
      return false
    }
  }
}

/** The stream on which GossipSub sends to the other end of a connection. */
function gossipOf({ status, streams }: Connection): Stream | undefined {
  if (status !== 'open') return undefined
  return streams.find((one) => one.direction === 'outbound' && one.protocol.startsWith('/meshsub/') && one.status === 'open')
}
