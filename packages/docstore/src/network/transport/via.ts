import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Via } from '../types.ts'

/** By what a connection runs. */
export function viaOf(connection: Connection): Via {
  const address = connection.remoteAddr.toString()
  // The address of a connection between two browsers holds that of the relay which brought them together.
  return connection.limits === undefined && /\/webrtc(\/|$)/.test(address) ? 'webrtc' : viaOfAddress(connection.remoteAddr)
}

/** By what a connection to an address would run. */
export function viaOfAddress(multiaddr: Multiaddr): Via {
  const address = multiaddr.toString()
  if (address.includes('/p2p-circuit')) return 'relay'
  if (address.includes('/webrtc-direct')) return 'webrtc-direct'
  if (address.includes('/ws')) return 'websocket'
  return address.includes('/tcp/') ? 'tcp' : 'other'
}
