import type { Statements } from './statements.ts'

/** Faults that are told of one database. */
const MAX_FAULTS = 100

/** What SQLite finds wrong with a database: nothing where it is whole. Reads all of it. */
export function damageIn(statements: Statements): readonly string[] {
  const rows = statements.query(`PRAGMA integrity_check(${MAX_FAULTS})`).all()
  return rows.map((row) => String(row['integrity_check'])).filter((fault) => fault !== 'ok')
}

/** Whether a fault is of an index alone, which is made anew from what it is about. */
export function isOfIndex(fault: string): boolean {
  return /^(row \d+ missing from|wrong # of entries in|non-unique entry in|row \d+ values differ from|rowid not at end-of-record for row \d+ of) index /.test(
    fault,
  )
}
