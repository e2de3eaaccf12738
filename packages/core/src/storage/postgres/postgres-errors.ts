import type { ErrorCode } from '../../error-codes.ts'
import { DocstoreError } from '../../errors.ts'

/** By SQLSTATE, or its first two characters (postgresql.org/docs/current/errcodes-appendix.html), and by what sockets say. */
const CODES: ReadonlyMap<string, readonly [code: ErrorCode, sentence: string]> = new Map<string, readonly [ErrorCode, string]>([
  ['53100', ['disk-full', 'The disk of the database server is full. Free some space there; what was stored before is safe']],
  ['53', ['database-away', 'The database server has no room for this connection']],
  ['28', ['database-refused', 'The database server does not let this relay in. Check user, password and pg_hba.conf']],
  ['3D000', ['database-refused', 'The database does not exist on that server. Make it with createdb']],
  ['3F000', ['database-refused', 'The schema does not exist in that database']],
  ['42501', ['database-refused', 'This user may not do that in the database. Give it the schema']],
  ['25006', ['storage-read-only', 'That server takes no writes: it is a replica. Name the primary']],
  ['40', ['storage-busy', 'Another process wrote the same at the same time. It is tried again']],
  ['23505', ['storage-busy', 'Another process has just stored the same. It is tried again']],
  ['42P06', ['storage-busy', 'Another process makes the schema just now. It is tried again']],
  ['42P07', ['storage-busy', 'Another process makes the tables just now. It is tried again']],
  ['55P03', ['storage-busy', 'Another process holds what is to be written for too long']],
  ['57014', ['database-away', 'The database server took too long']],
  ['57', ['database-away', 'The database server ends, or is just starting']],
  ['08', ['database-away', 'The connection to the database server is lost']],
  ['58', ['storage-failed', 'The disk of the database server reported an error']],
  ['XX', ['data-corrupt', 'The database is damaged. Restore it from a backup']],
])

/** A SQLSTATE. No class of PostgreSQL begins with E, as what sockets say does: `EPIPE` has five letters too. */
const SQLSTATE = /^[0-9A-DF-Z][0-9A-Z]{4}$/

/** Our error for one of PostgreSQL, or of the way there. */
export function postgresError(code: string, message: string): DocstoreError {
  const [ours, sentence] = CODES.get(code) ?? CODES.get(code.slice(0, 2)) ?? (SQLSTATE.test(code) ? UNKNOWN : AWAY)
  return new DocstoreError(ours, `${sentence} (PostgreSQL: ${message})`)
}

const UNKNOWN: readonly [ErrorCode, string] = ['storage-failed', 'The database reported an error']
const AWAY: readonly [ErrorCode, string] = [
  'database-away',
  'The database server cannot be reached. What was stored is safe; it is tried again by itself',
]
