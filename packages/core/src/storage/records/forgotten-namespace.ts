import type { Statements } from '../statements.ts'
import type { StorageParts } from '../storage-parts.ts'

/** Takes a namespace away, with its indexes and what else stands beside its records; false where another position than this is the last. */
export function forgetNamespace(
  { statements, transactions, indexes, texts, queries, totals, late }: StorageParts,
  ns: number,
  onlyAt?: number,
): boolean {
  const declared = statements.own('SELECT collection, paths FROM indexes WHERE ns = ?')
  const words = statements.own('SELECT collection, paths FROM text_indexes WHERE ns = ?')
  const pathsOf = (paths: unknown): string[] => JSON.parse(String(paths)) as string[]
  const isGone = transactions.reserved(() => {
    if (onlyAt !== undefined && totals.lastSeq(ns) !== onlyAt) return false
    // An empty genesis stands for none: the row keeps the number for this id.
    const none = new Uint8Array()
    statements.own('UPDATE namespaces SET genesis = ?, head = ?, signature = ? WHERE ns = ?').run(none, none, none, ns)
    for (const { collection, paths } of declared.all(ns)) indexes.drop(ns, String(collection), pathsOf(paths))
    statements.own('DELETE FROM forgotten WHERE ns = ?').run(ns)
    forgetLogs(statements, ns)
    for (const { collection, paths } of words.all(ns)) texts.drop(ns, String(collection), pathsOf(paths))
    if (late.nostr?.ns === ns) late.nostr.drop()
    return true
  }, ns)
  if (isGone && late.nostr?.ns === ns) late.nostr = undefined
  queries.forgetPlans()
  return isGone
}

/** Logs that no other namespace needs go with it. */
function forgetLogs(statements: Statements, ns: number): void {
  const lone = '(SELECT lid FROM namespace_logs n WHERE n.ns = ?1 AND NOT EXISTS (SELECT 1 FROM namespace_logs o WHERE o.lid = n.lid AND o.ns <> ?1))'
  statements.own(`DELETE FROM acts WHERE lid IN ${lone}`).run(ns)
  statements.own(`DELETE FROM logs WHERE lid IN ${lone}`).run(ns)
  statements.own('DELETE FROM namespace_logs WHERE ns = ?').run(ns)
}
