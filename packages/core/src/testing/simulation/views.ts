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
const NEVER = 2 ** 32 - 1

/** What one relay believes. */
interface View {
  island: number
  /** By relay, from when on its standing may be another one, milliseconds since the beginning. */
  due: Uint32Array
  /** 1 at the number of each member in the ranking, and by relay which number that is, plus 1. */
  isIn: Uint8Array
  numbers: Uint16Array
  size: number
  /** Tells views apart. */
  print: number
  placement: Placement | undefined
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
  /** By relay, who hears nothing of it until it says something. */
  readonly #waiting: Uint8Array[] = []
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
    this.#waiting[relay.index] = new Uint8Array()
    this.#views[relay.index] = {
      island: relay.island,
      due: new Uint32Array(),
      isIn: new Uint8Array(),
      numbers: new Uint16Array(),
      size: 0,
      print: 0,
      placement: undefined,
    }
  }

  /** `agoMs`: that was so long ago. */
  say(relay: Viewer, said: Omit<Said, 'saidAt' | 'island'>, { agoMs = 0 }: { readonly agoMs?: number } = {}): void {
    const isOther = this.#board.say(relay.index, { ...said, saidAt: this.#events.now - agoMs, island: relay.island })
    const waiting = this.#waiting[relay.index] ?? new Uint8Array()
    if (isOther) this.#lookAnew(relay.index)
    else for (const [viewer, waits] of waiting.entries()) if (waits === 1) this.#setDue(viewer, relay.index)
    waiting.fill(0)
  }

  forget(relay: Viewer): void {
    this.#board.forget(relay.index)
    this.#lookAnew(relay.index)
  }

  join(): void {
    this.#board.join()
    for (const { due } of this.#views) due.fill(0)
  }

  /** The placement as a relay sees it now. */
  of(viewer: Viewer): Placement {
    const view = this.#viewOf(viewer)
    const now = this.#events.now - this.#begin
    let reader: Reader | undefined
    const { due } = view
    const count = this.#relays.length
    for (let relay = 0; relay < count; relay++) {
      if ((due[relay] ?? 0) > now) continue
      reader ??= { time: this.#events.now, lagMs: viewer.lagMs, skewMs: viewer.skewMs, island: viewer.island }
      this.#look(view, viewer.index, relay, reader)
    }
    return (view.placement ??= this.#placementOf(view))
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
    const waiting = this.#waiting[relay]
    if (!isIn && waiting !== undefined) {
      if (waiting.length <= viewer) (this.#waiting[relay] = grown(waiting, this.#relays.length))[viewer] = 1
      else waiting[viewer] = 1
    }
    view.due[relay] = Math.min(NEVER, Math.max(next - this.#begin, reader.time - this.#begin + 1))
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
    if (view.isIn.length <= number) view.isIn = grown(view.isIn, number + 1)
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
      const [due, numbers] = [new Uint32Array(2 * count), new Uint16Array(2 * count)]
      due.set(view.due)
      numbers.set(view.numbers)
      Object.assign(view, { due, numbers })
    }
    if (view.island !== island) {
      view.island = island
      view.due.fill(0)
    }
    return view
  }

  /** Everybody looks at a relay again. */
  #lookAnew(relay: number): void {
    for (let viewer = 0; viewer < this.#views.length; viewer++) this.#setDue(viewer, relay)
  }

  #setDue(viewer: number, relay: number): void {
    const due = this.#views[viewer]?.due
    if (due !== undefined && relay < due.length) due[relay] = 0
  }
}

function grown(bytes: Uint8Array, count: number): Uint8Array {
  const larger = new Uint8Array(2 * count)
  larger.set(bytes)
  return larger
}

/** Whether two sets are the same, however much room each has. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  for (let i = 0; i < short.length; i++) if (one[i] !== other[i]) return false
  for (let i = short.length; i < long.length; i++) if (long[i] === 1) return false
  return true
}
