import { DocstoreError } from '../errors.ts'
import { equalBytes } from '../model/bytes.ts'
import { createSeed, type Identity, identityFromSeed } from '../model/keys/identity.ts'
import type { Storage } from '../storage/storage.ts'

/** Name of the small value that has the seed of the identity, locked with a passphrase or not. */
export const IDENTITY = 'identity'
/** Name under which an open replica gives the seed of an identity that is locked in the storage. It is never stored. */
export const OPEN_IDENTITY = 'identity-open'
/** Length of a seed that is not locked. */
const SEED_BYTES = 32

/** An identity that can sign. */
export interface OpenedIdentity {
  readonly seed: Uint8Array
  readonly identity: Identity
}

/** What is known of the identity before the storage is looked at. */
export interface IdentityInit {
  /** That of the first network of the same data, as it lies there; a storage without any takes it. */
  readonly given?: Uint8Array | undefined
  readonly passphrase?: string | undefined
}

/**
 * The identity of a storage, which gets one on first use. Throws `passphrase-needed`, `wrong-passphrase`. Whether and how it is locked, the first network
 * decides: where a change of the passphrase was interrupted, the others follow.
 */
export async function openIdentity(storage: Storage, { given, passphrase }: IdentityInit): Promise<OpenedIdentity> {
  const stored = await storage.getMeta(IDENTITY)
  const isSame = stored === undefined || given === undefined || equalBytes(stored, given) || !(await isOneIdentity(stored, given))
  const bytes = isSame ? (stored ?? given ?? createSeed()) : given
  const seed = await unlocked(bytes, passphrase)
  if (bytes !== stored) {
    await storage.setMeta(IDENTITY, bytes)
    if (stored !== undefined) await storage.scrub()
  }
  return { seed, identity: identityFromSeed(seed) }
}

/** Whether two stored identities are the same one, each locked or not. */
export async function isOneIdentity(one: Uint8Array, other: Uint8Array): Promise<boolean> {
  if (equalBytes(one, other)) return true
  // Two seeds that differ are two identities; that needs nothing of what is loaded for locks.
  if (one.length === SEED_BYTES && other.length === SEED_BYTES) return false
  return equalBytes(await keyOfStored(one), await keyOfStored(other))
}

/** The multikey of a stored identity, locked or not. Throws `data-corrupt` where it is neither. */
async function keyOfStored(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length === SEED_BYTES) return identityFromSeed(bytes).author
  const { decodeLockedSeed } = await import('../people/keys/locked-seed.ts')
  const locked = decodeLockedSeed(bytes)
  if (!locked.ok) throw new DocstoreError('data-corrupt', `The stored identity cannot be read (${locked.reason}). Restore a backup`)
  return locked.value.key
}

async function unlocked(bytes: Uint8Array, passphrase: string | undefined): Promise<Uint8Array> {
  if (bytes.length === SEED_BYTES) return bytes
  if (passphrase === undefined)
    throw new DocstoreError(
      'passphrase-needed',
      'The identity of this data is locked. Give its passphrase: in DOCSTORE_PASSPHRASE, or where you are asked',
    )
  if (lastUnlocked === undefined || lastUnlocked.passphrase !== passphrase || !equalBytes(lastUnlocked.bytes, bytes)) {
    const { unlockSeed } = await import('../people/keys/locked-seed.ts')
    lastUnlocked = { bytes, passphrase, seed: await unlockSeed(bytes, passphrase) }
  }
  return lastUnlocked.seed
}

/** The last one that was opened here: the data of each network of one identity has the same, and each opening takes half a second. */
let lastUnlocked: { readonly bytes: Uint8Array; readonly passphrase: string; readonly seed: Uint8Array } | undefined
