import { openSigner, verifyEquation, verifyEquationAside } from '#crypto'
import { base58btc } from 'multiformats/bases/base58'
import { compareBytes, concatBytes, utf8 } from '../bytes.ts'

/** Multicodec prefix of an ed25519 public key (varint 0xed). */
const ED25519_PREFIX = Uint8Array.of(0xed, 0x01)
/** Length of an author key as it stands in records: multicodec prefix and 32 bytes. */
export const AUTHOR_BYTES = 34
/** Length of a signature, bytes. */
export const SIGNATURE_BYTES = 64
/** p = 2^255 - 19 and L, the order of the base point; both little-endian. */
const P: Uint8Array = littleEndian(2n ** 255n - 19n)
const L: Uint8Array = littleEndian(2n ** 252n + 27742317777372353535851937790883648493n)

/**
 * The y coordinates of the points of order 1, 2, 4 and 8. A key among them would let one signature fit many messages.
 * Cofactor table of curve25519, see "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020), §4.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  littleEndian(0n),
  littleEndian(1n),
  littleEndian(2n ** 255n - 20n),
  littleEndian(0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n),
  littleEndian(0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n),
]

/** A signing key with its public half. */
export interface Identity {
  /** `did:key:z6Mk…` */
  readonly did: string
  /** Multikey bytes, as `by` in signed structures. */
  readonly author: Uint8Array
  /** Signs the hash of a structure under a domain word, such as `head` or `seal`. */
  sign(domain: string, hash: Uint8Array): Uint8Array
}

/** The identity of a 32-byte seed. Keep the seed: it is the only thing that can restore the identity. */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (seed.length !== 32) throw new TypeError('an identity seed has 32 bytes')
  const signer = openSigner(seed)
  const author = concatBytes(ED25519_PREFIX, signer.publicKey)
  return { did: didOf(author), author, sign: (domain, hash) => signer.sign(signedMessage(domain, hash)) }
}

/** A fresh random seed. */
export function createSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** `did:key` of multikey bytes (did:key method, base58btc multibase). */
export function didOf(author: Uint8Array): string {
  return `did:key:${base58btc.encode(author)}`
}

/** The multikey bytes of a `did:key`; `undefined` where it is none that we accept. */
export function authorOfDid(did: string): Uint8Array | undefined {
  try {
    const author = base58btc.decode(did.slice('did:key:'.length))
    return did.startsWith('did:key:') && isAuthorKey(author) ? author : undefined
  } catch {
    return undefined
  }
}

/** Whether the bytes are an author key that we accept: ed25519, canonical, not of small order. */
export function isAuthorKey(author: Uint8Array): boolean {
  if (author.length !== AUTHOR_BYTES || author[0] !== ED25519_PREFIX[0] || author[1] !== ED25519_PREFIX[1]) return false
  const y = yOf(author.subarray(2))
  return compareLittleEndian(y, P) < 0 && !isSmallOrder(y)
}

/** The y coordinate of an encoded point: all but the sign bit. */
function yOf(point: Uint8Array): Uint8Array {
  const y = Uint8Array.from(point) // not slice(): of a Buffer that is a view, and the next line would change the caller's bytes
  y[31] = (y[31] ?? 0) & 0x7f
  return y
}

function isSmallOrder(y: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((small) => compareBytes(small, y) === 0)
}

/**
 * Strict ed25519, the same verdict on every platform: canonical key that is not of small order, R neither (WebCrypto refuses
 * it), S below L, and the cofactorless equation of RFC 8032. A promise where another thread does the work: WebCrypto's, or with `aside` Node's.
 */
export function verifySignature(
  author: Uint8Array,
  domain: string,
  hash: Uint8Array,
  signature: Uint8Array,
  { aside = false }: { aside?: boolean } = {},
): boolean | Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES || !isAuthorKey(author)) return false
  if (compareLittleEndian(signature.subarray(32), L) >= 0 || isSmallOrder(yOf(signature.subarray(0, 32)))) return false
  return (aside ? verifyEquationAside : verifyEquation)(author.subarray(2), signedMessage(domain, hash), signature)
}

/** What is signed: `docstore/<domain>` NUL `<hash>`. The domain keeps one kind of structure from passing as another. */
function signedMessage(domain: string, hash: Uint8Array): Uint8Array {
  let prefix = prefixes.get(domain)
  if (prefix === undefined) {
    prefix = utf8(`docstore/${domain}\0`)
    prefixes.set(domain, prefix)
  }
  return concatBytes(prefix, hash)
}

/** By domain, of which the program has a few. */
const prefixes = new Map<string, Uint8Array>()

function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  for (let i = 0, rest = value; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}

function compareLittleEndian(a: Uint8Array, b: Uint8Array): number {
  for (let i = 31; i >= 0; i--) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
