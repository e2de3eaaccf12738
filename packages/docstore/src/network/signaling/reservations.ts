import { circuitRelayTransport, type CircuitRelayTransportComponents } from '@libp2p/circuit-relay-v2'
import type { PeerId, Transport } from '@libp2p/interface'
import { MAX_RELAYS } from '../limits.ts'

/** Where libp2p listens at relays: one such address for each reservation that it may hold. */
export const RESERVED_ADDRESSES: readonly string[] = Array.from({ length: MAX_RELAYS }, () => '/p2p-circuit')

/** Connections at once that others may open to us through one relay. */
const MAX_RELAYED_INBOUND = 32
/** How long a relay may take to give a reservation, milliseconds. */
const RESERVE_TIMEOUT_MS = 10_000

/** What we use of libp2p's transport for relayed connections; its class is not exported. */
interface CircuitTransport extends Transport {
  readonly reservationStore: EventTarget & {
    hasReservation(relay: PeerId): boolean
    addRelay(relay: PeerId, type: 'discovered'): Promise<unknown>
  }
}

/**
 * Places at relays through which others can reach this peer. libp2p asks for one when it meets a relay and renews it in time, but does not
 * ask again after a refusal or a renewal that failed: that is what `ask` is for.
 */
export class Reservations {
  readonly #listeners = new Set<() => void>()
  #circuit: CircuitTransport | undefined

  /** libp2p's transport for relayed connections. */
  readonly transport = (components: CircuitRelayTransportComponents): Transport => {
    const create = circuitRelayTransport({ maxInboundStopStreams: MAX_RELAYED_INBOUND, reservationCompletionTimeout: RESERVE_TIMEOUT_MS })
    const circuit = create(components) as CircuitTransport
    for (const event of ['relay:created-reservation', 'relay:removed']) circuit.reservationStore.addEventListener(event, () => this.#changed())
    this.#circuit = circuit
    return circuit
  }

  /** Whether this peer has a place at a relay. */
  has(relay: PeerId): boolean {
    return this.#circuit?.reservationStore.hasReservation(relay) === true
  }

  /** Asks a connected relay for a place. What comes of it is reported to the listeners; where nothing does, ask again. */
  ask(relay: PeerId): void {
    // libp2p logs why a relay has none, joins a request that is under way, and leaves the rest to whoever asks again.
    this.#circuit?.reservationStore.addRelay(relay, 'discovered').catch(() => undefined)
  }

  /** Calls back when a place was given or lost. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
