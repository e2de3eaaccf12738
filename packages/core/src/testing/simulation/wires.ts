import type { SeededRandom } from '../random.ts'
import type { EventQueue } from './event-queue.ts'

/** How long an answer is waited for, milliseconds. */
const TIMEOUT_MS = 10_000

/** Who can be asked. */
export interface Host {
  readonly isUp: boolean
  /** Only those of one island reach each other. */
  readonly island: number
  /** How long its disk takes for each record, milliseconds. */
  readonly diskMs: number
}

/** Whether two reach each other now. */
export function areLinked(one: Host, other: Host): boolean {
  return one.isUp && other.isUp && one.island === other.island
}

/** Messages between simulated hosts: late, lost, or not at all where a partition lies between. */
export class Wires {
  /** Probability that a message is lost, and longest delay of one that is not, milliseconds. */
  loss = 0
  maxDelayMs = 100
  messages = 0
  readonly #events: EventQueue
  readonly #random: SeededRandom

  constructor(events: EventQueue, random: SeededRandom) {
    this.#events = events
    this.#random = random
  }

  /** Asks another host; `done` gets the answer once, or `undefined` when none came in time. The question can have had its effect then. */
  ask<T>(from: Host, to: Host, work: () => T, done: (answer: T | undefined) => void): void {
    const end = this.#events.now + TIMEOUT_MS
    // Most questions are answered: only for those that are not something happens when their time is over.
    const fail = (): void => this.#events.after(end - this.#events.now, () => done(undefined))
    this.#travel(from, to, 0, fail, () => {
      const answer = work()
      this.#travel(to, from, to.diskMs, fail, () => done(answer), end)
    })
  }

  /** One message: it is sent after `waitMs`, and does not arrive after `end`. */
  #travel(from: Host, to: Host, waitMs: number, fail: () => void, arrive: () => void, end = Number.POSITIVE_INFINITY): void {
    this.messages++
    const ms = waitMs + 1 + this.#random.below(this.maxDelayMs)
    if (this.#random.chance(this.loss) || this.#events.now + ms > end) return fail()
    this.#events.after(ms, () => {
      if (areLinked(from, to)) arrive()
      else fail()
    })
  }
}
