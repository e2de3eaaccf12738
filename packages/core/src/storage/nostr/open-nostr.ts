import { NOSTR_SCHEMA_VERSION } from '../schema.ts'
import type { StorageParts } from '../storage-parts.ts'
import { NostrRows } from './nostr-rows.ts'
import { SqlNostr } from './sql-nostr.ts'

/** What finds the events of a namespace, which is kept in step with its records from here on. Its tables are made where they are not here. */
export function openNostr(parts: StorageParts, ns: number): SqlNostr {
  const { late, transactions, statements } = parts
  if (late.nostr?.ns !== ns)
    late.nostr = transactions.growing(() => {
      const rows = new NostrRows(ns, parts)
      // From here on programs that know nothing of such tables refuse the database by name.
      statements.exec(`PRAGMA user_version = ${NOSTR_SCHEMA_VERSION}`)
      return rows
    }, ns)
  return new SqlNostr(parts, late.nostr)
}
