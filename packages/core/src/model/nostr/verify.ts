/** A signature of BIP-340 to be checked: over the 32 bytes of an event's id, by an x-only key. */
export interface SchnorrCheck {
  readonly hash: Uint8Array
  readonly key: Uint8Array
  readonly signature: Uint8Array
}

/** Checks many signatures, and says of each whether it is right. */
export type SchnorrVerifier = (checks: readonly SchnorrCheck[]) => Promise<readonly boolean[]>

/** The verifier that is always there. A key that is on no curve, and a signature out of its range, are wrong. */
export const verifySchnorr: SchnorrVerifier = async (checks) => {
  // Large, and for Nostr alone.
  const { schnorr } = await import('@noble/curves/secp256k1.js')
  return checks.map(({ hash, key, signature }) => key.length === 32 && signature.length === 64 && schnorr.verify(signature, hash, key))
}
