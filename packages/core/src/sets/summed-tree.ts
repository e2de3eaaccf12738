import { sha256 } from '#crypto'
import { toHex } from '../model/bytes.ts'
import { SLOT_BYTES } from '../model/record.ts'

/** Bytes of an entry: slot (16), record hash (32), time as big-endian float64 (8). */
const HASH_AT = SLOT_BYTES
const TIME_AT: number = SLOT_BYTES + 32
const ENTRY_BYTES: number = TIME_AT + 8
/** A leaf is split in two when it has this many entries: 14 KiB, which is moved in well under a microsecond. */
const MAX_LEAF = 256
/** Version of the fingerprint's formula, hashed into it, so that a better one can follow. */
const FINGERPRINT_VERSION = 1

/** A bound of a range of slots: at most 16 bytes, compared as if followed by zeros; `undefined` is the end of everything. */
export type Bound = Uint8Array | undefined

/** The version that a slot holds. */
export interface TreeEntry {
  readonly slot: Uint8Array
  readonly hash: Uint8Array
  readonly at: number
}

/** Count and sum of the entries of a range. Sums add up, so a range costs no more than its edges. */
interface Sum {
  count: number
  /** Sum of the record hashes mod 2^256, eight little-endian 32-bit limbs. */
  readonly limbs: Uint32Array
}

interface Leaf extends Sum {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/**
 * A sorted map from slot to version that knows count and sum of every range: what two peers compare instead of their documents.
 * Two levels of packed leaves; 56 bytes an entry.
 */
export class SummedTree {
  readonly #leaves: Leaf[] = [newLeaf()]
  #size = 0

  /** Number of entries. */
  get size(): number {
    return this.#size
  }

  /** Puts a version into its slot, in place of the one that was there. */
  set(slot: Uint8Array, hash: Uint8Array, at: number): void {
    const index = this.#leafFor(slot)
    let leaf = this.#leaf(index)
    let position = lowerBound(leaf, slot)
    if (position < leaf.count && compareSlot(leaf, position, slot) === 0) subtract(leaf, leaf.bytes, position * ENTRY_BYTES + HASH_AT)
    else {
      if (leaf.count === MAX_LEAF) {
        this.#leaves.splice(index + 1, 0, splitLeaf(leaf))
        if (position > leaf.count) {
          position -= leaf.count
          leaf = this.#leaf(index + 1)
        }
      }
      leaf.bytes.copyWithin((position + 1) * ENTRY_BYTES, position * ENTRY_BYTES, leaf.count * ENTRY_BYTES)
      leaf.count++
      this.#size++
    }
    const offset = position * ENTRY_BYTES
    leaf.bytes.set(slot, offset)
    leaf.bytes.set(hash, offset + HASH_AT)
    leaf.view.setFloat64(offset + TIME_AT, at)
    add(leaf, leaf.bytes, offset + HASH_AT)
  }

  /** The version in a slot. */
  get(slot: Uint8Array): TreeEntry | undefined {
    const leaf = this.#leaf(this.#leafFor(slot))
    const position = lowerBound(leaf, slot)
    return position < leaf.count && compareSlot(leaf, position, slot) === 0 ? entryAt(leaf, position) : undefined
  }

  /** Number of entries in `[low, high)`. */
  count(low: Bound, high: Bound): number {
    return this.#rank(high) - this.#rank(low ?? new Uint8Array())
  }

  /** Fingerprint of `[low, high)`: sha-256 of version, count and sum. Equal fingerprints, equal sets. */
  fingerprint(low: Bound, high: Bound): Uint8Array {
    return fingerprintOf(this.#sum(low, high))
  }

  /** Fingerprint of everything, as text: the `root` of a namespace. */
  root(): string {
    return toHex(this.fingerprint(undefined, undefined))
  }

  /** Entries of `[low, high)` in slot order. Do not change the tree meanwhile. */
  *entries(low: Bound, high: Bound): Generator<TreeEntry> {
    for (let index = low === undefined ? 0 : this.#leafFor(low); index < this.#leaves.length; index++) {
      const leaf = this.#leaf(index)
      const to = high === undefined ? leaf.count : lowerBound(leaf, high)
      for (let position = low === undefined ? 0 : lowerBound(leaf, low); position < to; position++) yield entryAt(leaf, position)
      if (to < leaf.count) return
    }
  }

  /** Cuts `[low, high)` into at most `parts` ranges of nearly equal counts; returns the inner bounds, as short as they can be. */
  split(low: Bound, high: Bound, parts: number): Uint8Array[] {
    const first = this.#rank(low ?? new Uint8Array())
    const count = this.#rank(high) - first
    const bounds: Uint8Array[] = []
    let previous = first
    for (let part = 1; part < parts; part++) {
      const rank = first + Math.floor((count * part) / parts)
      if (rank > previous) bounds.push(boundBetween(this.#slotAt(rank - 1), this.#slotAt(rank)))
      previous = rank
    }
    return bounds
  }

  #leaf(index: number): Leaf {
    const leaf = this.#leaves[index]
    if (leaf === undefined) throw new RangeError(`no leaf ${index}`)
    return leaf
  }

  /** The leaf whose range holds the bound: the last one that does not start after it. */
  #leafFor(bound: Uint8Array): number {
    let low = 0
    let high = this.#leaves.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      const leaf = this.#leaf(middle)
      if (leaf.count > 0 && compareSlot(leaf, 0, bound) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }

  #rank(bound: Bound): number {
    if (bound === undefined) return this.#size
    const index = this.#leafFor(bound)
    let rank = lowerBound(this.#leaf(index), bound)
    for (let i = 0; i < index; i++) rank += this.#leaf(i).count
    return rank
  }

  #slotAt(rank: number): Uint8Array {
    let rest = rank
    for (const leaf of this.#leaves) {
      if (rest < leaf.count) return entryAt(leaf, rest).slot
      rest -= leaf.count
    }
    throw new RangeError(`no entry ${rank}`)
  }

  #sum(low: Bound, high: Bound): Sum {
    const sum: Sum = { count: 0, limbs: new Uint32Array(8) }
    for (let index = low === undefined ? 0 : this.#leafFor(low); index < this.#leaves.length; index++) {
      const leaf = this.#leaf(index)
      const from = low === undefined ? 0 : lowerBound(leaf, low)
      const to = high === undefined ? leaf.count : lowerBound(leaf, high)
      if (from === 0 && to === leaf.count) addSum(sum, leaf)
      else for (let position = from; position < to; position++) add(sum, leaf.bytes, position * ENTRY_BYTES + HASH_AT)
      sum.count += Math.max(0, to - from)
      if (to < leaf.count) break
    }
    return sum
  }
}

function newLeaf(): Leaf {
  const bytes = new Uint8Array(MAX_LEAF * ENTRY_BYTES)
  return { bytes, view: new DataView(bytes.buffer), count: 0, limbs: new Uint32Array(8) }
}

function splitLeaf(leaf: Leaf): Leaf {
  const right = newLeaf()
  const half = leaf.count >> 1
  right.bytes.set(leaf.bytes.subarray(half * ENTRY_BYTES, leaf.count * ENTRY_BYTES))
  right.count = leaf.count - half
  leaf.count = half
  for (let position = 0; position < right.count; position++) {
    add(right, right.bytes, position * ENTRY_BYTES + HASH_AT)
    subtract(leaf, right.bytes, position * ENTRY_BYTES + HASH_AT)
  }
  return right
}

function entryAt(leaf: Leaf, position: number): TreeEntry {
  const offset = position * ENTRY_BYTES
  return {
    slot: leaf.bytes.slice(offset, offset + SLOT_BYTES),
    hash: leaf.bytes.slice(offset + HASH_AT, offset + TIME_AT),
    at: leaf.view.getFloat64(offset + TIME_AT),
  }
}

/** The shortest bound that has `left` below it and `right` not. */
function boundBetween(left: Uint8Array, right: Uint8Array): Uint8Array {
  let same = 0
  while (same < SLOT_BYTES && left[same] === right[same]) same++
  return right.subarray(0, same + 1)
}

/** Position of the first entry that does not lie before the bound. */
function lowerBound(leaf: Leaf, bound: Uint8Array): number {
  let low = 0
  let high = leaf.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareSlot(leaf, middle, bound) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function compareSlot(leaf: Leaf, position: number, bound: Uint8Array): number {
  const offset = position * ENTRY_BYTES
  for (let i = 0; i < SLOT_BYTES; i++) {
    const difference = (leaf.bytes[offset + i] ?? 0) - (bound[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function limb(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24)) >>> 0
}

function add(sum: Sum, bytes: Uint8Array, offset: number): void {
  let carry = 0
  for (let i = 0; i < 8; i++) {
    const total = (sum.limbs[i] ?? 0) + limb(bytes, offset + i * 4) + carry
    sum.limbs[i] = total
    carry = total > 0xffffffff ? 1 : 0
  }
}

function subtract(sum: Sum, bytes: Uint8Array, offset: number): void {
  let borrow = 0
  for (let i = 0; i < 8; i++) {
    const total = (sum.limbs[i] ?? 0) - limb(bytes, offset + i * 4) - borrow
    sum.limbs[i] = total
    borrow = total < 0 ? 1 : 0
  }
}

function addSum(sum: Sum, other: Sum): void {
  let carry = 0
  for (let i = 0; i < 8; i++) {
    const total = (sum.limbs[i] ?? 0) + (other.limbs[i] ?? 0) + carry
    sum.limbs[i] = total
    carry = total > 0xffffffff ? 1 : 0
  }
}

function fingerprintOf({ count, limbs }: Sum): Uint8Array {
  const bytes = new Uint8Array(1 + 8 + 32)
  const view = new DataView(bytes.buffer)
  bytes[0] = FINGERPRINT_VERSION
  view.setBigUint64(1, BigInt(count))
  limbs.forEach((value, i) => view.setUint32(9 + i * 4, value, true))
  return sha256(bytes)
}
