/** 2026-01-01T00:00:00Z: where virtual time begins, Unix milliseconds. */
const START_MS: number = Date.UTC(2026, 0, 1)

interface Timer {
  readonly at: number
  readonly fire: () => void
}

/**
 * Time that passes only when a test says so. Between two timers everything that can go on without time goes on: all of it has to
 * consist of promises and synchronous work, as it does on SQLite in memory.
 */
export class VirtualTime {
  #now = 0
  /** Sorted by time; of equal ones the first made comes first. */
  readonly #timers: Timer[] = []

  /** Milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.#now
  }

  /** A wall clock that is wrong by so many milliseconds. */
  clock(skewMs = 0): () => number {
    return () => START_MS + this.#now + skewMs
  }

  /** Resolves after so many virtual milliseconds, or as soon as the signal aborts. */
  delay = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const fire = (): void => {
        signal?.removeEventListener('abort', cancel)
        resolve()
      }
      const timer: Timer = { at: this.#now + Math.max(0, ms), fire }
      const cancel = (): void => {
        const index = this.#timers.indexOf(timer)
        if (index >= 0) this.#timers.splice(index, 1)
        resolve()
      }
      signal?.addEventListener('abort', cancel, { once: true })
      const later = this.#timers.findIndex(({ at }) => at > timer.at)
      this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer)
    })

  /** Lets everything happen that waits for no timer. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lets so much time pass, timer by timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.settle()
    for (let next = this.#timers[0]; next !== undefined && next.at <= end; next = this.#timers[0]) {
      this.#timers.shift()
      this.#now = next.at
      next.fire()
      await this.settle()
    }
    this.#now = end
  }
}
