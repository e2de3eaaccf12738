import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import type { Replica } from '@p2p-docstore/core'
import type { DocstoreLibp2p } from './libp2p.ts'
import { openAdmission, readNetwork } from '../admission/index.ts'
import { commonOptions } from './libp2p-options.ts'
import { peerKey } from './peer-key.ts'
import { Reservations, RESERVED_ADDRESSES } from '../signaling/index.ts'

/** How long a direct way to another browser may take to come about, milliseconds. */
const DIRECT_TIMEOUT_MS = 8000

/**
 * How long the accepting side of a connection between two browsers waits before it goes on, milliseconds. It closes a channel that the other
 * side may not have seen open yet, and where that happens libp2p's dial waits until its time is over.
 */
const SETTLE_MS = 250

/**
 * Starts libp2p in a browser window: it dials relays over WebRTC-direct and, where UDP is blocked, WebSocket, and other browsers can
 * reach it through those relays.
 */
export async function startLibp2p(replica: Replica): Promise<DocstoreLibp2p> {
  const key = await peerKey(replica)
  const options = await commonOptions(await openAdmission(replica, key, 'peer'), key)
  const reservations = new Reservations()
  const { stun = [] } = readNetwork((await replica.info()).network.descriptor).descriptor
  // Servers that tell a browser its public address: those of the network, if any. libp2p's defaults are other people's.
  const rtc = { rtcConfiguration: { iceServers: stun.map((urls) => ({ urls })) } }
  return createLibp2p({
    ...options,
    addresses: { ...options.addresses, listen: [...RESERVED_ADDRESSES, '/webrtc'] },
    transports: [webRTCDirect(rtc), webSockets(), webRTC(rtc), reservations.transport],
    connectionManager: {
      ...options.connectionManager,
      addressDialTimeout: DIRECT_TIMEOUT_MS,
    },
    connectionGater: {
      ...options.connectionGater,
      denyInboundConnection: async ({ remoteAddr }) => {
        if (remoteAddr.toString().startsWith('/webrtc/')) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
        return false
      },
    },
    services: { ...options.services, reservations: () => reservations },
  })
}
