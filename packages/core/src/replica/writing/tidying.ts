import { errorCode } from '../../errors.ts'
import type { Storage } from '../../storage/storage.ts'
import { SCRUB_DELAY_MS, SETTLE_DELAY_MS } from '../limits.ts'

/** What is done some time after writes: replaced bytes are overwritten on the disk, and the log is copied into the database. */
export class Tidying {
  readonly #storage: Storage
  #scrubTimer: ReturnType<typeof setTimeout> | undefined
  #settleTimer: ReturnType<typeof setTimeout> | undefined

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Something was replaced or deleted. */
  scrubSoon(): void {
    this.#scrubTimer ??= setTimeout(() => {
      this.#scrubTimer = undefined
      this.#scrub()
    }, SCRUB_DELAY_MS)
  }

  /** Something was written. What a full disk would need is made ready while there is room. A program of Node may end meanwhile: `finish` does it too. */
  settleSoon(): void {
    if (this.#settleTimer !== undefined) return
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = undefined
      this.#scrub()
    }, SETTLE_DELAY_MS)
    const timer: unknown = this.#settleTimer
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref()
  }

  /** Does now what is due, for the last time. */
  async finish(): Promise<void> {
    const isDue = this.#scrubTimer !== undefined || this.#settleTimer !== undefined
    clearTimeout(this.#scrubTimer)
    clearTimeout(this.#settleTimer)
    this.#scrubTimer = undefined
    this.#settleTimer = undefined
    try {
      if (isDue) await this.#storage.scrub()
    } catch (error) {
      // Everything else was done. The next start empties the log.
      if (errorCode(error) !== 'disk-full') throw error
    }
  }

  #scrub(): void {
    // A full disk can stop the clean-up; the next replaced or deleted document tries again.
    Promise.resolve()
      .then(() => this.#storage.scrub())
      .catch(() => undefined)
  }
}
