import { toHex } from '@p2p-docstore/core'
import { ByteReader, ByteWriter } from './bytes.ts'
import { type Bound, type ComparedSet, END, ID_BYTES, PRINT_BYTES } from './compared-set.ts'

/** Version 1 of the protocol, with which messages begin. */
const VERSION = 0x61
const MODE = { skip: 0, print: 1, ids: 2 } as const
/** Into so many ranges one that differs is cut; one with less than twice as many events is told by its ids. */
const BUCKETS = 16
/** Room that is kept in a message for its end. */
const RESERVE = 200

/** What became of a message. */
export type Reconciled =
  | { readonly ok: true; readonly reply: Uint8Array }
  | { readonly ok: false; readonly reason: 'malformed' }
  | { readonly ok: false; readonly reason: 'version' }

/** What the one who began learns: ids that only this side has, and only the other. */
export interface Differences {
  readonly have: (id: string) => void
  readonly need: (id: string) => void
}

/** The first message of the one who begins. */
export function openingMessage(set: ComparedSet, maxBytes: number): Uint8Array {
  const writer = new RangeWriter(set, maxBytes)
  writer.split(0, set.size, END)
  return writer.done()
}

/**
 * The answer to a message of negentropy (NIP-77, protocol version 1). With `differences` this side is the one that began; a reply of one byte then means that both are equal, or
 * that all differences are known.
 */
export function reconcile(set: ComparedSet, message: Uint8Array, maxBytes: number, differences?: Differences): Reconciled {
  const reader = new ByteReader(message)
  const version = reader.byte()
  if (version === undefined || version < 0x60 || version > 0x6f) return { ok: false, reason: 'malformed' }
  if (version !== VERSION) return differences === undefined ? { ok: true, reply: Uint8Array.of(VERSION) } : { ok: false, reason: 'version' }
  const writer = new RangeWriter(set, maxBytes)
  const readBound = boundReader(reader)
  let low = 0
  let before: Bound = { time: 0, id: new Uint8Array() }
  let isSkipping = false
  while (!reader.isDone) {
    const start = writer.mark()
    const wasSkipping = isSkipping
    const bound = readBound()
    const mode = reader.varint()
    if (bound === undefined || mode === undefined || !isAfter(bound, before)) return { ok: false, reason: 'malformed' }
    const high = set.find(low, bound)
    let told = high
    const passOver = (): void => {
      if (isSkipping) writer.range(before, MODE.skip)
      isSkipping = false
    }
    switch (mode) {
      case MODE.skip:
        isSkipping = true
        break
      case MODE.print: {
        const print = reader.bytes(PRINT_BYTES)
        if (print === undefined) return { ok: false, reason: 'malformed' }
        if (Buffer.compare(print, set.fingerprint(low, high)) === 0) {
          isSkipping = true
          break
        }
        passOver()
        writer.split(low, high, bound)
        break
      }
      case MODE.ids: {
        const count = reader.varint()
        const ids = count === undefined ? undefined : reader.bytes(count * ID_BYTES)
        if (count === undefined || ids === undefined) return { ok: false, reason: 'malformed' }
        if (differences === undefined) {
          passOver()
          told = writer.ids(low, high, bound)
        } else {
          compareIds(set, low, high, ids, differences)
          isSkipping = true
        }
        break
      }
      default:
        return { ok: false, reason: 'malformed' }
    }
    if (told < high) {
      writer.rest(told)
      break
    }
    if (writer.isFull) {
      // This range is told with the rest, and the other side asks about that again.
      writer.back(start)
      if (wasSkipping) writer.range(before, MODE.skip)
      writer.rest(low)
      break
    }
    low = high
    before = bound
  }
  return { ok: true, reply: writer.done() }
}

/** Tells the ids of a range that one side alone has. */
function compareIds(set: ComparedSet, low: number, high: number, ids: Uint8Array, { have, need }: Differences): void {
  const theirs = new Set<string>()
  for (let at = 0; at < ids.length; at += ID_BYTES) theirs.add(toHex(ids.subarray(at, at + ID_BYTES)))
  for (let i = low; i < high; i++) {
    const id = toHex(set.id(i))
    if (!theirs.delete(id)) have(id)
  }
  for (const id of theirs) need(id)
}

function isAfter(bound: Bound, before: Bound): boolean {
  if (bound.time !== before.time) return bound.time > before.time
  return bound.time === Number.POSITIVE_INFINITY || Buffer.compare(bound.id, before.id) >= 0
}

/** Reads bounds, whose times are told by how much later they are than the one before. */
function boundReader(reader: ByteReader): () => Bound | undefined {
  let last = 0
  return () => {
    const later = reader.varint()
    const length = reader.varint()
    if (later === undefined || length === undefined || length > ID_BYTES) return undefined
    last = later === 0 ? Number.POSITIVE_INFINITY : last + later - 1
    const id = reader.bytes(length)
    return id && { time: last, id }
  }
}

interface Mark {
  readonly length: number
  readonly lastTime: number
}

/** A message of ranges. */
class RangeWriter {
  readonly #set: ComparedSet
  readonly #maxBytes: number
  readonly #out = new ByteWriter()
  #lastTime = 0

  constructor(set: ComparedSet, maxBytes: number) {
    this.#set = set
    this.#maxBytes = maxBytes
    this.#out.byte(VERSION)
  }

  /** Where it stands, to go back to. */
  mark(): Mark {
    return { length: this.#out.length, lastTime: this.#lastTime }
  }

  back({ length, lastTime }: Mark): void {
    this.#out.cut(length)
    this.#lastTime = lastTime
  }

  get isFull(): boolean {
    return this.#out.length > this.#maxBytes - RESERVE
  }

  /** Everything up to a bound, in some mode. */
  range({ time, id }: Bound, mode: number): void {
    if (time === Number.POSITIVE_INFINITY) this.#out.varint(0)
    else this.#out.varint(time - this.#lastTime + 1)
    this.#lastTime = time
    this.#out.varint(id.length)
    this.#out.bytes(id)
    this.#out.varint(mode)
  }

  /** Fingerprints of the parts of a range, or its ids where they are few. */
  split(low: number, high: number, bound: Bound): void {
    const count = high - low
    if (count < BUCKETS * 2) {
      this.#list(low, high, bound)
      return
    }
    let from = low
    for (let i = 0; i < BUCKETS; i++) {
      const to = from + Math.floor(count / BUCKETS) + (i < count % BUCKETS ? 1 : 0)
      this.range(to === high ? bound : this.#set.boundBefore(to), MODE.print)
      this.#out.bytes(this.#set.fingerprint(from, to))
      from = to
    }
  }

  /** The ids of a range as far as they fit; gives where they end. */
  ids(low: number, high: number, bound: Bound): number {
    // One at least, so that each message brings something.
    const room = Math.max(1, Math.floor((this.#maxBytes - RESERVE - this.#out.length) / ID_BYTES))
    if (high - low <= room) {
      this.#list(low, high, bound)
      return high
    }
    const end = low + room
    this.#list(low, end, { time: this.#set.time(end), id: this.#set.id(end) })
    return end
  }

  /** Everything from an event on, by its fingerprint: the other side asks again. */
  rest(from: number): void {
    this.range(END, MODE.print)
    this.#out.bytes(this.#set.fingerprint(from, this.#set.size))
  }

  done(): Uint8Array {
    return this.#out.done()
  }

  #list(low: number, high: number, bound: Bound): void {
    this.range(bound, MODE.ids)
    this.#out.varint(high - low)
    for (let i = low; i < high; i++) this.#out.bytes(this.#set.id(i))
  }
}
