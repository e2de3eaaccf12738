import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import { MAX_TIME } from '../clock.ts'
import { MAX_LOSERS, MAX_SEEN_AUTHORS } from '../limits.ts'
import { isSameKey } from '../people/author.ts'

/** Length of what names an author in `Seen`, bytes: the first of his key. */
export const AUTHOR_TAG_BYTES = 8
/** Where they begin: before them stands what kind of key it is. */
const TAG_START = 2

/** What somebody had seen of an author: everything up to a time, but for these. */
export interface SeenAuthor {
  /** The first eight bytes of the key. */
  readonly tag: Uint8Array
  /** Hybrid time. */
  readonly to: number
  /** Times of versions that it leaves open, rising: conflicts that its writer knew of and did not settle. */
  readonly but: readonly number[]
}

/** Which versions of a document by others its writer had before it. His own earlier ones he always has. */
export interface Seen {
  /** Everything by anybody up to this time; 0 where there is nothing like it. */
  readonly base: number
  /** Sorted by tag. */
  readonly authors: readonly SeenAuthor[]
}

/** A version, as far as it is seen. */
export interface SeenVersion {
  readonly at: number
  readonly by: Uint8Array
}

/** A version that sees others. */
export interface SeeingVersion extends SeenVersion {
  readonly seen?: Seen
}

/** What names an author in `Seen`. */
export function authorTag(by: Uint8Array): Uint8Array {
  return by.subarray(TAG_START, TAG_START + AUTHOR_TAG_BYTES)
}

/** Whether the writer of one version had another, earlier one before him. */
export function hasSeen({ by, seen }: SeeingVersion, earlier: SeenVersion): boolean {
  // Another device of the same person need not have them.
  if (isSameKey(by, earlier.by)) return true
  if (seen === undefined) return false
  const tag = authorTag(earlier.by)
  const known = seen.authors.find((one) => equalBytes(one.tag, tag))
  return earlier.at <= (known?.to ?? seen.base) && known?.but.includes(earlier.at) !== true
}

interface Known {
  readonly tag: Uint8Array
  to: number
  but: number[]
}

/**
 * What a new version has seen: all that these versions are and have seen, but for the losers that stay open; those of its own author it takes the place of. `undefined` where that is nothing by
 * others. Where there is too much of it, the authors who wrote least lately count as seen up to the latest time of these, whoever wrote.
 */
export function seenBy(
  { at, by }: SeenVersion,
  { versions, open = [] }: { readonly versions: readonly SeeingVersion[]; readonly open?: readonly SeeingVersion[] },
): Seen | undefined {
  let base = 0
  let known = new Map<string, Known>()
  const own = open.filter((version) => isSameKey(version.by, by))
  for (const version of [...versions, ...own]) {
    const all = { base: version.seen?.base ?? 0, known: knownBy(version) }
    known = joined({ base, known }, all)
    base = Math.max(base, all.base)
  }
  for (const version of open) leaveOpen(known, base, version)
  // His own earlier ones he has anyway.
  known.delete(toHex(authorTag(by)))
  for (const one of known.values()) {
    one.to = Math.min(one.to, at)
    one.but = one.but.filter((time) => time <= one.to)
  }
  return bounded(Math.min(base, at), known)
}

/** What a version knows: what it has seen, and all of its own author up to itself. */
function knownBy({ at, by, seen }: SeeingVersion): Map<string, Known> {
  const known = new Map(seen?.authors.map(({ tag, to, but }) => [toHex(tag), { tag, to, but: [...but] }]))
  const tag = authorTag(by)
  known.set(toHex(tag), { tag, to: Math.max(at, seen?.base ?? 0), but: [] })
  return known
}

interface Knowing {
  readonly base: number
  readonly known: ReadonlyMap<string, Known>
}

/** What either of two knows: one knows what the other leaves open, unless both do. */
function joined(a: Knowing, b: Knowing): Map<string, Known> {
  const both = new Map<string, Known>()
  for (const key of new Set([...a.known.keys(), ...b.known.keys()])) {
    const [one, other] = [a.known.get(key), b.known.get(key)]
    const tag = (one ?? other)?.tag
    if (tag === undefined) continue
    const knows = (of: Known | undefined, { base }: Knowing, time: number): boolean => time <= (of?.to ?? base) && of?.but.includes(time) !== true
    const but = [
      ...(one?.but.filter((time) => !knows(other, b, time)) ?? []),
      ...(other?.but.filter((time) => !knows(one, a, time) && one?.but.includes(time) !== true) ?? []),
    ]
    both.set(key, { tag, to: Math.max(one?.to ?? 0, other?.to ?? 0, a.base, b.base), but: but.sort((x, y) => x - y) })
  }
  return both
}

function leaveOpen(known: Map<string, Known>, base: number, { at, by }: SeenVersion): void {
  const tag = authorTag(by)
  const key = toHex(tag)
  const one = known.get(key) ?? { tag, to: base, but: [] }
  if (at > one.to || one.but.includes(at)) return
  one.but = [...one.but, at].sort((x, y) => x - y)
  known.set(key, one)
}

function bounded(base: number, known: ReadonlyMap<string, Known>): Seen | undefined {
  let least = base
  let authors = [...known.values()]
  // What is left open longest is left open no more.
  const times = authors.flatMap(({ but }) => but).sort((a, b) => b - a)
  const oldest = times[MAX_LOSERS - 1] ?? 0
  for (const one of authors) one.but = one.but.filter((time) => time >= oldest)
  for (;;) {
    authors = authors.filter(({ to, but }) => to > least || but.length > 0)
    if (authors.length <= MAX_SEEN_AUTHORS) break
    const closed = authors.filter(({ but }) => but.length === 0)
    const candidates = closed.length === 0 ? authors : closed
    const last = candidates.reduce((a, b) => (b.to < a.to ? b : a))
    least = Math.max(least, last.to)
    authors = authors.filter((one) => one !== last).map((one) => ({ ...one, to: Math.max(one.to, least) }))
  }
  if (authors.length === 0 && least === 0) return undefined
  // Of one instant more can be left open than there is room for.
  let room = MAX_LOSERS
  for (const one of authors) {
    one.but = one.but.slice(0, room)
    room -= one.but.length
  }
  authors = authors.filter(({ to, but }) => to > least || but.length > 0).sort((a, b) => compareBytes(a.tag, b.tag))
  return { base: least, authors }
}

/** As it is written in records and batches: the time, then of each author the tag, the time, and what is left open. */
export type SeenList = readonly [base: number, ...authors: (readonly [tag: Uint8Array, to: number, ...but: number[]])[]]

/** What is written in a record. */
export function seenList({ base, authors }: Seen): SeenList {
  return [base, ...authors.map(({ tag, to, but }) => [tag, to, ...but] as const)]
}

/** Reads that back; `undefined` where it is not the one form, or more than fits a record of this time. */
export function readSeen(list: unknown, at: number): Seen | undefined {
  if (!Array.isArray(list) || list.length > MAX_SEEN_AUTHORS + 1) return undefined
  const [base, ...entries]: readonly unknown[] = list
  if (!isTime(base) || base > at || (base === 0 && entries.length === 0)) return undefined
  const authors: SeenAuthor[] = []
  let open = 0
  for (const entry of entries) {
    const author = readAuthor(entry, base)
    const before = authors.at(-1)
    if (author === undefined || author.to > at || (before !== undefined && compareBytes(before.tag, author.tag) >= 0)) return undefined
    open += author.but.length
    if (open > MAX_LOSERS) return undefined
    authors.push(author)
  }
  return { base, authors }
}

function readAuthor(entry: unknown, base: number): SeenAuthor | undefined {
  if (!Array.isArray(entry) || entry.length > MAX_LOSERS + 2) return undefined
  const [tag, to, ...but]: readonly unknown[] = entry
  if (!(tag instanceof Uint8Array) || tag.length !== AUTHOR_TAG_BYTES || !isTime(to) || to < base) return undefined
  if (but.length === 0 && to === base) return undefined
  if (!but.every((time, i) => isTime(time) && time <= to && (i === 0 || Number(but[i - 1]) < time))) return undefined
  return { tag, to, but: but.map(Number) }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TIME
}
