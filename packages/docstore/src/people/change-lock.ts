import { DocstoreError } from '@p2p-docstore/core'

/** A passphrase that changes: without `next` there is none any more; `current` opens what is locked now. */
export interface PassphraseChange {
  readonly current?: string | undefined
  readonly next?: string | undefined
  /** log2 of what scrypt costs whoever guesses, and each opening: 14 to 18; 17 (half a second and 128 MiB) unless it is given. */
  readonly cost?: number | undefined
}

/** The stored identity as it is to be from now on. Throws `passphrase-needed`, `wrong-passphrase`, `bad-passphrase`, `bad-limit`. */
export async function changedLock(stored: Uint8Array, { current, next, cost }: PassphraseChange): Promise<Uint8Array> {
  const { lockSeed, unlockSeed } = await import('@p2p-docstore/core/people/keys')
  const isLocked = stored.length !== 32
  if (isLocked && current === undefined)
    throw new DocstoreError('passphrase-needed', 'The identity is locked already. Give the passphrase that opens it now')
  const seed = isLocked && current !== undefined ? await unlockSeed(stored, current) : stored
  return next === undefined ? seed : lockSeed(seed, next, cost === undefined ? {} : { cost })
}
