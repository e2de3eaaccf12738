import type { Docstore } from 'p2p-docstore'

/** Who signs in this browser, as owners and authors are named: the person, or the key of this browser where it signs for itself alone. */
export function whoAmI({ me }: Docstore): string {
  return me
}
