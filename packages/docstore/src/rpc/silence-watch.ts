import type { DocstoreError } from '@p2p-docstore/core'

/** How often a waiting side looks whether the other one gave a sign of life, milliseconds. */
const BEAT_MS = 1000

/** What is to be watched. */
export interface Watched {
  /** Whether anybody waits for the other side. */
  readonly isWaiting: () => boolean
  /** Asks the other side for a sign of life. */
  readonly ping: () => void
  /** What to say after so long without one; nothing while that may be work. */
  readonly verdict: (silentMs: number) => DocstoreError | undefined
  readonly onSilent: (error: DocstoreError) => void
}

/**
 * Counts how long the other side of a line says nothing while somebody waits for it. Beats are counted and not time: whoever was asleep
 * itself must not take that for the other side's silence.
 */
export class SilenceWatch {
  readonly #watched: Watched
  #timer: ReturnType<typeof setInterval> | undefined
  #silentBeats = 0

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** To be called with every call that waits. */
  waiting(): void {
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS)
  }

  /** To be called with everything that the other side says. */
  heard(): void {
    this.#silentBeats = 0
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#silentBeats = 0
  }

  #beat(): void {
    if (!this.#watched.isWaiting()) return this.stop()
    this.#silentBeats++
    if (this.#silentBeats === 1) this.#watched.ping()
    const error = this.#watched.verdict(this.#silentBeats * BEAT_MS)
    if (error !== undefined) this.#watched.onSilent(error)
  }
}
