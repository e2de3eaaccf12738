import { sha256 } from '#crypto'
import { compareBytes, concatBytes, toHex, utf8 } from '../model/bytes.ts'
import { DRAW_BYTES, drawCost } from './draw.ts'
import { MAX_WEIGHT_POWER, SECTORS } from './limits.ts'
import type { Member } from './membership.ts'

const DOMAIN: Uint8Array = utf8('docstore/draw')
/** Sectors whose draws one digest holds. */
const DRAWS_PER_DIGEST = 4
/** The rank of a draw stands in its first 10 bits of 32. */
const RANK_UNIT: number = 2 ** 32 / SECTORS
/** Relays whose draws are remembered. */
const MAX_REMEMBERED = 4096

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

/** Remembers what sectors cost which relay: they stay when others come and go. */
export class Draws {
  readonly #network: Uint8Array
  readonly #costs = new Map<string, Int32Array>()

  /** `network` is the digest of the network's id. */
  constructor(network: Uint8Array) {
    this.#network = network
  }

  of(key: Uint8Array): Int32Array {
    const name = toHex(key)
    let costs = this.#costs.get(name)
    if (costs === undefined) {
      costs = sectorCosts(this.#network, key)
      const [oldest] = this.#costs.keys()
      if (this.#costs.size >= MAX_REMEMBERED && oldest !== undefined) this.#costs.delete(oldest)
      this.#costs.set(name, costs)
    }
    return costs
  }
}

/**
 * Who owns what: of each sector the `copies` members for whom −ln(u) / w is least (weighted rendezvous hashing), by rising cost. With that many members
 * or fewer, all own everything. Pure: equal members, equal owners.
 */
export class Placement {
  readonly members: readonly Member[]
  readonly copies: number
  readonly #draws: Draws
  readonly #names: readonly string[]
  readonly #owners: (readonly number[] | undefined)[] = []
  #ownedBy: ReadonlyMap<string, readonly number[]> | undefined
  #costs: readonly Int32Array[] | undefined

  constructor(draws: Draws, members: readonly Member[], copies: number) {
    this.members = members.toSorted((a, b) => compareBytes(a.key, b.key))
    this.copies = copies
    this.#names = this.members.map(({ key }) => toHex(key))
    this.#draws = draws
  }

  /** Whether there are so few members that each owns every sector. */
  get isEverywhere(): boolean {
    return this.members.length <= this.copies
  }

  /** Copies that there can be: as many as the network wants, or all members. */
  get wanted(): number {
    return Math.min(this.copies, this.members.length)
  }

  /** Sectors that a relay owns, rising. It is named by its key in hexadecimal. */
  ownedBy(relay: string): readonly number[] {
    if (this.#ownedBy === undefined) {
      const all = new Map<string, number[]>(this.#names.map((name) => [name, []]))
      for (let sector = 0; sector < SECTORS; sector++) for (const owner of this.ownerNames(sector)) all.get(owner)?.push(sector)
      this.#ownedBy = all
    }
    return this.#ownedBy.get(relay) ?? []
  }

  /** Keys of the owners of a sector in hexadecimal, in the same order. */
  ownerNames(sector: number): readonly string[] {
    return this.#best(sector).map((index) => this.#names[index] ?? '')
  }

  /** Owners of a sector, the one with the best draw first. */
  owners(sector: number): readonly Member[] {
    return this.#best(sector).flatMap((index) => this.members[index] ?? [])
  }

  /** Which members own a sector. */
  #best(sector: number): readonly number[] {
    if (!Number.isInteger(sector) || sector < 0 || sector >= SECTORS) throw new RangeError(`there is no sector ${sector}`)
    return (this.#owners[sector] ??= this.#choose(sector))
  }

  #choose(sector: number): readonly number[] {
    const { members, copies } = this
    this.#costs ??= members.map(({ key }) => this.#draws.of(key))
    const costs = this.#costs
    // Powers of two divide integers exactly: w times as heavy is 1 / w of the cost.
    const costOf = (index: number): number => (costs[index]?.[sector] ?? 0) * 2 ** (MAX_WEIGHT_POWER - (members[index]?.power ?? 0))
    const best: { readonly index: number; readonly cost: number }[] = []
    for (let index = 0; index < members.length; index++) {
      const cost = costOf(index)
      const last = best.at(-1)
      if (best.length >= copies && last !== undefined && cost >= last.cost) continue
      // Of equal costs the lower key comes first: members are sorted by it.
      const at = best.findIndex((one) => cost < one.cost)
      best.splice(at < 0 ? best.length : at, 0, { index, cost })
      if (best.length > copies) best.pop()
    }
    return best.map(({ index }) => index)
  }
}
