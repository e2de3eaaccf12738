import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { rangeOfHost, viaOfAddress } from '../transport/index.ts'
import type { Via } from '../types.ts'

/** What is known of a relay before it is dialled. */
export interface DialHints {
  /** Origin of its web server, where that is known. */
  readonly origin: string | undefined
  /** The way by which it was reached last, as `wayOf` writes it. */
  readonly last: string | undefined
}

/** Kinds of connections, the most wanted first: over WebRTC-direct a relay needs no certificate, and over TCP there is the least in between. */
const KINDS: readonly Via[] = ['tcp', 'webrtc-direct', 'websocket', 'other']
/** Firefox does not let WebRTC reach this machine unless its user allowed the page to use camera or microphone. */
const KINDS_ON_THIS_MACHINE: readonly Via[] = ['tcp', 'websocket', 'webrtc-direct', 'other']

/** An address without what changes by itself: certificates of WebRTC-direct are renewed. */
export function wayOf(address: Multiaddr): string {
  return multiaddr(address.getComponents().filter(({ name }) => name !== 'certhash' && name !== 'p2p')).toString()
}

/**
 * Addresses of a relay in the order in which they are best dialled. Kinds take turns, so that none waits for all of another that leads nowhere: the kind
 * that worked last begins; of each kind comes first what worked last, then what has the host of the relay's web server, which was just reached.
 */
export function dialOrder(addresses: readonly Multiaddr[], { origin, last }: DialHints): readonly Multiaddr[] {
  const host = origin === undefined ? undefined : hostOf(origin)
  const port = origin === undefined ? undefined : portOf(origin)
  const lastKind = last === undefined ? undefined : viaOfAddress(multiaddr(last))
  const kinds = host !== undefined && rangeOfHost(host) === 'loopback' ? KINDS_ON_THIS_MACHINE : KINDS
  const rank = (address: Multiaddr): number => {
    const [where, on] = address.getComponents()
    if (wayOf(address) === last) return 0
    if (where?.value !== host) return 3
    return on?.value === port ? 1 : 2
  }
  const lanes = kinds
    .toSorted((a, b) => Number(b === lastKind) - Number(a === lastKind))
    .map((kind) => addresses.filter((address) => kindOf(address) === kind).toSorted((a, b) => rank(a) - rank(b)))
  const longest = Math.max(0, ...lanes.map(({ length }) => length))
  return Array.from({ length: longest }, (_, turn) => lanes.flatMap((lane) => lane[turn] ?? [])).flat()
}

function kindOf(address: Multiaddr): Via {
  const via = viaOfAddress(address)
  return KINDS.includes(via) ? via : 'other'
}

function hostOf(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, '')
}

function portOf(origin: string): string {
  const { port, protocol } = new URL(origin)
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port
}
