import type { Statements } from './statements.ts'

/** Rows that are taken away at a time. Each may lie in a page of its own. */
const ROWS_AT_ONCE = 64

/**
 * Rows that belong to an index or to a version that is no longer there. Nobody reads them: the next index of their number clears them first, and
 * no other version gets the number of this one.
 */
export interface Leftover {
  readonly table: 'array_entries' | 'text_moved'
  readonly column: 'ix' | 'rid' | 'tx'
  readonly number: number
}

/** Clears some of them; gives whether there may be more. Call inside a transaction. */
export function clearSome(statements: Statements, { table, column, number }: Leftover): boolean {
  const key = table === 'text_moved' ? 'tx, row' : 'ix, value, rid'
  const some = `SELECT ${key} FROM ${table} WHERE ${column} = ? LIMIT ${ROWS_AT_ONCE}`
  const cleared = statements.own(`DELETE FROM ${table} WHERE (${key}) IN (${some}) RETURNING 1`).all(number)
  return cleared.length === ROWS_AT_ONCE
}
