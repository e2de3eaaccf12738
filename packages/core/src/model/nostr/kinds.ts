/** A request to delete events (NIP-09). */
export const DELETION = 5
/** A message that only its recipient can read, and its form that is not kept (NIP-59). */
export const GIFT_WRAP = 1059
/** A request of somebody that all of theirs goes (NIP-62). */
export const VANISH = 62

/** What becomes of events of a kind: all are kept, the newest one of an author, the newest one of an author for each tag `d`, or none (NIP-01). */
export type KindClass = 'regular' | 'replaceable' | 'addressable' | 'ephemeral'

/** The class of a kind. What NIP-01 does not name is kept. */
export function kindClass(kind: number): KindClass {
  if (kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000)) return 'replaceable'
  if (kind >= 20_000 && kind < 30_000) return 'ephemeral'
  return kind >= 30_000 && kind < 40_000 ? 'addressable' : 'regular'
}
