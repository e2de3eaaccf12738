import { DocstoreError } from '../errors.ts'
import type { Acceptance } from '../replica/types.ts'
import type { Asking } from './channel.ts'
import { JOINED_BYTES, MAX_JOINED } from './limits.ts'
import type { PeerClock } from './peer-clocks.ts'

/** A batch for a namespace of the peer that waits to be sent, and who waits for what becomes of it. */
interface Waiting {
  readonly ns: string
  readonly batch: Uint8Array
  readonly settled: PromiseWithResolvers<readonly Acceptance[]>
}

/** What sending takes. */
export interface PutCollectorInit {
  readonly channel: () => Asking
  /** Whether the peer reads several batches in one request. */
  readonly canJoin: () => boolean
  /** What is known of the peer's clock: every answer tells its time. */
  readonly clock: PeerClock | undefined
}

/** Sends batches to the peer. Those that come while another is under way go together in one request, so that many namespaces do not cost as many round trips. */
export class PutCollector {
  readonly #init: PutCollectorInit
  #waiting: Waiting[] = []
  #isSending = false

  constructor(init: PutCollectorInit) {
    this.#init = init
  }

  /** What became of each record, by the word of the peer. Throws what the peer reports of this batch. */
  put(ns: string, batch: Uint8Array): Promise<readonly Acceptance[]> {
    const settled = Promise.withResolvers<readonly Acceptance[]>()
    this.#waiting.push({ ns, batch, settled })
    if (!this.#isSending) void this.#run()
    return settled.promise
  }

  /** Never rejects: who waits for a batch hears of its failure. */
  async #run(): Promise<void> {
    this.#isSending = true
    while (this.#waiting.length > 0) {
      const together = this.#next()
      try {
        await this.#send(together)
      } catch (error) {
        for (const { settled } of together) settled.reject(error)
      }
    }
    this.#isSending = false
  }

  #next(): readonly Waiting[] {
    let count = 0
    let bytes = 0
    for (const { batch } of this.#waiting) {
      if (count > 0 && (!this.#init.canJoin() || count >= MAX_JOINED || bytes + batch.length > JOINED_BYTES)) break
      bytes += batch.length
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #send(together: readonly Waiting[]): Promise<void> {
    const { channel: channelOf, clock: peerClock } = this.#init
    const channel = channelOf()
    const sentAt = peerClock?.elapsed() ?? 0
    const [first, second] = together
    if (first !== undefined && second === undefined) {
      const { results, clock } = await channel.ask({ t: 'put', ns: first.ns, batch: first.batch }, 'results')
      peerClock?.note({ clock, sentAt })
      first.settled.resolve(results)
      return
    }
    const puts = together.map(({ ns, batch }) => ({ ns, batch }))
    const { results, clock } = await channel.ask({ t: 'puts', puts }, 'all-results')
    peerClock?.note({ clock, sentAt })
    if (results.length !== together.length) throw new DocstoreError('protocol', 'The peer answered for other batches than it was sent')
    together.forEach(({ settled }, i) => {
      const result = results[i] ?? []
      if ('code' in result) settled.reject(DocstoreError.passedOn(result.code, `The peer refused: ${result.message}`))
      else settled.resolve(result)
    })
  }
}
