import type { ComponentLogger, Connection, Libp2pEvents, PeerId, PeerStore, Startable, TypedEventTarget } from '@libp2p/interface'
import { DocstoreError } from '@p2p-docstore/core'
import { MAX_CONNECTIONS_PER_PEER } from './limits.ts'
import type { Misconduct } from './misconduct.ts'

/** How often peers that have left are forgotten, milliseconds. libp2p would remember everyone who ever came. */
const FORGET_INTERVAL_MS: number = 10 * 60_000

/** How long an earlier connection of a peer that comes again may take to show that it still works, milliseconds. */
const PROBE_TIMEOUT_MS = 2000

/** What the doorkeeper uses of libp2p. */
export interface DoorkeeperComponents {
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly logger: ComponentLogger
  readonly connectionManager: { getConnections(peer?: PeerId): readonly Connection[] }
  readonly peerStore: Pick<PeerStore, 'all' | 'delete'>
  readonly identify: { identify(connection: Connection, options?: { readonly signal?: AbortSignal }): Promise<unknown> }
}

/**
 * Decides who may stay connected to this peer: nobody of other networks, nobody who misbehaved, and each peer only so often. A peer that
 * identifies itself under our protocol's name is of our network. The name is no secret; this keeps networks apart, not enemies.
 */
export class Doorkeeper implements Startable {
  readonly misconduct: Misconduct
  readonly #components: DoorkeeperComponents
  readonly #identifying = new Map<Connection, Promise<unknown>>()
  #strangers = 0
  #timer: ReturnType<typeof setInterval> | undefined
  #unlisten: () => void = () => undefined

  constructor(components: DoorkeeperComponents, misconduct: Misconduct) {
    this.#components = components
    this.misconduct = misconduct
  }

  /** Connections that were ended because the other side did not show that it is of our network. */
  get strangers(): number {
    return this.#strangers
  }

  start(): void {
    const { events, logger } = this.#components
    const log = logger.forComponent('docstore:doorkeeper')
    events.addEventListener('connection:open', this.#onOpen)
    events.addEventListener('connection:close', this.#onClose)
    this.#timer = setInterval(() => {
      this.#forget().catch((error: unknown) => log.error('peers that have left could not be forgotten - %e', error))
    }, FORGET_INTERVAL_MS)
    this.#unlisten = this.misconduct.onRefusal((peer, misdeed) => {
      log('%s is refused for a while because of %s', peer, misdeed)
      this.#showOut(peer, new DocstoreError('misconduct', `The peer breaks the protocol (${misdeed})`))
    })
  }

  stop(): void {
    this.#components.events.removeEventListener('connection:open', this.#onOpen)
    this.#components.events.removeEventListener('connection:close', this.#onClose)
    clearInterval(this.#timer)
    this.#unlisten()
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    const peer = connection.remotePeer
    const all = this.#components.connectionManager.getConnections(peer)
    if (all.length > MAX_CONNECTIONS_PER_PEER) {
      // The newest is the one that surely works.
      const [oldest] = all.toSorted((a, b) => a.timeline.open - b.timeline.open)
      oldest?.abort(new DocstoreError('too-many-connections', `A peer has at most ${MAX_CONNECTIONS_PER_PEER} connections here`))
      this.misconduct.note(peer.toString(), 'too-many-connections')
    }
    // Who does not speak this protocol fails at once, who says nothing when the time for it is over.
    this.#identify(connection).catch((cause: unknown) => {
      if (connection.status !== 'open') return
      this.#strangers++
      connection.abort(new DocstoreError('stranger', 'The other side did not show that it is of our network', { cause }))
    })
    for (const earlier of all) if (earlier !== connection && earlier.status === 'open') this.#probe(earlier)
  }

  /** A browser that was closed says no goodbye. When it is back, what goes to it over its earlier connection is lost until that one ends. */
  #probe(earlier: Connection): void {
    this.#identify(earlier, AbortSignal.timeout(PROBE_TIMEOUT_MS)).catch((cause: unknown) => {
      if (earlier.status === 'open') earlier.abort(new DocstoreError('connection-lost', 'The peer came again, and does not answer here', { cause }))
    })
  }

  /** Identifying a peer once more opens on a connection that is left what went with the other one: GossipSub's stream. */
  readonly #onClose = ({ detail: { remotePeer } }: CustomEvent<Connection>): void => {
    // After this turn: where all of them are closed at once, none is left, and a stream on one that is just closing would be an uncaught error.
    setTimeout(() => {
      const left = this.#components.connectionManager.getConnections(remotePeer).find(({ status }) => status === 'open')
      // Those who use it notice when it fails.
      if (left !== undefined) this.#identify(left).catch(() => undefined)
    })
  }

  /** Once at a time: the other side answers no second request meanwhile. */
  #identify(connection: Connection, signal?: AbortSignal): Promise<unknown> {
    const running = this.#identifying.get(connection)
    if (running !== undefined) return running
    const started = this.#components.identify.identify(connection, signal === undefined ? {} : { signal }).finally(() => {
      this.#identifying.delete(connection)
    })
    this.#identifying.set(connection, started)
    return started
  }

  #showOut(peer: string, error: Error): void {
    for (const connection of this.#components.connectionManager.getConnections())
      if (connection.remotePeer.toString() === peer) connection.abort(error)
  }

  async #forget(): Promise<void> {
    const { peerStore, connectionManager } = this.#components
    for (const { id } of await peerStore.all()) if (connectionManager.getConnections(id).length === 0) await peerStore.delete(id)
  }
}
