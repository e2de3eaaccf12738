/** What SQLite stores and what we bind. */
export type SqlValue = null | number | string | Uint8Array

/** A piece of SQL with the values for its `?`, in order. */
export interface SqlFragment {
  readonly sql: string
  readonly params: readonly SqlValue[]
}

/** Conditions that must all hold; TRUE where there is none. */
export function allOf(conditions: readonly SqlFragment[]): SqlFragment {
  return conditions.length === 0 ? { sql: 'TRUE', params: [] } : join(conditions, ' AND ')
}

/** Conditions of which one must hold; FALSE where there is none. */
export function anyOf(conditions: readonly SqlFragment[]): SqlFragment {
  return conditions.length === 0 ? { sql: 'FALSE', params: [] } : join(conditions, ' OR ')
}

function join(fragments: readonly SqlFragment[], operator: string): SqlFragment {
  const [first] = fragments
  if (fragments.length === 1 && first !== undefined) return first
  return { sql: `(${fragments.map(({ sql }) => sql).join(operator)})`, params: fragments.flatMap(({ params }) => params) }
}

/**
 * A number as an operand of what SQLite read from JSON. There, whole numbers between 2^53 and 2^63 are 64-bit integers
 * with the digits that JavaScript prints, which differ from the bound double; so those are written as digits.
 */
export function jsonNumber(value: number): SqlFragment {
  const isInt64 = Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < 2 ** 63
  return isInt64 ? { sql: String(value), params: [] } : { sql: '?', params: [value] }
}
