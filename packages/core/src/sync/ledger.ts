import type { AcceptResult, OutgoingBatch, Replica } from '../replica/types.ts'
import type { Refusal } from '../model/verdict.ts'
import { MAX_BATCH_BYTES } from '../replica/limits.ts'
import { MAX_LEDGER_RANGES } from './limits.ts'
import { Turns } from '../replica/turns.ts'

/** A range of local positions: `from < seq <= to`. */
export type SeqRange = readonly [from: number, to: number]

/**
 * Which local versions came from one peer, per namespace, so that they are not sent back to it. One for each peer, shared by all that
 * receives from it or sends to it. Forgetting some costs bytes only.
 */
export class Ledger {
  readonly #ranges = new Map<string, SeqRange[]>()
  readonly #turns = new Turns()
  readonly #requests = new Turns()
  #wasted = 0
  #epoch: string | undefined

  /** Tells which database the peer has: what it gave from another one, it may have lost. */
  meet(epoch: string): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#ranges.clear()
    this.#epoch = epoch
  }

  /** Requests of the peer are worked on one at a time, over however many streams they come, so that it cannot have the others' share too. */
  request<T>(work: () => Promise<T>): Promise<T> {
    return this.#requests.take(work)
  }

  /** How many records the peer has put in a row that were not needed here. */
  get wasted(): number {
    return this.#wasted
  }

  /** Stores a batch from the peer, and notes where it came from before anybody can send it. */
  accept(replica: Replica, ns: string, batch: Uint8Array): Promise<AcceptResult | { readonly refused: Refusal }> {
    return this.#turns.take(async () => {
      const accepted = await replica.accept(ns, batch)
      if ('refused' in accepted) return accepted
      this.#add(ns, accepted.from, accepted.to)
      this.#wasted = accepted.to > accepted.from ? 0 : this.#wasted + accepted.results.length
      return accepted
    })
  }

  /** What the peer may not have: everything after `since`, without what came from it. */
  batchSince(replica: Replica, ns: string, since: number): Promise<OutgoingBatch> {
    return this.#turns.take(() => {
      const skip = (this.#ranges.get(ns) ?? []).filter(([, to]) => to > since)
      return replica.batchSince(ns, since, { maxBytes: MAX_BATCH_BYTES, skip })
    })
  }

  #add(ns: string, from: number, to: number): void {
    if (to <= from) return
    const ranges = this.#ranges.get(ns) ?? []
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === from) ranges[ranges.length - 1] = [last[0], to]
    else ranges.push([from, to])
    if (ranges.length > MAX_LEDGER_RANGES) ranges.shift()
    this.#ranges.set(ns, ranges)
  }
}
