/** 2026-01-01T00:00:00Z: where virtual time begins, Unix milliseconds. */
const START_MS: number = Date.UTC(2026, 0, 1)

interface Event {
  readonly at: number
  /** Of equal times the first made comes first. */
  readonly order: number
  readonly run: () => void
}

/** Virtual time for millions of events: a binary heap of what is to happen, without promises. */
export class EventQueue {
  #now = START_MS
  #made = 0
  readonly #heap: Event[] = []

  /** Unix milliseconds. */
  get now(): number {
    return this.#now
  }

  /** How many events there have been. */
  get events(): number {
    return this.#made - this.#heap.length
  }

  /** Does something after so many milliseconds, in whole ones. */
  after(ms: number, run: () => void): void {
    const event = { at: this.#now + Math.max(0, Math.round(ms)), order: this.#made++, run }
    let index = this.#heap.push(event) - 1
    for (let parent = (index - 1) >> 1; index > 0 && isBefore(event, this.#heap[parent]); parent = (index - 1) >> 1) {
      this.#put(index, this.#heap[parent])
      index = parent
    }
    this.#heap[index] = event
  }

  /** Lets so much time pass. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst()
      this.#now = next.at
      next.run()
    }
    this.#now = end
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      const right = this.#heap[child + 1]
      if (right !== undefined && isBefore(right, this.#heap[child])) child++
      const least = this.#heap[child]
      if (least === undefined || !isBefore(least, last)) break
      this.#put(index, least)
      index = child
    }
    this.#heap[index] = last
  }

  #put(index: number, event: Event | undefined): void {
    if (event !== undefined) this.#heap[index] = event
  }
}

function isBefore(a: Event, b: Event | undefined): boolean {
  return b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order))
}
