import type { Statements } from '../statements.ts'

/** Pages that are given back in one transaction: a megabyte. */
const PAGES_AT_ONCE = 256
/** What SQLite calls a database that gives free pages back when it is told to. */
const INCREMENTAL = 2
/** Largest number of records with which indexes are made anew: more of them would keep everybody waiting. */
const MAX_REINDEXED = 100_000

/** How far compacting is. */
export interface CompactStep {
  /** Free bytes in the database that are yet to be given back to the disk; 0 at the end. */
  readonly left: number
}

/**
 * Gives a part of the free pages back to the disk, the last ones of the file; what lies behind others moves forward. A database that was made before
 * that could be done is written anew in one go, once. At the end, indexes are made anew where that is quick: what was moved in them can have left copies
 * in their pages of what was deleted later.
 */
export function compactSome(statements: Statements): CompactStep {
  const number = (pragma: string): number => Number(Object.values(statements.own(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0)
  if (number('auto_vacuum') !== INCREMENTAL) statements.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM')
  else if (number('freelist_count') > 0) statements.own(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all()
  const left = number('freelist_count')
  if (left === 0 && Number(statements.own('SELECT count(*) AS n FROM (SELECT 1 FROM records LIMIT ?)').get(MAX_REINDEXED)?.['n']) < MAX_REINDEXED)
    statements.exec('REINDEX')
  return { left: left * number('page_size') }
}
