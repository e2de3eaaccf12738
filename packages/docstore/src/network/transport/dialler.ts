import type { Connection, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { aborted } from '../timing/index.ts'
import { sideBySide, type Way } from './side-by-side.ts'

/** Addresses of one peer that are tried in one dial; further ones are not. */
const MAX_WAYS = 24

/** What dialling uses of libp2p. */
export interface DiallerComponents {
  readonly transportManager: {
    dialTransportForMultiaddr(address: Multiaddr): unknown
    dial(address: Multiaddr, options: { readonly signal: AbortSignal }): Promise<Connection>
  }
  readonly connectionManager: {
    getConnections(peer?: PeerId): readonly Connection[]
    openConnection(address: Multiaddr, options: { readonly signal: AbortSignal }): Promise<Connection>
  }
}

/**
 * Dials a peer at several addresses side by side. libp2p's own dial tries one after another, so that a few which lead nowhere use up the
 * time of the one that works.
 */
export class Dialler {
  readonly #components: DiallerComponents
  /** The dial that is under way to each peer. */
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(components: DiallerComponents) {
    this.#components = components
  }

  /**
   * A connection to a peer: one that is there, or the first that comes about. The addresses are tried in this order; those of other peers and those through
   * relays are left out. Throws an `AggregateError` of why none did, or why the signal aborted.
   */
  async dial(peer: string, addresses: readonly Multiaddr[], signal: AbortSignal): Promise<Connection> {
    // Several names of one relay lead to one connection.
    for (let other = this.#running.get(peer); other !== undefined; other = this.#running.get(peer)) {
      await Promise.race([other, aborted(signal)])
      signal.throwIfAborted()
    }
    const there = this.#open(peer)
    if (there !== undefined) return there
    const dial = sideBySide(this.#ways(peer, addresses), { signal, discard: close })
    const ended = dial.then(
      () => undefined,
      () => undefined,
    )
    this.#running.set(peer, ended)
    try {
      return await dial
    } finally {
      this.#running.delete(peer)
    }
  }

  #open(peer: string): Connection | undefined {
    const all = this.#components.connectionManager.getConnections(peerIdFromString(peer))
    return all.find(({ status, limits }) => status === 'open' && limits === undefined)
  }

  #ways(peer: string, addresses: readonly Multiaddr[]): readonly Way<Connection>[] {
    const { transportManager, connectionManager } = this.#components
    return addresses
      .flatMap((address) => {
        const whole = ofPeer(address, peer)
        if (whole === undefined || whole.toString().includes('/p2p-circuit')) return []
        if (transportManager.dialTransportForMultiaddr(whole) !== undefined)
          return [(signal: AbortSignal) => transportManager.dial(whole, { signal })]
        // It stands for others, which libp2p looks up; or this platform has no way to go there.
        return whole.toString().startsWith('/dnsaddr/') ? [(signal: AbortSignal) => connectionManager.openConnection(whole, { signal })] : []
      })
      .slice(0, MAX_WAYS)
  }
}

/** The address with the peer that it leads to, whose key the handshake then checks; nothing where that is another one. */
function ofPeer(address: Multiaddr, peer: string): Multiaddr | undefined {
  const named = address.getComponents().findLast(({ name }) => name === 'p2p')?.value
  return named === undefined ? address.encapsulate(`/p2p/${peer}`) : named === peer ? address : undefined
}

/** Two ways can lead there in the same moment. */
function close(late: Connection): void {
  late.close().catch((error: unknown) => late.abort(error instanceof Error ? error : new Error('failed')))
}
