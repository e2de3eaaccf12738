import { compareBytes, concatBytes, equalBytes } from '../model/bytes.ts'
import { decodeCbor, encodeCbor, isBytes, isUint } from '../model/encoding/cbor.ts'
import { MAX_TIME } from '../model/clock.ts'
import { SLOT_BYTES } from '../model/record.ts'
import { accept, refuse, type Verdict } from '../model/verdict.ts'
import type { Bound, TreeEntry } from './summed-tree.ts'

/** Bytes of a fingerprint and of a record hash on the wire. */
export const SHORT_BYTES = 16
/** Bytes of an item on the wire: slot, short hash, time as 64-bit big-endian integer. */
export const ITEM_BYTES: number = SLOT_BYTES + SHORT_BYTES + 8
/** Bytes of the salt of a question. */
export const SALT_BYTES = 16
/** Most ranges of a question; what lies behind them is asked as one. */
export const MAX_ASKED = 2048
/** Most ranges of a reply. */
export const MAX_RANGES = 4096
/** Which formula the fingerprints follow; its number stands in front of each question, so that a better one can follow. */
const FORMULA = 1

/** The slots from `low` to before `high`: at most 16 bytes each, compared as if zeros followed; no bytes as `high` are the end of everything. */
export interface Span {
  readonly low: Uint8Array
  readonly high: Uint8Array
}

/** All slots. */
export const EVERYTHING: Span = { low: new Uint8Array(), high: new Uint8Array() }

/** "The fingerprint of what I have in this range is …" */
export interface PrintRange extends Span {
  readonly kind: 'print'
  readonly print: Uint8Array
}

/** "All that I have in this range is …" */
export interface ItemsRange extends Span {
  readonly kind: 'items'
  readonly items: Uint8Array
}

export type Range = PrintRange | ItemsRange

/** What one side asks. With a salt, fingerprints and hashes are those of salted record hashes. */
export interface Question {
  readonly salt: Uint8Array | undefined
  readonly ranges: readonly PrintRange[]
}

/** The upper bound of a span, as trees know it. */
export function highOf({ high }: Span): Bound {
  return high.length === 0 ? undefined : high
}

export function encodeQuestion({ salt, ranges }: Question): Uint8Array {
  return encodeCbor([FORMULA, salt ?? new Uint8Array(), ...steps(ranges)])
}

export function encodeReply(ranges: readonly Range[]): Uint8Array {
  return encodeCbor(steps(ranges))
}

/** A walk through all slots, in pairs: up to where, and what is said of the range that ends there; `null` where it is passed over. */
function steps(ranges: readonly Range[]): unknown[] {
  const walk: unknown[] = []
  let at: Uint8Array = new Uint8Array()
  for (const range of ranges) {
    if (!equalBytes(at, range.low)) walk.push(range.low, null)
    walk.push(range.high, range.kind === 'print' ? range.print : [range.items])
    at = range.high
  }
  return walk
}

export function decodeQuestion(bytes: Uint8Array): Verdict<Question> {
  const list = decodeList(bytes)
  if (list === undefined || list.length < 2) return refuse('malformed')
  const [formula, salt, ...walk] = list
  if (!isUint(formula) || !isBytes(salt) || (salt.length !== 0 && salt.length !== SALT_BYTES)) return refuse('malformed')
  if (formula !== FORMULA) return refuse('unsupported')
  const ranges = readWalk(walk, MAX_ASKED)
  if (!ranges.ok) return ranges
  const prints = ranges.value.filter((range) => range.kind === 'print')
  if (prints.length < ranges.value.length) return refuse('malformed')
  return accept({ salt: salt.length === 0 ? undefined : salt, ranges: prints })
}

/** Reads the reply to a question. It must speak only of what was asked, so that it cannot make us look at more. */
export function decodeReply(bytes: Uint8Array, question: Question): Verdict<readonly Range[]> {
  const walk = decodeList(bytes)
  if (walk === undefined) return refuse('malformed')
  const ranges = readWalk(walk, MAX_RANGES)
  return ranges.ok && !areWithin(ranges.value, question.ranges) ? refuse('malformed') : ranges
}

/** Whether each of the ranges lies in one of the others; both rise. */
function areWithin(ranges: readonly Span[], others: readonly Span[]): boolean {
  let i = 0
  return ranges.every(({ low, high }) => {
    for (let other = others[i]; other !== undefined; other = others[++i]) {
      if (other.high.length > 0 && compareBytes(other.high, low) <= 0) continue
      return compareBytes(other.low, low) <= 0 && (other.high.length === 0 || (high.length > 0 && compareBytes(high, other.high) <= 0))
    }
    return false
  })
}

function decodeList(bytes: Uint8Array): unknown[] | undefined {
  const decoded = decodeCbor(bytes, bytes.length)
  return decoded.ok && Array.isArray(decoded.value) ? (decoded.value as unknown[]) : undefined
}

/** Bounds have to rise, so that no message can make us look at the same entries twice. */
function readWalk(walk: readonly unknown[], maxRanges: number): Verdict<readonly Range[]> {
  if (walk.length % 2 !== 0) return refuse('malformed')
  const ranges: Range[] = []
  let low: Uint8Array = new Uint8Array()
  let isPassing = false
  for (let i = 0; i < walk.length; i += 2) {
    const [high, what] = [walk[i], walk[i + 1]]
    if (!isBytes(high) || high.length > SLOT_BYTES) return refuse('malformed')
    const isLast = i + 2 === walk.length
    if (high.length === 0 ? !isLast : compareBytes(low, high) >= 0) return refuse('malformed')
    if (what === null) {
      if (isPassing || isLast) return refuse('malformed')
    } else {
      const range = readRange({ low, high }, what)
      if (range === undefined) return refuse('malformed')
      if (ranges.push(range) > maxRanges) return refuse('malformed')
    }
    isPassing = what === null
    low = high
  }
  return accept(ranges)
}

function readRange(span: Span, what: unknown): Range | undefined {
  if (isBytes(what, SHORT_BYTES)) return { ...span, kind: 'print', print: what }
  if (!Array.isArray(what) || what.length !== 1) return undefined
  const [items]: unknown[] = what
  return isBytes(items) && areItems(items, span) ? { ...span, kind: 'items', items } : undefined
}

/** Whether a list has whole items with strictly rising slots within its range and times that exist. */
function areItems(items: Uint8Array, { low, high }: Span): boolean {
  if (items.length % ITEM_BYTES !== 0) return false
  const view = new DataView(items.buffer, items.byteOffset, items.length)
  let previous = low
  for (let offset = 0; offset < items.length; offset += ITEM_BYTES) {
    const slot = items.subarray(offset, offset + SLOT_BYTES)
    const order = compareBytes(slot, previous)
    if (offset === 0 ? order < 0 : order <= 0) return false
    if (view.getBigUint64(offset + SLOT_BYTES + SHORT_BYTES) > BigInt(MAX_TIME)) return false
    previous = slot
  }
  return high.length === 0 || items.length === 0 || compareBytes(previous, high) < 0
}

/** Items as they travel. */
export function encodeItems(entries: Iterable<TreeEntry>): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { slot, hash, at } of entries) {
    const time = new Uint8Array(8)
    new DataView(time.buffer).setBigUint64(0, BigInt(at))
    parts.push(slot, hash.subarray(0, SHORT_BYTES), time)
  }
  return concatBytes(...parts)
}
