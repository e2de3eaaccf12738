import { sha256 } from '#crypto'
import { equalBytes } from '../bytes.ts'
import { decodeCbor, isBytes, isUint, readStruct } from '../encoding/cbor.ts'
import { type CID, DAG_CBOR, equalCids, isOurCid } from '../encoding/cid.ts'
import { AUTHOR_BYTES, type Identity, isAuthorKey } from '../keys/identity.ts'
import { MAX_LABEL_LENGTH, MAX_MEMBERSHIP_BYTES, MAX_PEER_ID_LENGTH } from '../limits.ts'
import type { Network } from './network.ts'
import { isSignedBy, type Signed, sign } from '../keys/signed.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/**
 * Lets the holder of a key into an invite-only network. The key is a person's identity, or one that was made for the invitation and
 * travels with it.
 */
export interface Certificate {
  readonly v: 1
  readonly t: 'member'
  readonly net: CID
  readonly key: Uint8Array
  /** For whom it is, as the authority calls them. */
  readonly label: string
  /** Unix milliseconds. */
  readonly at: number
  /** Unix milliseconds from which it is void; `null`: never. */
  readonly expires: number | null
  /** The authority. */
  readonly by: Uint8Array
}

/** Takes a certificate back. */
export interface Revocation {
  readonly v: 1
  readonly t: 'revoke'
  readonly net: CID
  /** Hash of the certificate. */
  readonly certificate: Uint8Array
  readonly at: number
  readonly by: Uint8Array
}

/** "The holder of this key runs that peer": ties an identity, or an invitation, to a libp2p peer, whose connection proves the rest. */
export interface Voucher {
  readonly v: 1
  readonly t: 'runs'
  readonly net: CID
  /** libp2p peer id. */
  readonly peer: string
  readonly by: Uint8Array
}

/** A structure that was read and whose signature is right. */
export interface Verified<T> {
  readonly value: T
  readonly signed: Signed
  /** sha-256 of the structure. */
  readonly hash: Uint8Array
}

/** Makes a certificate. The identity has to be an authority of the network, or no peer will accept it. */
export function createCertificate(net: CID, fields: Pick<Certificate, 'key' | 'label' | 'at' | 'expires'>, authority: Identity): Signed {
  return sign({ v: 1, t: 'member', net, ...fields, by: authority.author } satisfies Certificate, authority)
}

/** Revokes the certificate with this hash. */
export function createRevocation(net: CID, certificate: Uint8Array, at: number, authority: Identity): Signed {
  return sign({ v: 1, t: 'revoke', net, certificate, at, by: authority.author } satisfies Revocation, authority)
}

/** Says that this identity runs that peer. */
export function createVoucher(net: CID, peer: string, identity: Identity): Signed {
  return sign({ v: 1, t: 'runs', net, peer, by: identity.author } satisfies Voucher, identity)
}

/** Checks a certificate: its shape, that an authority of the network signed it, and the signature. Time and revocation are the caller's. */
export async function verifyCertificate(signed: Signed, network: Network): Promise<Verdict<Verified<Certificate>>> {
  const struct = readSigned(signed, 'member', ['key', 'label', 'at', 'expires'])
  if (!struct.ok) return struct
  const { key, label, at, expires, by } = struct.value
  if (!isBytes(key, AUTHOR_BYTES) || !isLabel(label) || !isUint(at) || !(expires === null || isUint(expires))) return refuse('malformed')
  if (!equalCids(struct.value.net, network.cid)) return refuse('wrong-network')
  if (!isAuthorKey(key)) return refuse('bad-key')
  if (!isAuthority(by, network)) return refuse('not-allowed')
  return verified({ v: 1, t: 'member', net: network.cid, key, label, at, expires, by }, signed)
}

/** Checks a revocation in the same way. */
export async function verifyRevocation(signed: Signed, network: Network): Promise<Verdict<Verified<Revocation>>> {
  const struct = readSigned(signed, 'revoke', ['certificate', 'at'])
  if (!struct.ok) return struct
  const { certificate, at, by } = struct.value
  if (!isBytes(certificate, 32) || !isUint(at)) return refuse('malformed')
  if (!equalCids(struct.value.net, network.cid)) return refuse('wrong-network')
  if (!isAuthority(by, network)) return refuse('not-allowed')
  return verified({ v: 1, t: 'revoke', net: network.cid, certificate, at, by }, signed)
}

/** Checks a voucher. Who trusts it has to know why: a certificate for its key, or the wish to know who somebody says they are. */
export async function verifyVoucher(signed: Signed, network: Network): Promise<Verdict<Verified<Voucher>>> {
  const struct = readSigned(signed, 'runs', ['peer'])
  if (!struct.ok) return struct
  const { peer, by } = struct.value
  if (typeof peer !== 'string' || peer.length > MAX_PEER_ID_LENGTH) return refuse('malformed')
  if (!equalCids(struct.value.net, network.cid)) return refuse('wrong-network')
  return verified({ v: 1, t: 'runs', net: network.cid, peer, by }, signed)
}

/** Whether a key may invite into a network. */
export function isAuthority(key: Uint8Array, { descriptor }: Network): boolean {
  return descriptor.authorities.some((authority) => equalBytes(authority, key))
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_LABEL_LENGTH && value.isWellFormed()
}

function readSigned(
  { bytes }: Signed,
  t: string,
  fields: readonly string[],
): Verdict<Readonly<Record<string, unknown>> & { readonly net: CID; readonly by: Uint8Array }> {
  const decoded = decodeCbor(bytes, MAX_MEMBERSHIP_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, t, ['net', ...fields, 'by'])
  if (!struct.ok) return struct
  const { net, by } = struct.value
  if (!isOurCid(net, DAG_CBOR) || !isBytes(by, AUTHOR_BYTES)) return refuse('malformed')
  return accept({ ...struct.value, net, by })
}

async function verified<T extends { readonly t: string; readonly by: Uint8Array }>(value: T, signed: Signed): Promise<Verdict<Verified<T>>> {
  if (!(await isSignedBy(value.by, value.t, signed))) return refuse('bad-signature')
  return accept({ value, signed, hash: sha256(signed.bytes) })
}
