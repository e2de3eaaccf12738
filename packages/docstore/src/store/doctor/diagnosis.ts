import type { Fault } from './fault-names.ts'

/** One check: what was looked at, what was found, and what to do about it. */
export interface Diagnosis {
  /** What was looked at: `storage`, `damage`, `summaries`, `held`, `relay`, `clock`, `copies`, `connection`, `reservation`, `direct`. */
  readonly check: string
  readonly ok: boolean
  /** Stable name of what is wrong, or the code of the error that kept it from being looked at; `null` where nothing is. */
  readonly fault: string | null
  readonly message: string
  /** Empty where nothing is to be done. */
  readonly fix: string
}

/** What the doctor of the library finds: each of its faults is in a table. */
export interface Finding extends Diagnosis {
  readonly fault: Fault | null
}
