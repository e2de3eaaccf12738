import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import type { Replica } from '@p2p-docstore/core'
import { commonOptions, type DocstoreLibp2p } from './libp2p.ts'
import { peerKey } from './peer-key.ts'

/** Connections that a listening peer accepts, and how fast. libp2p's defaults (5 a second from one host) are for clients. */
const SERVER_CONNECTIONS = { maxConnections: 2000, inboundConnectionThreshold: 100, maxIncomingPendingConnections: 200 }

/** Starts libp2p in Node. `listen` and `announce` are multiaddrs; a peer that listens nowhere only dials. */
export async function startLibp2p(
  replica: Replica,
  networkId: string,
  { listen = [], announce = [] }: { listen?: readonly string[]; announce?: readonly string[] } = {},
): Promise<DocstoreLibp2p> {
  const options = commonOptions(replica, networkId, await peerKey(replica))
  // Loads a native library, so only where it is wanted.
  const webRtc = listen.some((address) => address.includes('/webrtc-direct')) ? [(await import('@libp2p/webrtc')).webRTCDirect()] : []
  return createLibp2p({
    ...options,
    addresses: { listen: [...listen], ...(announce.length === 0 ? {} : { announce: [...announce] }) },
    transports: [tcp(), webSockets(), ...webRtc],
    ...(listen.length === 0 ? {} : { connectionManager: SERVER_CONNECTIONS }),
  })
}
