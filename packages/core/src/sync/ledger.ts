import type { AcceptResult, OutgoingBatch, Replica } from '../replica/types.ts'
import type { Refusal } from '../model/verdict.ts'
import { MAX_BATCH_BYTES } from '../replica/limits.ts'
import { FORGIVEN_UNITS_PER_MS, MAX_LEDGER_RANGES, MAX_PULLED_PARTS, MAX_WAIT_MS, MAX_WASTED_UNITS, MIN_WAIT_MS, WAIT_PER_UNIT_MS } from './limits.ts'
import type { Parts } from '../sets/parts.ts'
import { Turns } from '../replica/turns.ts'

/** A range of local positions: `from < seq <= to`. */
export type SeqRange = readonly [from: number, to: number]

/**
 * What is remembered of one peer, shared by all its streams: which local versions came from it, per namespace, so
 * that they are not sent back (forgetting some costs bytes only), and how much of our work it wasted.
 */
export class Ledger {
  readonly #ranges = new Map<string, SeqRange[]>()
  /** How far the peer has pulled, by parts; only of namespaces that are here. */
  readonly #pulled = new Map<string, Map<string, number>>()
  readonly #turns = new Turns()
  readonly #requests = new Turns()
  #wasted = 0
  #wastedAt = 0
  #epoch: string | undefined

  /** Tells which database the peer has: what it gave from another one, it may have lost. */
  meet(epoch: string): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#ranges.clear()
    this.#epoch = epoch
  }

  /** The peer has gone. What it wasted is remembered, should it come back at once; the rest costs bytes only. */
  rest(): void {
    this.#ranges.clear()
    this.#pulled.clear()
  }

  /** Notes that the peer got what lies between two positions; tells whether it had got that before. */
  pulled(ns: string, { since, seq, parts }: { readonly since: number; readonly seq: number; readonly parts?: Parts | undefined }): boolean {
    const ofParts = this.#pulled.get(ns) ?? new Map<string, number>()
    this.#pulled.set(ns, ofParts)
    const key = parts?.join() ?? ''
    // Who names ever other parts gets the same again.
    if (!ofParts.has(key) && ofParts.size >= MAX_PULLED_PARTS) return true
    const before = ofParts.get(key) ?? 0
    ofParts.set(key, Math.max(before, seq))
    return since < before
  }

  /** Requests of the peer are worked on one at a time, over however many streams they come, so that it cannot have the others' share too. */
  request<T>(work: () => Promise<T>): Promise<T> {
    return this.#requests.take(work)
  }

  /**
   * Notes work for the peer: `spent` units that brought nothing by themselves, such as records that were not needed, and `used` ones that
   * did. Resolves with the milliseconds that the answer should wait: none, unless much more is wasted than honest peers ever do.
   */
  account({ spent, used, now }: { readonly spent: number; readonly used: number; readonly now: number }): number {
    const forgiven = Math.max(0, now - this.#wastedAt) * FORGIVEN_UNITS_PER_MS
    this.#wasted = Math.max(0, this.#wasted - forgiven - used) + spent
    this.#wastedAt = now
    return this.#wasted > MAX_WASTED_UNITS ? Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, spent * WAIT_PER_UNIT_MS)) : 0
  }

  /** Stores a batch from the peer, and notes where it came from before anybody can send it. */
  accept(
    replica: Replica,
    ns: string,
    batch: Uint8Array,
    refused?: ReadonlyMap<number, Refusal | 'quota'>,
  ): Promise<AcceptResult | { readonly refused: Refusal }> {
    return this.#turns.take(async () => {
      const accepted = await replica.accept(ns, batch, refused)
      if (!('refused' in accepted)) for (const [from, to] of accepted.ranges) this.#add(ns, from, to)
      return accepted
    })
  }

  /** What the peer may not have: everything after `since`, without what came from it. It surely accepts nothing beyond `latest`. */
  batchSince(
    replica: Replica,
    ns: string,
    since: number,
    {
      maxBytes = MAX_BATCH_BYTES,
      latest,
      parts,
    }: { readonly maxBytes?: number | undefined; readonly latest?: number | undefined; readonly parts?: Parts | undefined } = {},
  ): Promise<OutgoingBatch> {
    return this.#turns.take(() => {
      const skip = (this.#ranges.get(ns) ?? []).filter(([, to]) => to > since)
      return replica.batchSince(ns, since, { maxBytes, skip, latest, parts })
    })
  }

  #add(ns: string, from: number, to: number): void {
    const ranges = this.#ranges.get(ns) ?? []
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === from) ranges[ranges.length - 1] = [last[0], to]
    else ranges.push([from, to])
    if (ranges.length > MAX_LEDGER_RANGES) ranges.shift()
    this.#ranges.set(ns, ranges)
  }
}
