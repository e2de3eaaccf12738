import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import {
  concatBytes,
  didOf,
  MAX_MEMBERSHIP_BYTES,
  MAX_PEER_DESCRIPTOR_BYTES,
  type Network,
  type PeerDescriptor,
  type Revocation,
  sha256,
  toHex,
  unpackSigned,
  utf8,
  type Verdict,
  verifyPeerDescriptor,
  verifyRevocation,
  verifyVoucher,
} from '@p2p-docstore/core'
import type { PackedEntry } from './messages.ts'

interface Placed extends PackedEntry {
  /** Where it lies among all entries: there is one per peer, and one per revoked certificate. */
  readonly slot: Uint8Array
  /** The slot as text. */
  readonly key: string
  readonly hash: Uint8Array
  /** Unix milliseconds; the newest of a slot counts. */
  readonly at: number
}

/** What a peer says of itself. */
export interface PeerEntry extends Placed {
  readonly kind: 'peer'
  /** libp2p peer id. */
  readonly peer: string
  readonly isRelay: boolean
  /** `did:key` of who runs it, where that one vouches for it. */
  readonly identity: string | undefined
  readonly descriptor: PeerDescriptor
}

/** A certificate that an authority of the network took back. */
export interface RevocationEntry extends Placed {
  readonly kind: 'revocation'
  readonly revocation: Revocation
}

export type Entry = PeerEntry | RevocationEntry

/** Reads and verifies an entry. */
export function readEntry(entry: PackedEntry, network: Network, now: number): Promise<Verdict<Entry>> {
  return entry.kind === 'peer' ? readPeer(entry, network, now) : readRevocation(entry, network)
}

/** The peer whose key this is. */
export function peerIdOfKey(by: Uint8Array): string {
  // Behind the prefix that says which kind of key it is.
  return peerIdFromPublicKey(publicKeyFromRaw(by.subarray(2))).toString()
}

async function readPeer({ packed }: PackedEntry, network: Network, now: number): Promise<Verdict<PeerEntry>> {
  const signed = unpackSigned(packed, MAX_PEER_DESCRIPTOR_BYTES)
  if (!signed.ok) return signed
  const verified = await verifyPeerDescriptor(signed.value, network.cid, now)
  if (!verified.ok) return verified
  const { value: descriptor, hash } = verified.value
  const peer = peerIdOfKey(descriptor.by)
  const identity = descriptor.identity === null ? undefined : await identityOf(descriptor.identity, peer, network)
  if (identity?.ok === false) return identity
  return {
    ok: true,
    value: {
      kind: 'peer',
      packed,
      ...placeOf('peer', descriptor.by),
      hash,
      at: descriptor.at,
      peer,
      isRelay: descriptor.services.includes('relay'),
      identity: identity?.value,
      descriptor,
    },
  }
}

/** Whoever is said to run a peer has to have said so too. */
async function identityOf(voucher: Uint8Array, peer: string, network: Network): Promise<Verdict<string>> {
  const signed = unpackSigned(voucher, MAX_MEMBERSHIP_BYTES)
  if (!signed.ok) return signed
  const verified = await verifyVoucher(signed.value, network)
  if (!verified.ok) return verified
  const { value } = verified.value
  return value.peer === peer ? { ok: true, value: didOf(value.by) } : { ok: false, reason: 'bad-signature' }
}

async function readRevocation({ packed }: PackedEntry, network: Network): Promise<Verdict<RevocationEntry>> {
  const signed = unpackSigned(packed, MAX_MEMBERSHIP_BYTES)
  if (!signed.ok) return signed
  const verified = await verifyRevocation(signed.value, network)
  if (!verified.ok) return verified
  const { value: revocation, hash } = verified.value
  return { ok: true, value: { kind: 'revocation', packed, ...placeOf('revocation', revocation.certificate), hash, at: revocation.at, revocation } }
}

function placeOf(kind: Entry['kind'], of: Uint8Array): Pick<Placed, 'slot' | 'key'> {
  const slot = sha256(concatBytes(utf8(kind), of)).slice(0, 16)
  return { slot, key: toHex(slot) }
}
