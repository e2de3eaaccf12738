import { DAG_CBOR, DRAINING_SERVICE, KEEPS_OWNED_SERVICE, type Network, parseCid, type PeerDescriptor, toHex } from '@p2p-docstore/core'
import { Draws, type Member, membersOf, PLACEMENT_TIMES, Placement, type PlacementTimes, sectorOf } from '@p2p-docstore/core/placement'
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
  readonly #sectors = new Map<string, number | undefined>()
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

  /** The sector of a namespace; `undefined` for what is no id. */
  sector(ns: string): number | undefined {
    if (this.#sectors.has(ns)) return this.#sectors.get(ns)
    const cid = parseCid(DAG_CBOR, ns)
    const sector = cid && sectorOf({ ns: cid.multihash.digest, split: 0, index: 0 })
    if (this.#sectors.size >= MAX_SECTORS_REMEMBERED) this.#sectors.clear()
    this.#sectors.set(ns, sector)
    return sector
  }

  /** Peer ids of the owners of a namespace, the one with the best draw first. */
  owners(ns: string): readonly string[] {
    const { placement, peerByKey } = this.#look()
    const sector = this.sector(ns)
    return sector === undefined ? [] : placement.ownerNames(sector).flatMap((key) => peerByKey.get(key) ?? [])
  }

  /** Whether what a relay says to have stays there: it owns it, or keeps everything. */
  staysAt(peer: string, ns: string): boolean {
    return !this.isPlaced || !this.#look().keepingOwned.has(peer) || this.owners(ns).includes(peer)
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
