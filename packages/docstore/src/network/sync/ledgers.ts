import { Ledger } from '@p2p-docstore/core'

/** Peers of whom something is remembered: more than can be connected, and those who left last. */
const MAX_LEDGERS = 4096

/** What is remembered of each peer's requests, while it is connected and for some time after that. */
export class Ledgers {
  readonly #ledgers = new Map<string, Ledger>()

  readonly of = (peer: string): Ledger => {
    const ledger = this.#ledgers.get(peer) ?? new Ledger()
    // To the end of the map, which begins with whom nobody heard of for longest.
    this.#ledgers.delete(peer)
    this.#ledgers.set(peer, ledger)
    if (this.#ledgers.size > MAX_LEDGERS) this.#ledgers.delete(this.#ledgers.keys().next().value ?? peer)
    return ledger
  }

  /** A peer has left. */
  rest(peer: string): void {
    this.#ledgers.get(peer)?.rest()
  }
}
