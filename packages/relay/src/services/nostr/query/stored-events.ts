import type { NostrEnd, NostrFilter, NostrGate, ReplicaNostr, StoredEvent } from '@p2p-docstore/core/nostr'
import { PAGE_EVENTS, PAGE_UNITS } from '../limits.ts'

/** What decides how much a filter gets. */
export interface StoredLimits {
  readonly maxLimit: number
  readonly defaultLimit: number
}

type Pages = Pick<ReplicaNostr, 'page'>

/**
 * Stored events of one filter, page by page. A client gets as many as it asks for. Where the relay asks for less, it gets all of the last second too, so that who goes on before that
 * second misses nothing.
 */
class FilterPages {
  readonly #nostr: Pages
  readonly #filter: NostrFilter
  readonly #gate: NostrGate
  readonly #isExact: boolean
  readonly #units: number
  #left: number
  #after: NostrEnd | undefined
  #page: readonly StoredEvent[] = []
  #at = 0
  #isLast = false
  #lastSecond: number | undefined
  /** Whether everything that matches was given; `undefined` where nobody knows. */
  isFinished: boolean | undefined = false

  constructor(nostr: Pages, filter: NostrFilter, gate: NostrGate, { maxLimit, defaultLimit }: StoredLimits, units: number) {
    this.#nostr = nostr
    this.#units = units
    this.#filter = filter
    this.#gate = gate
    this.#isExact = (filter.limit !== undefined && filter.limit <= maxLimit) || filter.search !== undefined
    // Who names events wants them all.
    this.#left = Math.min(filter.limit ?? Math.max(defaultLimit, filter.ids?.length ?? 0), maxLimit)
  }

  /** Loads the next page where nothing of the last one is left; false at the end. */
  async fill(): Promise<boolean> {
    while (this.#at >= this.#page.length) {
      this.#page = []
      this.#at = 0
      if (this.#isLast) return false
      await this.#load()
    }
    return true
  }

  /** The next event, if it is here. */
  get head(): StoredEvent | undefined {
    return this.#page[this.#at]
  }

  take(): void {
    this.#at++
  }

  /** Everything that is here. */
  takeAll(): readonly StoredEvent[] {
    const rest = this.#at === 0 ? this.#page : this.#page.slice(this.#at)
    this.#at = this.#page.length
    return rest
  }

  async #load(): Promise<void> {
    const isOver = this.#left <= 0
    if (isOver && (this.#isExact || this.#lastSecond === undefined)) {
      this.#isLast = true
      return
    }
    const limit = isOver ? PAGE_EVENTS : Math.min(this.#left, PAGE_EVENTS)
    const { events, end } = await this.#nostr.page(this.#filter, {
      limit,
      units: this.#units,
      gate: this.#gate,
      ...(this.#after === undefined ? {} : { after: this.#after }),
    })
    const second = this.#lastSecond
    const page = isOver ? events.filter(({ created_at }) => created_at === second) : events
    this.#page = page
    this.#at = 0
    this.#left -= page.length
    this.#after = end
    this.#lastSecond = page.at(-1)?.created_at
    this.isFinished = end === undefined && page.length === events.length
    // A search ends with the best, and does not say what else there is.
    if (this.#filter.search !== undefined && page.length >= limit) this.isFinished = undefined
    this.#isLast = end === undefined || page.length < events.length
  }
}

/** Stored events of a request, newest first and each once, by pages; afterwards it says whether these were all. */
export class StoredEvents {
  readonly #filters: readonly FilterPages[]
  readonly #isSorted: boolean
  #last: string | undefined
  readonly #given = new Set<string>()

  constructor(nostr: Pages, filters: readonly NostrFilter[], gate: NostrGate, limits: StoredLimits) {
    // One page of each is held.
    const units = Math.ceil(PAGE_UNITS / filters.length)
    this.#filters = filters.map((filter) => new FilterPages(nostr, filter, gate, limits, units))
    // Of a search the best come first.
    this.#isSorted = filters.every(({ search }) => search === undefined)
  }

  /** Whether every event that matches was given; `undefined` where nobody knows. */
  get isFinished(): boolean | undefined {
    if (this.#filters.some(({ isFinished }) => isFinished === false)) return false
    return this.#filters.every(({ isFinished }) => isFinished === true) ? true : undefined
  }

  /** The next events; none at the end. */
  async next(): Promise<readonly StoredEvent[]> {
    const [only, ...others] = this.#filters
    if (only !== undefined && others.length === 0) return (await only.fill()) ? only.takeAll() : []
    const events: StoredEvent[] = []
    while (events.length < PAGE_EVENTS) {
      for (const filter of this.#filters) if ((filter.head !== undefined || (await filter.fill())) && !this.#isSorted) break
      const from = this.#isSorted ? this.#newest() : this.#filters.find(({ head }) => head !== undefined)
      const event = from?.head
      if (from === undefined || event === undefined) break
      from.take()
      // What several filters find comes from all of them one after another, unless it is searched for.
      if (event.id === this.#last || this.#given.has(event.id)) continue
      this.#last = event.id
      if (!this.#isSorted) this.#given.add(event.id)
      events.push(event)
    }
    return events
  }

  #newest(): FilterPages | undefined {
    let newest: FilterPages | undefined
    for (const filter of this.#filters)
      if (filter.head !== undefined && (newest?.head === undefined || isBefore(filter.head, newest.head))) newest = filter
    return newest
  }
}

function isBefore(a: NostrEnd, b: NostrEnd): boolean {
  return a.created_at > b.created_at || (a.created_at === b.created_at && a.id < b.id)
}
