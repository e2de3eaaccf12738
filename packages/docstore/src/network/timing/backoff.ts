/** First and longest pause between two attempts, milliseconds. */
const MIN_PAUSE_MS = 250
export const MAX_PAUSE_MS = 10_000

/** Pauses between attempts that never end: they double up to a limit, and chance spreads them, so that peers do not come back all at once. */
export class Backoff {
  readonly #random: () => number
  #failures = 0

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Attempts that failed since the last success. */
  get failures(): number {
    return this.#failures
  }

  /** Counts a failure; how long to wait before the next attempt, milliseconds. */
  fail(): number {
    const longest = Math.min(MIN_PAUSE_MS * 2 ** this.#failures++, MAX_PAUSE_MS)
    return longest * (0.5 + this.#random() / 2)
  }

  /** Begins anew. */
  reset(): void {
    this.#failures = 0
  }
}
