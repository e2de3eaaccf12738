import { didOf, DocstoreError } from '@p2p-docstore/core'
import { decodeLockedSeed } from '@p2p-docstore/core/people/keys'

/** Whose identity is locked here, as `did:key`. Throws `data-corrupt`. */
export function didOfLocked(stored: Uint8Array): string {
  const locked = decodeLockedSeed(stored)
  if (!locked.ok) throw new DocstoreError('data-corrupt', `The stored identity cannot be read (${locked.reason}). Restore a backup`)
  return didOf(locked.value.key)
}
