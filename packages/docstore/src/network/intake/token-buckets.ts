/** Buckets of which something is remembered: who used one up longest ago is forgotten first. */
const MAX_BUCKETS = 16_384

/** How fast buckets fill, and how much they hold. */
export interface BucketRate {
  readonly perSecond: number
  readonly atOnce: number
}

/** A bucket of tokens for each key: work is paid for after it was done, and whoever owes something waits until that is paid off. */
export class TokenBuckets {
  readonly #rate: BucketRate
  readonly #now: () => number
  /** What is owed, as of a time, milliseconds. A full bucket is not here. */
  readonly #spent = new Map<string, { spent: number; at: number }>()

  constructor(rate: BucketRate, now: () => number) {
    this.#rate = rate
    this.#now = now
  }

  /** How long it takes until this key owes nothing, milliseconds; 0 where it may go on. */
  waitMs(key: string): number {
    const over = this.#spentNow(key) - this.#rate.atOnce
    return over < 0 ? 0 : Math.ceil(((over + 1) * 1000) / this.#rate.perSecond)
  }

  spend(key: string, tokens: number): void {
    const spent = this.#spentNow(key) + tokens
    this.#spent.delete(key)
    this.#spent.set(key, { spent, at: this.#now() })
    if (this.#spent.size > MAX_BUCKETS) this.#spent.delete(this.#spent.keys().next().value ?? key)
  }

  #spentNow(key: string): number {
    const bucket = this.#spent.get(key)
    if (bucket === undefined) return 0
    const spent = bucket.spent - (Math.max(0, this.#now() - bucket.at) * this.#rate.perSecond) / 1000
    if (spent > 0) return spent
    this.#spent.delete(key)
    return 0
  }
}
