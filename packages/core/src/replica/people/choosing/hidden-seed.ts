import { sha256 } from '#crypto'
import { concatBytes, utf8 } from '../../../model/bytes.ts'

const NONCE_BYTES = 16
const SEED_BYTES = 32

/**
 * Hides a seed from who has the data and not the seed of its identity, which a passphrase can lock: the bytes of the one, combined with a hash of the other and a
 * random number that is used once.
 */
export function hideSeed(hidden: Uint8Array, seed: Uint8Array): Uint8Array {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  return concatBytes(nonce, combine(hidden, pad(nonce, seed)))
}

/** What `hideSeed` hid; `undefined` where the bytes are nothing of it. Whether it is the right one is seen by what it is the key of. */
export function showSeed(bytes: Uint8Array, seed: Uint8Array): Uint8Array | undefined {
  if (bytes.length !== NONCE_BYTES + SEED_BYTES) return undefined
  return combine(bytes.subarray(NONCE_BYTES), pad(bytes.subarray(0, NONCE_BYTES), seed))
}

function pad(nonce: Uint8Array, seed: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8('docstore recovery'), nonce, seed))
}

function combine(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((byte, i) => byte ^ (other[i] ?? 0))
}
