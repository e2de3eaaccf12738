import { compareBytes, equalBytes, MAX_FUTURE_MS, type Network, type Refusal, SummedTree, toHex } from '@p2p-docstore/core'
import { type Entry, type PeerEntry, readEntry, type RevocationEntry } from './entry.ts'
import { MAX_REVOCATIONS } from '../limits.ts'
import { MAX_NON_RELAYS, MAX_PEERS } from './limits.ts'
import type { PackedEntry } from './messages.ts'
import { Shares } from './shares.ts'

/** What became of an entry: the first of its peer, a newer one, was here, older than what is here, found no room, or the reason of a refusal. */
export type Added = 'new' | 'newer' | 'same' | 'superseded' | 'full' | Refusal

/** What becomes of an entry that no honest peer passes on: everyone can see that it is not right. */
const FORGERIES: ReadonlySet<Added> = new Set<Added>([
  'malformed',
  'not-canonical',
  'too-large',
  'wrong-network',
  'bad-signature',
  'bad-key',
  'not-allowed',
])

/** What a directory works with. */
export interface DirectoryInit {
  readonly network: Network
  /** Whether a peer is connected now: what such a peer says of itself is always kept. */
  readonly isConnected: (peer: string) => boolean
  /** Wall clock, Unix milliseconds. */
  readonly now?: () => number
  /** Peers that it lists, and how many of them may be no relays. */
  readonly max?: number
  readonly maxNonRelays?: number
}

/** Called when an entry was stored, and with every revocation that is valid, be there room for it or not. */
export type EntryListener = (entry: Entry) => void

/**
 * Who is in the network, by their own word: descriptors of peers until they expire, and revocations of certificates. Everyone can add to it,
 * so its size is bounded, and who floods it displaces nobody but themselves.
 */
export class Directory {
  /** Slot to version of every entry, for comparing directories. */
  readonly tree: SummedTree = new SummedTree()
  readonly #network: Network
  readonly #isConnected: (peer: string) => boolean
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  readonly #byPeer = new Map<string, PeerEntry>()
  readonly #shares = new Shares()
  readonly #listeners = new Set<EntryListener>()
  readonly #leaving = new Set<() => void>()
  readonly #max: number
  readonly #maxNonRelays: number
  #relays = 0

  constructor({ network, isConnected, now = Date.now, max = MAX_PEERS, maxNonRelays = MAX_NON_RELAYS }: DirectoryInit) {
    this.#network = network
    this.#isConnected = isConnected
    this.#now = now
    this.#max = max
    this.#maxNonRelays = maxNonRelays
  }

  /** Verifies an entry that a peer brought, and takes it in where it is newer than what is here and there is room for it. */
  async add(packed: PackedEntry, source: string): Promise<Added> {
    const entry = await readEntry(packed, this.#network, this.#now())
    if (!entry.ok) return entry.reason
    return this.#put(entry.value, source)
  }

  /** The descriptors that hold now. */
  peers(): readonly PeerEntry[] {
    const now = this.#now()
    return [...this.#byPeer.values()].filter(({ descriptor }) => descriptor.expires > now)
  }

  /** The descriptor of a peer. */
  peer(id: string): PeerEntry | undefined {
    const entry = this.#byPeer.get(id)
    return entry !== undefined && entry.descriptor.expires > this.#now() ? entry : undefined
  }

  /** The descriptors of relays. */
  relays(): readonly PeerEntry[] {
    return this.peers().filter(({ isRelay }) => isRelay)
  }

  /** Peer ids of relays, as each of those told who told of any. */
  relaysBySource(): readonly (readonly string[])[] {
    const bySource = new Map<string, string[]>()
    for (const { key, peer } of this.relays())
      for (const source of this.#shares.sources(key)) {
        const told = bySource.get(source) ?? []
        told.push(peer)
        bySource.set(source, told)
      }
    return [...bySource.values()]
  }

  revocations(): readonly RevocationEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.kind === 'revocation')
  }

  /** The entry in a slot. */
  at(slot: Uint8Array): Entry | undefined {
    return this.#entries.get(toHex(slot))
  }

  /** The peer has left: what it brought has to stand with what everyone brought who has left. */
  leave(peer: string): void {
    this.#shares.leave(peer)
  }

  /** Forgets descriptors whose time is over; returns when the next one's is. */
  expire(): number | undefined {
    const now = this.#now()
    let next: number | undefined
    let gone = 0
    for (const entry of this.#byPeer.values()) {
      const { expires } = entry.descriptor
      if (expires > now) next = Math.min(next ?? expires, expires)
      else {
        this.#delete(entry)
        gone++
      }
    }
    if (gone > 0) for (const listener of this.#leaving) listener()
    return next
  }

  /** Returns the way to stop. */
  onEntry(listener: EntryListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls back when descriptors have expired. Returns the way to stop. */
  onExpired(listener: () => void): () => void {
    this.#leaving.add(listener)
    return () => this.#leaving.delete(listener)
  }

  #put(entry: Entry, source: string): Added {
    const { key } = entry
    const current = this.#entries.get(key)
    if (current !== undefined) {
      const isSame = equalBytes(current.hash, entry.hash)
      if (isSame) this.#shares.add(key, source)
      // One of a time to come was taken while the clock here was wrong.
      const isFromFuture = current.kind === 'peer' && current.at > this.#now() + MAX_FUTURE_MS
      if (isSame || !(isFromFuture || isNewer(entry, current))) return isSame ? 'same' : 'superseded'
      this.#forget(current)
    }
    if (!this.#makeRoom(entry, source)) {
      // What it replaces is not true any more: here somebody has become a relay, or ceased to be one, and there is no room for more.
      if (current !== undefined) this.#delete(current)
      // Nobody may come in again because the list is full.
      if (entry.kind === 'revocation') for (const listener of this.#listeners) listener(entry)
      return 'full'
    }
    this.#entries.set(key, entry)
    if (entry.kind === 'peer') {
      this.#byPeer.set(entry.peer, entry)
      if (entry.isRelay) this.#relays++
    }
    this.tree.set(entry.slot, entry.hash, entry.at)
    this.#shares.add(key, source)
    for (const listener of this.#listeners) listener(entry)
    return current === undefined ? 'new' : 'newer'
  }

  /** Whether there is room for one more, if need be in place of one that a busier peer brought. */
  #makeRoom(entry: Entry, source: string): boolean {
    if (entry.kind === 'revocation') return this.#entries.size - this.#byPeer.size < MAX_REVOCATIONS
    const areNonRelaysFull = !entry.isRelay && this.#byPeer.size - this.#relays >= this.#maxNonRelays
    if (this.#byPeer.size < this.#max && !areNonRelaysFull) return true
    const isKept = this.#isConnected(entry.peer)
    // As with one who floods it: there is no need to look through all of it each time.
    if (!isKept && this.#shares.isBusiest(source)) return false
    const victim = this.#heaviest(areNonRelaysFull)
    const weight = isKept ? -1 : this.#shares.load(source)
    if (victim === undefined || victim.weight <= weight) return false
    this.#delete(victim.entry)
    return true
  }

  /** The descriptor that has to give way first. */
  #heaviest(onlyNonRelays: boolean): { readonly entry: PeerEntry; readonly weight: number } | undefined {
    let heaviest: { readonly entry: PeerEntry; readonly weight: number } | undefined
    for (const entry of this.#byPeer.values()) {
      if (onlyNonRelays && entry.isRelay) continue
      const weight = this.#shares.weight(entry.key)
      if (weight <= (heaviest?.weight ?? -1)) continue
      // What connected peers say of themselves stays, whoever passed it on: nobody else can sign it.
      if (!this.#isConnected(entry.peer)) heaviest = { entry, weight }
    }
    return heaviest
  }

  #delete(entry: Entry): void {
    this.#forget(entry)
    this.#shares.delete(entry.key)
    this.tree.delete(entry.slot)
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key)
    if (entry.kind === 'peer' && this.#byPeer.delete(entry.peer) && entry.isRelay) this.#relays--
  }
}

/** The later one; of two of one time the one with the lower hash, so that everyone ends with the same. */
function isNewer(entry: Entry, current: Entry): boolean {
  return entry.at === current.at ? compareBytes(entry.hash, current.hash) < 0 : entry.at > current.at
}

/** Whether what became of an entry shows that who passed it on is none of ours. */
export function isForgery(added: Added): boolean {
  return FORGERIES.has(added)
}

/** Whether the entry, or a newer one in its place, is here. */
export function isKept(added: Added): boolean {
  return added === 'new' || added === 'newer' || added === 'same' || added === 'superseded'
}
