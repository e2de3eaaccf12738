import { backgroundTimer } from '../../background-timer.ts'
import { toHex } from '../../model/bytes.ts'
import { secureRandom } from '../../model/keys/random.ts'
import { DocstoreError } from '../../errors.ts'
import { isShown } from '../records/own-content.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { ShownFacts, StoredRecord } from '../storage.ts'
import { UnreadRows } from './unread-rows.ts'

/** Readings and feeds that are open at a time. A reader that is left without an end costs one of them, until it is the least used. */
export const MAX_READINGS = 256
/** Rows of all selections together, 8 bytes each, and as many again once one of them is replaced. One selection alone may have more. */
const MAX_SELECTED_ROWS: number = 4 * 1024 * 1024
/** Replaced content that is kept for readers, UTF-16 units: 64 MiB at most. */
export const MAX_KEPT_LENGTH: number = 32 * 1024 * 1024
/** What an entry of a feed counts for besides its content. */
const ENTRY_LENGTH = 64
/** Unread for so long, one for which content is kept ends, milliseconds: what was deleted must not stay in memory for a reader that went away. */
const MAX_IDLE_MS: number = 10 * 60_000
/** How often that is looked at while something is kept, milliseconds. */
const LOOK_MS = 60_000

/** Stands for a version that somebody may have seen and that is gone. */
const UNKNOWN: unique symbol = Symbol('unknown')
type Seen = string | null | typeof UNKNOWN

interface Reader {
  readonly ns: number
  usedAt: number
  keptLength: number
}

/** What a version that was replaced held. */
export interface KeptRow {
  readonly content: string
  readonly facts: ShownFacts | undefined
}

/** Finds out who made a document what a record shows; called before that is replaced. */
type FactsOf = (record: StoredRecord) => ShownFacts

/** Results of one moment: which versions, in order. */
export interface Selection extends Reader {
  readonly kind: 'selection'
  /** Row ids of the versions. */
  readonly rows: Float64Array
  /** What those held that were replaced before they were read. */
  readonly kept: Map<number, KeptRow>
  /** What else is wanted of each, where that is so. */
  readonly factsOf: FactsOf | undefined
  /** Highest row id of the moment: later versions are no part of it. */
  readonly last: number
  /** Rows before this one were read, and are not asked for again. */
  from: number
  /** The rows that are yet to be read; made when the first version is replaced. */
  unread: UnreadRows | undefined
}

/** A reader of changes that wants to know what each document was when it last saw it. */
interface Feed extends Reader {
  readonly kind: 'feed'
  /** Position up to which it has read. */
  at: number
  /** Position at which it was opened: what was replaced before, nobody kept. 0 where it reads from the beginning, and so has seen nothing else. */
  readonly openedAt: number
  /** By slot: what it saw there last, of slots that have changed since. `null`: nothing, or a tombstone. */
  readonly seen: Map<string, Seen>
}

/**
 * What readers see that take their time. One connection and no other transaction means that SQLite cannot keep a moment for them, so the
 * versions that are replaced meanwhile are kept here, in memory only. All is bounded: whoever was not heard of for longest loses first.
 */
export class Readings {
  /** The last in the map were used last. */
  readonly #open = new Map<string, Selection | Feed>()
  readonly #byNamespace = new Map<number, Set<Selection | Feed>>()
  readonly #instance = toHex(secureRandom.bytes(8))
  readonly #now: () => number
  #count = 0
  #rows = 0
  #keptLength = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Opens a selection; `last` is the highest row id of its moment. */
  select(ns: number, rows: Float64Array, last: number, factsOf?: FactsOf): string {
    const kept = new Map<number, KeptRow>()
    this.#rows += rows.length
    return this.#add({ kind: 'selection', ns, rows, kept, factsOf, last, from: 0, unread: undefined, usedAt: 0, keptLength: 0 })
  }

  /** Opens a feed that has seen everything up to `at`. */
  feed(ns: number, at: number, openedAt: number): string {
    return this.#add({ kind: 'feed', ns, at, openedAt: at === 0 ? 0 : openedAt, seen: new Map(), usedAt: 0, keptLength: 0 })
  }

  #add(reader: Selection | Feed): string {
    const id = `${this.#instance}.${++this.#count}`
    reader.usedAt = this.#now()
    this.#open.set(id, reader)
    const others = this.#byNamespace.get(reader.ns) ?? new Set()
    this.#byNamespace.set(reader.ns, others.add(reader))
    this.#fit(id)
    return id
  }

  /** The selection to read on from a row; what is before that is kept no longer. Throws `reading-ended`. */
  selection(id: string, from: number): Selection {
    const selection = this.#use(id)
    if (selection.kind !== 'selection' || from < selection.from) throw readingEnded()
    for (const row of selection.rows.subarray(selection.from, from)) {
      selection.unread?.remove(row)
      const kept = selection.kept.get(row)
      if (kept === undefined) continue
      selection.kept.delete(row)
      this.#keep(selection, -kept.content.length)
    }
    selection.from = from
    return selection
  }

  /** Where a feed stands. Throws `reading-ended`. */
  feedPlace(id: string): { readonly ns: number; readonly at: number } {
    return this.#feed(id)
  }

  /**
   * What a feed saw last where these records, the next in order, stand now; it has seen them from now on. `null`: no document, `undefined`:
   * not known, because it was replaced before the feed was opened. Throws `reading-ended`.
   */
  seenBefore(id: string, records: readonly StoredRecord[]): readonly (string | null | undefined)[] {
    const feed = this.#feed(id)
    const before = records.map((record) => {
      // What shows nothing was seen by nobody.
      if (!isShown(record)) return undefined
      const { seq, slot, edit } = record
      const key = toHex(edit?.document ?? slot)
      const seen = feed.seen.get(key)
      if (seen === undefined) return seq > feed.openedAt ? null : undefined
      feed.seen.delete(key)
      this.#keep(feed, -entryLength(seen))
      return seen === UNKNOWN ? undefined : seen
    })
    feed.at = records.at(-1)?.seq ?? feed.at
    return before
  }

  #feed(id: string): Feed {
    const feed = this.#use(id)
    if (feed.kind !== 'feed') throw readingEnded()
    return feed
  }

  #use(id: string): Selection | Feed {
    const reader = this.#open.get(id)
    if (reader === undefined) throw readingEnded()
    reader.usedAt = this.#now()
    this.#open.delete(id)
    this.#open.set(id, reader)
    return reader
  }

  /** Ends one; it may have ended before. */
  end(id: string): void {
    const reader = this.#open.get(id)
    if (reader === undefined) return
    this.#open.delete(id)
    const others = this.#byNamespace.get(reader.ns)
    others?.delete(reader)
    if (others?.size === 0) this.#byNamespace.delete(reader.ns)
    this.#keptLength -= reader.keptLength
    if (reader.kind === 'selection') this.#rows -= reader.rows.length
  }

  /** Ends those of a namespace in which others have written: what they replaced, nobody kept. */
  endOf(ns: number): void {
    for (const [id, reader] of this.#open) if (reader.ns === ns) this.end(id)
  }

  /** Ends all of them. */
  close(): void {
    for (const id of this.#open.keys()) this.end(id)
    clearTimeout(this.#timer)
  }

  /** Ends those that nobody has read for long and for which something is kept. By time, not by writes: the last of them may be the delete. */
  #endIdle(): void {
    this.#timer = undefined
    const before = this.#now() - MAX_IDLE_MS
    for (const [id, { usedAt, keptLength }] of this.#open) if (usedAt < before && keptLength > 0) this.end(id)
    if (this.#keptLength > 0) this.#lookLater()
  }

  #lookLater(): void {
    this.#timer ??= backgroundTimer(() => this.#endIdle(), LOOK_MS)
  }

  /** Keeps a version that is about to be removed, for those who have yet to read it. Should that be rolled back, it does no harm. */
  replaced(ns: number, slot: Uint8Array, old: StoredRecord): void {
    const readers = this.#byNamespace.get(ns)
    if (readers === undefined) return
    let key: string | undefined
    for (const reader of readers) {
      if (reader.kind === 'selection') this.#keepForSelection(reader, ns * SEQ_SPAN + old.seq, old)
      else this.#keepForFeed(reader, (key ??= toHex(slot)), old)
    }
    this.#fit()
  }

  #keepForSelection(selection: Selection, row: number, old: StoredRecord): void {
    const { content } = old
    if (content === null || row > selection.last || selection.kept.has(row)) return
    selection.unread ??= new UnreadRows(selection.rows.subarray(selection.from))
    if (!selection.unread.has(row)) return
    selection.kept.set(row, { content, facts: selection.factsOf?.(old) })
    this.#keep(selection, content.length)
  }

  #keepForFeed(feed: Feed, key: string, { seq, content }: StoredRecord): void {
    if (feed.seen.has(key)) return
    if (seq > feed.at) {
      // It has not seen this one. What was there before, if anything, is not known of the time before it was opened.
      if (seq <= feed.openedAt) this.#remember(feed, key, UNKNOWN)
      return
    }
    this.#remember(feed, key, content)
  }

  #remember(feed: Feed, key: string, seen: Seen): void {
    feed.seen.set(key, seen)
    this.#keep(feed, entryLength(seen))
  }

  #keep(reader: Reader, length: number): void {
    reader.keptLength += length
    this.#keptLength += length
    if (length > 0) this.#lookLater()
  }

  /** Makes room: the least used go first. One that was just made stays for its rows' sake, however many it has. */
  #fit(made?: string): void {
    for (const id of this.#open.keys()) {
      const isOver = this.#open.size > MAX_READINGS || this.#rows > MAX_SELECTED_ROWS || this.#keptLength > MAX_KEPT_LENGTH
      if (!isOver) return
      // Without kept content and with one reader left, its rows alone are too many: it may have them.
      if (id === made || (this.#open.size === 1 && this.#keptLength <= MAX_KEPT_LENGTH)) continue
      this.end(id)
    }
  }
}

function entryLength(seen: Seen): number {
  return ENTRY_LENGTH + (typeof seen === 'string' ? seen.length : 0)
}

/** What is said of one that was ended. */
export function readingEnded(): DocstoreError {
  return new DocstoreError(
    'reading-ended',
    'The state that this was read from is kept no longer: too much changed meanwhile, nobody read on for ten minutes, or another program took the data over. Read again from the beginning',
  )
}
