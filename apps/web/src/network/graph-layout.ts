import type { NetworkLink, NetworkPeer } from './network-peers.ts'

/** Most relays and other peers that a drawing holds; the list has them all. */
const MAX_RELAYS = 24
const MAX_PEERS = 96
/** How far from the middle they are drawn. */
const RELAY_RADIUS = 105
const PEER_RADIUS = 185

/** Where a peer is drawn. */
export interface GraphNode {
  readonly peer: NetworkPeer
  readonly x: number
  readonly y: number
}

/** Places this peer in the middle, relays around it, and everyone else outside of the relay that they are connected to. */
export function layOut(peers: readonly NetworkPeer[], links: readonly NetworkLink[]): readonly GraphNode[] {
  const self = peers.filter(({ kind }) => kind === 'self')
  // By id: who comes or goes moves the others as little as possible.
  const relays = byId(peers.filter(({ kind }) => kind === 'relay').slice(0, MAX_RELAYS))
  const others = byId(peers.filter(({ kind }) => kind === 'peer').slice(0, MAX_PEERS))
  const relayOf = firstRelays(relays, links)
  const groups = [...relays.map(({ id }) => others.filter((one) => relayOf.get(one.id) === id)), others.filter((one) => !relayOf.has(one.id))]
  const sectors = groups.at(-1)?.length === 0 ? Math.max(1, relays.length) : groups.length
  const width = (2 * Math.PI) / sectors
  return [
    ...self.map((peer) => ({ peer, x: 0, y: 0 })),
    ...relays.map((peer, i) => at(peer, i * width, RELAY_RADIUS)),
    ...groups.flatMap((group, i) => group.map((peer, k) => at(peer, width * (i + (k + 0.5) / group.length - 0.5), PEER_RADIUS))),
  ]
}

function byId(peers: readonly NetworkPeer[]): readonly NetworkPeer[] {
  return peers.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** The first relay that each peer is connected to. */
function firstRelays(relays: readonly NetworkPeer[], links: readonly NetworkLink[]): ReadonlyMap<string, string> {
  const ids = new Set(relays.map(({ id }) => id))
  const found = new Map<string, string>()
  for (const { from, to } of links) {
    if (ids.has(to) && !found.has(from)) found.set(from, to)
    if (ids.has(from) && !found.has(to)) found.set(to, from)
  }
  return found
}

/** Clockwise from the top. */
function at(peer: NetworkPeer, angle: number, radius: number): GraphNode {
  return { peer, x: Math.round(radius * Math.sin(angle)), y: Math.round(-radius * Math.cos(angle)) }
}

/** Room around the outermost peers, for their names: at the sides, and above and below. */
const MARGIN = { x: 60, y: 36 }

/** The part of the plane that holds all of them, as an SVG view box: this peer is in the middle of its width. */
export function viewBoxOf(nodes: readonly GraphNode[]): string {
  const right = Math.max(RELAY_RADIUS, ...nodes.map(({ x }) => Math.abs(x))) + MARGIN.x
  const top = Math.min(0, ...nodes.map(({ y }) => y)) - MARGIN.y
  const bottom = Math.max(0, ...nodes.map(({ y }) => y)) + MARGIN.y
  return `${-right} ${top} ${2 * right} ${bottom - top}`
}
