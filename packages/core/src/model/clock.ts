import { MAX_FUTURE_MS } from './limits.ts'

/** 2025-01-01T00:00:00Z in Unix milliseconds: 41 bits of milliseconds from here last until 2094. */
const EPOCH_MS = 1_735_689_600_000
/** Room for the counter below the milliseconds: 12 bits. */
const COUNTER = 4096

/** The largest time that the format can carry: one safe integer. */
export const MAX_TIME: number = 2 ** 53 - 1

/** The hybrid time that stands for a wall-clock time, with counter 0. */
export function timeFromMs(ms: number): number {
  return Math.max(0, Math.floor(ms) - EPOCH_MS) * COUNTER
}

/** What lies between two hybrid times so many milliseconds apart. */
export function timeSpan(ms: number): number {
  return ms * COUNTER
}

/** The wall-clock part of a hybrid time, Unix milliseconds. */
export function msFromTime(time: number): number {
  return Math.floor(time / COUNTER) + EPOCH_MS
}

/** The latest time that a peer whose wall clock says this accepts: what lies beyond it is in the future. A clock before all times counts as one at the first. */
export function latestAt(ms: number): number {
  return timeFromMs(Math.max(ms, EPOCH_MS) + MAX_FUTURE_MS)
}

/** When, Unix milliseconds, a time is no longer in the future. */
export function acceptableFrom(time: number): number {
  return msFromTime(time) - MAX_FUTURE_MS
}

/**
 * A hybrid logical clock: times that rise here and always pass what was seen of their key. It follows a wall clock that was set back once it
 * leads it by more than peers accept: what it gave until then nobody takes, and nothing after that would be taken either.
 */
export class Clock {
  #last = 0
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Wall-clock time as a hybrid time. */
  wall(): number {
    return timeFromMs(this.#now())
  }

  /**
   * The time of a new write to a key whose newest known version has time `seen` (0 for none): `max(now, last+1, seen+1)`, without `last` where
   * that lies in the future. Throws past `MAX_TIME`.
   */
  next(seen: number): number {
    const now = this.#now()
    const last = this.#last >= latestAt(now) ? 0 : this.#last
    const time = Math.max(timeFromMs(now), last + 1, seen + 1)
    if (!(time <= MAX_TIME)) throw new RangeError('the clock has left the range of times')
    this.#last = time
    return time
  }
}
