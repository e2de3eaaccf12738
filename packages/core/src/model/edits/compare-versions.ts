import { compareBytes } from '../bytes.ts'

/**
 * The order of records of one document: negative where `a` gives way to `b`. The later wins; of the same instant a whole version wins over an edit,
 * and then the lower hash.
 */
export function compareVersions(
  a: { readonly at: number; readonly hash: Uint8Array; readonly isEdit?: boolean },
  b: { readonly at: number; readonly hash: Uint8Array; readonly isEdit?: boolean },
): number {
  return a.at - b.at || Number(b.isEdit === true) - Number(a.isEdit === true) || compareBytes(b.hash, a.hash)
}
