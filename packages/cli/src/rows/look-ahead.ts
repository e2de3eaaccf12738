/** What comes from an iterator, with a look at its beginning before it is used. */
export class LookAhead<T> implements AsyncIterable<T> {
  readonly #iterator: AsyncIterator<T>
  readonly #seen: T[] = []
  #isDone = false
  /** An element that was asked for when the look ended. */
  #pending: Promise<IteratorResult<T>> | undefined

  constructor(elements: AsyncIterable<T>) {
    this.#iterator = elements[Symbol.asyncIterator]()
  }

  /** Whether the end was seen. */
  get isDone(): boolean {
    return this.#isDone
  }

  /**
   * The elements up to which `isEnough` says so, or up to the end; where `pauseMs` is given, also up to a pause of that length
   * once `mayPause` lets it end there. They come again when it is iterated.
   */
  async look(
    isEnough: (seen: readonly T[]) => boolean,
    pauseMs?: number,
    mayPause: (seen: readonly T[]) => boolean = () => true,
  ): Promise<readonly T[]> {
    while (!this.#isDone && !isEnough(this.#seen)) {
      this.#pending ??= this.#iterator.next()
      const isPatient = pauseMs === undefined || this.#seen.length === 0 || !mayPause(this.#seen)
      const next = await (isPatient ? this.#pending : within(this.#pending, pauseMs))
      if (next === undefined) break
      this.#pending = undefined
      if (next.done === true) this.#isDone = true
      else this.#seen.push(next.value)
    }
    return this.#seen
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (let next = this.#seen.shift(); next !== undefined; next = this.#seen.shift()) yield next
      while (!this.#isDone) {
        const next = await (this.#pending ?? this.#iterator.next())
        this.#pending = undefined
        if (next.done === true) this.#isDone = true
        else yield next.value
      }
    } finally {
      // Left early: whoever reads the file may let go of it, once what it waits for has come. Nobody waits for that here.
      if (!this.#isDone) {
        this.#iterator.return?.().then(
          () => undefined,
          () => undefined,
        )
      }
    }
  }
}

/** What a promise gives within some time, else `undefined`. */
function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    // On a machine that was busy, the time may be over though the promise is about to be kept: input comes before the immediate.
    const timer = setTimeout(() => setImmediate(() => resolve(undefined)), ms)
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
