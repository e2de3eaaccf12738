import { sha256 } from '#crypto'
import { decodeCbor, encodeCbor } from '../encoding/cbor.ts'
import { AUTHOR_BYTES, type Identity, SIGNATURE_BYTES, verifySignature } from './identity.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** A signed structure as it travels: deterministic dag-cbor and the signature of its author over the hash of it. */
export interface Signed {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/** Largest `[bytes, signature]` beyond the bytes themselves. */
const FRAME_BYTES = SIGNATURE_BYTES + 16

/** Signs a structure; its type `t` is the domain word, so that no kind passes as another. */
export function sign<T extends { readonly t: string }>(struct: T, identity: Identity): Signed {
  const bytes = encodeCbor(struct)
  return { bytes, signature: identity.sign(struct.t, sha256(bytes)) }
}

/** Whether the signature is that of `by`. */
export async function isSignedBy(by: Uint8Array, domain: string, { bytes, signature }: Signed): Promise<boolean> {
  return by.length === AUTHOR_BYTES && verifySignature(by, domain, sha256(bytes), signature)
}

/** One byte string of both. */
export function packSigned({ bytes, signature }: Signed): Uint8Array<ArrayBuffer> {
  return encodeCbor([bytes, signature])
}

/** Reads what `packSigned` wrote; the structure has at most `maxBytes`. */
export function unpackSigned(packed: Uint8Array, maxBytes: number): Verdict<Signed> {
  const decoded = decodeCbor(packed, maxBytes + FRAME_BYTES)
  if (!decoded.ok) return decoded
  const value = decoded.value
  if (!Array.isArray(value) || value.length !== 2) return refuse('malformed')
  const [bytes, signature] = value as readonly unknown[]
  if (!(bytes instanceof Uint8Array) || !(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES) return refuse('malformed')
  return bytes.length > maxBytes ? refuse('too-large') : accept({ bytes, signature })
}
