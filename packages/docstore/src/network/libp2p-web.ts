import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Replica } from '@p2p-docstore/core'
import type { DocstoreLibp2p } from './libp2p.ts'
import { openAdmission } from './admission.ts'
import { commonOptions } from './libp2p-options.ts'
import { peerKey } from './peer-key.ts'
import { RESERVED_ADDRESSES, Reservations } from './reservations.ts'

/** How long one address of a relay may take, milliseconds: where UDP is blocked, WebSocket comes after that. */
const ADDRESS_TIMEOUT_MS = 4000

/** Servers that tell a browser its public address. None: libp2p's defaults are other people's. */
const RTC = { rtcConfiguration: { iceServers: [] } }

/**
 * Starts libp2p in a browser window: it dials relays over WebRTC-direct, or over WebSocket where UDP is blocked, and other browsers can
 * reach it through those relays.
 */
export async function startLibp2p(replica: Replica): Promise<DocstoreLibp2p> {
  const key = await peerKey(replica)
  const options = commonOptions(await openAdmission(replica, key, 'peer'), key)
  const reservations = new Reservations()
  return createLibp2p({
    ...options,
    addresses: { ...options.addresses, listen: [...RESERVED_ADDRESSES, '/webrtc'] },
    transports: [webRTCDirect(RTC), webSockets(), webRTC(RTC), reservations.transport],
    connectionManager: {
      ...options.connectionManager,
      addressDialTimeout: ADDRESS_TIMEOUT_MS,
      // libp2p tries WebSocket first; over WebRTC-direct the relay proves its key in the handshake and needs no TLS certificate.
      addressSorter: (a, b) => (isWebRtc(a.multiaddr) === isWebRtc(b.multiaddr) ? 0 : isWebRtc(a.multiaddr) ? -1 : 1),
    },
    services: { ...options.services, reservations: () => reservations },
  })
}

function isWebRtc(address: Multiaddr): boolean {
  return address.toString().includes('/webrtc-direct')
}
