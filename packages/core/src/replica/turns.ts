/** Lets one piece of work through at a time, in the order of asking. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #size = 0

  /** Whether more than the present work wants a turn. */
  get isContended(): boolean {
    return this.#size > 1
  }

  /** Resolves or rejects with the work, which begins when all before it has ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    this.#size++
    const turn = this.#last.then(work).finally(() => this.#size--)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
