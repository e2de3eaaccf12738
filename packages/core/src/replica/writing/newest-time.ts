/** A bound on the times of all that is stored: nothing here has a later one. It tells at no cost that nothing lies in the future. */
export class NewestTime {
  #time = 0

  /** Hybrid time. */
  get time(): number {
    return this.#time
  }

  raise(time: number): void {
    this.#time = Math.max(this.#time, time)
  }

  /** Lets the bound be found anew, by raising it from nothing; what is committed meanwhile raises it too. Where that fails it is no lower than before. */
  async findAnew(raiseAll: () => Promise<void>): Promise<void> {
    const before = this.#time
    this.#time = 0
    try {
      await raiseAll()
    } catch (error) {
      this.raise(before)
      throw error
    }
  }
}
