import { sha256 } from '#crypto'
import { compareBytes, concatBytes, utf8 } from '../model/bytes.ts'
import { DRAW_BYTES, drawCost } from './draw.ts'
import { SECTORS } from './limits.ts'
import type { Member } from './membership.ts'
import { type Ranked, Ranking } from './ranking.ts'

const DOMAIN: Uint8Array = utf8('docstore/draw')
/** Sectors whose draws one digest holds. */
const DRAWS_PER_DIGEST = 4
/** The rank of a draw stands in its first 10 bits of 32. */
const RANK_UNIT: number = 2 ** 32 / SECTORS
/** Relays that are ranked, some 10 KiB each, until those that have gone are forgotten. */
const MAX_REMEMBERED = 8192

/**
 * What each of the 1,024 sectors costs a relay that weighs 1, as integers. Its draws, 8 bytes each, are the four parts of SHA-256( `docstore/draw` ‖
 * network ‖ key of the relay ‖ i as 16-bit big-endian integer ) for sectors 4i to 4i + 3. The first 10 bits of each are replaced by its rank among all
 * draws of the relay, 0 for the lowest; of equal ones the lower sector comes first. So every relay has draws that lie alike, and gets about as much as
 * others of its weight. The cost is −log₂ of that (`drawCost`).
 */
export function sectorCosts(network: Uint8Array, key: Uint8Array): Int32Array {
  const draws = new Uint8Array(SECTORS * DRAW_BYTES)
  const input = concatBytes(DOMAIN, network, key, new Uint8Array(2))
  for (let i = 0; i < SECTORS / DRAWS_PER_DIGEST; i++) {
    new DataView(input.buffer).setUint16(input.length - 2, i)
    draws.set(sha256(input), i * DRAWS_PER_DIGEST * DRAW_BYTES)
  }
  const view = new DataView(draws.buffer)
  const firstBits = Float64Array.from({ length: SECTORS }, (_, sector) => view.getUint32(sector * DRAW_BYTES))
  const lastBits = (sector: number): number => view.getUint32(sector * DRAW_BYTES + 4)
  const bySize = Array.from(firstBits.keys()).sort((a, b) => (firstBits[a] ?? 0) - (firstBits[b] ?? 0) || lastBits(a) - lastBits(b) || a - b)
  const costs = new Int32Array(SECTORS)
  for (const [rank, sector] of bySize.entries()) {
    view.setUint32(sector * DRAW_BYTES, rank * RANK_UNIT + ((firstBits[sector] ?? 0) % RANK_UNIT))
    costs[sector] = drawCost(draws, sector * DRAW_BYTES)
  }
  return costs
}

/** Remembers what sectors cost which relay, and in which order relays come: that stays when others come and go. */
export class Draws {
  readonly #network: Uint8Array
  #ranking: Ranking

  /** `network` is the digest of the network's id. */
  constructor(network: Uint8Array) {
    this.#network = network
    this.#ranking = this.#anew()
  }

  /** Where relays have a number, each when it is first asked for. Another one once there are too many of whom most have gone; who holds the former one can go on with it. */
  get ranking(): Ranking {
    if (this.#ranking.size >= MAX_REMEMBERED) this.#ranking = this.#anew()
    return this.#ranking
  }

  #anew(): Ranking {
    return new Ranking((key) => sectorCosts(this.#network, key))
  }
}

/** What each relay owns: sectors of one after those of another, and where those of each number begin. In two arrays, since who looks on sees thousands of placements. */
interface Owned {
  readonly sectors: Uint16Array
  readonly starts: Uint32Array
}

const NOTHING: Uint16Array = new Uint16Array()

/** Members as a placement takes them: which numbers of a ranking they have. */
export interface MemberSet {
  readonly ranking: Ranking
  /** 1 at the number of each member. */
  readonly isIn: Uint8Array
  readonly size: number
}

/**
 * Who owns what: of each sector the `copies` members for whom −ln(u) / w is least (weighted rendezvous hashing), by rising cost. With that many members
 * or fewer, all own everything. Pure: equal members, equal owners.
 */
export class Placement {
  readonly copies: number
  readonly #set: MemberSet
  #members: readonly Ranked[] | undefined
  /** By sector, the names of its owners, where they were asked for. */
  readonly #names: (readonly string[] | undefined)[] = []
  /** The numbers of the owners of all sectors, `wanted` for each; made when somebody asks what a relay owns. */
  #owners: Uint16Array | undefined
  /** What each owns, made then too. */
  #owned: Owned | undefined

  constructor(draws: Draws, members: readonly Member[] | MemberSet, copies: number) {
    this.copies = copies
    this.#set = 'ranking' in members ? members : setOf(draws.ranking, members)
  }

  /** By rising key. */
  get members(): readonly Member[] {
    return this.#sorted()
  }

  /** Whether there are so few members that each owns every sector. */
  get isEverywhere(): boolean {
    return this.#set.size <= this.copies
  }

  /** Copies that there can be: as many as the network wants, or all members. */
  get wanted(): number {
    return Math.min(this.copies, this.#set.size)
  }

  /** Sectors that a relay owns, rising. It is named by its key in hexadecimal. */
  ownedBy(relay: string): Uint16Array {
    const number = this.memberNumber(relay)
    if (number === undefined) return NOTHING
    const { sectors, starts } = (this.#owned ??= this.#allOwned())
    return sectors.subarray(starts[number], starts[number + 1])
  }

  #allOwned(): Owned {
    const { wanted } = this
    const owners = (this.#owners ??= this.#allOwners())
    const starts = new Uint32Array(this.#set.isIn.length + 1)
    for (const number of owners) starts[number + 1] = (starts[number + 1] ?? 0) + 1
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0)
    const next = starts.slice()
    const sectors = new Uint16Array(owners.length)
    for (let i = 0; i < owners.length; i++) {
      const number = owners[i] ?? 0
      const at = next[number] ?? 0
      sectors[at] = Math.floor(i / wanted)
      next[number] = at + 1
    }
    return { sectors, starts }
  }

  /** The number of a member here, for `isOwner`; nothing for others. */
  memberNumber(relay: string): number | undefined {
    const { ranking, isIn } = this.#set
    for (const number of ranking.numbersOf(relay)) if (isIn[number] === 1) return number
    return undefined
  }

  /** Whether the member of this number owns a sector. */
  isOwner(number: number | undefined, sector: number): boolean {
    if (number === undefined) return false
    const { wanted } = this
    const owners = (this.#owners ??= this.#allOwners())
    for (let i = sector * wanted; i < (sector + 1) * wanted; i++) if (owners[i] === number) return true
    return false
  }

  /** Keys of the owners of a sector in hexadecimal, in the same order. */
  ownerNames(sector: number): readonly string[] {
    return (this.#names[sector] ??= this.owners(sector).map(({ name }) => name))
  }

  /** Owners of a sector, the one with the best draw first. */
  owners(sector: number): readonly Ranked[] {
    const { wanted } = this
    if (!Number.isInteger(sector) || sector < 0 || sector >= SECTORS) throw new RangeError(`there is no sector ${sector}`)
    const numbers = this.#owners?.subarray(sector * wanted, (sector + 1) * wanted) ?? this.#choose(sector, new Uint16Array(wanted), 0)
    return Array.from(numbers).flatMap((number) => this.#set.ranking.at(number) ?? [])
  }

  #allOwners(): Uint16Array {
    const owners = new Uint16Array(SECTORS * this.wanted)
    for (let sector = 0; sector < SECTORS; sector++) this.#choose(sector, owners, sector * this.wanted)
    return owners
  }

  /** Writes the numbers of the owners of a sector: the first in its order that are members. */
  #choose(sector: number, owners: Uint16Array, from: number): Uint16Array {
    const { ranking, isIn } = this.#set
    const order = ranking.order(sector)
    const end = from + this.wanted
    for (let i = 0, at = from; at < end && i < order.length; i++) {
      const number = order[i] ?? 0
      if (isIn[number] === 1) owners[at++] = number
    }
    return owners
  }

  #sorted(): readonly Ranked[] {
    const { ranking, isIn } = this.#set
    if (this.#members === undefined) {
      const members: Ranked[] = []
      for (const [number, is] of isIn.entries()) {
        const one = is === 1 ? ranking.at(number) : undefined
        if (one !== undefined) members.push(one)
      }
      this.#members = members.sort((a, b) => compareBytes(a.key, b.key))
    }
    return this.#members
  }
}

function setOf(ranking: Ranking, members: readonly Member[]): MemberSet {
  const numbers = new Set(members.map((member) => ranking.numberOf(member)))
  const isIn = new Uint8Array(ranking.size)
  for (const number of numbers) isIn[number] = 1
  return { ranking, isIn, size: numbers.size }
}
