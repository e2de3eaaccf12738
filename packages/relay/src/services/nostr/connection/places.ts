import { hostOf } from 'p2p-docstore'

/** How many clients there may be, and how many of one host. */
export class Places {
  readonly #max: number
  readonly #maxPerHost: number
  readonly #perHost = new Map<string, number>()
  #taken = 0

  constructor(max: number, maxPerHost: number) {
    this.#max = max
    this.#maxPerHost = maxPerHost
  }

  get taken(): number {
    return this.#taken
  }

  /** Takes a place, and gives the way to leave it; `undefined` where there is none. This very machine has all: behind a proxy everybody comes from there. */
  take(address: string): (() => void) | undefined {
    const host = hostOf(address)
    const ofHost = this.#perHost.get(host) ?? 0
    if (this.#taken >= this.#max || (ofHost >= this.#maxPerHost && !isLoopback(address))) return undefined
    this.#taken++
    this.#perHost.set(host, ofHost + 1)
    let isLeft = false
    return () => {
      if (isLeft) return
      isLeft = true
      this.#taken--
      const left = (this.#perHost.get(host) ?? 1) - 1
      if (left > 0) this.#perHost.set(host, left)
      else this.#perHost.delete(host)
    }
  }
}

/** Whether an address is of this very machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
