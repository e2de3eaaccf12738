import { MAX_FUTURE_MS } from '../../model/limits.ts'
import type { Standing } from '../../placement/membership.ts'

/** Descriptors of one relay that are remembered: one that is ten minutes fast is read by one that is ten minutes slow half an hour later. */
const MAX_SAID = 10
/** Of those that everybody can read, so many are kept at least. */
const MIN_SHARED = 3

/** What a relay said of itself, and when, in true time. */
export interface Said extends Standing {
  readonly power: number
  readonly saidAt: number
  /** The island that it was said on; 0 is everywhere. */
  island: number
}

/**
 * The directory, without its messages: what each relay said of itself, newest last. Who reads it sees what was said on his island, after the time that
 * news take to him, and not what lies ahead of his clock: so views differ as they do among real relays.
 */
export class Board {
  readonly #said: Said[][] = []

  /** A relay says something of itself. */
  say(relay: number, said: Said): void {
    const list = (this.#said[relay] ??= [])
    list.push(said)
    if (list.length <= MAX_SAID) return
    // What everybody could read stays for those who cannot read what comes now.
    const isShared = (one: Said): boolean => one.island === 0
    const spare = list.filter(isShared).length > MIN_SHARED ? list.findIndex(isShared) : list.findIndex((one) => !isShared(one))
    list.splice(spare, 1)
  }

  /** All islands are one again. */
  join(): void {
    for (const list of this.#said) for (const one of list ?? []) one.island = 0
  }

  /** What is known of a relay by who reads with this clock, on this island. */
  read(relay: number, { time, clock, island }: { readonly time: number; readonly clock: number; readonly island: number }): Said | undefined {
    const list = this.#said[relay]
    if (list === undefined) return undefined
    for (let i = list.length - 1; i >= 0; i--) {
      const one = list[i]
      if (one !== undefined && one.saidAt <= time && one.at <= clock + MAX_FUTURE_MS && (one.island === 0 || one.island === island)) return one
    }
    return undefined
  }

  /** A relay is gone for good, and so is its place. */
  forget(relay: number): void {
    this.#said[relay] = []
  }
}
