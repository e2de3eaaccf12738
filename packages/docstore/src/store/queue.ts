/** Messages that a reader may lag behind; the oldest go first. */
const MAX_WAITING = 1000

/** Values on their way from events to one `for await` loop. Ends with the signal. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #values: T[] = []
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.#wake?.()
  #wake: (() => void) | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort)
  }

  push(value: T): void {
    this.#values.push(value)
    if (this.#values.length > MAX_WAITING) this.#values.shift()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      while (this.#signal?.aborted !== true) {
        const value = this.#values.shift()
        if (value !== undefined) yield value
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      this.#signal?.removeEventListener('abort', this.#onAbort)
    }
  }
}
