import { hash } from 'node:crypto'
import type { NostrIds } from '@p2p-docstore/core/nostr'
import { writeVarint } from './bytes.ts'

/** Bytes of an id, and of a fingerprint. */
export const ID_BYTES = 32
export const PRINT_BYTES = 16
/** 32-bit parts of an id, and how many events lie between two sums that are kept. */
const LIMBS = 8
const STRIDE = 16

/** What is hashed for a fingerprint, sum and count, and the sums that it takes: there are tens of thousands of them in a comparison, one at a time. */
const HASHED = new Uint8Array(ID_BYTES + 8)
const HIGH: Uint32Array = new Uint32Array(HASHED.buffer, 0, LIMBS)
const LOW: Uint32Array = new Uint32Array(LIMBS)

/** A place between events: before all that are not less. Ids may be cut short. */
export interface Bound {
  readonly time: number
  readonly id: Uint8Array
}

/** The bound after everything. */
export const END: Bound = { time: Number.POSITIVE_INFINITY, id: new Uint8Array() }

/** Events in the order of NIP-77, of which any range has its fingerprint at once: what the ids before each 16th event add up to is kept. */
export class ComparedSet {
  readonly #times: Float64Array
  readonly #ids: Uint8Array
  readonly #limbs: Uint32Array
  readonly #sums: Uint32Array

  constructor({ times, ids }: NostrIds) {
    this.#times = times
    // Sums are made of words, which have to lie on even places.
    this.#ids = ids.byteOffset % 4 === 0 ? ids : ids.slice()
    this.#limbs = new Uint32Array(this.#ids.buffer, this.#ids.byteOffset, times.length * LIMBS)
    this.#sums = new Uint32Array((Math.floor(times.length / STRIDE) + 1) * LIMBS)
    const sum = new Uint32Array(LIMBS)
    for (let i = 0; i < times.length; i++) {
      if (i % STRIDE === 0) this.#sums.set(sum, (i / STRIDE) * LIMBS)
      addTo(sum, this.#limbs, i * LIMBS)
    }
    if (times.length % STRIDE === 0) this.#sums.set(sum, (times.length / STRIDE) * LIMBS)
  }

  get size(): number {
    return this.#times.length
  }

  id(i: number): Uint8Array {
    return this.#ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)
  }

  time(i: number): number {
    return this.#times[i] ?? Number.POSITIVE_INFINITY
  }

  /** Number of the first event, from `low` on, that does not lie before a bound. */
  find(low: number, bound: Bound): number {
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isBefore(middle, bound)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Fingerprint of the events from `low` to before `high`: of what their ids add up to, and how many they are. */
  fingerprint(low: number, high: number): Uint8Array {
    this.#sumTo(high, HIGH)
    this.#sumTo(low, LOW)
    subtractFrom(HIGH, LOW)
    let length = ID_BYTES
    writeVarint(high - low, (byte) => {
      HASHED[length++] = byte
    })
    return hash('sha256', HASHED.subarray(0, length), 'buffer').subarray(0, PRINT_BYTES)
  }

  /** The shortest bound between an event and the one before. */
  boundBefore(i: number): Bound {
    if (this.time(i - 1) !== this.time(i)) return { time: this.time(i), id: new Uint8Array() }
    const [before, after] = [this.id(i - 1), this.id(i)]
    let shared = 0
    while (shared < ID_BYTES - 1 && before[shared] === after[shared]) shared++
    return { time: this.time(i), id: after.subarray(0, shared + 1) }
  }

  /** What the ids of all events before one add up to. */
  #sumTo(end: number, sum: Uint32Array): void {
    const from = Math.floor(end / STRIDE)
    for (let i = 0; i < LIMBS; i++) sum[i] = this.#sums[from * LIMBS + i] ?? 0
    for (let i = from * STRIDE; i < end; i++) addTo(sum, this.#limbs, i * LIMBS)
  }

  #isBefore(i: number, { time, id }: Bound): boolean {
    const own = this.time(i)
    if (own !== time) return own < time
    const at = i * ID_BYTES
    for (let j = 0; j < id.length; j++) {
      const difference = (this.#ids[at + j] ?? 0) - (id[j] ?? 0)
      if (difference !== 0) return difference < 0
    }
    // What goes on after a bound lies behind it.
    return false
  }
}

/** Adds 256-bit integers with their lowest word first. */
function addTo(sum: Uint32Array, words: Uint32Array, at: number): void {
  let carry = 0
  for (let i = 0; i < LIMBS; i++) {
    const total = (sum[i] ?? 0) + (words[at + i] ?? 0) + carry
    sum[i] = total
    carry = total > 0xffffffff ? 1 : 0
  }
}

function subtractFrom(sum: Uint32Array, other: Uint32Array): void {
  let borrow = 0
  for (let i = 0; i < LIMBS; i++) {
    const total = (sum[i] ?? 0) - (other[i] ?? 0) - borrow
    sum[i] = total
    borrow = total < 0 ? 1 : 0
  }
}
