/** A filter of NIP-01 that was read and is within its limits; `tags` has the values of `#x` by their letter, `search` the words of NIP-50. */
export interface NostrFilter {
  readonly ids?: readonly string[]
  readonly authors?: readonly string[]
  readonly kinds?: readonly number[]
  readonly tags?: Readonly<Record<string, readonly string[]>>
  readonly since?: number
  readonly until?: number
  readonly limit?: number
  readonly search?: string
}

/** Who may see what: events of these kinds are only for their author and for those whom they name in a tag `p`. */
export interface NostrGate {
  readonly kinds: readonly number[]
  /** Keys that the one who asks has proved to have. */
  readonly readers: readonly string[]
}

/** An event that is here: what decides who sees it, and its compact JSON, as clients want it. */
export interface StoredEvent {
  readonly id: string
  readonly pubkey: string
  readonly created_at: number
  readonly kind: number
  readonly json: string
}

/** Where a page of events ended: newest first, of one second by rising id. */
export interface NostrEnd {
  readonly created_at: number
  readonly id: string
}

/** A page of events. */
export interface NostrPage {
  readonly events: readonly StoredEvent[]
  /** Where the next page begins; absent on the last. */
  readonly end?: NostrEnd
}

/** Ids and times of a set of events, in the order of NIP-77: by rising `created_at`, of one second by rising id. */
export interface NostrIds {
  readonly times: Float64Array
  /** 32 bytes each, one after another. */
  readonly ids: Uint8Array
}

/** Which events of those that match are read, and for whom. */
export interface PageOptions {
  readonly limit: number
  /** UTF-16 units of documents from which on a page ends, with one event at least; searches have but one page. */
  readonly units?: number
  readonly after?: NostrEnd
  readonly gate?: NostrGate
}

/** How many events of those that match may be looked at, and for whom. */
export interface SetOptions {
  readonly max: number
  readonly gate?: NostrGate
}
