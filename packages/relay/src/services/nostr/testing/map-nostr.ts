import {
  coordinateOf,
  DELETION,
  deletionTargets,
  eventId,
  eventJson,
  expirationOf,
  fromHex,
  kindClass,
  type NostrEvent,
  type NostrFilter,
  type NostrGate,
  type NostrIds,
  type NostrOutcome,
  type NostrPage,
  type ReplicaNostr,
  recipientOf,
  type SchnorrVerifier,
  type StoredEvent,
  VANISH,
  verifySchnorr,
} from '@p2p-docstore/core/nostr'
import { matcherOf } from '../live/match-filter.ts'

/** A store of events that looks at all of them for everything: slow, and too simple to be wrong. */
export class MapNostr implements ReplicaNostr {
  readonly namespace = 'none'
  readonly events: Map<string, NostrEvent> = new Map()
  readonly #gone = new Set<string>()
  readonly #deletions: NostrEvent[] = []
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>()
  #verify: SchnorrVerifier = verifySchnorr

  verifyWith(verifier: SchnorrVerifier): void {
    this.#verify = verifier
  }

  async put(events: readonly NostrEvent[], { isVerified = false }: { readonly isVerified?: boolean } = {}): Promise<readonly NostrOutcome[]> {
    const stored: StoredEvent[] = []
    const outcomes: NostrOutcome[] = []
    for (const event of events) {
      const fault = isVerified ? undefined : await this.#fault(event)
      const outcome = fault ?? this.#put(event)
      outcomes.push(outcome)
      if (outcome === 'stored') stored.push(storedOf(event))
    }
    if (stored.length > 0) for (const listener of this.#listeners) listener(stored)
    return outcomes
  }

  async known(ids: readonly string[]): Promise<readonly boolean[]> {
    return ids.map((id) => this.events.has(id))
  }

  async page(
    filter: NostrFilter,
    { limit, after, gate }: { readonly limit: number; readonly after?: NostrPage['end']; readonly gate?: NostrGate },
  ): Promise<NostrPage> {
    const { search, ...rest } = filter
    const words = search?.toLowerCase().split(/\s+/) ?? []
    const all = this.#all(rest, gate).filter(({ content }) => words.every((word) => content.toLowerCase().includes(word)))
    const left = after === undefined ? all : all.filter((event) => isBehind(event, after))
    const events = left.slice(0, limit).map(storedOf)
    const last = events.at(-1)
    const isMore = left.length > events.length && search === undefined
    return { events, ...(isMore && (last ?? after) !== undefined ? { end: last ?? after } : {}) } as NostrPage
  }

  async count(filter: NostrFilter, { gate }: { readonly gate?: NostrGate } = {}): Promise<number> {
    return this.#all(filter, gate).length
  }

  async authorsOf(filter: NostrFilter, { max, gate }: { readonly max: number; readonly gate?: NostrGate }): Promise<readonly string[]> {
    return this.#all(filter, gate)
      .slice(0, max)
      .map(({ pubkey }) => pubkey)
  }

  async ids({ limit, ...filter }: NostrFilter, { max, gate }: { readonly max: number; readonly gate?: NostrGate }): Promise<NostrIds | undefined> {
    const all = this.#all(filter, gate)
      .slice(0, limit)
      .toSorted((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
    if (all.length > max) return undefined
    const ids = new Uint8Array(all.length * 32)
    for (const [i, { id }] of all.entries()) ids.set(fromHex(id), i * 32)
    return { times: Float64Array.from(all, ({ created_at }) => created_at), ids }
  }

  onStored(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async unban(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#gone.delete(id)
  }

  async ban(ids: readonly string[]): Promise<number> {
    const here = ids.filter((id) => this.events.delete(id))
    for (const id of ids) this.#gone.add(id)
    return here.length
  }

  async #fault(event: NostrEvent): Promise<NostrOutcome | undefined> {
    if (eventId(event) !== event.id) return 'malformed'
    const [isRight] = await this.#verify([{ hash: fromHex(event.id), key: fromHex(event.pubkey), signature: fromHex(event.sig) }])
    return isRight === true ? undefined : 'bad-signature'
  }

  #put(event: NostrEvent): NostrOutcome {
    if (kindClass(event.kind) === 'ephemeral') return 'malformed'
    if (this.events.has(event.id)) return 'duplicate'
    const expiry = expirationOf(event)
    if (expiry !== undefined && expiry * 1000 <= Date.now()) return 'expired'
    if (this.#gone.has(event.id) || this.#deletions.some((deletion) => isGone(event, deletion)))
      return this.#deletions.some((deletion) => deletion.kind === VANISH && isGone(event, deletion)) ? 'vanished' : 'deleted'
    const coordinate = coordinateOf(event)
    if (coordinate !== undefined) {
      for (const other of this.events.values()) {
        if (coordinateOf(other) !== coordinate) continue
        if (!isBehind(other, event)) return 'superseded'
        this.events.delete(other.id)
      }
    }
    if (event.kind === DELETION || event.kind === VANISH) {
      this.#deletions.push(event)
      for (const other of this.events.values()) if (isGone(other, event)) this.events.delete(other.id)
    }
    this.events.set(event.id, event)
    return 'stored'
  }

  #all(filter: NostrFilter, gate: NostrGate | undefined): readonly NostrEvent[] {
    const matches = matcherOf(filter)
    const lets = ({ kind, pubkey, tags }: NostrEvent): boolean =>
      gate === undefined ||
      !gate.kinds.includes(kind) ||
      gate.readers.some((reader) => reader === pubkey || tags.some(([name, value]) => name === 'p' && value === reader))
    return [...this.events.values()]
      .filter((event) => matches(event) && lets(event) && (expirationOf(event) ?? Infinity) * 1000 > Date.now())
      .toSorted((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1))
  }
}

/** Whether an event comes after another one in what is asked for: it is older, or of the same second with a higher id. */
function isBehind(event: Pick<NostrEvent, 'created_at' | 'id'>, other: Pick<NostrEvent, 'created_at' | 'id'>): boolean {
  return event.created_at < other.created_at || (event.created_at === other.created_at && event.id > other.id)
}

/** Whether a deletion, or a request to vanish, takes an event away. */
function isGone(event: NostrEvent, deletion: NostrEvent): boolean {
  if (event.kind === VANISH || event.id === deletion.id) return false
  const owner = recipientOf(event) ?? event.pubkey
  if (owner !== deletion.pubkey) return false
  if (deletion.kind === VANISH) return event.created_at <= deletion.created_at
  if (event.kind === DELETION) return false
  const { ids, coordinates } = deletionTargets(deletion)
  const coordinate = coordinateOf(event)
  return ids.includes(event.id) || (coordinate !== undefined && coordinates.includes(coordinate) && event.created_at <= deletion.created_at)
}

function storedOf(event: NostrEvent): StoredEvent {
  const { id, pubkey, created_at, kind } = event
  return { id, pubkey, created_at, kind, json: eventJson({ ...event, tags: JSON.stringify(event.tags), content: JSON.stringify(event.content) }) }
}
