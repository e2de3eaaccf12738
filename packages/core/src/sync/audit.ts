import { errorCode } from '../errors.ts'
import type { Replica } from '../replica/types.ts'

/** How likely the first comparison of a session is followed by an audit. Sessions can be short, and many. */
const FIRST_CHANCE = 1 / 64
/** How often a namespace is audited with one peer after that, on average, milliseconds. */
const AUDIT_EVERY_MS: number = 24 * 60 * 60_000

/** What the audits of a namespace with one peer need. */
export interface AuditsInit {
  readonly ns: string
  readonly replica: Replica
  /** Wall clock, milliseconds. */
  readonly now: () => number
  /** At least 0, below 1. */
  readonly random: () => number
  /** Asks a question, then whatever follows from the answers; resolves with the number of records that this has moved. */
  readonly reconcile: (question: Uint8Array) => Promise<number>
}

/** Now and then looks closer where roots are equal. When, is left to chance, so that nobody can be equal just then. */
export class Audits {
  readonly #init: AuditsInit
  #equalAt: number | undefined

  constructor(init: AuditsInit) {
    this.#init = init
  }

  /** To be called whenever the roots are equal. Resolves with whether records were moved, so that they may not be any more. */
  async maybe(): Promise<boolean> {
    if (!this.#isDue()) return false
    const { ns, replica, reconcile } = this.#init
    try {
      const question = await replica.auditQuestion(ns)
      return question !== undefined && (await reconcile(question)) > 0
    } catch (error) {
      // One side has audited a lot already. There will be another time.
      if (errorCode(error) === 'busy') return false
      throw error
    }
  }

  #isDue(): boolean {
    const { now, random } = this.#init
    const [before, at] = [this.#equalAt, now()]
    this.#equalAt = at
    return random() < (before === undefined ? FIRST_CHANCE : (at - before) / AUDIT_EVERY_MS)
  }
}
