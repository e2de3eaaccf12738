import type { NostrRecord } from '../../storage/storage.ts'
import type { Pause } from '../slices.ts'
import type { NostrOutcome } from './types.ts'

/** Events that share a transaction at most: no longer than some ten milliseconds. */
const MAX_TOGETHER = 256
/** Events that may wait. Who brings them waits for each; more can only come from a fault. */
const MAX_WAITING = 64 * 1024

interface Waiting {
  readonly record: NostrRecord
  readonly resolve: (outcome: NostrOutcome) => void
  readonly reject: (error: unknown) => void
}

/** Group commit: all that clients bring while others are stored shares the next transaction. */
export class PutQueue {
  readonly #pause: Pause
  readonly #store: (records: readonly NostrRecord[]) => Promise<readonly NostrOutcome[]>
  #waiting: Waiting[] = []
  #isRunning = false

  constructor(pause: Pause, store: (records: readonly NostrRecord[]) => Promise<readonly NostrOutcome[]>) {
    this.#pause = pause
    this.#store = store
  }

  /** Resolves once it is on disk, or is not to be. */
  add(record: NostrRecord): Promise<NostrOutcome> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.resolve('full')
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject })
      if (!this.#isRunning) {
        this.#isRunning = true
        void this.#run()
      }
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Whatever else has arrived by now comes with it.
      await this.#pause()
      const group = this.#waiting.slice(0, MAX_TOGETHER)
      this.#waiting = this.#waiting.slice(MAX_TOGETHER)
      try {
        const outcomes = await this.#store(group.map(({ record }) => record))
        group.forEach(({ resolve }, i) => {
          resolve(outcomes[i] ?? 'full')
        })
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#isRunning = false
  }
}
