import { DocstoreError } from '../../errors.ts'
import { bytes } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { StoredNamespace } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'

/** Most namespaces in one database: keeps row ids below 2^53. */
const MAX_NAMESPACES: number = 2 ** 17 - 1

/** Stands for one that has no number yet. */
const NOT_HERE = 0

/** The namespaces of a database, with their heads. */
export class NamespaceTable {
  readonly #parts: StorageParts
  /** Numbers of those that went because others keep them, since the database was opened: what was judged before must not be stored after. */
  readonly #takenAway = new Set<number>()

  constructor(parts: StorageParts) {
    this.#parts = parts
  }

  list(): StoredNamespace[] {
    return this.#parts.statements
      .own('SELECT ns, cid, genesis, head, signature FROM namespaces WHERE length(genesis) > 0 ORDER BY ns')
      .all()
      .map((row) => ({
        ns: Number(row['ns']),
        cid: String(row['cid']),
        genesis: bytes(row['genesis']),
        head: bytes(row['head']),
        signature: bytes(row['signature']),
      }))
  }

  save(namespace: Omit<StoredNamespace, 'ns'>): number {
    const { statements, totals, transactions } = this.#parts
    const known = statements.own('SELECT ns FROM namespaces WHERE cid = ?').get(namespace.cid)
    if (known === undefined) return transactions.growing(() => this.#write(namespace), NOT_HERE)
    return transactions.reserved(() => {
      totals.moveOn(Number(known['ns']))
      return this.#write(namespace)
    }, Number(known['ns']))
  }

  #write({ cid, genesis, head, signature }: Omit<StoredNamespace, 'ns'>): number {
    const { statements } = this.#parts
    statements
      .own(
        'INSERT INTO namespaces (cid, genesis, head, signature) VALUES (?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET genesis = CASE WHEN length(namespaces.genesis) = 0 THEN excluded.genesis ELSE namespaces.genesis END, head = excluded.head, signature = excluded.signature',
      )
      .run(cid, genesis, head, signature)
    const ns = Number(statements.own('SELECT ns FROM namespaces WHERE cid = ?').get(cid)?.['ns'])
    this.#takenAway.delete(ns)
    if (ns > MAX_NAMESPACES) throw new DocstoreError('too-many-namespaces', `One peer holds at most ${MAX_NAMESPACES} namespaces`)
    return ns
  }

  /** Throws `unknown-namespace` for one that went at a position: nothing may come behind that. */
  assertNotTakenAway(ns: number): void {
    if (this.#takenAway.has(ns)) throw new DocstoreError('unknown-namespace', 'The namespace was just taken away from here')
  }

  forget(ns: number, onlyAt?: number): boolean {
    const { statements, transactions, indexes, texts, queries, totals, late } = this.#parts
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
      this.#forgetLogs(ns)
      if (late.nostr?.ns === ns) late.nostr.drop()
      for (const { collection, paths } of words.all(ns)) texts.drop(ns, String(collection), pathsOf(paths))
      return true
    }, ns)
    if (isGone && onlyAt !== undefined) this.#takenAway.add(ns)
    if (isGone && late.nostr?.ns === ns) late.nostr = undefined
    queries.forgetPlans()
    return isGone
  }

  /** Logs that no other namespace needs go with it. */
  #forgetLogs(ns: number): void {
    const { statements } = this.#parts
    const lone =
      '(SELECT lid FROM namespace_logs n WHERE n.ns = ?1 AND NOT EXISTS (SELECT 1 FROM namespace_logs o WHERE o.lid = n.lid AND o.ns <> ?1))'
    statements.own(`DELETE FROM acts WHERE lid IN ${lone}`).run(ns)
    statements.own(`DELETE FROM logs WHERE lid IN ${lone}`).run(ns)
    statements.own('DELETE FROM namespace_logs WHERE ns = ?').run(ns)
  }

  halfForgotten(): number[] {
    const rows = this.#parts.statements
      .own(
        'SELECT ns FROM namespaces WHERE length(genesis) = 0 AND (EXISTS (SELECT 1 FROM records WHERE rid > namespaces.ns * ?1 AND rid < (namespaces.ns + 1) * ?1) OR EXISTS (SELECT 1 FROM history WHERE hid > namespaces.ns * ?1 AND hid < (namespaces.ns + 1) * ?1))',
      )
      .all(SEQ_SPAN)
    return rows.map((row) => Number(row['ns']))
  }

  /** Whether any has edits. */
  hasEdits(): boolean {
    return this.#parts.statements.own('SELECT 1 FROM namespaces WHERE edited = 1 LIMIT 1').get() !== undefined
  }
}
