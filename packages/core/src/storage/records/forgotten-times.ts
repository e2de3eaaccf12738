import { SLOT_BYTES } from '../../model/record.ts'
import type { Statements } from '../statements.ts'

/** Up to when documents are forgotten, by their slots. Where a namespace has none, nobody looks. */
export class ForgottenTimes {
  readonly #statements: Statements
  #namespaces: Set<number> | undefined

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** Hybrid time up to which nothing of a document comes back, 0 where it was not forgotten. */
  of(ns: number, document: Uint8Array): number {
    this.#namespaces ??= new Set(
      this.#statements
        .own('SELECT ns FROM namespaces n WHERE EXISTS (SELECT 1 FROM forgotten f WHERE f.ns = n.ns)')
        .all()
        .map((row) => Number(row['ns'])),
    )
    if (!this.#namespaces.has(ns)) return 0
    const row = this.#statements.own('SELECT at FROM forgotten WHERE ns = ? AND slot = ?').get(ns, document.slice(0, SLOT_BYTES / 2))
    return Number(row?.['at'] ?? 0)
  }

  /** There may be more of them now, or a transaction was rolled back that had found some. */
  changed(): void {
    this.#namespaces = undefined
  }
}
