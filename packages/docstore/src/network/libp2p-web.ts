import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Replica } from '@p2p-docstore/core'
import { commonOptions, type DocstoreLibp2p } from './libp2p.ts'
import { peerKey } from './peer-key.ts'

/** How long one address of a relay may take, milliseconds: where UDP is blocked, WebSocket comes after that. */
const ADDRESS_TIMEOUT_MS = 4000

/** Starts libp2p in a browser window: it dials relays over WebRTC-direct, or over WebSocket where UDP is blocked. */
export async function startLibp2p(replica: Replica, networkId: string): Promise<DocstoreLibp2p> {
  return createLibp2p({
    ...commonOptions(replica, networkId, await peerKey(replica)),
    transports: [webRTCDirect(), webSockets()],
    connectionManager: {
      addressDialTimeout: ADDRESS_TIMEOUT_MS,
      // libp2p tries WebSocket first; over WebRTC-direct the relay proves its key in the handshake and needs no TLS certificate.
      addressSorter: (a, b) => (isWebRtc(a.multiaddr) === isWebRtc(b.multiaddr) ? 0 : isWebRtc(a.multiaddr) ? -1 : 1),
    },
    // libp2p's default refuses private addresses and plain ws, which is what a relay at home or on this machine has.
    connectionGater: { denyDialMultiaddr: () => false },
  })
}

function isWebRtc(address: Multiaddr): boolean {
  return address.toString().includes('/webrtc-direct')
}
