import { base32 } from 'multiformats/bases/base32'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { sha256 } from '#crypto'
import { concatBytes, equalBytes, utf8 } from '../bytes.ts'
import { isBytes } from './cbor.ts'

/** Multicodec of the signed structures. */
export const DAG_CBOR = 0x71
/** Multicodec of document content. */
export const DAG_JSON = 0x0129
/** Multicodec of bytes that others are not to look into. */
export const RAW = 0x55
const SHA2_256 = 0x12

/** CIDv1 of a sha2-256 digest. */
export function cidOf(codec: number, digest: Uint8Array): CID {
  return CID.createV1(codec, createDigest(SHA2_256, digest))
}

/** CIDv1 of bytes that are hashed here. */
export function cidOfBytes(codec: number, bytes: Uint8Array | string): CID {
  return cidOf(codec, sha256(bytes))
}

/** All of a CIDv1 but its digest, by its codec. */
const heads = new Map<number, Uint8Array>()

/** The text of a CIDv1 of a sha2-256 digest. To make the CID first takes three times as long, and several buffers outside V8's heap: it touches theirs. */
export function cidText(codec: number, digest: Uint8Array): string {
  const head = heads.get(codec) ?? cidOf(codec, digest).bytes.slice(0, -digest.length)
  heads.set(codec, head)
  return base32.encode(concatBytes(head, digest))
}

/** The text of a CID, in one piece: the library puts it together letter by letter, and whoever keeps that keeps two thousand bytes. */
export function flatText({ code, multihash }: CID): string {
  return String.fromCharCode(...utf8(cidText(code, multihash.digest)))
}

/** The same of content as documents have it. */
export function contentCidText(content: string): string {
  return cidText(DAG_JSON, sha256(content))
}

/** The CID in a string, where it is a CIDv1 of this codec with sha2-256 in lower-case base32; else `undefined`. */
export function parseCid(codec: number, text: string): CID | undefined {
  if (text.length > 64) return undefined
  try {
    const cid = CID.parse(text)
    // Not cid.toString(): it gives back the text that was parsed, `=` padding and all.
    return isOurCid(cid, codec) && base32.encode(cid.bytes) === text ? cid : undefined
  } catch {
    return undefined
  }
}

/** Whether a value is a CIDv1 of this codec with a sha2-256 digest. */
export function isOurCid(value: unknown, codec: number): value is CID {
  const cid = CID.asCID(value)
  // asCID takes maps that only look like a CID, such as {"/": "x", "bytes": "x", …}; those have no bytes.
  if (cid === null || !isBytes(cid.bytes)) return false
  return cid.version === 1 && cid.code === codec && cid.multihash.code === SHA2_256 && cid.multihash.digest.length === 32
}

/** Whether two CIDs are the same. */
export function equalCids(a: CID, b: CID): boolean {
  return equalBytes(a.bytes, b.bytes)
}

export type { CID }
