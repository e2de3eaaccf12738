import { DAG_CBOR, DRAINING_SERVICE, KEEPS_OWNED_SERVICE, type Network, parseCid, type Parts, type PeerDescriptor, toHex } from '@p2p-docstore/core'
import {
  ALL_PARTS,
  areAllParts,
  areNoParts,
  Draws,
  type Home,
  homesOf,
  joinedParts,
  type Member,
  membersOf,
  NO_PARTS,
  partsWithout,
  PLACEMENT_TIMES,
  Placement,
  type PlacementTimes,
  sectorOf,
} from '@p2p-docstore/core/placement'
import { MAX_SECTORS_REMEMBERED } from './limits.ts'

/** A relay of the directory. */
export interface ListedRelay {
  readonly peer: string
  readonly descriptor: PeerDescriptor
}

/** What a view looks at. */
export interface PlacementViewInit {
  readonly network: Network
  /** The relays that are listed now. */
  readonly relays: () => readonly ListedRelay[]
  readonly times?: PlacementTimes | undefined
  /** How often a namespace is halved, as far as its head is known here. */
  readonly splitOf?: (ns: string) => number
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
}

/** What follows from the descriptors of one moment. */
interface Seen {
  readonly placement: Placement
  readonly peerByKey: ReadonlyMap<string, string>
  readonly keyByPeer: ReadonlyMap<string, string>
  /** Those that keep no more than what they own. */
  readonly keepingOwned: ReadonlySet<string>
  readonly isAnyDraining: boolean
}

/** Who owns what as this peer sees it, by the relays that it knows of, under the names that connections have. */
export class PlacementView {
  readonly times: PlacementTimes
  readonly #init: PlacementViewInit
  readonly #draws: Draws
  readonly #homes = new Map<string, { readonly split: number; readonly homes: readonly Home[] }>()
  #members = ''
  #seen: Seen | undefined
  #isStale = true
  /** When somebody comes to be a member, or ceases to, though nothing new is heard. */
  #lookAgainAt = 0

  constructor(init: PlacementViewInit) {
    this.#init = init
    this.times = init.times ?? PLACEMENT_TIMES
    this.#draws = new Draws(init.network.cid.multihash.digest)
  }

  /** The directory has changed. */
  changed(): void {
    this.#isStale = true
  }

  get placement(): Placement {
    return this.#look().placement
  }

  /** Whether relays give up anything: there are more than copies, and some keep no more than what they own. */
  get isPlaced(): boolean {
    const { placement, keepingOwned } = this.#look()
    return !placement.isEverywhere && keepingOwned.size > 0
  }

  /** Whether relays have to agree about sectors: because some give up what is not theirs, or one is about to go. */
  get isAtWork(): boolean {
    return this.isPlaced || this.#look().isAnyDraining
  }

  /** The sector in which the head of a namespace is found by its id alone; `undefined` for what is no id. */
  sector(ns: string): number | undefined {
    const cid = parseCid(DAG_CBOR, ns)
    return cid && sectorOf({ ns: cid.multihash.digest, split: 0, index: 0 })
  }

  /** Where a namespace lies, by rising sector; nowhere, what is no id. */
  homes(ns: string, split = this.#init.splitOf?.(ns) ?? 0): readonly Home[] {
    const known = this.#homes.get(ns)
    if (known?.split === split) return known.homes
    const cid = parseCid(DAG_CBOR, ns)
    const homes = cid === undefined ? [] : homesOf(cid.multihash.digest, split)
    if (this.#homes.size >= MAX_SECTORS_REMEMBERED) this.#homes.clear()
    this.#homes.set(ns, { split, homes })
    return homes
  }

  /** Peer ids of those who have the head of a namespace in any case, and all of it where it is not split; the one with the best draw first. */
  owners(ns: string): readonly string[] {
    const sector = this.sector(ns)
    return sector === undefined ? [] : this.#ownersOf(sector)
  }

  /** The same for each part of it. */
  ownersOfParts(ns: string): readonly (readonly string[])[] {
    return this.homes(ns).map(({ sector }) => this.#ownersOf(sector))
  }

  #ownersOf(sector: number): readonly string[] {
    const { placement, peerByKey } = this.#look()
    return placement.ownerNames(sector).flatMap((key) => peerByKey.get(key) ?? [])
  }

  /** Whether a relay has all parts of what it has. */
  keepsAll(peer: string): boolean {
    return !this.#look().keepingOwned.has(peer)
  }

  /** What of a namespace stays at a relay that says to have it, because it owns that, or keeps everything; `undefined` where not even its head does. */
  staysAt(peer: string, ns: string): Parts | undefined {
    if (!this.isPlaced || !this.#look().keepingOwned.has(peer)) return ALL_PARTS
    let stays: Parts | undefined
    for (const { sector, parts = ALL_PARTS } of this.homes(ns))
      if (this.#ownersOf(sector).includes(peer)) stays = joinedParts(stays ?? NO_PARTS, parts)
    return stays
  }

  /**
   * What of a namespace a peer that is no relay keeps equal with one: what stays there, and what stays at no connected one. `undefined`: nothing, not even its
   * head.
   */
  partsWith(peer: string, ns: string, connected: readonly string[]): Parts | undefined {
    const own = this.staysAt(peer, ns)
    let missing = ALL_PARTS
    for (const one of connected) missing = partsWithout(missing, this.staysAt(one, ns) ?? NO_PARTS)
    return areNoParts(missing) ? own : joinedParts(own ?? NO_PARTS, missing)
  }

  /** Parts as a session asks for them: `undefined` for all of a namespace. */
  asked(ns: string, parts: Parts | undefined): Parts | undefined {
    if (this.homes(ns).every((home) => home.parts === undefined)) return undefined
    return parts !== undefined && areAllParts(parts) ? undefined : (parts ?? NO_PARTS)
  }

  /** Of one whose head is not here: that comes first. */
  get headAlone(): Parts {
    return NO_PARTS
  }

  keyOf(peer: string): string | undefined {
    return this.#look().keyByPeer.get(peer)
  }

  peerOf(key: string): string | undefined {
    return this.#look().peerByKey.get(key)
  }

  #look(): Seen {
    const { relays, now } = this.#init
    const time = now()
    if (this.#seen !== undefined && !this.#isStale && time < this.#lookAgainAt) return this.#seen
    this.#isStale = false
    this.#lookAgainAt = time + Math.min(1000, this.times.statusMs)
    const all = relays()
    const descriptors = all.map(({ descriptor }) => descriptor)
    const members = membersOf(descriptors, time, this.times)
    const keys = all.map(({ peer, descriptor }) => [peer, toHex(descriptor.by)] as const)
    const isThere = ({ at }: PeerDescriptor): boolean => time < at + this.times.outAfterMs
    this.#seen = {
      placement: this.#placementOf(members),
      peerByKey: new Map(keys.map(([peer, key]) => [key, peer])),
      keyByPeer: new Map(keys),
      keepingOwned: new Set(all.filter(({ descriptor }) => descriptor.services.includes(KEEPS_OWNED_SERVICE)).map(({ peer }) => peer)),
      isAnyDraining: descriptors.some((one) => one.services.includes(DRAINING_SERVICE) && isThere(one)),
    }
    return this.#seen
  }

  /** Stays the same as long as the members do. */
  #placementOf(members: readonly Member[]): Placement {
    const named = members
      .map(({ key, power }) => `${toHex(key)} ${power}`)
      .sort()
      .join()
    if (this.#seen !== undefined && named === this.#members) return this.#seen.placement
    this.#members = named
    return new Placement(this.#draws, members, this.#init.network.descriptor.copies)
  }
}
