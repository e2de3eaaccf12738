import { compareBytes } from '../bytes.ts'

/** The order of records of one document: negative where `a` gives way to `b`. The later wins, and of the same instant the lower hash. */
export function compareVersions(
  a: { readonly at: number; readonly hash: Uint8Array },
  b: { readonly at: number; readonly hash: Uint8Array },
): number {
  return a.at - b.at || compareBytes(b.hash, a.hash)
}
