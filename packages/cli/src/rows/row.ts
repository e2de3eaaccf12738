/** One row of a file that is imported. */
export interface Row {
  readonly value: unknown
  /** Where it stands: the number of a line, or of an element of an array. */
  readonly at: number
  readonly unit: 'line' | 'row'
  /** Text of the field that `--id` names, digit by digit, where the value may have less. */
  readonly id?: string | undefined
  /** Whether long numbers, faults, or values of Extended JSON may be in it. */
  readonly isMarked?: boolean
  /** Why it is no row at all. */
  readonly error?: unknown
}

/** Rows that came at once. */
export interface RowGroup {
  readonly rows: readonly Row[]
  /** Whether all of them have to be good before any is stored: they are one value. */
  readonly isWhole: boolean
}

/** Where a row stands, for people. */
export function placeOf({ unit, at }: Pick<Row, 'unit' | 'at'>): string {
  return `${unit} ${at}`
}
