import { type Connection, isPeerId, type PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** How long a connection that nobody else uses is kept after the last question, and how often that is looked at, milliseconds. */
const KEEP_MS = 60_000
const LOOK_MS = 15_000
/** How long such a connection may take to close, milliseconds. */
const CLOSE_MS = 1000

/** What is used of libp2p. */
interface Connections {
  getConnections(peer: PeerId): readonly Connection[]
}

/**
 * Connections that were opened for a question to a peer that nothing else needs. libp2p would keep each of them for ever, and a search meets many
 * relays.
 */
export class PassingConnections {
  readonly #connections: Connections
  /** When each was last used, Unix milliseconds. */
  readonly #usedAt = new Map<Connection, number>()
  #timer: ReturnType<typeof setInterval> | undefined
  #isNeeded: (peer: string) => boolean = () => false

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /** `isNeeded` says whether something else uses connections to a peer. */
  start(isNeeded: (peer: string) => boolean): void {
    this.#isNeeded = isNeeded
    this.#timer ??= setInterval(() => this.#sweep(performance.now()), LOOK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Does what may open a connection to a peer. */
  async use<T>(peer: PeerId | Multiaddr | Multiaddr[], work: () => Promise<T>): Promise<T> {
    if (!isPeerId(peer)) return work()
    const before = new Set(this.#connections.getConnections(peer))
    try {
      return await work()
    } finally {
      for (const connection of this.#connections.getConnections(peer))
        if (connection.direction === 'outbound' && (!before.has(connection) || this.#usedAt.has(connection)))
          this.#usedAt.set(connection, performance.now())
    }
  }

  #sweep(now: number): void {
    for (const [connection, usedAt] of this.#usedAt) {
      const isOpen = connection.status === 'open'
      if (isOpen && (now - usedAt < KEEP_MS || this.#isNeeded(connection.remotePeer.toString()))) continue
      this.#usedAt.delete(connection)
      if (isOpen)
        connection
          .close({ signal: AbortSignal.timeout(CLOSE_MS) })
          .catch((error: unknown) => connection.abort(error instanceof Error ? error : new Error('failed')))
    }
  }
}
