/** One check: what was looked at, what was found, and what to do about it. */
export interface Diagnosis {
  /** What was looked at: `storage`, `summaries`, `held`, `relay`, `clock`, `copies`, `connection`, `reservation`, `direct`. */
  readonly check: string
  readonly ok: boolean
  /** Stable name of what is wrong; `null` where nothing is. */
  readonly fault: string | null
  readonly message: string
  /** Empty where nothing is to be done. */
  readonly fix: string
}
