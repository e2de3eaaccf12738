import type { Connection, IdentifyResult } from '@libp2p/interface'
import { errorMessage, type NamespaceSync, type Session } from '@p2p-docstore/core'
import { type DocstoreLibp2p, viaOf } from '../transport/index.ts'
import { MAX_NEIGHBOURS } from '../limits.ts'
import { syncConnection, type SyncInit, type SyncPeer, syncProtocol } from '../sync/index.ts'

/** Peers that wait for a place at most. */
const MAX_WAITING = 64

/** What the neighbours of a peer need. */
export interface NeighboursInit extends SyncInit {
  readonly libp2p: DocstoreLibp2p
  /** Whether a link to a relay looks after this peer already. */
  readonly isRelay: (peer: string) => boolean
  /** Called when a session with a neighbour has begun or ended. */
  readonly onPeer: () => void
}

/** A connected peer that no relay link looks after, and the session with it. */
export interface Neighbour extends SyncPeer {
  readonly connection: Connection
}

/**
 * Keeps namespaces equal with peers that are connected for any reason: the side that dialled runs the session, so there is one of them;
 * between browsers, both do.
 * What comes from one neighbour goes on to the others, so documents cross a line of peers in which no two ends know each other.
 */
export class Neighbours {
  readonly #init: NeighboursInit
  readonly #ended = new AbortController()
  readonly #neighbours = new Map<string, Neighbour>()
  readonly #running = new Set<Promise<void>>()
  /** Peers that found no place, and their connections. */
  readonly #waiting = new Map<string, Connection>()

  constructor(init: NeighboursInit) {
    this.#init = init
    init.libp2p.addEventListener('peer:identify', this.#onIdentify)
  }

  /** The peers with which there is a session now. */
  get all(): readonly Neighbour[] {
    return [...this.#neighbours.values()]
  }

  async stop(): Promise<void> {
    this.#init.libp2p.removeEventListener('peer:identify', this.#onIdentify)
    this.#ended.abort()
    await Promise.all(this.#running)
  }

  readonly #onIdentify = ({ detail: { connection, protocols, peerId } }: CustomEvent<IdentifyResult>): void => {
    const peer = peerId.toString()
    const speaksSync = protocols.includes(syncProtocol(this.#init.networkId))
    // A limited connection is a relay's favour to find a direct one, not a way for documents.
    const isUsable = connection.limits === undefined && connection.status === 'open'
    // Of two browsers either may be the one that dialled; each wants to know how it stands with the other.
    const isOurs = isUsable && (connection.direction === 'outbound' || viaOf(connection) === 'webrtc')
    if (!speaksSync || !isOurs || this.#ended.signal.aborted || this.#neighbours.has(peer) || this.#init.isRelay(peer)) return
    if (this.#neighbours.size >= MAX_NEIGHBOURS) {
      this.#waiting.set(peer, connection)
      if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(this.#waiting.keys().next().value ?? peer)
      return
    }
    this.#begin(peer, connection)
  }

  #begin(peer: string, connection: Connection): void {
    this.#waiting.delete(peer)
    const running = this.#sync(peer, connection)
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
  }

  /** The place of one who has gone goes to one who waits. */
  #next(): void {
    for (const [peer, connection] of this.#waiting) {
      this.#waiting.delete(peer)
      if (connection.status !== 'open' || this.#ended.signal.aborted) continue
      this.#begin(peer, connection)
      return
    }
  }

  async #sync(peer: string, connection: Connection): Promise<void> {
    const status = new Map<string, NamespaceSync>()
    let session: Session | undefined
    let error: string | undefined
    const started = Promise.withResolvers<Session>()
    started.promise.catch(() => undefined)
    this.#neighbours.set(peer, {
      id: peer,
      peer,
      connection,
      status,
      get session() {
        return session
      },
      get role() {
        return session?.isWithRelay === true ? 'relay' : 'peer'
      },
      get via() {
        return viaOf(connection)
      },
      get error() {
        return error
      },
      untilSession: () => started.promise,
    })
    try {
      await syncConnection(connection, this.#init, {
        signal: this.#ended.signal,
        status,
        onStart: (one) => {
          session = one
          started.resolve(one)
          this.#init.onPeer()
        },
      })
    } catch (cause) {
      // Whoever dialled it decides whether it is dialled again.
      error = errorMessage(cause)
      started.reject(cause)
    } finally {
      this.#neighbours.delete(peer)
      this.#next()
      this.#init.onPeer()
      for (const ns of this.#init.wanted) this.#init.onSync(ns)
    }
  }
}
