import { getPublicKey, hashes, Point, sign } from '@noble/ed25519'
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js'
import { compareBytes, concatBytes, utf8 } from '../bytes.ts'
import { BytesMap } from '../bytes-map.ts'

// Without it, that library signs by WebCrypto alone, and later.
hashes.sha512 = sha512

/** SHA-256 of bytes or of a string's UTF-8. Synchronous: WebCrypto's digest is slower at the size of a document. */
export function sha256(data: Uint8Array | string): Uint8Array {
  return nobleSha256(typeof data === 'string' ? utf8(data) : data)
}

type Subtle = typeof globalThis.crypto.subtle
/** WebCrypto where it speaks ed25519 (all current browsers, on secure origins), else `undefined`. */
const subtleWithEd25519: Promise<Subtle | undefined> = (async () => {
  try {
    const { subtle } = globalThis.crypto
    await subtle.importKey('raw', Point.BASE.toBytes().slice(), 'Ed25519', false, ['verify'])
    return subtle
  } catch {
    return undefined
  }
})()

const MAX_CACHED_KEYS = 1024
/** Order of the group of the base point (RFC 8032 §5.1). */
const ORDER: bigint = Point.CURVE().n
let publicKeys = new BytesMap<Promise<CryptoKey>>()

/** The bare ed25519 equation, cofactorless (RFC 8032 §5.1.7); `verifySignature` adds the strict checks. */
export async function verifyEquation(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const subtle = await subtleWithEd25519
  if (subtle === undefined) return verifyEquationNoble(publicKey, message, signature)
  let key = publicKeys.get(publicKey)
  if (key === undefined) {
    const raw = publicKey.slice()
    key = subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
    if (publicKeys.size >= MAX_CACHED_KEYS) publicKeys = new BytesMap()
    publicKeys.set(raw, key)
  }
  try {
    return await subtle.verify('Ed25519', await key, signature.slice(), message.slice())
  } catch {
    return false
  }
}

let aside: Promise<typeof verifyEquation> | undefined
/** The same with the help of workers, where these can be had. */
export async function verifyEquationAside(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  // Asked for once: a browser looks its modules up at every import.
  aside ??= import('./checks-aside-web.ts').then(
    ({ checkAside }) => checkAside,
    () => verifyEquation,
  )
  return (await aside)(publicKey, message, signature)
}

/**
 * The same equation with noble's points, for browsers without ed25519 in WebCrypto. noble's own `verify` multiplies by the
 * cofactor and so accepts signatures that OpenSSL and BoringSSL refuse; peers must agree, hence R is compared byte by byte.
 */
export function verifyEquationNoble(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const r = signature.subarray(0, 32)
    const s = littleEndian(signature.subarray(32, 64))
    if (s >= ORDER) return false
    const a = Point.fromBytes(publicKey)
    const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % ORDER
    const expected = (s === 0n ? Point.ZERO : Point.BASE.multiply(s, false)).subtract(k === 0n ? Point.ZERO : a.multiply(k, false))
    return compareBytes(expected.toBytes(), r) === 0
  } catch {
    return false
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  return value
}

/** The public key and the signing function of a 32-byte seed. */
export function openSigner(seed: Uint8Array): { publicKey: Uint8Array; sign: (message: Uint8Array) => Uint8Array } {
  const secret = seed.slice()
  return { publicKey: getPublicKey(secret), sign: (message) => sign(message, secret) }
}
