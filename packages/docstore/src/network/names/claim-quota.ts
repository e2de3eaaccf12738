import type { Multiaddr } from '@multiformats/multiaddr'
import { hostOf, rangeOf } from '../transport/index.ts'
import { CLAIMS_PER_HOST, CLAIMS_PER_NEAR_HOST, MAX_QUOTA_HOSTS, QUOTA_MS } from './limits.ts'

/** How many claims were granted to each host in this hour: persons cost nothing, and nobody is to have all names. */
export class ClaimQuota {
  readonly #now: () => number
  /** Whose hour began first comes first. */
  readonly #hosts = new Map<string, { readonly since: number; count: number }>()

  /** `now` is in milliseconds of any clock that goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Whether who comes from there gets another one. */
  allows(address: Multiaddr): boolean {
    // Behind a proxy everybody comes from this machine or its network.
    const most = rangeOf(address) === 'public' ? CLAIMS_PER_HOST : CLAIMS_PER_NEAR_HOST
    const known = this.#hosts.get(keyOf(address))
    return known === undefined || this.#now() - known.since >= QUOTA_MS || known.count < most
  }

  /** Notes that they got one. */
  note(address: Multiaddr): void {
    const key = keyOf(address)
    const known = this.#hosts.get(key)
    if (known !== undefined && this.#now() - known.since < QUOTA_MS) {
      known.count++
      return
    }
    this.#hosts.delete(key)
    this.#hosts.set(key, { since: this.#now(), count: 1 })
    for (const oldest of this.#hosts.keys()) {
      if (this.#hosts.size <= MAX_QUOTA_HOSTS) break
      this.#hosts.delete(oldest)
    }
  }
}

function keyOf(address: Multiaddr): string {
  return hostOf(address.getComponents()[0]?.value ?? '')
}
