import { NOSTR_SCHEMA_VERSION } from '../schema.ts'
import type { StorageParts } from '../storage-parts.ts'
import { NostrRows } from './nostr-rows.ts'
import { NOSTR_TABLES, NOSTR_WORDS } from './schema.ts'
import { SqlNostr } from './sql-nostr.ts'

/** Pages after which the log is copied into a database with events: 64 MiB, to which the log is cut in any case. */
const WAL_PAGES = 16_000

/** What finds the events of a namespace, which is kept in step with its records from here on. Its tables are made where they are not here. */
export function openNostr(parts: StorageParts, ns: number): SqlNostr {
  const { late, transactions, statements } = parts
  if (late.nostr?.ns !== ns) {
    // Who only reads can make nothing, and finds what is there.
    if (statements.own("SELECT 1 FROM sqlite_schema WHERE name = 'nostr_words'").get() === undefined)
      transactions.growing(() => {
        // From here on programs that know nothing of such tables refuse the database by name.
        statements.exec(`${NOSTR_TABLES} ${NOSTR_WORDS} PRAGMA user_version = ${NOSTR_SCHEMA_VERSION}`)
      }, ns)
    late.nostr = new NostrRows(ns, parts)
  }
  // Each event touches pages all over its indexes. The longer they are gathered in the log, the more of them are copied once for many events.
  statements.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}`)
  return new SqlNostr(parts, late.nostr)
}
