import type { OpenedReading, Replica } from '@p2p-docstore/core'

/** Readings of one line that are remembered: several times what a replica keeps open, so that those before have ended. */
const MAX_NOTED = 1024

/** What another program or tab reads here and has not read to its end. What is kept for it goes when its line does. */
export class OtherReadings {
  readonly #replica: Pick<Replica, 'endReading'>
  readonly #open = new Set<string>()
  #isClosed = false

  constructor(replica: Pick<Replica, 'endReading'>) {
    this.#replica = replica
  }

  /** Notes what a call has opened or ended; gives its result. */
  note(method: string, args: readonly unknown[], result: unknown): unknown {
    if (method === 'replica.openReading') this.#opened((result as OpenedReading).reading)
    if (method === 'replica.openFeed') this.#opened((result as Awaited<ReturnType<Replica['openFeed']>>).feed)
    if (method === 'replica.endReading' || (method === 'replica.readOn' && (result as { isLast: boolean }).isLast)) this.#open.delete(String(args[0]))
    return result
  }

  /** The line is closed. */
  close(): void {
    this.#isClosed = true
    for (const reading of this.#open) this.#end(reading)
    this.#open.clear()
  }

  #opened(reading: string | undefined): void {
    if (reading === undefined) return
    if (this.#isClosed) {
      this.#end(reading)
      return
    }
    this.#open.add(reading)
    const [oldest] = this.#open
    if (this.#open.size > MAX_NOTED && oldest !== undefined) this.#open.delete(oldest)
  }

  /** Where the replica is closed, there is nothing left to end. */
  #end(reading: string): void {
    this.#replica.endReading(reading).catch(() => undefined)
  }
}
