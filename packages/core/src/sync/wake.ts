/** A bell that one loop waits for. It remembers having been rung, so that no ring is lost between two waits. */
export class Wake {
  #isRung = false
  #resolve: (() => void) | undefined

  /** Ends the wait that is under way, or the next one. */
  ring(): void {
    this.#isRung = true
    this.#resolve?.()
  }

  /** Resolves when it is rung, at once where it was since the last wait. */
  async wait(): Promise<void> {
    if (!this.#isRung) await new Promise<void>((resolve) => (this.#resolve = resolve))
    this.#isRung = false
    this.#resolve = undefined
  }
}
