import { sha256 } from '#crypto'

/** Version of the fingerprint's formula, hashed into it, so that a better one can follow. */
const FINGERPRINT_VERSION = 1
/** Bytes of a record hash, and of a sum of them. */
const HASH_BYTES = 32
const LIMBS = 8
const COUNT_BYTES = 8

/**
 * How many record hashes a set has, and what they add up to: 256-bit little-endian integers mod 2^256, in 32-bit limbs. Sums of parts
 * add up to the sum of the whole, and a hash that leaves is subtracted again.
 */
export class HashSum {
  #count = 0
  readonly #limbs = new Uint32Array(LIMBS)

  /** Number of hashes. */
  get count(): number {
    return this.#count
  }

  /** Adds the hash that begins at `offset`. */
  add(bytes: Uint8Array, offset = 0): void {
    this.#count++
    let carry = 0
    for (let i = 0; i < LIMBS; i++) {
      const total = (this.#limbs[i] ?? 0) + limbAt(bytes, offset + i * 4) + carry
      this.#limbs[i] = total
      carry = total > 0xffffffff ? 1 : 0
    }
  }

  /** Takes away a hash that was added before. */
  subtract(bytes: Uint8Array, offset = 0): void {
    this.#count--
    let borrow = 0
    for (let i = 0; i < LIMBS; i++) {
      const total = (this.#limbs[i] ?? 0) - limbAt(bytes, offset + i * 4) - borrow
      this.#limbs[i] = total
      borrow = total < 0 ? 1 : 0
    }
  }

  /** Adds all hashes of another set. */
  addAll(other: HashSum): void {
    this.#count += other.#count
    let carry = 0
    for (let i = 0; i < LIMBS; i++) {
      const total = (this.#limbs[i] ?? 0) + (other.#limbs[i] ?? 0) + carry
      this.#limbs[i] = total
      carry = total > 0xffffffff ? 1 : 0
    }
  }

  /** Takes away all hashes of another set, which were added before. */
  subtractAll(other: HashSum): void {
    this.#count -= other.#count
    let borrow = 0
    for (let i = 0; i < LIMBS; i++) {
      const total = (this.#limbs[i] ?? 0) - (other.#limbs[i] ?? 0) - borrow
      this.#limbs[i] = total
      borrow = total < 0 ? 1 : 0
    }
  }

  equals(other: HashSum): boolean {
    return this.#count === other.#count && this.#limbs.every((limb, i) => limb === other.#limbs[i])
  }

  /** Sha-256 of version, count and sum. Equal fingerprints, equal sets. */
  fingerprint(): Uint8Array {
    const bytes = new Uint8Array(1 + COUNT_BYTES + HASH_BYTES)
    bytes[0] = FINGERPRINT_VERSION
    bytes.set(this.toBytes(), 1)
    return sha256(bytes)
  }

  /** Count (64-bit, big-endian) and sum (little-endian), to be stored. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(COUNT_BYTES + HASH_BYTES)
    // Without a view, which would give them a buffer outside V8's heap: each update stores one.
    for (let i = 0, left = this.#count; i < COUNT_BYTES && left > 0; i++, left = Math.floor(left / 256)) bytes[COUNT_BYTES - 1 - i] = left % 256
    for (let i = 0; i < HASH_BYTES; i++) bytes[COUNT_BYTES + i] = (this.#limbs[i >> 2] ?? 0) >>> ((i & 3) * 8)
    return bytes
  }

  /** What `toBytes` gave. */
  static fromBytes(bytes: Uint8Array): HashSum {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const sum = new HashSum()
    sum.#count = Number(view.getBigUint64(0))
    for (let i = 0; i < LIMBS; i++) sum.#limbs[i] = view.getUint32(COUNT_BYTES + i * 4, true)
    return sum
  }
}

function limbAt(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24)) >>> 0
}
