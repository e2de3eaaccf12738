import { compareBytes, toHex } from '../model/bytes.ts'
import { MAX_WEIGHT_POWER, SECTORS } from './limits.ts'
import type { Member } from './membership.ts'

const NOTHING: Uint16Array = new Uint16Array()

/** Relays for which there is room at first. */
const FIRST_ROOM = 16
/** With more new ones than that, all are sorted anew. */
const MAX_PUT_IN = 16

/** A relay of a ranking. */
export interface Ranked extends Member {
  /** Its key in hexadecimal. */
  readonly name: string
}

/**
 * All relays in the order in which each sector would be owned by them, the one with the least cost first. It is the same whoever is a member: the owners are the first that are. So
 * who comes or goes moves nothing in it, and to look one sector up takes a few steps, however many relays there are.
 */
export class Ranking {
  readonly #costsOf: (key: Uint8Array) => Int32Array
  readonly #ranked: Ranked[] = []
  /** By sector, what it costs the relay of each number, by its weight. */
  #costs: readonly Float64Array[] = Array.from({ length: SECTORS }, () => new Float64Array(FIRST_ROOM))
  /** Numbers by name; a relay that has said several weights has several. */
  readonly #numbers = new Map<string, number[]>()
  /** By sector, numbers by rising cost, and how many stand there: the others are put in when somebody asks for it. */
  #orders: readonly Uint16Array[] = Array.from({ length: SECTORS }, () => new Uint16Array(FIRST_ROOM))
  readonly #ordered = new Uint16Array(SECTORS)

  /** `costsOf` gives what each sector costs a relay that weighs 1. */
  constructor(costsOf: (key: Uint8Array) => Int32Array) {
    this.#costsOf = costsOf
  }

  /** How many there are. */
  get size(): number {
    return this.#ranked.length
  }

  /** The number of a relay, which is added where it is new, or says another weight than before. */
  numberOf(member: Member): number {
    const name = toHex(member.key)
    const numbers = this.numbersOf(name)
    const known = numbers.find((number) => this.#ranked[number]?.power === member.power)
    if (known !== undefined) return known
    const number = this.#ranked.length
    this.#ranked.push({ key: member.key, power: member.power, name })
    this.#numbers.set(name, [...numbers, number])
    if (number === this.#orders[0]?.length) this.#grow()
    const factor = 2 ** (MAX_WEIGHT_POWER - member.power)
    for (const [sector, cost] of this.#costsOf(member.key).entries()) {
      const costs = this.#costs[sector]
      // Powers of two divide integers exactly: w times as heavy is 1 / w of the cost.
      if (costs !== undefined) costs[number] = cost * factor
    }
    return number
  }

  /** The numbers that a relay has. */
  numbersOf(name: string): readonly number[] {
    return this.#numbers.get(name) ?? []
  }

  /** The relay of a number. */
  at(number: number): Ranked | undefined {
    return this.#ranked[number]
  }

  /** The numbers of all relays in the order of a sector, and perhaps zeros behind them. */
  order(sector: number): Uint16Array {
    const order = this.#orders[sector] ?? NOTHING
    if (this.#ordered[sector] !== this.size) this.#complete(sector, order)
    return order
  }

  #grow(): void {
    const room = 2 * this.#ranked.length
    this.#orders = this.#orders.map((order) => {
      const larger = new Uint16Array(room)
      larger.set(order)
      return larger
    })
    this.#costs = this.#costs.map((costs) => {
      const larger = new Float64Array(room)
      larger.set(costs)
      return larger
    })
  }

  #complete(sector: number, order: Uint16Array): void {
    const costs = this.#costs[sector]
    if (costs === undefined) return
    const { size } = this
    const ordered = this.#ordered[sector] ?? 0
    this.#ordered[sector] = size
    // Thousands that become known at once are sorted in a tenth of the time in which they would be put in one by one.
    if (size - ordered > MAX_PUT_IN) {
      for (let number = ordered; number < size; number++) order[number] = number
      order.subarray(0, size).sort((a, b) => (this.#isBefore(a, b, costs) ? -1 : 1))
      return
    }
    for (let number = ordered; number < size; number++) {
      let [low, high] = [0, number]
      while (low < high) {
        const middle = (low + high) >> 1
        if (this.#isBefore(number, order[middle] ?? 0, costs)) high = middle
        else low = middle + 1
      }
      order.copyWithin(low + 1, low, number)
      order[low] = number
    }
  }

  /** Of equal costs the lower key comes first. */
  #isBefore(a: number, b: number, costs: Float64Array): boolean {
    const [costA = 0, costB = 0] = [costs[a], costs[b]]
    if (costA !== costB) return costA < costB
    const [one, other] = [this.#ranked[a], this.#ranked[b]]
    return one !== undefined && other !== undefined && compareBytes(one.key, other.key) < 0
  }
}
