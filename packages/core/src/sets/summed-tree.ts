import { toHex } from '../model/bytes.ts'
import { SLOT_BYTES } from '../model/record.ts'
import { HashSum } from './hash-sum.ts'

/** Bytes of an entry: slot (16), record hash (32), time as big-endian float64 (8). */
const HASH_AT = SLOT_BYTES
const TIME_AT: number = SLOT_BYTES + 32
const ENTRY_BYTES: number = TIME_AT + 8
/** A leaf is split in two when it has this many entries: 14 KiB, which is moved in well under a microsecond. */
const MAX_LEAF = 256
/** Entries for which a first leaf has room: most namespaces are small. It grows by doubling. */
const FIRST_LEAF = 16
/** What a tree takes beside its entries, bytes, as measured. */
const OWN_BYTES = 1024

/** A bound of a range of slots: at most 16 bytes, compared as if followed by zeros; `undefined` is the end of everything. */
export type Bound = Uint8Array | undefined

/** The version that a slot holds. */
export interface TreeEntry {
  readonly slot: Uint8Array
  readonly hash: Uint8Array
  readonly at: number
}

/** Entries side by side, and what their hashes add up to: a range costs no more than the leaves at its edges. */
interface Leaf {
  bytes: Uint8Array
  view: DataView
  readonly sum: HashSum
}

/**
 * A sorted map from slot to version that knows count and sum of every range: what two peers compare instead of their documents.
 * Two levels of packed leaves; 56 bytes an entry.
 */
export class SummedTree {
  readonly #leaves: Leaf[] = [newLeaf(FIRST_LEAF)]
  /** Number of entries before each leaf; `undefined` until it is needed again after an insertion. */
  #starts: readonly number[] | undefined
  #size = 0

  /** Number of entries. */
  get size(): number {
    return this.#size
  }

  /** Memory that it takes. */
  get byteLength(): number {
    // Only one that is alone is smaller: it is full when it is split.
    return OWN_BYTES + this.#leaves.length * this.#leaf(0).bytes.length
  }

  /** Puts a version into its slot, in place of the one that was there. */
  set(slot: Uint8Array, hash: Uint8Array, at: number): void {
    const index = this.#leafFor(slot)
    let leaf = this.#leaf(index)
    let position = lowerBound(leaf, slot)
    if (position < leaf.sum.count && compareSlot(leaf, position, slot) === 0) leaf.sum.subtract(leaf.bytes, position * ENTRY_BYTES + HASH_AT)
    else {
      if (leaf.sum.count === MAX_LEAF) {
        this.#leaves.splice(index + 1, 0, splitLeaf(leaf))
        if (position > leaf.sum.count) {
          position -= leaf.sum.count
          leaf = this.#leaf(index + 1)
        }
      }
      if (leaf.sum.count * ENTRY_BYTES === leaf.bytes.length) growLeaf(leaf)
      leaf.bytes.copyWithin((position + 1) * ENTRY_BYTES, position * ENTRY_BYTES, leaf.sum.count * ENTRY_BYTES)
      this.#size++
      this.#starts = undefined
    }
    const offset = position * ENTRY_BYTES
    leaf.bytes.set(slot, offset)
    leaf.bytes.set(hash, offset + HASH_AT)
    leaf.view.setFloat64(offset + TIME_AT, at)
    leaf.sum.add(leaf.bytes, offset + HASH_AT)
  }

  /** Empties a slot. */
  delete(slot: Uint8Array): void {
    const index = this.#leafFor(slot)
    const leaf = this.#leaf(index)
    const position = lowerBound(leaf, slot)
    if (position === leaf.sum.count || compareSlot(leaf, position, slot) !== 0) return
    leaf.sum.subtract(leaf.bytes, position * ENTRY_BYTES + HASH_AT)
    leaf.bytes.copyWithin(position * ENTRY_BYTES, (position + 1) * ENTRY_BYTES, (leaf.sum.count + 1) * ENTRY_BYTES)
    this.#size--
    this.#starts = undefined
    if (leaf.sum.count === 0 && this.#leaves.length > 1) this.#leaves.splice(index, 1)
  }

  /** The version in a slot. */
  get(slot: Uint8Array): TreeEntry | undefined {
    const leaf = this.#leaf(this.#leafFor(slot))
    const position = lowerBound(leaf, slot)
    return position < leaf.sum.count && compareSlot(leaf, position, slot) === 0 ? entryAt(leaf, position) : undefined
  }

  /** Number of entries in `[low, high)`. */
  count(low: Bound, high: Bound): number {
    return this.#rank(high) - this.#rank(low ?? new Uint8Array())
  }

  /** Fingerprint of `[low, high)`. */
  fingerprint(low: Bound, high: Bound): Uint8Array {
    return this.sum(low, high).fingerprint()
  }

  /** Fingerprint of everything, as text: the `root` of a namespace. */
  root(): string {
    return toHex(this.fingerprint(undefined, undefined))
  }

  /** Entries of `[low, high)` in slot order. Do not change the tree meanwhile. */
  *entries(low: Bound, high: Bound): Generator<TreeEntry> {
    for (let index = low === undefined ? 0 : this.#leafFor(low); index < this.#leaves.length; index++) {
      const leaf = this.#leaf(index)
      const to = high === undefined ? leaf.sum.count : lowerBound(leaf, high)
      for (let position = low === undefined ? 0 : lowerBound(leaf, low); position < to; position++) yield entryAt(leaf, position)
      if (to < leaf.sum.count) return
    }
  }

  /**
   * Cuts `[low, high)` into at most `parts` ranges of about equal counts; returns the inner bounds, as short as they can be. `jitter`
   * gives numbers from -1/2 to below 1/2: by how much of a part a cut lies beside its place.
   */
  split(low: Bound, high: Bound, parts: number, jitter: () => number): Uint8Array[] {
    const first = this.#rank(low ?? new Uint8Array())
    const count = this.#rank(high) - first
    const bounds: Uint8Array[] = []
    let previous = first
    for (let part = 1; part < parts; part++) {
      const rank = first + Math.floor((count * (part + jitter())) / parts)
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
      if (leaf.sum.count > 0 && compareSlot(leaf, 0, bound) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }

  #rank(bound: Bound): number {
    if (bound === undefined) return this.#size
    const index = this.#leafFor(bound)
    return (this.#leafStarts()[index] ?? 0) + lowerBound(this.#leaf(index), bound)
  }

  #slotAt(rank: number): Uint8Array {
    const starts = this.#leafStarts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= rank) low = middle
      else high = middle - 1
    }
    return entryAt(this.#leaf(low), rank - (starts[low] ?? 0)).slot
  }

  #leafStarts(): readonly number[] {
    let start = 0
    this.#starts ??= this.#leaves.map(({ sum }) => (start += sum.count) - sum.count)
    return this.#starts
  }

  /** What `[low, high)` adds up to. */
  sum(low: Bound, high: Bound): HashSum {
    const sum = new HashSum()
    for (let index = low === undefined ? 0 : this.#leafFor(low); index < this.#leaves.length; index++) {
      const leaf = this.#leaf(index)
      const from = low === undefined ? 0 : lowerBound(leaf, low)
      const to = high === undefined ? leaf.sum.count : lowerBound(leaf, high)
      if (from === 0 && to === leaf.sum.count) sum.addAll(leaf.sum)
      else for (let position = from; position < to; position++) sum.add(leaf.bytes, position * ENTRY_BYTES + HASH_AT)
      if (to < leaf.sum.count) break
    }
    return sum
  }
}

function newLeaf(room: number): Leaf {
  const bytes = new Uint8Array(room * ENTRY_BYTES)
  return { bytes, view: new DataView(bytes.buffer), sum: new HashSum() }
}

function growLeaf(leaf: Leaf): void {
  const bytes = new Uint8Array(2 * leaf.bytes.length)
  bytes.set(leaf.bytes)
  leaf.bytes = bytes
  leaf.view = new DataView(bytes.buffer)
}

function splitLeaf(leaf: Leaf): Leaf {
  const right = newLeaf(MAX_LEAF)
  const half = leaf.sum.count >> 1
  const moved = leaf.bytes.subarray(half * ENTRY_BYTES, leaf.sum.count * ENTRY_BYTES)
  right.bytes.set(moved)
  for (let offset = HASH_AT; offset < moved.length; offset += ENTRY_BYTES) {
    right.sum.add(moved, offset)
    leaf.sum.subtract(moved, offset)
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
  let high = leaf.sum.count
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
