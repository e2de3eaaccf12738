import { circuitRelayServer, type CircuitRelayServerComponents, type CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'

/** How long a place is kept unless it is renewed, milliseconds. Peers renew five minutes before. */
const PLACE_MS: number = 30 * 60_000
/** What one relayed connection may last and carry: enough for two browsers to find a direct way, too little to live on. */
const RELAYED_MS: number = 2 * 60_000
const RELAYED_BYTES: bigint = 128n * 1024n
/** Requests for places and relayed connections that one connection may have open. */
const MAX_HOP_STREAMS = 16
/** Relayed connections that others may open to one peer at once. */
const MAX_STOP_STREAMS = 32

/**
 * The places that a relay gives to peers, so that others reach them through it. libp2p keeps a place until its time is over; here it ends
 * with the connection, or pages that are reloaded would use up all of them.
 */
export class RelayPlaces {
  /** Places that there are. */
  readonly max: number
  #service: CircuitRelayService | undefined
  #refused = 0

  constructor(max: number) {
    this.max = max
  }

  /** libp2p's relay service. */
  readonly service = (components: CircuitRelayServerComponents & { readonly events: TypedEventTarget<Libp2pEvents> }): CircuitRelayService => {
    const service = circuitRelayServer({
      maxInboundHopStreams: MAX_HOP_STREAMS,
      maxOutboundStopStreams: MAX_STOP_STREAMS,
      reservations: {
        maxReservations: this.max,
        reservationTtl: PLACE_MS,
        defaultDurationLimit: RELAYED_MS,
        defaultDataLimit: RELAYED_BYTES,
      },
    })(components)
    components.events.addEventListener('peer:disconnect', ({ detail }) => this.#free(detail))
    this.#service = service
    return service
  }

  /** Places that are taken. */
  get taken(): number {
    return this.#service?.reservations.size ?? 0
  }

  /** How often a peer got no place because there was none left. */
  get refused(): number {
    return this.#refused
  }

  /** Makes room for a peer that asks for a place; false where there is none. libp2p asks nobody else, and tells nobody when it refuses. */
  makeRoom(peer: PeerId): boolean {
    // Renewed, it is another place with another timer: where libp2p moves a timer, the moved one cannot be stopped any more.
    this.#free(peer)
    const hasRoom = this.taken < this.max
    if (!hasRoom) this.#refused++
    return hasRoom
  }

  #free(peer: PeerId): void {
    this.#service?.reservations.get(peer)?.signal.clear()
    this.#service?.reservations.delete(peer)
  }
}
