import type { Statements } from '../statements.ts'
import type { Room } from './room.ts'

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
export function compactSome(statements: Statements, room: Room): CompactStep {
  if (!room.canGiveBack) statements.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM')
  else room.giveBack()
  const { freeBytes: left } = room
  const records = left > 0 ? 0 : Number(statements.own('SELECT count(*) AS n FROM (SELECT 1 FROM records LIMIT ?)').get(MAX_REINDEXED)?.['n'])
  if (left === 0 && records < MAX_REINDEXED) statements.exec('REINDEX')
  return { left }
}
