/** How much work may be done. */
export interface BudgetInit {
  /** So much at once. */
  readonly capacity: number
  /** So much comes back each second. */
  readonly perSecond: number
  /** Wall clock, milliseconds. */
  readonly now: () => number
}

/** Bounds work that others ask for: as much as there is, then as much as comes back. */
export class Budget {
  readonly #init: BudgetInit
  #left: number
  #at: number

  constructor(init: BudgetInit) {
    this.#init = init
    this.#left = init.capacity
    this.#at = init.now()
  }

  /** Whether there was so much left, which is spent then. */
  take(amount: number): boolean {
    const { capacity, perSecond, now } = this.#init
    const at = now()
    // A clock that is set back gives nothing, and takes nothing.
    this.#left = Math.min(capacity, this.#left + (Math.max(0, at - this.#at) / 1000) * perSecond)
    this.#at = at
    if (this.#left < amount) return false
    this.#left -= amount
    return true
  }
}
