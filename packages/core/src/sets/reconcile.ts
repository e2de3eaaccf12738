import * as dagCbor from '@ipld/dag-cbor'
import { compareBytes, concatBytes } from '../model/bytes.ts'
import { encodeCbor, isBytes, isUint } from '../model/cbor.ts'
import { MAX_TIME } from '../model/clock.ts'
import { SLOT_BYTES } from '../model/record.ts'
import { accept, refuse, type Verdict } from '../model/verdict.ts'
import { SlotList } from './slot-list.ts'
import type { Bound, SummedTree, TreeEntry } from './summed-tree.ts'

/** Ranges that a differing range is cut into. */
const BRANCHES = 16
/** A differing range with this many entries or fewer is listed instead of cut. */
const MAX_LISTED = 8
/** The same in reply to a question of `DENSE` ranges or more: where much differs, finer cuts cost more than they save. */
const MAX_LISTED_DENSE = 64
const DENSE = 128
/** Entries that a part of a cut range has at least: the fingerprint of a smaller one would cost as much as listing it. */
const MIN_PART = 4
/** Bytes of a fingerprint and of a record hash on the wire. */
const SHORT_BYTES = 16
/** Bytes of an item on the wire: slot, short hash, time as 64-bit big-endian integer. */
const ITEM_BYTES: number = SLOT_BYTES + SHORT_BYTES + 8
/** Most ranges of a question; what lies behind them is asked as one. Cutting each of them in a reply has to be possible for most. */
const MAX_ASKED = 512
/** Most ranges of a reply: 106 KiB with the longest bounds. */
const MAX_RANGES = 2048
/** Nothing more is listed in a reply that holds this many bytes of items: with the ranges it stays below a frame. */
const MAX_ITEM_BYTES: number = 128 * 1024

/** "My fingerprint of this range is …" or "all that I have in this range is …". */
type Range = { readonly low: Uint8Array; readonly high: Uint8Array } & (
  | { readonly kind: 'fingerprint'; readonly fingerprint: Uint8Array }
  | { readonly kind: 'items'; readonly items: Uint8Array }
)

/** What the asking side learns from one reply. */
export interface Difference {
  /** The next question, `undefined` when nothing is open any more. */
  readonly next: Uint8Array | undefined
  /** Slots, one after another, of which the other side has a newer version. */
  readonly need: Uint8Array
  /** Slots, one after another, of which we have a newer version. */
  readonly have: Uint8Array
}

/**
 * Range-based set reconciliation (Meyer 2023). One side asks with fingerprints of ranges; the other answers each range that differs
 * with its items, or with fingerprints of its parts. Both functions are pure: all state lies in the messages.
 */
export function firstQuestion(tree: SummedTree): Uint8Array {
  return encodeRanges([fingerprintRange(tree, new Uint8Array(), new Uint8Array())])
}

/** Answers a question. What does not fit in one reply comes back as it was asked, so that it is asked again; the first range always fits. */
export function answer(tree: SummedTree, question: Uint8Array): Verdict<Uint8Array> {
  const decoded = decodeRanges(question, MAX_ASKED)
  if (!decoded.ok) return decoded
  const reply: Range[] = []
  let itemBytes = 0
  const maxListed = decoded.value.length < DENSE ? MAX_LISTED : MAX_LISTED_DENSE
  for (const [index, range] of decoded.value.entries()) {
    if (range.kind !== 'fingerprint') return refuse('malformed')
    const mine = fingerprintRange(tree, range.low, range.high)
    if (compareBytes(mine.fingerprint, range.fingerprint) === 0) continue
    const high = bound(range.high)
    const count = tree.count(range.low, high)
    if (count <= maxListed) {
      if (itemBytes >= MAX_ITEM_BYTES) reply.push(mine)
      else {
        const items = encodeItems(tree.entries(range.low, high))
        itemBytes += items.length
        reply.push({ low: range.low, high: range.high, kind: 'items', items })
      }
    } else if (reply.length + BRANCHES + (decoded.value.length - index - 1) > MAX_RANGES) reply.push(mine)
    else {
      let low = range.low
      for (const cut of tree.split(range.low, high, Math.min(BRANCHES, Math.ceil(count / MIN_PART)))) {
        reply.push(fingerprintRange(tree, low, cut))
        low = cut
      }
      reply.push(fingerprintRange(tree, low, range.high))
    }
  }
  return accept(encodeRanges(reply))
}

/** Compares a reply with our own set. */
export function compareReply(tree: SummedTree, reply: Uint8Array): Verdict<Difference> {
  const decoded = decodeRanges(reply, MAX_RANGES)
  if (!decoded.ok) return decoded
  const open: Range[] = []
  const need = new SlotList()
  const have = new SlotList()
  for (const range of decoded.value) {
    if (range.kind === 'fingerprint') {
      const mine = fingerprintRange(tree, range.low, range.high)
      if (compareBytes(mine.fingerprint, range.fingerprint) !== 0) open.push(mine)
    } else compareItems(tree, range.low, bound(range.high), range.items, need, have)
  }
  return accept({ next: nextQuestion(tree, open), need: need.toBytes(), have: have.toBytes() })
}

function nextQuestion(tree: SummedTree, open: readonly Range[]): Uint8Array | undefined {
  const [first, last] = [open[MAX_ASKED - 1], open.at(-1)]
  if (last === undefined) return undefined
  // The rest waits as one range: the front moves on with every reply, so all of it has its turn.
  if (first === undefined || first === last) return encodeRanges(open)
  return encodeRanges([...open.slice(0, MAX_ASKED - 1), fingerprintRange(tree, first.low, last.high)])
}

function compareItems(tree: SummedTree, low: Bound, high: Bound, items: Uint8Array, need: SlotList, have: SlotList): void {
  const view = new DataView(items.buffer, items.byteOffset, items.length)
  let offset = 0
  const theirSlot = (): Uint8Array => items.subarray(offset, offset + SLOT_BYTES)
  for (const mine of tree.entries(low, high)) {
    while (offset < items.length && compareBytes(theirSlot(), mine.slot) < 0) {
      need.push(theirSlot())
      offset += ITEM_BYTES
    }
    if (offset >= items.length || compareBytes(theirSlot(), mine.slot) !== 0) {
      have.push(mine.slot)
      continue
    }
    const shortHash = items.subarray(offset + SLOT_BYTES, offset + SLOT_BYTES + SHORT_BYTES)
    const theirTime = Number(view.getBigUint64(offset + SLOT_BYTES + SHORT_BYTES))
    // The rule of merging: the later version, then the lower hash.
    const order = theirTime - mine.at || compareBytes(mine.hash.subarray(0, SHORT_BYTES), shortHash)
    if (order > 0) need.push(theirSlot())
    else if (order < 0) have.push(mine.slot)
    offset += ITEM_BYTES
  }
  for (; offset < items.length; offset += ITEM_BYTES) need.push(theirSlot())
}

/** Bounds travel as bytes; no bytes as the upper one mean "to the end". */
function bound(high: Uint8Array): Bound {
  return high.length === 0 ? undefined : high
}

function fingerprintRange(tree: SummedTree, low: Uint8Array, high: Uint8Array): Extract<Range, { kind: 'fingerprint' }> {
  return { low, high, kind: 'fingerprint', fingerprint: tree.fingerprint(low, bound(high)).subarray(0, SHORT_BYTES) }
}

function encodeItems(entries: Iterable<TreeEntry>): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { slot, hash, at } of entries) {
    const time = new Uint8Array(8)
    new DataView(time.buffer).setBigUint64(0, BigInt(at))
    parts.push(slot, hash.subarray(0, SHORT_BYTES), time)
  }
  return concatBytes(...parts)
}

function encodeRanges(ranges: readonly Range[]): Uint8Array {
  return encodeCbor(ranges.map((range) => [range.low, range.high, range.kind === 'items' ? [range.items] : range.fingerprint]))
}

/** Ranges have to rise and not overlap, so that no message can make us look at the same entries twice. */
function decodeRanges(bytes: Uint8Array, maxRanges: number): Verdict<Range[]> {
  let value: unknown
  try {
    value = dagCbor.decode(bytes)
  } catch {
    return refuse('malformed')
  }
  if (!Array.isArray(value)) return refuse('malformed')
  if (value.length > maxRanges) return refuse('too-large')
  const ranges: Range[] = []
  for (const item of value as unknown[]) {
    if (!Array.isArray(item) || item.length !== 3) return refuse('malformed')
    const [low, high, what]: unknown[] = item
    if (!isBytes(low) || !isBytes(high) || low.length > SLOT_BYTES || high.length > SLOT_BYTES) return refuse('malformed')
    if (high.length > 0 && compareBytes(low, high) >= 0) return refuse('malformed')
    const previous = ranges.at(-1)
    if (previous !== undefined && (previous.high.length === 0 || compareBytes(previous.high, low) > 0)) return refuse('malformed')
    if (isBytes(what, SHORT_BYTES)) ranges.push({ low, high, kind: 'fingerprint', fingerprint: what })
    else if (Array.isArray(what) && what.length === 1 && isBytes(what[0]) && areItems(what[0], low, high))
      ranges.push({ low, high, kind: 'items', items: what[0] })
    else return refuse('malformed')
  }
  return accept(ranges)
}

/** Whether a list has whole items with strictly rising slots within its range and times that exist. */
function areItems(items: Uint8Array, low: Uint8Array, high: Uint8Array): boolean {
  if (items.length % ITEM_BYTES !== 0) return false
  const view = new DataView(items.buffer, items.byteOffset, items.length)
  let previous = low
  for (let offset = 0; offset < items.length; offset += ITEM_BYTES) {
    const slot = items.subarray(offset, offset + SLOT_BYTES)
    const order = compareBytes(slot, previous)
    if (offset === 0 ? order < 0 : order <= 0) return false
    const time = view.getBigUint64(offset + SLOT_BYTES + SHORT_BYTES)
    if (!isUint(Number(time)) || time > BigInt(MAX_TIME)) return false
    previous = slot
  }
  return high.length === 0 || items.length === 0 || compareBytes(previous, high) < 0
}
