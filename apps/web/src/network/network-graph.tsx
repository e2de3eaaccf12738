import type { ReactNode } from 'react'
import { viaName } from '../connection/connection-state.ts'
import { TEST_IDS } from '../test-ids.ts'
import { type GraphNode, layOut, viewBoxOf } from './graph-layout.ts'
import type { NetworkMap } from './network-peers.ts'

/** Nodes up to which each has its name beside it. */
const MAX_NAMED = 16
const RADIUS = { self: 13, relay: 11, peer: 7 } as const

/** The network as a drawing. Everything in it stands in the list, too, which is what screen readers get. */
export function NetworkGraph({
  map,
  selected,
  onSelect,
}: {
  readonly map: NetworkMap
  readonly selected: string | undefined
  readonly onSelect: (id: string) => void
}): ReactNode {
  const nodes = layOut(map.peers, map.links)
  const nodeById = new Map(nodes.map((node) => [node.peer.id, node]))
  return (
    <svg className="graph" viewBox={viewBoxOf(nodes)} aria-hidden="true" data-testid={TEST_IDS.networkGraph} data-nodes={nodes.length}>
      {map.links.map(({ from, to, via, isOwn }) => {
        const [a, b] = [nodeById.get(from), nodeById.get(to)]
        if (a === undefined || b === undefined) return null
        const isSelected = from === selected || to === selected
        return (
          <path
            key={`${from} ${to}`}
            d={curve(a, b)}
            className={`link link-${kindOf(via)}${isOwn ? ' link-own' : ''}${isSelected ? ' link-selected' : ''}`}
          >
            <title>{`${a.peer.name} – ${b.peer.name}: ${viaName(via)}`}</title>
          </path>
        )
      })}
      {nodes.map(({ peer, x, y }) => (
        <g
          key={peer.id}
          className={`node node-${peer.kind} node-${peer.kind === 'self' ? 'connected' : (peer.status?.state ?? 'known')}${peer.id === selected ? ' node-selected' : ''}`}
          transform={`translate(${x} ${y})`}
          data-testid={TEST_IDS.networkNode}
          data-kind={peer.kind}
          onClick={() => onSelect(peer.id)}
        >
          <title>{peer.name}</title>
          <circle r={RADIUS[peer.kind]} />
          {nodes.length <= MAX_NAMED || peer.kind === 'relay' ? (
            <text y={peer.kind === 'peer' ? -RADIUS.peer - 5 : RADIUS[peer.kind] + 13}>{peer.name}</text>
          ) : null}
        </g>
      ))}
    </svg>
  )
}

/** A line that bends away from the middle, where this peer is, unless it begins there. */
function curve(a: GraphNode, b: GraphNode): string {
  const start = `M ${a.x} ${a.y}`
  if (a.peer.kind === 'self' || b.peer.kind === 'self') return `${start} L ${b.x} ${b.y}`
  const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2]
  // Those who stand opposite to each other would meet in the middle: their line goes around it.
  const aside = Math.hypot(x, y) < 20 ? 0.4 : 0
  return `${start} Q ${1.25 * x + aside * (b.y - a.y)} ${1.25 * y - aside * (b.x - a.x)} ${b.x} ${b.y}`
}

function kindOf(via: string): 'direct' | 'relayed' | 'relay' {
  if (via === 'webrtc') return 'direct'
  return via === 'relay' ? 'relayed' : 'relay'
}
