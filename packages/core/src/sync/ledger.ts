import type { AcceptResult, OutgoingBatch, Replica } from '../replica/types.ts'
import type { Refusal } from '../model/verdict.ts'
import { MAX_BATCH_BYTES } from '../replica/limits.ts'
import { MAX_LEDGER_RANGES } from './limits.ts'

/** How often a batch is read again because something from the peer was stored meanwhile. Then the peer gets its own back, and drops it. */
const MAX_REREADS = 3

/** A range of local positions: `from < seq <= to`. */
export type SeqRange = readonly [from: number, to: number]

/**
 * Which local versions came from one peer, per namespace, so that they are not sent back to it. One for each peer, shared by all that
 * receives from it or sends to it. Forgetting some costs bytes only.
 */
export class Ledger {
  readonly #ranges = new Map<string, SeqRange[]>()
  /** Batches from the peer that are being stored. */
  readonly #arriving = new Set<Promise<unknown>>()
  #epoch: string | undefined

  /** Tells which database the peer has: what it gave from another one, it may have lost. */
  meet(epoch: string): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#ranges.clear()
    this.#epoch = epoch
  }

  /** Stores a batch from the peer, and notes where it came from. */
  async accept(
    replica: Replica,
    ns: string,
    batch: Uint8Array,
    options: { readonly hold?: boolean } = {},
  ): Promise<AcceptResult | { readonly refused: Refusal }> {
    const arriving = replica.accept(ns, batch, options).then((accepted) => {
      if (!('refused' in accepted)) this.#add(ns, accepted.from, accepted.to)
      return accepted
    })
    this.#arriving.add(arriving)
    try {
      return await arriving
    } finally {
      this.#arriving.delete(arriving)
    }
  }

  /** What the peer may not have: everything after `since`, without what came from it. */
  async batchSince(replica: Replica, ns: string, since: number): Promise<OutgoingBatch> {
    for (let tries = 1; ; tries++) {
      const ranges = this.#ranges.get(ns) ?? []
      const noted = ranges.at(-1)?.[1] ?? 0
      const outgoing = await replica.batchSince(ns, since, { maxBytes: MAX_BATCH_BYTES, skip: ranges.filter(([, to]) => to > since) })
      // What was stored while this was read may be in it: its origin is known once it has been noted.
      if (this.#arriving.size > 0) await Promise.allSettled(this.#arriving)
      const isMixed = this.#ranges.get(ns)?.some(([from, to]) => to > Math.max(noted, since) && Math.max(from, noted) < outgoing.seq) ?? false
      if (!isMixed || tries === MAX_REREADS) return outgoing
    }
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
