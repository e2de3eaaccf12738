import { SLOT_BYTES } from '../model/record.ts'

/** Slots for which there is room after the first. */
const FIRST_ROOM = 64

/** Slots collected one after another in one piece of memory: a list of small arrays would take ten times as much. */
export class SlotList {
  #bytes = new Uint8Array()
  #length = 0

  /** Appends a slot. */
  push(slot: Uint8Array): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(Math.max(FIRST_ROOM * SLOT_BYTES, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(slot, this.#length)
    this.#length += SLOT_BYTES
  }

  /** All slots, 16 bytes each. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }
}
