import { compareBytes, equalBytes } from '../model/bytes.ts'
import { SLOT_BYTES } from '../model/record.ts'
import { HashSum } from './hash-sum.ts'
import {
  encodeItems,
  encodeQuestion,
  encodeReply,
  EVERYTHING,
  highOf,
  ITEM_BYTES,
  type ItemsRange,
  MAX_ASKED,
  MAX_RANGES,
  type PrintRange,
  type Question,
  type Range,
  SHORT_BYTES,
  type Span,
} from './ranges.ts'
import { SlotList } from './slot-list.ts'
import type { SummedTree } from './summed-tree.ts'

/** Ranges that a differing range is cut into. */
const BRANCHES = 16
/** How far cuts lie beside the places that make equal parts, in parts. */
const MAX_JITTER = 0.25
/** A differing range with this many entries or fewer is listed instead of cut. */
const MAX_LISTED = 16
/** Entries that a part of a cut range has on average at least: the fingerprint of a smaller one would cost as much as listing it. */
const MIN_PART = 4
/**
 * Nothing more is listed in a reply that holds this many bytes of items. Its fingerprints take 172 KiB beside, where all bounds are as long
 * as they can be, and all of it has to fit in a frame of 256 KiB.
 */
const MAX_ITEM_BYTES: number = 80 * 1024

/** What the asking side learns from one reply. */
export interface Difference {
  /** The next question, `undefined` when nothing is open any more. */
  readonly next: Uint8Array | undefined
  /** Slots, one after another, of which the other side has a newer version. */
  readonly need: Uint8Array
  /** Slots, one after another, of which we have a newer version. */
  readonly have: Uint8Array
  /** Those of `need` of which we have a version, which the newer one replaces. */
  readonly replacing: Uint8Array
}

/**
 * Range-based set reconciliation (Meyer 2023). One side asks with fingerprints of ranges; the other answers each range that differs
 * with its items, or with fingerprints of its parts. All of it is pure: what has to be remembered lies in the messages. `random` gives
 * numbers from 0 to below 1. The first question is about sets whose roots differ, which is known: so it begins with the parts.
 */
export function firstQuestion(tree: SummedTree, random: () => number, spans: readonly Span[] = [EVERYTHING]): Uint8Array {
  return encodeQuestion({ salt: undefined, ranges: spans.flatMap((span) => cut(tree, span, random)) })
}

/** What the versions in some ranges of slots add up to, and how many they are. */
export function printOfSpans(tree: SummedTree, spans: readonly Span[]): { readonly fingerprint: Uint8Array; readonly count: number } {
  const sum = new HashSum()
  for (const { low, high } of spans) sum.addAll(tree.sum(low, highOf({ low, high })))
  return { fingerprint: sum.fingerprint(), count: sum.count }
}

/** Asks whether these spans are the same on both sides. With a salt, the tree is one of salted hashes and needs to hold the spans only. */
export function questionAbout(tree: SummedTree, spans: readonly Span[], salt?: Uint8Array): Uint8Array {
  return encodeQuestion({ salt, ranges: spans.map((span) => printOf(tree, span)) })
}

/**
 * Work that can take some ten milliseconds in a large tree, in steps of microseconds: whoever runs it can do other things in between, even
 * change the tree.
 */
export type Steps<T> = Generator<undefined, T, undefined>

/** Answers a question. What does not fit in one reply comes back as it was asked, so that it is asked again; the first range always fits. */
export function* answer(tree: SummedTree, { ranges }: Question, random: () => number): Steps<Uint8Array> {
  const reply: Range[] = []
  let itemBytes = 0
  for (const [index, { print, ...span }] of ranges.entries()) {
    yield
    const mine = printOf(tree, span)
    if (equalBytes(mine.print, print)) continue
    if (tree.count(span.low, highOf(span)) > MAX_LISTED) {
      const isRoom = reply.length + BRANCHES + (ranges.length - index - 1) <= MAX_RANGES
      reply.push(...(isRoom ? cut(tree, span, random) : [mine]))
    } else if (itemBytes >= MAX_ITEM_BYTES) reply.push(mine)
    else {
      const items = encodeItems(tree.entries(span.low, highOf(span)))
      itemBytes += items.length
      reply.push({ ...span, kind: 'items', items })
    }
  }
  return encodeReply(reply)
}

/** Cuts a span into parts of about equal counts. The cuts are moved at random, so that nobody can prepare sets that look alike between them. */
function cut(tree: SummedTree, { low, high }: Span, random: () => number): PrintRange[] {
  const parts = Math.min(BRANCHES, Math.ceil(tree.count(low, highOf({ low, high })) / MIN_PART))
  const jitter = (): number => (random() - 0.5) * 2 * MAX_JITTER
  const bounds = [low, ...tree.split(low, highOf({ low, high }), parts, jitter), high]
  return bounds.slice(1).map((bound, i) => printOf(tree, { low: bounds[i] ?? low, high: bound }))
}

/** Compares the reply to a question with our own set. */
export function* compareReply(tree: SummedTree, { salt }: Question, reply: readonly Range[], random: () => number): Steps<Difference> {
  const open: PrintRange[] = []
  const need = new SlotList()
  const have = new SlotList()
  const replacing = new SlotList()
  for (const range of reply) {
    yield
    if (range.kind === 'items') compareItems(tree, range, { need, have, replacing })
    else {
      const mine = printOf(tree, range)
      if (!equalBytes(mine.print, range.print)) open.push(mine)
    }
  }
  const next = open.length === 0 ? undefined : encodeQuestion({ salt, ranges: yield* nextRanges(tree, open, random) })
  return { next, need: need.toBytes(), have: have.toBytes(), replacing: replacing.toBytes() }
}

/**
 * What to ask about the open ranges: their parts, where those fit, so that both sides narrow them down. What does not fit waits as one
 * range at the end: the front moves on with every reply, so all of it has its turn.
 */
function* nextRanges(tree: SummedTree, open: readonly PrintRange[], random: () => number): Steps<readonly PrintRange[]> {
  const asked: PrintRange[] = []
  for (const [index, range] of open.entries()) {
    yield
    const last = open.at(-1)
    if (asked.length === MAX_ASKED - 1 && last !== undefined) return [...asked, printOf(tree, { low: range.low, high: last.high })]
    const isRoom = asked.length + BRANCHES + (open.length - index - 1) <= MAX_ASKED
    asked.push(...(isRoom && tree.count(range.low, highOf(range)) > MAX_LISTED ? cut(tree, range, random) : [range]))
  }
  return asked
}

function compareItems(tree: SummedTree, range: ItemsRange, { need, have, replacing }: Record<'need' | 'have' | 'replacing', SlotList>): void {
  const { items } = range
  const view = new DataView(items.buffer, items.byteOffset, items.length)
  let offset = 0
  const theirSlot = (): Uint8Array => items.subarray(offset, offset + SLOT_BYTES)
  for (const mine of tree.entries(range.low, highOf(range))) {
    while (offset < items.length && compareBytes(theirSlot(), mine.slot) < 0) {
      need.push(theirSlot())
      offset += ITEM_BYTES
    }
    if (offset >= items.length || compareBytes(theirSlot(), mine.slot) !== 0) {
      have.push(mine.slot)
      continue
    }
    const shortHash = items.subarray(offset + SLOT_BYTES, offset + SLOT_BYTES + SHORT_BYTES)
    if (!equalBytes(mine.hash.subarray(0, SHORT_BYTES), shortHash)) {
      // The later version is the newer one. Of equal times each side gets the other's, and merging decides: a salted hash cannot tell.
      const theirTime = Number(view.getBigUint64(offset + SLOT_BYTES + SHORT_BYTES))
      if (theirTime >= mine.at) {
        need.push(theirSlot())
        replacing.push(theirSlot())
      }
      if (theirTime <= mine.at) have.push(mine.slot)
    }
    offset += ITEM_BYTES
  }
  for (; offset < items.length; offset += ITEM_BYTES) need.push(theirSlot())
}

function printOf(tree: SummedTree, { low, high }: Span): PrintRange {
  return { low, high, kind: 'print', print: tree.fingerprint(low, highOf({ low, high })).subarray(0, SHORT_BYTES) }
}
