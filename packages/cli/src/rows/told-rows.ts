import { contentId, DocstoreError } from '@p2p-docstore/core'
import { MAX_TOLD_ROWS } from '../limits.ts'

/** Slots of the table at first; it doubles when it is half full. */
const FIRST_SLOTS: number = 2 ** 12

/**
 * A number for each of many ids, told apart by 60 bits of a digest, in 24 bytes each: two of a million ids meet by chance once in two
 * million files.
 */
export class ToldRows {
  /** Both halves of the digests. The upper ones are never 0, which stands for an empty slot. */
  #uppers = new Uint32Array(FIRST_SLOTS)
  #lowers = new Uint32Array(FIRST_SLOTS)
  #numbers = new Uint32Array(FIRST_SLOTS)
  #size = 0
  readonly #maxSize: number

  constructor(maxSize: number = MAX_TOLD_ROWS) {
    this.#maxSize = maxSize
  }

  /** The number of an id, where it has one; otherwise it gets this one. `isDigest`: it is a `contentId`. Throws `too-many-rows`. */
  tell(id: string, isDigest: boolean, number: number): number | undefined {
    const digest = isDigest ? id : contentId(id)
    const [upper, lower] = [(bitsOf(digest, 0) | 0x40000000) >>> 0, bitsOf(digest, HALF)]
    const slot = this.#slotOf(upper, lower)
    if (this.#uppers[slot] !== 0) return this.#numbers[slot]
    if (this.#size >= this.#maxSize) {
      throw new DocstoreError(
        'too-many-rows',
        `More than ${this.#maxSize} rows of one file cannot be told apart. Split it, and import its parts one after another`,
      )
    }
    this.#set(slot, upper, lower, number)
    if (++this.#size * 2 > this.#uppers.length) this.#grow()
    return undefined
  }

  /** Counts one more for an id; tells how many there are. */
  count(id: string, isDigest: boolean): number {
    const before = this.tell(id, isDigest, 1)
    if (before === undefined) return 1
    const digest = isDigest ? id : contentId(id)
    const slot = this.#slotOf((bitsOf(digest, 0) | 0x40000000) >>> 0, bitsOf(digest, HALF))
    this.#numbers[slot] = before + 1
    return before + 1
  }

  /** The slot of a digest, else the empty one where it belongs. */
  #slotOf(upper: number, lower: number): number {
    const mask = this.#uppers.length - 1
    let slot = lower & mask
    while (this.#uppers[slot] !== 0 && (this.#uppers[slot] !== upper || this.#lowers[slot] !== lower)) slot = (slot + 1) & mask
    return slot
  }

  #set(slot: number, upper: number, lower: number, number: number): void {
    this.#uppers[slot] = upper
    this.#lowers[slot] = lower
    this.#numbers[slot] = number
  }

  #grow(): void {
    const [uppers, lowers, numbers] = [this.#uppers, this.#lowers, this.#numbers]
    this.#uppers = new Uint32Array(uppers.length * 2)
    this.#lowers = new Uint32Array(uppers.length * 2)
    this.#numbers = new Uint32Array(uppers.length * 2)
    for (let i = 0; i < uppers.length; i++) {
      const [upper = 0, lower = 0, number = 0] = [uppers[i], lowers[i], numbers[i]]
      if (upper !== 0) this.#set(this.#slotOf(upper, lower), upper, lower, number)
    }
  }
}

/** Characters of base32 in half a key: 30 bits. */
const HALF = 6

/** The bits of some characters of lower-case base32. */
function bitsOf(digest: string, from: number): number {
  let bits = 0
  for (let at = from; at < from + HALF; at++) {
    const code = digest.charCodeAt(at)
    bits = (bits << 5) | (code >= 97 ? code - 97 : code - 24)
  }
  return bits
}
