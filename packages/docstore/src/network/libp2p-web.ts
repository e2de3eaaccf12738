import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import type { Replica } from '@p2p-docstore/core'
import { commonOptions, type DocstoreLibp2p } from './libp2p.ts'
import { peerKey } from './peer-key.ts'

/** Starts libp2p in a browser window: it dials relays over WebRTC-direct, or over WebSocket where UDP is blocked. */
export async function startLibp2p(replica: Replica, networkId: string): Promise<DocstoreLibp2p> {
  return createLibp2p({
    ...commonOptions(replica, networkId, await peerKey(replica)),
    transports: [webRTCDirect(), webSockets()],
    // libp2p's default refuses private addresses and plain ws, which is what a relay at home or on this machine has.
    connectionGater: { denyDialMultiaddr: () => false },
  })
}
