import type { Admission } from '../admission/index.ts'
import type { Directory } from './directory.ts'

/** Makes doorkeeper and directory know of the same revocations from now on. Returns the way to stop. */
export async function shareRevocations(
  admission: Admission,
  directory: Directory,
  self: string,
  onError: (error: unknown) => void,
): Promise<() => void> {
  const unlisten = directory.onEntry((entry) => {
    // It holds already; writing it down is tried again with the next one, and others tell of it after the next start.
    if (entry.kind === 'revocation') admission.revoke(entry.packed).catch(onError)
  })
  for (const { packed } of directory.revocations()) await admission.revoke(packed)
  for (const packed of admission.revocations) await directory.add({ kind: 'revocation', packed }, self)
  return unlisten
}
