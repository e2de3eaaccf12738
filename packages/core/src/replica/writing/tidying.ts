import { backgroundTimer } from '../../background-timer.ts'
import { errorCode } from '../../errors.ts'
import type { QueriesAside } from '../../storage/queries/queries-aside.ts'
import type { Storage } from '../../storage/storage.ts'
import { SCRUB_DELAY_MS, SETTLE_DELAY_MS } from '../limits.ts'

/** What is done some time after writes: replaced bytes are overwritten on the disk, and the log is copied into the database. */
export class Tidying {
  readonly #storage: Storage
  readonly #queries: QueriesAside | undefined
  #scrubTimer: ReturnType<typeof setTimeout> | undefined
  #settleTimer: ReturnType<typeof setTimeout> | undefined

  constructor(storage: Storage, queries?: QueriesAside) {
    this.#storage = storage
    this.#queries = queries
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
    this.#settleTimer = backgroundTimer(() => {
      this.#settleTimer = undefined
      this.#scrub()
    }, SETTLE_DELAY_MS)
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
      // Everything else was done. The next start empties the log; another program may read it now.
      if (!['disk-full', 'storage-busy'].includes(errorCode(error))) throw error
    }
  }

  #scrub(): void {
    Promise.resolve()
      .then(() => this.#storage.scrub())
      .catch(async (error: unknown) => {
        if (errorCode(error) !== 'storage-busy') throw error
        await this.#queries?.quiet(async () => this.#storage.scrub())
      })
      .catch((error: unknown) => {
        if (['storage-closed', 'closed'].includes(errorCode(error))) return
        // A backup is being made, say.
        if (['storage-busy', 'queries-full', 'too-many-queries'].includes(errorCode(error))) {
          this.scrubSoon()
          return
        }
        // What was deleted is still in the log. A full disk may have room later; whatever else it is, is reported as uncaught.
        if (errorCode(error) !== 'disk-full') throw error
        this.settleSoon()
      })
  }
}
