/** Keys and addresses that are remembered; of the oldest it is forgotten what they had done. */
const MAX_REMEMBERED = 10_000

/** So many at once, and then so many a second. */
export class Bucket {
  readonly #perSecond: number
  readonly #atOnce: number
  readonly #now: () => number
  #left: number
  #at: number

  constructor(perSecond: number, atOnce: number, now: () => number) {
    this.#perSecond = perSecond
    this.#atOnce = atOnce
    this.#now = now
    this.#left = atOnce
    this.#at = now()
  }

  /** Whether there is one more; it is gone then. */
  take(): boolean {
    const now = this.#now()
    this.#left = Math.min(this.#atOnce, this.#left + (Math.max(0, now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

/** A bucket for each of those who come. */
export class Buckets {
  readonly #make: () => Bucket
  readonly #byName = new Map<string, Bucket>()

  constructor(make: () => Bucket) {
    this.#make = make
  }

  take(name: string): boolean {
    const bucket = this.#byName.get(name) ?? this.#make()
    // The newest last.
    this.#byName.delete(name)
    this.#byName.set(name, bucket)
    if (this.#byName.size > MAX_REMEMBERED) for (const oldest of this.#byName.keys()) return this.#byName.delete(oldest) && bucket.take()
    return bucket.take()
  }
}
