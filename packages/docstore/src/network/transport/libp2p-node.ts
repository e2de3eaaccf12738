import type { Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import { tcp } from '@libp2p/tcp'
import { MemoryDatastore, MountDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { createLibp2p } from 'libp2p'
import { DocstoreError, type Replica, type Role } from '@p2p-docstore/core'
import { openAdmission } from '../admission/index.ts'
import { Arrivals } from './arrivals.ts'
import { withinDescriptors } from './descriptors-node.ts'
import { guardPackets, guardSockets } from './guarded-listeners.ts'
import { NodeKademlia } from '../finding/index-node.ts'
import { MetaDatastore } from './meta-datastore.ts'
import { promptKeychain } from './prompt-keychain.ts'
import type { DocstoreLibp2p } from './libp2p.ts'
import { commonOptions } from './libp2p-options.ts'
import { MAX_CONNECTIONS, SPARE_CONNECTIONS } from '../limits.ts'
import { parseAddress } from './parse-address.ts'
import { offers } from '../relay-services.ts'
import { peerKey } from './peer-key.ts'
import { Reservations, RESERVED_ADDRESSES } from '../signaling/index.ts'
import { RelayPlaces } from '../signaling/index-node.ts'
import { WebSocketDoor } from './web-socket-door.ts'

/** Connections that a listening peer accepts each second from one host. libp2p's default (5) is for clients. */
const MAX_CONNECTIONS_PER_SECOND = 100
/** Sockets on their way to become connections: all, and those of one host; behind a proxy all have one. They may take so long, milliseconds. */
const MAX_ARRIVING = 500
const MAX_ARRIVING_PER_HOST = 200
const ARRIVAL_MS = 5000
/** Parts of all descriptors that connections may take, and sockets that are no connections yet. */
const CONNECTIONS_PART = 1 / 2
const ARRIVING_PART = 1 / 8

/** How a peer takes part. */
export interface Libp2pOptions {
  /** Whether it serves others; who listens does unless told otherwise. */
  readonly role?: Role
  /** What this relay does for others; everything, unless told otherwise. */
  readonly services?: readonly string[] | undefined
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

/** Starts libp2p in Node. Throws `listen-failed` where a relay cannot listen on all the addresses that it was given. */
export async function startLibp2p(
  replica: Replica,
  {
    listen = [],
    announce = [],
    alsoAnnounce = [],
    role = listen.length > 0 ? 'relay' : 'peer',
    services,
    places: maxPlaces = MAX_CONNECTIONS,
    fullAt: wantedFullAt = MAX_CONNECTIONS - SPARE_CONNECTIONS,
  }: Libp2pOptions = {},
): Promise<DocstoreLibp2p> {
  const isRelay = role === 'relay'
  const maxConnections = withinDescriptors(MAX_CONNECTIONS, CONNECTIONS_PART)
  const maxArriving = withinDescriptors(MAX_ARRIVING, ARRIVING_PART)
  const fullAt = Math.min(wantedFullAt, maxConnections - Math.min(SPARE_CONNECTIONS, maxConnections >> 2))
  const arrivals = new Arrivals({ max: maxArriving, maxPerHost: Math.min(MAX_ARRIVING_PER_HOST, maxArriving), timeoutMs: ARRIVAL_MS })
  const maxSockets = maxConnections + maxArriving
  const serverConnections = {
    maxConnections,
    inboundConnectionThreshold: MAX_CONNECTIONS_PER_SECOND,
    // Those over UDP come on top.
    maxIncomingPendingConnections: 2 * maxArriving,
  }
  const key = await peerKey(replica)
  const admission = await openAdmission(replica, key, role, services)
  const options = await commonOptions(admission, key, { isRelay, fullAt })
  const isDirect = listen.some((address) => address.includes('/webrtc-direct'))
  const places = new RelayPlaces(maxPlaces)
  const reservations = new Reservations()
  const webSocketDoor = new WebSocketDoor(arrivals)
  for (const address of [...announce, ...alsoAnnounce]) parseAddress(address)
  const started = createLibp2p({
    ...options,
    ...(isDirect ? { datastore: certificateStore(replica) } : {}),
    addresses: {
      ...options.addresses,
      listen: [...listen, ...(isRelay ? [] : RESERVED_ADDRESSES)],
      // libp2p forgets the second kind where there is one of the first.
      ...(announce.length === 0 ? { appendAnnounce: [...alsoAnnounce] } : { announce: [...announce, ...alsoAnnounce] }),
    },
    transports: [
      guardSockets(tcp(), arrivals, maxSockets),
      guardSockets(webSocketDoor.transport, arrivals, maxSockets),
      ...(isDirect ? [await webRtcDirect()] : []),
      ...(isRelay ? [] : [reservations.transport]),
    ],
    connectionManager: { ...options.connectionManager, ...(listen.length === 0 ? {} : serverConnections) },
    connectionGater: { ...options.connectionGater, denyInboundRelayReservation: (peer: PeerId) => !places.makeRoom(peer) },
    services: {
      ...options.services,
      webSocketDoor: () => webSocketDoor,
      arrivals: ({ events }: { events: TypedEventTarget<Libp2pEvents> }) => settling(arrivals, events),
      kademlia: (components: KadDHTComponents) =>
        new NodeKademlia(components, { networkId: admission.network.id, isRelay: isRelay && offers(services, 'discovery') }),
      ...(isDirect ? { keychain: promptKeychain } : {}),
      ...(isRelay && offers(services, 'signaling') ? { circuitRelay: places.service, places: () => places } : {}),
      ...(isRelay ? {} : { reservations: () => reservations }),
    },
  })
  return started.catch((cause: unknown) => {
    if (!(cause instanceof Error) || cause.name !== 'UnsupportedListenAddressesError') throw cause
    throw new DocstoreError('listen-failed', `The relay cannot listen on all of ${listen.join(', ')} (${reasonsOf(cause)})`, { cause })
  })
}

/** What libp2p says in lines of its own, of each address that failed; where that is an error, its stack follows. */
function reasonsOf({ message }: Error): string {
  return message
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at '))
    .join('; ')
}

/** Whoever has become a connection is the doorkeeper's from then on. */
function settling(arrivals: Arrivals, events: TypedEventTarget<Libp2pEvents>): Arrivals {
  events.addEventListener('connection:open', ({ detail: { direction, remoteAddr } }) => {
    const [host, port] = remoteAddr.getComponents().filter(({ name }) => name === 'ip4' || name === 'ip6' || name === 'tcp')
    if (direction === 'inbound' && port?.name === 'tcp') arrivals.leave(host?.value, Number(port.value))
  })
  return arrivals
}

/** Loads a native library, so only where it is wanted. Without servers that tell addresses: libp2p's defaults are other people's. */
async function webRtcDirect() {
  const [{ webRTCDirect }, native] = await Promise.all([import('@libp2p/webrtc'), import('node-datachannel')])
  return guardPackets(webRTCDirect({ rtcConfiguration: { iceServers: [] } }), native)
}

/** Keeps the WebRTC certificate, which is part of a relay's addresses, with the data; and whom it met, in memory only. */
function certificateStore(replica: Replica): MountDatastore {
  return new MountDatastore([
    { prefix: new Key('/peers'), datastore: new MemoryDatastore() },
    { prefix: new Key('/'), datastore: new MetaDatastore(replica) },
  ])
}
