import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { scrypt } from '#scrypt'
import { DocstoreError } from '../../errors.ts'
import { equalBytes, utf8 } from '../../model/bytes.ts'
import { decodeCbor, encodeCbor, isBytes, isUint, readStruct } from '../../model/encoding/cbor.ts'
import { AUTHOR_BYTES, identityFromSeed, isAuthorKey } from '../../model/keys/identity.ts'
import { type Random, secureRandom } from '../../model/keys/random.ts'
import { accept, refuse, type Verdict } from '../../model/verdict.ts'

/** log2 of scrypt's cost N that is written: 128 MiB of memory and half a second, as OWASP advises with r = 8, p = 1. */
const COST = 17
/** Costs that are read: below it is too cheap to be ours, above it a damaged file would take all memory. */
const MIN_COST = 14
const MAX_COST = 18
const SEED_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 24
const TAG_BYTES = 16
/** Largest locked seed, bytes; it has about 190. */
const MAX_LOCKED_BYTES = 512

/** The seed of an identity, locked with a passphrase. Whose it is can be read without that. */
export interface LockedSeed {
  readonly v: 1
  readonly t: 'locked'
  /** Multikey of the identity. */
  readonly key: Uint8Array
  /** log2 of N; r is 8 and p is 1. */
  readonly cost: number
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
  /** The seed by XChaCha20-Poly1305, with all other fields as associated data. */
  readonly sealed: Uint8Array
}

/** Locks the seed of an identity with a passphrase. Throws `bad-passphrase` where that is empty, `bad-limit` for a cost that nobody would read. */
export async function lockSeed(
  seed: Uint8Array,
  passphrase: string,
  { random = secureRandom, cost = COST }: { readonly random?: Random; readonly cost?: number } = {},
): Promise<Uint8Array> {
  if (!isUint(cost) || cost < MIN_COST || cost > MAX_COST)
    throw new DocstoreError('bad-limit', `The cost of a passphrase is a whole number from ${MIN_COST} to ${MAX_COST}`)
  const { author: key } = identityFromSeed(seed)
  const open = { v: 1, t: 'locked', key, cost, salt: random.bytes(SALT_BYTES), nonce: random.bytes(NONCE_BYTES) } as const
  const cipher = xchacha20poly1305(await stretch(passphrase, open.salt, cost), open.nonce, encodeCbor(open))
  return encodeCbor({ ...open, sealed: cipher.encrypt(seed) } satisfies LockedSeed)
}

/** Opens what `lockSeed` made. Throws `wrong-passphrase`, and `data-corrupt` where the bytes are no locked seed. */
export async function unlockSeed(bytes: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const locked = decodeLockedSeed(bytes)
  if (!locked.ok) throw new DocstoreError('data-corrupt', `The locked identity cannot be read (${locked.reason}). Restore a backup`)
  const { sealed, ...open } = locked.value
  const seed = decrypt(await stretch(passphrase, open.salt, open.cost), open, sealed)
  // The key stands in the associated data, so only another program can have made them differ.
  if (seed === undefined || !equalBytes(identityFromSeed(seed).author, open.key))
    throw new DocstoreError(
      'wrong-passphrase',
      'The passphrase is wrong: the identity stays locked. Try again, with an eye on capitals and the keyboard’s language',
    )
  return seed
}

/** Reads the form of a locked seed; what it holds stays locked. */
export function decodeLockedSeed(bytes: Uint8Array): Verdict<LockedSeed> {
  const decoded = decodeCbor(bytes, MAX_LOCKED_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'locked', ['key', 'cost', 'salt', 'nonce', 'sealed'])
  if (!struct.ok) return struct
  const { key, cost, salt, nonce, sealed } = struct.value
  if (!isBytes(key, AUTHOR_BYTES) || !isUint(cost) || !isBytes(salt, SALT_BYTES) || !isBytes(nonce, NONCE_BYTES)) return refuse('malformed')
  if (!isBytes(sealed, SEED_BYTES + TAG_BYTES)) return refuse('malformed')
  if (!isAuthorKey(key)) return refuse('bad-key')
  if (cost < MIN_COST || cost > MAX_COST) return refuse('unsupported')
  return accept({ v: 1, t: 'locked', key, cost, salt, nonce, sealed })
}

/** The same characters give the same key on every keyboard: NFKC, as passwords are compared elsewhere (RFC 8265). */
async function stretch(passphrase: string, salt: Uint8Array, cost: number): Promise<Uint8Array> {
  if (passphrase === '') throw new DocstoreError('bad-passphrase', 'The passphrase is empty. Give one, or remove it to have none')
  return scrypt(utf8(passphrase.normalize('NFKC')), salt, { N: 2 ** cost, r: 8, p: 1, dkLen: 32 })
}

function decrypt(key: Uint8Array, open: Omit<LockedSeed, 'sealed'>, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return Uint8Array.from(xchacha20poly1305(key, open.nonce, encodeCbor(open)).decrypt(sealed))
  } catch {
    // The tag does not fit: another passphrase, or another structure.
    return undefined
  }
}
