import { sha256 } from '#crypto'
import { asStruct, decodeCbor, isBytes, isUint, readStruct } from '../encoding/cbor.ts'
import { type CID, DAG_CBOR, equalCids, isOurCid } from '../encoding/cid.ts'
import { AUTHOR_BYTES, type Identity } from '../keys/identity.ts'
import {
  MAX_ADDRESS_LENGTH,
  MAX_FUTURE_MS,
  MAX_PEER_ADDRESSES,
  MAX_PEER_DESCRIPTOR_BYTES,
  MAX_PEER_LINKS,
  MAX_PEER_LIFE_MS,
  MAX_PEER_SERVICES,
} from '../limits.ts'
import type { Verified } from './membership.ts'
import { isSignedBy, type Signed, sign } from '../keys/signed.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** By what two peers are connected, as it is told to others. */
export const LINK_KINDS = ['tcp', 'websocket', 'webrtc-direct', 'webrtc', 'relay', 'other'] as const
export type LinkKind = (typeof LINK_KINDS)[number]

/** What a peer tells everyone of itself: the entry of the directory. Signed by the peer's own libp2p key, `by`. */
export interface PeerDescriptor {
  readonly v: 1
  readonly t: 'peer'
  readonly net: CID
  /** The peer's ed25519 key; its peer id follows from it. */
  readonly by: Uint8Array
  /** Packed voucher of the identity that runs it, where it wants to say so. */
  readonly identity: Uint8Array | null
  /** Multiaddrs, without `/p2p/<peer>`. */
  readonly addresses: readonly string[]
  /** Origin of its HTTP server, such as `https://relay.example`, where it has one. */
  readonly origin: string | null
  /** What it does for others: `relay` (signaling, storage), `dht`, `gateway`, `stun`. Empty: it is only listed. */
  readonly services: readonly string[]
  /** What it has of each, such as `{places: 2000}`. */
  readonly limits: Readonly<Record<string, number>>
  /** Listed peers that it is connected to, and how. */
  readonly links: readonly { readonly peer: Uint8Array; readonly via: LinkKind }[]
  /** Unix milliseconds: running since, this was said at, forget it after. */
  readonly since: number
  readonly at: number
  readonly expires: number
}

const SERVICE = /^[a-z][a-z0-9-]{0,31}$/

/** Signs a descriptor with the peer's key. */
export function signPeerDescriptor(net: CID, fields: Omit<PeerDescriptor, 'v' | 't' | 'net' | 'by'>, peer: Identity): Signed {
  return sign({ v: 1, t: 'peer', net, by: peer.author, ...fields } satisfies PeerDescriptor, peer)
}

/**
 * Checks a descriptor: shape, limits, signature, and that it holds now (Unix milliseconds): `expired`, or `future` where it was signed more
 * than five minutes ahead of us.
 */
export async function verifyPeerDescriptor(signed: Signed, net: CID, now: number): Promise<Verdict<Verified<PeerDescriptor>>> {
  const decoded = decodeCbor(signed.bytes, MAX_PEER_DESCRIPTOR_BYTES)
  if (!decoded.ok) return decoded
  const names = ['net', 'by', 'identity', 'addresses', 'origin', 'services', 'limits', 'links', 'since', 'at', 'expires']
  const struct = readStruct(decoded.value, 'peer', names)
  if (!struct.ok) return struct
  const { net: network, by, identity, addresses, origin, services, limits, links, since, at, expires } = struct.value
  if (!isOurCid(network, DAG_CBOR) || !isBytes(by, AUTHOR_BYTES) || !(identity === null || isBytes(identity))) return refuse('malformed')
  if (!isList(addresses, MAX_PEER_ADDRESSES, isAddress) || !(origin === null || isOrigin(origin))) return refuse('malformed')
  if (!isList(services, MAX_PEER_SERVICES, isService) || !isLimits(limits)) return refuse('malformed')
  if (!Array.isArray(links) || links.length > MAX_PEER_LINKS) return refuse('malformed')
  const read = links.map(readLink)
  if (!read.every((link) => link !== undefined)) return refuse('malformed')
  if (!isUint(since) || !isUint(at) || !isUint(expires) || expires - at > MAX_PEER_LIFE_MS || expires <= at) return refuse('malformed')
  if (!equalCids(network, net)) return refuse('wrong-network')
  if (at > now + MAX_FUTURE_MS) return refuse('future')
  if (expires <= now) return refuse('expired')
  if (!(await isSignedBy(by, 'peer', signed))) return refuse('bad-signature')
  const value: PeerDescriptor = { v: 1, t: 'peer', net, by, identity, addresses, origin, services, limits, links: read, since, at, expires }
  return accept({ value, signed, hash: sha256(signed.bytes) })
}

function isList<T>(value: unknown, max: number, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.length <= max && value.every(isItem)
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ADDRESS_LENGTH && value.isWellFormed()
}

/** Nothing that could be more than an origin: it is shown, and asked who it is. */
function isOrigin(value: unknown): value is string {
  return isAddress(value) && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value
}

function isService(value: unknown): value is string {
  return typeof value === 'string' && SERVICE.test(value)
}

function isLimits(value: unknown): value is Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return false
  const entries = Object.entries(value)
  return entries.length <= MAX_PEER_SERVICES && entries.every(([name, limit]) => SERVICE.test(name) && isUint(limit))
}

function readLink(value: unknown): { readonly peer: Uint8Array; readonly via: LinkKind } | undefined {
  const struct = asStruct(value, ['peer', 'via'])
  const via = LINK_KINDS.find((kind) => kind === struct?.['via'])
  const peer = struct?.['peer']
  return isBytes(peer, AUTHOR_BYTES) && via !== undefined ? { peer, via } : undefined
}
