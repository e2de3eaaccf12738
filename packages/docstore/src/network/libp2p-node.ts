import type { PeerId } from '@libp2p/interface'
import { keychain } from '@libp2p/keychain'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { MemoryDatastore, MountDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { createLibp2p } from 'libp2p'
import type { Replica, Role } from '@p2p-docstore/core'
import { MetaDatastore } from './meta-datastore.ts'
import type { DocstoreLibp2p } from './libp2p.ts'
import { commonOptions } from './libp2p-options.ts'
import { MAX_CONNECTIONS } from './limits.ts'
import { peerKey } from './peer-key.ts'
import { RelayPlaces } from './relay-places.ts'
import { RESERVED_ADDRESSES, Reservations } from './reservations.ts'

/** Connections that a listening peer accepts, and how fast. libp2p's defaults (5 a second from one host) are for clients. */
const SERVER_CONNECTIONS = { maxConnections: MAX_CONNECTIONS, inboundConnectionThreshold: 100, maxIncomingPendingConnections: 200 }

/** How a peer takes part. */
export interface Libp2pOptions {
  /** Whether it serves others; who listens does unless told otherwise. */
  readonly role?: Role
  /** Multiaddrs to listen on, and those to tell others in their place. A peer that listens nowhere is reached through its relays. */
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
  /** Peers that others can reach through this relay: everyone who can be connected, unless told otherwise. */
  readonly places?: number
}

/** Starts libp2p in Node. */
export async function startLibp2p(
  replica: Replica,
  networkId: string,
  { listen = [], announce = [], role = listen.length > 0 ? 'relay' : 'peer', places: maxPlaces = MAX_CONNECTIONS }: Libp2pOptions = {},
): Promise<DocstoreLibp2p> {
  const isRelay = role === 'relay'
  const options = commonOptions(networkId, await peerKey(replica), { isRelay })
  const isDirect = listen.some((address) => address.includes('/webrtc-direct'))
  const places = new RelayPlaces(maxPlaces)
  const reservations = new Reservations()
  return createLibp2p({
    ...options,
    ...(isDirect ? { datastore: certificateStore(replica) } : {}),
    addresses: {
      ...options.addresses,
      listen: [...listen, ...(isRelay ? [] : RESERVED_ADDRESSES)],
      ...(announce.length === 0 ? {} : { announce: [...announce] }),
    },
    transports: [tcp(), webSockets(), ...(isDirect ? [await webRtcDirect()] : []), ...(isRelay ? [] : [reservations.transport])],
    connectionManager: { ...options.connectionManager, ...(listen.length === 0 ? {} : SERVER_CONNECTIONS) },
    connectionGater: { ...options.connectionGater, denyInboundRelayReservation: (peer: PeerId) => !places.makeRoom(peer) },
    services: {
      ...options.services,
      ...(isDirect ? { keychain: keychain() } : {}),
      ...(isRelay ? { circuitRelay: places.service, places: () => places } : {}),
      ...(isRelay ? {} : { reservations: () => reservations }),
    },
  })
}

/** Loads a native library, so only where it is wanted. Without servers that tell addresses: libp2p's defaults are other people's. */
async function webRtcDirect() {
  const { webRTCDirect } = await import('@libp2p/webrtc')
  return webRTCDirect({ rtcConfiguration: { iceServers: [] } })
}

/** Keeps the WebRTC certificate, which is part of a relay's addresses, with the data; and whom it met, in memory only. */
function certificateStore(replica: Replica): MountDatastore {
  return new MountDatastore([
    { prefix: new Key('/peers'), datastore: new MemoryDatastore() },
    { prefix: new Key('/'), datastore: new MetaDatastore(replica) },
  ])
}
