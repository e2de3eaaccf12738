/** An event as NIP-01 has it. Ids, keys and signatures are lower-case hexadecimal, `created_at` is in seconds. */
export interface NostrEvent {
  readonly id: string
  readonly pubkey: string
  readonly created_at: number
  readonly kind: number
  readonly tags: readonly (readonly string[])[]
  readonly content: string
  readonly sig: string
}

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

/**
 * What became of an event. `superseded`: a later version of the same replaceable event is here. `deleted`, `vanished`: its author wants it gone.
 * `expired`: its time is over. `full`: there is no room. Otherwise a `Refusal`, as `bad-signature`.
 */
export type NostrOutcome =
  | 'stored'
  | 'duplicate'
  | 'superseded'
  | 'deleted'
  | 'vanished'
  | 'expired'
  | 'full'
  | 'bad-signature'
  | 'malformed'
  | 'too-large'
  | 'future'

/** Ids and times of a set of events, in the order of NIP-77: by rising `created_at`, of one second by rising id. */
export interface NostrIds {
  readonly times: Float64Array
  /** 32 bytes each, one after another. */
  readonly ids: Uint8Array
}

/** Events of Nostr, which a network keeps in one namespace of its own; they are stored, replicated and placed as its documents are. */
export interface ReplicaNostr {
  /** Stores events of one client; `isVerified` where their ids and signatures were checked. Resolves once they are on disk. */
  put(events: readonly NostrEvent[], options?: { readonly isVerified?: boolean }): Promise<readonly NostrOutcome[]>
  /** Which of these ids are here, or must not come back. */
  known(ids: readonly string[]): Promise<readonly boolean[]>
  /** Newest first, of one second by rising id; with `search` the best first. `limit` counts what the gate lets through. */
  page(filter: NostrFilter, options: { readonly limit: number; readonly after?: NostrEnd; readonly gate?: NostrGate }): Promise<NostrPage>
  count(filter: NostrFilter, options?: { readonly gate?: NostrGate }): Promise<number>
  /** Keys of those whose events match, once each event, for the registers of NIP-45. */
  authorsOf(filter: NostrFilter, options: { readonly max: number; readonly gate?: NostrGate }): Promise<readonly string[]>
  /** The set that matches, `undefined` where it has more than `max`. */
  ids(filter: NostrFilter, options: { readonly max: number; readonly gate?: NostrGate }): Promise<NostrIds | undefined>
  /** Calls back with events after they were stored, whoever brought them: a client, or another relay. Returns the way to stop. */
  onStored(listener: (events: readonly StoredEvent[]) => void): () => void
  /** Takes events away here that the operator does not want; they are not taken again. Gives how many were here. */
  ban(ids: readonly string[]): Promise<number>
}
