import type { ClockReport } from '@p2p-docstore/core'
import type { NetworkDirectory } from './directory/index.ts'
import type { DirectLinks } from './peers/index.ts'
import type { RelayLinks } from './relays/index.ts'
import { type DocstoreLibp2p, viaOf } from './transport/index.ts'
import type { PeerStatus } from './types.ts'

/** From where it is known who is there. */
export interface PeerListInit {
  readonly libp2p: DocstoreLibp2p
  readonly relays: RelayLinks
  readonly direct: DirectLinks | undefined
  readonly directory: NetworkDirectory | undefined
  readonly clock: ClockReport
}

/** Relays with which this peer keeps in touch, then everyone else who is connected, or is being connected directly. */
export function listPeers({ libp2p, relays, direct, directory, clock }: PeerListInit): readonly PeerStatus[] {
  const clocks = new Map(clock.relays.map(({ peer, aheadMs }) => [peer, aheadMs]))
  const linked = relays.all.map((link) => ({ ...link.peerStatus(), clockAheadMs: clocks.get(link.id) }))
  const known = new Set(linked.map(({ id }) => id))
  const others = new Map<string, PeerStatus>()
  const base = { role: 'peer', origin: undefined, errorCode: undefined, reservation: false } as const
  const states = direct?.states
  for (const [id, { state, error }] of states ?? []) others.set(id, { ...base, id, via: undefined, state: 'connecting', error, direct: state })
  for (const connection of libp2p.getConnections()) {
    const id = connection.remotePeer.toString()
    const via = viaOf(connection)
    const isGuest = libp2p.services.doorkeeper.guestOf(connection) !== undefined
    // Of several connections the direct one counts.
    if (known.has(id) || !isGuest || (via === 'relay' && others.get(id)?.state === 'connected')) continue
    const role = directory?.isRelay(id) === true ? 'relay' : 'peer'
    others.set(id, { ...base, id, role, via, state: 'connected', error: undefined, direct: via === 'webrtc' ? 'open' : states?.get(id)?.state })
  }
  return [...linked, ...others.values()]
}
