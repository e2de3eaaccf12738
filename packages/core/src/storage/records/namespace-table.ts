import { DocstoreError } from '../../errors.ts'
import { bytes } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { StoredNamespace } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'

/** Most namespaces in one database: keeps row ids below 2^53. */
const MAX_NAMESPACES: number = 2 ** 17 - 1

/** The namespaces of a database, with their heads. */
export class NamespaceTable {
  readonly #parts: StorageParts

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
    if (known === undefined) return transactions.growing(() => this.#write(namespace))
    return transactions.reserved(() => {
      totals.moveOn(Number(known['ns']))
      return this.#write(namespace)
    })
  }

  #write({ cid, genesis, head, signature }: Omit<StoredNamespace, 'ns'>): number {
    const { statements } = this.#parts
    statements
      .own(
        'INSERT INTO namespaces (cid, genesis, head, signature) VALUES (?, ?, ?, ?) ON CONFLICT (cid) DO UPDATE SET genesis = iif(length(genesis) = 0, excluded.genesis, genesis), head = excluded.head, signature = excluded.signature',
      )
      .run(cid, genesis, head, signature)
    const ns = Number(statements.own('SELECT ns FROM namespaces WHERE cid = ?').get(cid)?.['ns'])
    if (ns > MAX_NAMESPACES) throw new DocstoreError('too-many-namespaces', `One peer holds at most ${MAX_NAMESPACES} namespaces`)
    return ns
  }

  forget(ns: number): void {
    const { statements, transactions, indexes, texts, queries } = this.#parts
    const declared = statements.own('SELECT collection, paths FROM indexes WHERE ns = ?')
    const words = statements.own('SELECT collection, paths FROM text_indexes WHERE ns = ?')
    const pathsOf = (paths: unknown): string[] => JSON.parse(String(paths)) as string[]
    transactions.reserved(() => {
      // An empty genesis stands for none: the row keeps the number for this id.
      statements.own("UPDATE namespaces SET genesis = x'', head = x'', signature = x'' WHERE ns = ?").run(ns)
      for (const { collection, paths } of declared.all(ns)) indexes.drop(ns, String(collection), pathsOf(paths))
      statements.own('DELETE FROM forgotten WHERE ns = ?').run(ns)
      for (const { collection, paths } of words.all(ns)) texts.drop(ns, String(collection), pathsOf(paths))
    })
    queries.forgetPlans()
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
