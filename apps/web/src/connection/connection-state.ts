import type { PeerStatus } from 'p2p-docstore'

/** Why the relays of a network do not let this peer in; it lasts until somebody does something about it. */
export type ShutOut = 'not-invited' | 'invitation-expired' | 'invitation-revoked' | 'other-network' | 'other-version'

/** How this peer stands with its relays, and with others directly. */
export type ConnectionState =
  | { readonly state: 'connected'; readonly via: string; readonly others: number }
  | { readonly state: 'connecting' }
  | { readonly state: 'offline'; readonly reason: string; readonly shutOut?: ShutOut | undefined }

const VIA_NAMES: Readonly<Record<string, string>> = {
  'webrtc-direct': 'WebRTC-direct',
  webrtc: 'WebRTC',
  websocket: 'WebSocket',
  tcp: 'TCP',
  relay: 'through a relay',
  other: 'libp2p',
}

/** A transport's name for those who look closely. */
export function viaName(via: string | undefined): string {
  return via === undefined ? '' : (VIA_NAMES[via] ?? via)
}

/** How one peer is connected, for those who look closely. */
export function connectionText({ state, via, role, direct, error }: PeerStatus): string {
  if (state !== 'connected') return direct === 'trying' ? 'Looking for a direct way…' : (error ?? 'Connecting…')
  if (role === 'relay') return `${viaName(via)} to relay`
  if (via === 'relay') return direct === 'failed' ? 'Through a relay; no direct way was found' : 'Through a relay'
  return `${viaName(via)}, direct`
}

/** How one peer is connected, in plain words. */
export function plainConnectionText(peer: PeerStatus): string {
  if (peer.state !== 'connected') return connectionText(peer)
  if (peer.via === 'relay') return 'reached through a relay'
  return peer.role === 'relay' ? 'connected' : 'connected directly'
}

/** Sums up the peers in one state. One relay is enough to be connected, and so is one peer that is connected directly. */
export function connectionOf(peers: readonly PeerStatus[], isOnline: boolean): ConnectionState {
  const connected = peers.filter(({ state, via }) => state === 'connected' && via !== 'relay')
  const best = connected.find(({ role }) => role === 'relay') ?? connected[0]
  if (best !== undefined) return { state: 'connected', via: best.via ?? 'other', others: connected.length - 1 }
  if (!isOnline) return { state: 'offline', reason: 'This device has no network' }
  const failed = peers.filter(({ role, error }) => role === 'relay' && error !== undefined)
  // One that answers, and says no, tells more than one that is away.
  const shut = failed.find(({ errorCode }) => shutOutOf(errorCode) !== undefined) ?? failed[0]
  return shut?.error === undefined ? { state: 'connecting' } : { state: 'offline', reason: shut.error, shutOut: shutOutOf(shut.errorCode) }
}

function shutOutOf(code: string | undefined): ShutOut | undefined {
  switch (code) {
    case 'not-invited':
    case 'invitation-expired':
    case 'invitation-revoked':
    case 'other-network':
    case 'other-version':
      return code
    default:
      return undefined
  }
}

/** What a peer is called: relays by where their page is, others by the end of their id, which is what differs. */
export function peerName(id: string, peers: readonly Pick<PeerStatus, 'id' | 'origin'>[]): string {
  const origin = peers.find((peer) => peer.id === id)?.origin ?? (URL.canParse(id) ? id : undefined)
  if (origin === undefined) return `Relay ${id.slice(-8)}`
  return origin === location.origin ? 'The relay of this page' : new URL(origin).host
}
