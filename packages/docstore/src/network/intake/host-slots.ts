import { DocstoreError } from '@p2p-docstore/core'

/** When to come again who finds that too many of his host wait, milliseconds. */
const RETRY_MS = 1000

/** Requests of one host that are worked on at once; further ones wait, and of more than that each is refused. */
export class HostSlots {
  readonly #max: number
  readonly #maxWaiting: number
  readonly #hosts = new Map<string, { running: number; readonly waiting: (() => void)[] }>()

  constructor(max: number) {
    this.#max = max
    this.#maxWaiting = 8 * max
  }

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const host = this.#hosts.get(key) ?? { running: 0, waiting: [] }
    this.#hosts.set(key, host)
    if (host.running < this.#max) host.running++
    else {
      if (host.waiting.length >= this.#maxWaiting)
        throw new DocstoreError('too-many-requests', `From one address this relay works on ${this.#max} requests at once. Try again in a second`, {
          details: { limit: 'requestsPerAddress', retryMs: RETRY_MS },
        })
      await new Promise<void>((resolve) => host.waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = host.waiting.shift()
      if (next !== undefined) next()
      else if (--host.running === 0) this.#hosts.delete(key)
    }
  }
}
