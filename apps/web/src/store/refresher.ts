/** The share of the time that repeated work may take: one part in this many plus one. */
const REST_FACTOR = 3
/** Longest rest, milliseconds: what happens after a long run is shown soon all the same. */
const MAX_REST_MS = 1000

/**
 * Runs asynchronous work again after each nudge: never twice at once, and with a rest after it that grows with what it took. A
 * thousand nudges during a run or a rest ask for one more run.
 */
export class Refresher {
  readonly #work: () => Promise<void>
  readonly #pauseMs: number
  #isBusy = false
  #isWanted = false
  #isStopped = false

  constructor(work: () => Promise<void>, { pauseMs }: { readonly pauseMs: number }) {
    this.#work = work
    this.#pauseMs = pauseMs
  }

  nudge(): void {
    this.#isWanted = true
    if (!this.#isBusy) void this.#run()
  }

  stop(): void {
    this.#isStopped = true
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false
      const began = performance.now()
      await this.#work()
      const rest = Math.max(this.#pauseMs, Math.min(REST_FACTOR * (performance.now() - began), MAX_REST_MS))
      await new Promise((resolve) => setTimeout(resolve, rest))
    }
    this.#isBusy = false
  }
}
