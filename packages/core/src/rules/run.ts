import type { Json } from '../model/json/json-value.ts'
import { MAX_APPLICATIONS } from './limits.ts'

/** Where a value lies in a document: the name or place of it, and what that is in. `undefined` is the document. */
export type Place = { readonly within: Place; readonly name: string | number } | undefined

/** The first rule that a document, or a field of one, breaks. */
export interface Fault {
  /** Names and places that lead to what breaks it; empty for the document itself. */
  readonly path: readonly (string | number)[]
  /** The keyword of the schema, or the setting of the collection. */
  readonly rule: string
  /** What the rule asks for. */
  readonly expected: Json
}

/** Thrown where judging would take too long. */
export class TooMuchWork extends Error {}

/** One judgement: how much it may still take, and what it found first. */
export class Run {
  #left = MAX_APPLICATIONS
  #branches = 0
  #fault: Fault | undefined
  #text = ''
  #characters = 0

  get fault(): Fault | undefined {
    return this.#fault
  }

  /** Counts applications of schemas. Throws `TooMuchWork`. */
  spend(applications: number): void {
    this.#left -= applications
    if (this.#left < 0) throw new TooMuchWork()
  }

  /** Notes what is broken, unless something was before, or it need not hold. */
  blame(place: Place, rule: string, expected: Json): void {
    if (this.#branches === 0) this.#fault ??= { path: pathOf(place), rule, expected }
  }

  /** Judges what need not hold: it blames nothing. */
  branch<T>(judge: () => T): T {
    this.#branches++
    try {
      return judge()
    } finally {
      this.#branches--
    }
  }

  /** Length of a text in code points. Several schemas ask for that of the same text in a row. */
  characters(text: string): number {
    if (this.#text === text) return this.#characters
    let count = 0
    for (const _ of text) count++
    this.#text = text
    this.#characters = count
    return count
  }
}

function pathOf(place: Place): (string | number)[] {
  const path: (string | number)[] = []
  for (let at = place; at !== undefined; at = at.within) path.unshift(at.name)
  return path
}
