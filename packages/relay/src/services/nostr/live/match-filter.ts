import type { NostrEvent, NostrFilter } from '@p2p-docstore/core/nostr'

/** Lists longer than this are looked up, not searched. */
const SHORT = 8

/** Whether an event matches, as often as that is asked. Words are not searched in new events: NIP-50 is about stored ones. */
export function matcherOf({ ids, authors, kinds, tags = {}, since, until, search }: NostrFilter): (event: NostrEvent) => boolean {
  const hasId = oneOf(ids)
  const hasAuthor = oneOf(authors)
  const hasKind = oneOf(kinds)
  const wanted = Object.entries(tags).map(([letter, values]) => [letter, oneOf(values)] as const)
  return (event) =>
    search === undefined &&
    event.created_at >= (since ?? 0) &&
    event.created_at <= (until ?? Number.POSITIVE_INFINITY) &&
    hasKind(event.kind) &&
    hasAuthor(event.pubkey) &&
    hasId(event.id) &&
    wanted.every(([letter, has]) => event.tags.some(([name, value]) => name === letter && value !== undefined && has(value)))
}

function oneOf<T>(values: readonly T[] | undefined): (value: T) => boolean {
  if (values === undefined) return () => true
  if (values.length <= SHORT) return (value) => values.includes(value)
  const set = new Set(values)
  return (value) => set.has(value)
}
