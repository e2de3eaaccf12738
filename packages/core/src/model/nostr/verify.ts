import { nextTask } from '../next-task.ts'

/** A signature of BIP-340 to be checked: over the 32 bytes of an event's id, by an x-only key. */
export interface SchnorrCheck {
  readonly hash: Uint8Array
  readonly key: Uint8Array
  readonly signature: Uint8Array
}

/** Checks many signatures, and says of each whether it is right. */
export type SchnorrVerifier = (checks: readonly SchnorrCheck[]) => Promise<readonly boolean[]>

/** Checks after which others have their turn: together they take some milliseconds. */
const CHECKS_PER_TURN = 4

/** The verifier that is always there. A key that is on no curve, and a signature out of its range, are wrong. */
export const verifySchnorr: SchnorrVerifier = async (checks) => {
  // Large, and for Nostr alone.
  const { schnorr } = await import('#schnorr')
  const valid: boolean[] = []
  for (const { hash, key, signature } of checks) {
    if (valid.length > 0 && valid.length % CHECKS_PER_TURN === 0) await nextTask()
    valid.push(key.length === 32 && signature.length === 64 && schnorr.verify(signature, hash, key))
  }
  return valid
}
