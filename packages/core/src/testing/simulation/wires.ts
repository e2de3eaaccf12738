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

  /** Asks another host; `done` gets the answer once, or `undefined` when none came. The question can have had its effect then. */
  ask<T>(from: Host, to: Host, work: () => T, done: (answer: T | undefined) => void): void {
    let isDone = false
    const end = (answer: T | undefined): void => {
      if (isDone) return
      isDone = true
      done(answer)
    }
    this.#events.after(TIMEOUT_MS, () => end(undefined))
    this.#travel(from, to, () => {
      const answer = work()
      this.#events.after(to.diskMs, () => this.#travel(to, from, () => end(answer)))
    })
  }

  #travel(from: Host, to: Host, arrive: () => void): void {
    this.messages++
    if (this.#random.chance(this.loss)) return
    this.#events.after(1 + this.#random.below(this.maxDelayMs), () => {
      if (from.isUp && to.isUp && from.island === to.island) arrive()
    })
  }
}
