import { indexedTags, type NostrEvent, type NostrFilter } from '@p2p-docstore/core/nostr'
import { matcherOf } from './match-filter.ts'

/** Somebody who wants events as they come. */
export interface Listener {
  readonly filters: readonly NostrFilter[]
}

interface Entry<L extends Listener> {
  readonly listener: L
  readonly matches: (event: NostrEvent) => boolean
  /** Where it lies. */
  readonly keys: readonly string[]
}

/** What all filters without anything to look them up by lie under. */
const ANY = '*'

/**
 * Filters of those who listen, each under the values of the field that the fewest events have: ids, else the shortest list of tags, authors or kinds. An event is compared only with
 * what lies under its own values.
 */
export class LiveIndex<L extends Listener> {
  readonly #entries = new Map<L, readonly Entry<L>[]>()
  readonly #byKey = new Map<string, Set<Entry<L>>>()

  /** How many listen. */
  get size(): number {
    return this.#entries.size
  }

  add(listener: L): void {
    const entries = listener.filters.map((filter) => ({ listener, matches: matcherOf(filter), keys: keysOf(filter) }))
    this.#entries.set(listener, entries)
    for (const entry of entries) {
      for (const key of entry.keys) {
        const same = this.#byKey.get(key)
        if (same === undefined) this.#byKey.set(key, new Set([entry]))
        else same.add(entry)
      }
    }
  }

  remove(listener: L): void {
    for (const entry of this.#entries.get(listener) ?? []) {
      for (const key of entry.keys) {
        const same = this.#byKey.get(key)
        same?.delete(entry)
        if (same?.size === 0) this.#byKey.delete(key)
      }
    }
    this.#entries.delete(listener)
  }

  /** All who want an event, each once. */
  find(event: NostrEvent): ReadonlySet<L> {
    const found = new Set<L>()
    const look = (key: string): void => {
      for (const { listener, matches } of this.#byKey.get(key) ?? []) if (!found.has(listener) && matches(event)) found.add(listener)
    }
    look(`i${event.id}`)
    look(`a${event.pubkey}`)
    look(`k${event.kind}`)
    look(ANY)
    for (const [letter, value] of indexedTags(event)) look(`#${letter}${value}`)
    return found
  }
}

/** What a filter is looked up by. A list that is empty matches nothing, and lies nowhere. */
function keysOf({ ids, authors, kinds, tags = {} }: NostrFilter): readonly string[] {
  if (ids !== undefined) return ids.map((id) => `i${id}`)
  const byTag = Object.entries(tags)
    .toSorted(([, a], [, b]) => a.length - b.length)
    .map(([letter, values]) => values.map((value) => `#${letter}${value}`))[0]
  if (byTag !== undefined && (authors === undefined || byTag.length <= authors.length)) return byTag
  if (authors !== undefined) return authors.map((author) => `a${author}`)
  return kinds?.map((kind) => `k${kind}`) ?? [ANY]
}
