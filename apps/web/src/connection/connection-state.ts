import type { PeerStatus } from 'p2p-docstore'

/** How this peer stands with its relays, and with others directly. */
export type ConnectionState =
  | { readonly state: 'connected'; readonly via: string; readonly others: number }
  | { readonly state: 'connecting' }
  | { readonly state: 'offline'; readonly reason: string }

const VIA_NAMES: Readonly<Record<string, string>> = {
  'webrtc-direct': 'WebRTC-direct',
  webrtc: 'WebRTC',
  websocket: 'WebSocket',
  tcp: 'TCP',
  relay: 'through a relay',
  other: 'libp2p',
}

/** A transport's name for people. */
export function viaName(via: string | undefined): string {
  return via === undefined ? '' : (VIA_NAMES[via] ?? via)
}

/** How one peer is connected, for people. */
export function connectionText({ state, via, role, direct, error }: PeerStatus): string {
  if (state !== 'connected') return direct === 'trying' ? 'Looking for a direct way…' : (error ?? 'Connecting…')
  if (role === 'relay') return `${viaName(via)} to relay`
  if (via === 'relay') return direct === 'failed' ? 'Through a relay; no direct way was found' : 'Through a relay'
  return `${viaName(via)}, direct`
}

/** Sums up the peers in one state. One relay is enough to be connected, and so is one peer that is connected directly. */
export function connectionOf(peers: readonly PeerStatus[], isOnline: boolean): ConnectionState {
  const connected = peers.filter(({ state, via }) => state === 'connected' && via !== 'relay')
  const best = connected.find(({ role }) => role === 'relay') ?? connected[0]
  if (best !== undefined) return { state: 'connected', via: best.via ?? 'other', others: connected.length - 1 }
  if (!isOnline) return { state: 'offline', reason: 'This device has no network' }
  const failed = peers.find(({ role, error }) => role === 'relay' && error !== undefined)
  return failed?.error === undefined ? { state: 'connecting' } : { state: 'offline', reason: failed.error }
}
