import type { NostrEvent } from '../../model/nostr/event.ts'
import type { SchnorrVerifier } from '../../model/nostr/verify.ts'
import type { NostrEnd, NostrFilter, NostrGate, NostrIds, NostrPage, PageOptions, SetOptions, StoredEvent } from '../../storage/nostr/types.ts'

export type { NostrEnd, NostrEvent, NostrFilter, NostrGate, NostrIds, NostrPage, StoredEvent }

/**
 * What became of an event. `superseded`: a later version of the same replaceable event is here. `deleted`, `vanished`: its author wants it gone.
 * `expired`: its time is over. An event that was banned here is `deleted`. `full`: there is no room. Otherwise a `Refusal`, as `bad-signature`.
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

/** Events of Nostr, which a network keeps in one namespace of its own; they are stored, replicated and placed as its documents are. */
export interface ReplicaNostr {
  /** Id of the namespace. A relay that is to have it whole tells its network that it wants it: `store.network?.want(nostr.namespace)`. */
  readonly namespace: string
  /** Stores events of one client; `isVerified` where their ids and signatures were checked. Resolves once they are on disk. */
  put(events: readonly NostrEvent[], options?: { readonly isVerified?: boolean }): Promise<readonly NostrOutcome[]>
  /** Which of these ids are here, or must not come back as far as their ids tell. */
  known(ids: readonly string[]): Promise<readonly boolean[]>
  /** Newest first, of one second by rising id; with `search` the best first, and no `end`. `limit` counts what the gate lets through; that of the filter does not count. */
  page(filter: NostrFilter, options: PageOptions): Promise<NostrPage>
  count(filter: NostrFilter, options?: { readonly gate?: NostrGate }): Promise<number>
  /** Keys of those whose events match, once each event, for the registers of NIP-45. */
  authorsOf(filter: NostrFilter, options: SetOptions): Promise<readonly string[]>
  /** The set that matches, of it the newest where the filter has a `limit`; `undefined` where it has more than `max`. */
  ids(filter: NostrFilter, options: SetOptions): Promise<NostrIds | undefined>
  /** Calls back with events after they were stored, whoever brought them: a client, or another relay. Returns the way to stop. */
  onStored(listener: (events: readonly StoredEvent[]) => void): () => void
  /** Checks signatures so from now on, in a faster way perhaps than the one that is always there; events that other relays bring too. */
  verifyWith(verifier: SchnorrVerifier): void
  /** Takes events away here that the operator does not want; they are not taken again. Gives how many were here. */
  ban(ids: readonly string[]): Promise<number>
  /** Takes them again, when somebody brings them. */
  unban(ids: readonly string[]): Promise<void>
}
