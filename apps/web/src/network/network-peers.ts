import type { DirectoryPeer, PeerStatus } from 'p2p-docstore'
import { shortPeer } from '../ui/short-names.ts'

/** One peer of the network as this page knows it: from the directory, from its own connections, or both. */
export interface NetworkPeer {
  /** libp2p peer id; a relay's address while it was never reached. */
  readonly id: string
  readonly name: string
  readonly kind: 'self' | 'relay' | 'peer'
  /** How it is connected to this peer; absent where it is only known. */
  readonly status: PeerStatus | undefined
  /** What it says of itself; absent where it does not want to be listed. */
  readonly listed: DirectoryPeer | undefined
}

/** A connection between two of them. */
export interface NetworkLink {
  readonly from: string
  readonly to: string
  readonly via: string
  readonly isOwn: boolean
}

/** Peers and connections, this peer first, then who is nearest. */
export interface NetworkMap {
  readonly peers: readonly NetworkPeer[]
  readonly links: readonly NetworkLink[]
}

/** Puts together what the directory lists and whom this peer is connected to. */
export function networkMap(own: string, directory: readonly DirectoryPeer[], statuses: readonly PeerStatus[]): NetworkMap {
  const listedById = new Map(directory.map((listed) => [listed.peer, listed]))
  const statusById = new Map(statuses.map((status) => [status.id, status]))
  const peers = [...new Set([own, ...listedById.keys(), ...statusById.keys()])].map((id): NetworkPeer => {
    const [listed, status] = [listedById.get(id), statusById.get(id)]
    const kind = id === own ? 'self' : listed?.role === 'relay' || status?.role === 'relay' ? 'relay' : 'peer'
    return { id, name: kind === 'self' ? 'This peer' : nameOf(id, listed?.origin ?? status?.origin), kind, status, listed }
  })
  peers.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  return { peers, links: linksOf(own, peers) }
}

function nameOf(id: string, origin: string | undefined): string {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : shortPeer(id)
}

function rank({ kind, status }: NetworkPeer): number {
  if (kind === 'self') return 0
  return (kind === 'relay' ? 1 : 3) + (status?.state === 'connected' ? 0 : 1)
}

/** Every connection once: both ends of one may tell of it. */
function linksOf(own: string, peers: readonly NetworkPeer[]): readonly NetworkLink[] {
  const known = new Set(peers.map(({ id }) => id))
  const links = new Map<string, NetworkLink>()
  const add = (from: string, to: string, via: string): void => {
    const key = from < to ? `${from} ${to}` : `${to} ${from}`
    if (known.has(to) && from !== to && !links.has(key)) links.set(key, { from, to, via, isOwn: from === own || to === own })
  }
  // What this peer sees itself goes before what others say.
  for (const { id, status } of peers) if (status?.state === 'connected') add(own, id, status.via ?? 'other')
  for (const { id, listed } of peers) if (id !== own) for (const { peer, via } of listed?.links ?? []) if (peer !== own) add(id, peer, via)
  return [...links.values()]
}
