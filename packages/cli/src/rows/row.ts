/** One row of a file that is imported. */
export interface Row {
  readonly value: unknown
  /** Where it stands, for people: `line 7`, or `row 3` of a JSON array. */
  readonly place: string
}
