import type { Docstore } from '../store/docstore.ts'
import { changedLock, type PassphraseChange } from './change-lock.ts'

/** Length of a seed that no passphrase locks, bytes. */
const SEED_BYTES = 32

/** Whether a passphrase locks the identity of a store of this browser. */
export async function hasPassphrase(store: Docstore): Promise<boolean> {
  const { replica } = await store.firstStore()
  return ((await replica.getMeta('identity'))?.length ?? SEED_BYTES) !== SEED_BYTES
}

/**
 * Locks the identity of a store of this browser with a passphrase, changes that, or removes it, in all networks of its data: that of the first counts, and
 * comes first. The next opening takes it as `passphrase`; what is open stays so. Throws `passphrase-needed`, `wrong-passphrase`, `bad-passphrase`.
 */
export async function changePassphrase(store: Docstore, change: PassphraseChange): Promise<void> {
  const { replica } = await store.firstStore()
  const stored = await replica.getMeta('identity')
  if (stored === undefined) return
  const next = await changedLock(stored, change)
  await replica.setMeta('identity', next)
  const { identity } = await replica.info()
  for (const { id, isFirst } of await store.networks()) {
    if (isFirst) continue
    const other = await store.inNetwork(id)
    // What lies there by mistake is left as it is.
    if ((await other.replica.info()).identity === identity) await other.replica.setMeta('identity', next)
  }
}
