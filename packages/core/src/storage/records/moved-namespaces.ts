import { LogTables } from '../logs/log-tables.ts'
import type { NamespaceMove } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'
import { moveRecords } from './moved-records.ts'

/** Gives namespaces, with all that they hold, the ids that they have in another network, and values of the peer that go with that, in one transaction. */
export async function moveNamespaces(
  parts: StorageParts,
  moves: readonly NamespaceMove[],
  meta: ReadonlyMap<string, Uint8Array | undefined>,
): Promise<void> {
  const { statements, totals, times, transactions, late } = parts
  for (const { ns } of moves) await late.keepHistory(ns, false)
  const logs = new LogTables(parts)
  transactions.reserved(() => {
    for (const move of moves) {
      const { ns, cid, genesis, head, signature, roles } = move
      // Positions go on from where they are, also where the last record is forgotten.
      totals.lastSeq(ns)
      statements
        .own('UPDATE namespaces SET cid = ?, genesis = ?, head = ?, signature = ?, known = 0 WHERE ns = ?')
        .run(cid, genesis, head, signature, ns)
      times.changed()
      // Under its new id nothing of it was ever anywhere.
      statements.own('DELETE FROM forgotten WHERE ns = ?').run(ns)
      if (roles !== undefined) logs.restate(roles)
      moveRecords({ ...parts, history: late.history }, move)
      totals.recount(ns)
    }
    for (const [key, value] of meta) parts.meta.write(key, value)
  })
}
