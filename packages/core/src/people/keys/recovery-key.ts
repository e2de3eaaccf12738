import { sha256 } from '#crypto'
import { type Identity, identityFromSeed } from '../../model/keys/identity.ts'

/** What the genesis of a person says of a recovery key without showing it: sha-256 of its multikey. */
export function recoveryCommitment(recovery: Pick<Identity, 'author'>): Uint8Array {
  return sha256(recovery.author)
}

/** The recovery key of a seed: the ed25519 key of these 32 bytes. Keys of devices never come from it. */
export function recoveryKey(seed: Uint8Array): Identity {
  return identityFromSeed(seed)
}
