/**
 * Values of a feed that is at work from the call on that made it. Leaving it ends it at once: while a value is waited for, and before the
 * first was asked for.
 */
export class Feed<T> implements AsyncGenerator<T, void, undefined> {
  readonly #left = new AbortController()
  readonly #values: AsyncGenerator<T, void, undefined>

  /** `start` is called now, and ends what it has begun when its signal aborts. */
  constructor(signal: AbortSignal, start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>) {
    this.#values = start(AbortSignal.any([signal, this.#left.signal]))
  }

  next(): Promise<IteratorResult<T, void>> {
    return this.#values.next()
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.#left.abort()
    return this.#values.return()
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    this.#left.abort()
    return this.#values.throw(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}

/** A feed that fails with an error when it is read. */
export function failedFeed<T>(error: unknown): AsyncGenerator<T, void, undefined> {
  return new Feed<T>(new AbortController().signal, () => failing(error))
}

// oxlint-disable-next-line require-yield -- it fails instead
async function* failing(error: unknown): AsyncGenerator<never, void, undefined> {
  throw error
}
