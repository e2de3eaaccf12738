import { decodeCbor, encodeCbor } from '@p2p-docstore/core'
import type { Admission } from './admission.ts'
import type { Directory } from './directory/directory.ts'
import { MAX_REVOCATIONS } from './directory/limits.ts'
import type { Meta } from './invitation.ts'

/** Name of the list of invitations that were taken back, among the small values of the peer. */
const REVOCATIONS = 'revocations'
/** Largest such list, bytes. */
const MAX_LIST_BYTES: number = 2 * 1024 * 1024

/** Packed revocations that this data knows. */
export async function knownRevocations(meta: Pick<Meta, 'getMeta'>): Promise<readonly Uint8Array[]> {
  const stored = await meta.getMeta(REVOCATIONS)
  const decoded = stored && decodeCbor(stored, MAX_LIST_BYTES)
  return decoded?.ok === true && Array.isArray(decoded.value) ? decoded.value.filter((packed) => packed instanceof Uint8Array) : []
}

/** Remembers the newest ones: the invitations of the others have most likely expired. */
export async function rememberRevocations(meta: Pick<Meta, 'setMeta'>, revocations: readonly Uint8Array[]): Promise<void> {
  await meta.setMeta(REVOCATIONS, encodeCbor(revocations.slice(-MAX_REVOCATIONS)))
}

/** Makes doorkeeper and directory know of the same revocations from now on. Returns the way to stop. */
export async function shareRevocations(admission: Admission, directory: Directory, self: string): Promise<() => void> {
  const unlisten = directory.onEntry((entry) => {
    // Known to the directory in any case, which is asked again at the next start.
    if (entry.kind === 'revocation') admission.revoke(entry.packed).catch(() => undefined)
  })
  for (const { packed } of directory.revocations()) await admission.revoke(packed)
  for (const packed of admission.revocations) await directory.add({ kind: 'revocation', packed }, self)
  return unlisten
}
