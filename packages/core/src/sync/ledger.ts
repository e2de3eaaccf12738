import { MAX_LEDGER_RANGES } from './limits.ts'

/** A range of local positions: `from < seq <= to`. */
export type SeqRange = readonly [from: number, to: number]

/** Which local versions came from one peer, per namespace, so that they are not sent back to it. Forgetting some costs bytes only. */
export class Ledger {
  readonly #ranges = new Map<string, SeqRange[]>()

  /** Notes that everything in `from < seq <= to` came from the peer. */
  add(ns: string, from: number, to: number): void {
    if (to <= from) return
    const ranges = this.#ranges.get(ns) ?? []
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === from) ranges[ranges.length - 1] = [last[0], to]
    else ranges.push([from, to])
    if (ranges.length > MAX_LEDGER_RANGES) ranges.shift()
    this.#ranges.set(ns, ranges)
  }

  /** The ranges that a sender at position `since` has to pass over. */
  after(ns: string, since: number): readonly SeqRange[] {
    return (this.#ranges.get(ns) ?? []).filter(([, to]) => to > since)
  }
}
