/** Lets one piece of work through at a time, in the order of asking. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #size = 0

  /** Whether more than the present work wants a turn. */
  get isContended(): boolean {
    return this.#size > 1
  }

  /** Whether nobody has a turn, or wants one. */
  get isIdle(): boolean {
    return this.#size === 0
  }

  /** Resolves or rejects with the work, which begins when all before it has ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    this.#size++
    const turn = this.#last.then(work).finally(() => this.#size--)
    // Only that it has ended: what it came to can be a batch, which would be held until the next turn.
    const ended = (): void => undefined
    this.#last = turn.then(ended, ended)
    return turn
  }
}

/** Lets so many pieces of work through at once, in the order of asking. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves or rejects with the work, which begins when there is a slot for it. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
