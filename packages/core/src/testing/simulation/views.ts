import { MAX_FUTURE_MS } from '../../model/limits.ts'
import { ELIGIBLE_AFTER_MS, MAX_WEIGHT_POWER, OUT_AFTER_MS } from '../../placement/limits.ts'
import { isMember, isStoring } from '../../placement/membership.ts'
import { Draws, Placement } from '../../placement/placement.ts'
import type { Ranking } from '../../placement/ranking.ts'
import { seededRandom } from '../random.ts'
import { Board, type Reader, type Said } from './board.ts'
import type { EventQueue } from './event-queue.ts'

/** A relay that looks at others, and is looked at. */
export interface Viewer {
  readonly index: number
  readonly key: Uint8Array
  /** By how much its clock is ahead, and how long news take to it, milliseconds. */
  readonly skewMs: number
  readonly lagMs: number
  readonly island: number
}

/** Placements that are remembered: relays see the same members at about the same time. */
const MAX_PLACEMENTS = 4096
/** Never: longer than any simulation. */
const NEVER = 2 ** 31 - 1

/** Relays that are looked at together: 2 to this power. */
const BLOCK_BITS = 5

/** What one relay believes. */
interface View {
  island: number
  /** By relay, from when on its standing may be another one, milliseconds since the beginning. */
  due: Int32Array
  /** The least of each block of them, and of all. */
  blockDue: Int32Array
  nextDue: number
  /** 1 at the number of each member in the ranking, and by relay which number that is, plus 1. */
  isIn: Uint8Array
  numbers: Uint16Array
  size: number
  /** Tells views apart. */
  print: number
  placement: Placement | undefined
}

/** What each relay said last, as columns. */
class LastSaid {
  since = new Float64Array()
  at = new Float64Array()
  saidAt = new Float64Array()
  island = new Uint8Array()
  /** Its number in the ranking, plus 1; 0 where it does not offer to keep what it owns, or is gone. */
  number = new Uint16Array()

  set(relay: number, said: Said, number: number): void {
    if (this.at.length <= relay) {
      const count = relay + 1
      this.since = grown(this.since, new Float64Array(2 * count))
      this.at = grown(this.at, new Float64Array(2 * count))
      this.saidAt = grown(this.saidAt, new Float64Array(2 * count))
      this.island = grown(this.island, new Uint8Array(2 * count))
      this.number = grown(this.number, new Uint16Array(2 * count))
    }
    this.since[relay] = said.since
    this.at[relay] = said.at
    this.saidAt[relay] = said.saidAt
    this.island[relay] = said.island
    this.number[relay] = isStoring(said.services) ? number + 1 : 0
  }
}

/**
 * Who each relay believes is a member, by the real rules, and the placement that follows. A relay is looked at anew only when something about it may have changed, and equal views share one
 * placement: thousands of relays would compute it each minute.
 */
export class Views {
  readonly #events: EventQueue
  readonly #begin: number
  readonly #board = new Board()
  readonly #draws: Draws
  readonly #ranking: Ranking
  readonly #copies: number
  readonly #relays: Viewer[] = []
  readonly #views: View[] = []
  readonly #last = new LastSaid()
  /** By relay, who hears nothing of it until it says something. */
  readonly #waiting: Set<number>[] = []
  /** By relay and weight, the number in the ranking. */
  readonly #numbers: number[] = []
  /** By number in the ranking, what it adds to the print of a view. */
  readonly #prints: number[] = []
  readonly #random = seededRandom(1)
  readonly #placements = new Map<number, { readonly isIn: Uint8Array; readonly placement: Placement }>()

  constructor(events: EventQueue, { network, copies }: { readonly network: Uint8Array; readonly copies: number }) {
    this.#events = events
    this.#begin = events.now
    this.#draws = new Draws(network)
    this.#ranking = this.#draws.ranking
    this.#copies = copies
  }

  add(relay: Viewer): void {
    this.#relays[relay.index] = relay
    this.#waiting[relay.index] = new Set()
    this.#views[relay.index] = {
      island: relay.island,
      due: new Int32Array(),
      blockDue: new Int32Array(),
      nextDue: 0,
      isIn: new Uint8Array(),
      numbers: new Uint16Array(),
      size: 0,
      print: 0,
      placement: undefined,
    }
  }

  /** `agoMs`: that was so long ago. */
  say(relay: Viewer, said: Omit<Said, 'saidAt' | 'island'>, { agoMs = 0 }: { readonly agoMs?: number } = {}): void {
    const whole = { ...said, saidAt: this.#events.now - agoMs, island: relay.island }
    const isOther = this.#board.say(relay.index, whole)
    this.#last.set(relay.index, whole, this.#numberOf(relay.index, said.power))
    const waiting = this.#waiting[relay.index]
    if (isOther) this.#lookAnew(relay.index)
    for (const viewer of waiting ?? []) {
      const view = this.#views[viewer]
      // Who comes from another island looks at all relays then.
      if (view === undefined || (relay.island !== 0 && view.island !== relay.island)) continue
      dueNow(view, relay.index)
      waiting?.delete(viewer)
    }
  }

  forget(relay: Viewer): void {
    this.#board.forget(relay.index)
    this.#last.number[relay.index] = 0
    this.#lookAnew(relay.index)
  }

  join(): void {
    this.#board.join()
    this.#last.island.fill(0)
    for (const view of this.#views) lookAtAll(view)
  }

  /** The placement as a relay sees it now. */
  of(viewer: Viewer): Placement {
    const view = this.#viewOf(viewer)
    const reader: Reader = { time: this.#events.now, lagMs: viewer.lagMs, skewMs: viewer.skewMs, island: viewer.island }
    if (view.nextDue <= this.#events.now - this.#begin) this.#lookAtDue(view, viewer.index, reader)
    return (view.placement ??= this.#placementOf(view))
  }

  /** Looks at all relays that it is time to look at. */
  #lookAtDue(view: View, viewer: number, reader: Reader): void {
    const now = reader.time - this.#begin
    const count = this.#relays.length
    let nextDue = NEVER
    for (let block = 0; block << BLOCK_BITS < count; block++) {
      const isDue = (view.blockDue[block] ?? 0) <= now
      const blockDue = isDue ? this.#lookAtBlock(view, viewer, reader, block) : (view.blockDue[block] ?? 0)
      if (blockDue < nextDue) nextDue = blockDue
    }
    view.nextDue = nextDue
  }

  /**
   * Looks at the relays of a block that it is time to look at, and asks those that go on to be there for when that ends next: so the block has its next turn when nearly half an hour is over,
   * and not with each of them.
   */
  #lookAtBlock(view: View, viewer: number, reader: Reader, block: number): number {
    const { due, numbers } = view
    const { since, at, saidAt, island, number } = this.#last
    const { time, lagMs, skewMs } = reader
    const now = time - this.#begin
    const clock = time + skewMs
    const end = Math.min((block + 1) << BLOCK_BITS, this.#relays.length)
    let blockDue = NEVER
    for (let relay = block << BLOCK_BITS; relay < end; relay++) {
      const saidLast = at[relay] ?? 0
      // A member that goes on to be there, as nearly all do: what it said last can be read, and is what `#look` would find.
      const goesOn =
        numbers[relay] !== 0 &&
        number[relay] === numbers[relay] &&
        (island[relay] === 0 || island[relay] === reader.island) &&
        (saidAt[relay] ?? 0) + lagMs <= time &&
        saidLast <= clock + MAX_FUTURE_MS &&
        clock >= (since[relay] ?? 0) + ELIGIBLE_AFTER_MS &&
        clock < saidLast + OUT_AFTER_MS
      if (goesOn) due[relay] = dueAt(saidLast + OUT_AFTER_MS - skewMs - this.#begin)
      else if ((due[relay] ?? 0) <= now) this.#look(view, viewer, relay, reader)
      const relayDue = due[relay] ?? 0
      if (relayDue < blockDue) blockDue = relayDue
    }
    view.blockDue[block] = blockDue
    return blockDue
  }

  /** Whether a relay is a member for a reader, and until when that holds. */
  #look(view: View, viewer: number, relay: number, reader: Reader): void {
    const clock = reader.time + reader.skewMs
    const said = this.#board.read(relay, reader)
    const isIn = said !== undefined && isMember(said, clock)
    this.#set(view, relay, isIn ? said : undefined)
    const until: number = isIn
      ? said.at + OUT_AFTER_MS
      : said !== undefined && isStoring(said.services) && clock < said.since + ELIGIBLE_AFTER_MS
        ? said.since + ELIGIBLE_AFTER_MS
        : Number.POSITIVE_INFINITY
    const next = Math.min(until - reader.skewMs, this.#board.nextAt(relay, reader, said, { isOther: isIn }))
    // Of a member it makes no difference that it says the same again; of others, everything that they say may.
    if (!isIn) this.#waiting[relay]?.add(viewer)
    const due = dueAt(Math.max(next - this.#begin, reader.time - this.#begin + 1))
    view.due[relay] = due
    const block = relay >> BLOCK_BITS
    view.blockDue[block] = Math.min(view.blockDue[block] ?? 0, due)
    view.nextDue = Math.min(view.nextDue, due)
  }

  #set(view: View, relay: number, said: Said | undefined): void {
    const before = view.numbers[relay] ?? 0
    const after = said === undefined ? 0 : this.#numberOf(relay, said.power) + 1
    if (before === after) return
    view.numbers[relay] = after
    view.placement = undefined
    if (before > 0) this.#flip(view, before - 1, 0)
    if (after > 0) this.#flip(view, after - 1, 1)
  }

  #flip(view: View, number: number, is: 0 | 1): void {
    if (view.isIn.length <= number) view.isIn = grown(view.isIn, new Uint8Array(2 * number + 2))
    view.isIn[number] = is
    view.size += is === 1 ? 1 : -1
    // Sums of whole numbers below 2^40 stay exact, whatever their order.
    view.print += (is === 1 ? 1 : -1) * (this.#prints[number] ??= Math.floor(this.#random.next() * 2 ** 40))
  }

  #numberOf(relay: number, power: number): number {
    const key = this.#relays[relay]?.key
    if (key === undefined) throw new Error(`there is no relay ${relay}`)
    return (this.#numbers[relay * (MAX_WEIGHT_POWER + 1) + power] ??= this.#ranking.numberOf({ key, power }))
  }

  #placementOf({ print, isIn, size }: View): Placement {
    const known = this.#placements.get(print)
    if (known !== undefined && isSame(known.isIn, isIn)) return known.placement
    const copy = isIn.slice()
    const placement = new Placement(this.#draws, { ranking: this.#ranking, isIn: copy, size }, this.#copies)
    const [oldest] = this.#placements.keys()
    if (this.#placements.size >= MAX_PLACEMENTS && oldest !== undefined) this.#placements.delete(oldest)
    this.#placements.set(print, { isIn: copy, placement })
    return placement
  }

  #viewOf({ index, island }: Viewer): View {
    const view = this.#views[index]
    if (view === undefined) throw new Error(`relay ${index} was not added`)
    const count = this.#relays.length
    if (view.due.length < count) {
      view.due = grown(view.due, new Int32Array(2 * count))
      view.numbers = grown(view.numbers, new Uint16Array(2 * count))
      lookAtAll(view)
    }
    if (view.island !== island) {
      view.island = island
      lookAtAll(view)
    }
    return view
  }

  /** Everybody looks at a relay again. */
  #lookAnew(relay: number): void {
    for (const view of this.#views) dueNow(view, relay)
  }
}

/** In whole milliseconds, none of which is too late. */
function dueAt(ms: number): number {
  return Math.min(NEVER, Math.floor(ms))
}

function dueNow(view: View, relay: number): void {
  // One for which there is no room yet is looked at with all others, when there is.
  if (relay >= view.due.length) return
  view.due[relay] = 0
  view.blockDue[relay >> BLOCK_BITS] = 0
  view.nextDue = 0
}

function lookAtAll(view: View): void {
  view.due.fill(0)
  view.blockDue = new Int32Array((view.due.length >> BLOCK_BITS) + 1)
  view.nextDue = 0
}

function grown<T extends Float64Array | Int32Array | Uint16Array | Uint8Array>(from: T, larger: T): T {
  larger.set(from)
  return larger
}

/** Whether two sets are the same, however much room each has. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  for (let i = 0; i < short.length; i++) if (one[i] !== other[i]) return false
  for (let i = short.length; i < long.length; i++) if (long[i] === 1) return false
  return true
}
