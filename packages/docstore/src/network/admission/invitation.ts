import {
  asStruct,
  decodeCbor,
  DocstoreError,
  encodeCbor,
  equalBytes,
  authorOfDid,
  type Certificate,
  identityFromSeed,
  MAX_MEMBERSHIP_BYTES,
  type Network as Descriptor,
  type Replica,
  type Signed,
  unpackSigned,
  type Verdict,
  verifyCertificate,
} from '@p2p-docstore/core'

/** Name of the invitation with which this data came into its network, among the small values of the peer. */
export const MEMBERSHIP = 'membership'
/** Largest encoded invitation, bytes: a certificate and a seed. */
const MAX_INVITATION_BYTES: number = MAX_MEMBERSHIP_BYTES + 256

/** Where small values of the peer are kept. */
export type Meta = Pick<Replica, 'getMeta' | 'setMeta' | 'listMeta'>

/** What lets somebody into an invite-only network. */
export interface Invitation {
  /** Packed certificate. */
  readonly certificate: Uint8Array
  /** Seed of the certificate's key where that was made for the invitation; `null`: it is the identity of whoever is invited. */
  readonly seed: Uint8Array | null
}

export function encodeInvitation({ certificate, seed }: Invitation): Uint8Array {
  return encodeCbor({ certificate, seed })
}

/** Reads what `encodeInvitation` wrote; `undefined` where it is none. */
export function decodeInvitation(bytes: Uint8Array): Invitation | undefined {
  const decoded = decodeCbor(bytes, MAX_INVITATION_BYTES)
  const fields = decoded.ok ? asStruct(decoded.value, ['certificate', 'seed']) : undefined
  if (fields === undefined) return undefined
  const { certificate, seed } = fields
  if (!(certificate instanceof Uint8Array) || !(seed === null || (seed instanceof Uint8Array && seed.length === 32))) return undefined
  return { certificate, seed }
}

/** The invitation with which this data came. */
export async function knownInvitation(meta: Pick<Meta, 'getMeta'>): Promise<Invitation | undefined> {
  const stored = await meta.getMeta(MEMBERSHIP)
  return stored && decodeInvitation(stored)
}

/** Makes sure that an invitation is for this network and this identity, a `did:key`. Throws `bad-invitation`. */
export async function checkInvitation(invitation: Invitation, network: Descriptor, identity: string): Promise<Certificate> {
  const certificate = await verifyPacked(invitation.certificate, (signed) => verifyCertificate(signed, network))
  if (certificate === undefined) throw new DocstoreError('bad-invitation', 'The invitation in the link is not one into this network. Ask for another')
  const key = invitation.seed === null ? authorOfDid(identity) : identityFromSeed(invitation.seed).author
  if (key !== undefined && equalBytes(key, certificate.value.key)) return certificate.value
  throw new DocstoreError('bad-invitation', `The invitation is for another identity; this one is ${identity}. Ask for one with \`--for ${identity}\``)
}

/**
 * Remembers an invitation with the data, in the place of an earlier one. Throws `bad-invitation` where it is not for this network, or for
 * somebody else; `identity` is the `did:key` of this data. One that has expired takes the place of no better one: of two that have expired the
 * later one is kept.
 */
export async function rememberInvitation(meta: Meta, invitation: Invitation, network: Descriptor, identity: string): Promise<void> {
  const { expires } = await checkInvitation(invitation, network, identity)
  const known = await knownInvitation(meta)
  const before = known && (await verifyPacked(known.certificate, (signed) => verifyCertificate(signed, network)))
  if (before !== undefined && isWorse(expires, before.value.expires)) return
  await meta.setMeta(MEMBERSHIP, encodeInvitation(invitation))
}

/** Whether an end has come, and came before another one. Where both have, our clock may be wrong, so the later one is taken: whoever is asked judges by theirs. */
function isWorse(expires: number | null, before: number | null): boolean {
  return expires !== null && expires <= Date.now() && (before === null || before > expires)
}

/** The structure in a packed one, where it is valid. */
export async function verifyPacked<T>(packed: Uint8Array, verify: (signed: Signed) => Promise<Verdict<T>>): Promise<T | undefined> {
  const signed = unpackSigned(packed, MAX_MEMBERSHIP_BYTES)
  const verdict = signed.ok ? await verify(signed.value) : signed
  return verdict.ok ? verdict.value : undefined
}
