import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Doorkeeper } from '../admission/index.ts'
import type { Kademlia } from '../finding/index.ts'
import type { RelayPlaces, Reservations } from '../signaling/index.ts'
import type { Dialler } from './dialler.ts'
import type { WebSocketDoor } from './web-socket-door.ts'

/** libp2p with our services. */
export type DocstoreLibp2p = Libp2p<{
  pubsub: GossipSub
  ping: Ping
  doorkeeper: Doorkeeper
  dialler: Dialler
  /** Browsers have none: they ask their relays. */
  kademlia?: Kademlia
  /** This peer's places at relays; a relay has none. */
  reservations?: Reservations
  /** The places that this relay gives. */
  places?: RelayPlaces
  /** Lets peers in that came to another server; in Node. */
  webSocketDoor?: WebSocketDoor
  circuitRelay?: CircuitRelayService
}>
