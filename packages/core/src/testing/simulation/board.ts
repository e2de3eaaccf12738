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

/** Who reads, and when. */
export interface Reader {
  /** True time at which what he knows was said, and by how much his clock is ahead, milliseconds. */
  readonly time: number
  readonly lagMs: number
  readonly skewMs: number
  readonly island: number
}

/**
 * The directory, without its messages: what each relay said of itself, newest last. Who reads it sees what was said on his island, after the time that
 * news take to him, and not what lies ahead of his clock: so views differ as they do among real relays.
 */
export class Board {
  readonly #said: Said[][] = []

  /** A relay says something of itself. Returns whether it is other than that it is still there as before. */
  say(relay: number, said: Said): boolean {
    const list = (this.#said[relay] ??= [])
    const last = list.at(-1)
    list.push(said)
    if (list.length > MAX_SAID) {
      // What everybody could read stays for those who cannot read what comes now.
      const isShared = (one: Said): boolean => one.island === 0
      const spare = list.filter(isShared).length > MIN_SHARED ? list.findIndex(isShared) : list.findIndex((one) => !isShared(one))
      list.splice(spare, 1)
    }
    return last === undefined || !goesOn(last, said)
  }

  /** All islands are one again. */
  join(): void {
    for (const list of this.#said) for (const one of list ?? []) one.island = 0
  }

  /** What is known of a relay by a reader. */
  read(relay: number, reader: Reader): Said | undefined {
    const list = this.#said[relay]
    if (list === undefined) return undefined
    for (let i = list.length - 1; i >= 0; i--) {
      const one = list[i]
      if (one !== undefined && isOn(one, reader.island) && readableAt(one, reader) <= reader.time) return one
    }
    return undefined
  }

  /**
   * The true time from which on a reader may know of a relay something else than that, of what it has said by now: with `isOther`, something else than that it is still there. Infinite where
   * that is all.
   */
  nextAt(relay: number, reader: Reader, known: Said | undefined, { isOther }: { readonly isOther: boolean }): number {
    const list = this.#said[relay] ?? []
    let next = Number.POSITIVE_INFINITY
    for (let i = list.length - 1; i >= 0; i--) {
      const one = list[i]
      if (one === undefined || one === known) break
      if (isOn(one, reader.island) && !(isOther && known !== undefined && goesOn(known, one))) next = Math.min(next, readableAt(one, reader))
    }
    return next
  }

  /** A relay is gone for good, and so is its place. */
  forget(relay: number): void {
    this.#said[relay] = []
  }
}

function isOn({ island }: Said, of: number): boolean {
  return island === 0 || island === of
}

/** The true time from which on somebody reads it: the news have to arrive, and it may not lie ahead of his clock. */
function readableAt({ saidAt, at }: Said, { lagMs, skewMs }: Reader): number {
  return Math.max(saidAt + lagMs, at - MAX_FUTURE_MS - skewMs)
}

/** Whether a relay is still what it was. */
function goesOn(before: Said, after: Said): boolean {
  return (
    before.since === after.since &&
    before.power === after.power &&
    (before.services === after.services || before.services.join() === after.services.join())
  )
}
