import type { PeerId } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import { keychain } from '@libp2p/keychain'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore, MountDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { createLibp2p } from 'libp2p'
import { DocstoreError, type Replica, type Role } from '@p2p-docstore/core'
import { openAdmission } from './admission.ts'
import { NodeKademlia } from './kademlia-node.ts'
import { MetaDatastore } from './meta-datastore.ts'
import type { DocstoreLibp2p } from './libp2p.ts'
import { commonOptions } from './libp2p-options.ts'
import { MAX_CONNECTIONS, SPARE_CONNECTIONS } from './limits.ts'
import { peerKey } from './peer-key.ts'
import { RelayPlaces } from './relay-places.ts'
import { RESERVED_ADDRESSES, Reservations } from './reservations.ts'
import { WebSocketDoor } from './web-socket-door.ts'

/** Connections that a listening peer accepts, and how fast. libp2p's defaults (5 a second from one host) are for clients. */
const SERVER_CONNECTIONS = { maxConnections: MAX_CONNECTIONS, inboundConnectionThreshold: 100, maxIncomingPendingConnections: 200 }

/** How a peer takes part. */
export interface Libp2pOptions {
  /** Whether it serves others; who listens does unless told otherwise. */
  readonly role?: Role
  /** Multiaddrs to listen on. A peer that listens nowhere is reached through its relays. */
  readonly listen?: readonly string[]
  /** Multiaddrs to tell others in place of those, and such to tell them besides. Certificates of WebRTC-direct are filled in. */
  readonly announce?: readonly string[]
  readonly alsoAnnounce?: readonly string[]
  /** Peers that others can reach through this relay: everyone who can be connected, unless told otherwise. */
  readonly places?: number
  /** Connections from which on newcomers are told that it is full. */
  readonly fullAt?: number
}

/** Starts libp2p in Node. */
export async function startLibp2p(
  replica: Replica,
  {
    listen = [],
    announce = [],
    alsoAnnounce = [],
    role = listen.length > 0 ? 'relay' : 'peer',
    places: maxPlaces = MAX_CONNECTIONS,
    fullAt = MAX_CONNECTIONS - SPARE_CONNECTIONS,
  }: Libp2pOptions = {},
): Promise<DocstoreLibp2p> {
  const isRelay = role === 'relay'
  const key = await peerKey(replica)
  const admission = await openAdmission(replica, key, role)
  const options = commonOptions(admission, key, { isRelay, fullAt })
  const isDirect = listen.some((address) => address.includes('/webrtc-direct'))
  const places = new RelayPlaces(maxPlaces)
  const reservations = new Reservations()
  const webSocketDoor = new WebSocketDoor()
  for (const address of [...announce, ...alsoAnnounce]) checkAddress(address)
  return createLibp2p({
    ...options,
    ...(isDirect ? { datastore: certificateStore(replica) } : {}),
    addresses: {
      ...options.addresses,
      listen: [...listen, ...(isRelay ? [] : RESERVED_ADDRESSES)],
      // libp2p forgets the second kind where there is one of the first.
      ...(announce.length === 0 ? { appendAnnounce: [...alsoAnnounce] } : { announce: [...announce, ...alsoAnnounce] }),
    },
    transports: [tcp(), webSocketDoor.transport, ...(isDirect ? [await webRtcDirect()] : []), ...(isRelay ? [] : [reservations.transport])],
    connectionManager: { ...options.connectionManager, ...(listen.length === 0 ? {} : SERVER_CONNECTIONS) },
    connectionGater: { ...options.connectionGater, denyInboundRelayReservation: (peer: PeerId) => !places.makeRoom(peer) },
    services: {
      ...options.services,
      webSocketDoor: () => webSocketDoor,
      kademlia: (components: KadDHTComponents) => new NodeKademlia(components, { networkId: admission.network.id, isRelay }),
      ...(isDirect ? { keychain: keychain() } : {}),
      ...(isRelay ? { circuitRelay: places.service, places: () => places } : {}),
      ...(isRelay ? {} : { reservations: () => reservations }),
    },
  })
}

function checkAddress(text: string): void {
  try {
    multiaddr(text)
  } catch (cause) {
    throw new DocstoreError('bad-address', `${JSON.stringify(text)} is not an address of libp2p. It looks like /ip4/203.0.113.7/tcp/8081`, { cause })
  }
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
