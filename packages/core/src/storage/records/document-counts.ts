import type { Statements } from '../statements.ts'
import type { CollectionCount } from '../storage.ts'

/** How many documents the collections of a namespace have: what is stored, and what has changed since. */
export class DocumentCounts {
  readonly #statements: Statements
  readonly #ns: number
  /** By collection, since they were stored. */
  readonly #changed = new Map<string, number>()
  #all: number

  constructor(statements: Statements, ns: number) {
    this.#statements = statements
    this.#ns = ns
    this.#all = Number(statements.own('SELECT coalesce(sum(documents), 0) AS n FROM collections WHERE ns = ?').get(ns)?.['n'])
  }

  /** Of all collections together. */
  get all(): number {
    return this.#all
  }

  /** Of one collection. */
  of(collection: string): number {
    const row = this.#statements.own('SELECT documents FROM collections WHERE ns = ? AND collection = ?').get(this.#ns, collection)
    return Number(row?.['documents'] ?? 0) + (this.#changed.get(collection) ?? 0)
  }

  /** Collections that have documents, sorted by name. */
  list(limit: number): readonly CollectionCount[] {
    const counts = new Map<string, number>()
    // Those that have become empty take room from others, as long as that is not stored.
    const rows = this.#statements.own('SELECT collection, documents FROM collections WHERE ns = ? ORDER BY collection LIMIT ?')
    for (const row of rows.all(this.#ns, limit + this.#changed.size)) counts.set(String(row['collection']), Number(row['documents']))
    for (const collection of this.#changed.keys()) counts.set(collection, this.of(collection))
    return [...counts]
      .filter(([, documents]) => documents > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([collection, documents]) => ({ collection, documents }))
  }

  /** One version took the place of another: `by` documents more, or less. A tombstone of a document that was never here names no collection. */
  replace(collection: string | null, by: number): void {
    if (collection === null || by === 0) return
    this.#changed.set(collection, (this.#changed.get(collection) ?? 0) + by)
    this.#all += by
  }

  /** Stores what has changed. Call inside a transaction. */
  store(): void {
    const add = this.#statements.own(
      'INSERT INTO collections (ns, collection, documents) VALUES (?, ?, ?) ON CONFLICT (ns, collection) DO UPDATE SET documents = collections.documents + excluded.documents',
    )
    const drop = this.#statements.own('DELETE FROM collections WHERE ns = ? AND collection = ? AND documents = 0')
    for (const [collection, by] of this.#changed) {
      if (by === 0) continue
      add.run(this.#ns, collection, by)
      if (by < 0) drop.run(this.#ns, collection)
    }
    this.#changed.clear()
  }

  /** Counts all documents anew. False where the counts were wrong; `store` puts that right then. Call inside a transaction. */
  recount(): boolean {
    const rows = this.#statements
      .own('SELECT collection, count(*) AS documents FROM records WHERE ns = ? AND content IS NOT NULL GROUP BY collection')
      .all(this.#ns)
      .map((row) => [String(row['collection']), Number(row['documents'])] as const)
    const stored = this.#statements.own('SELECT collection FROM collections WHERE ns = ?').all(this.#ns)
    const right = new Map(rows)
    const names = new Set([...right.keys(), ...this.#changed.keys(), ...stored.map((row) => String(row['collection']))])
    const wrong = [...names].filter((collection) => this.of(collection) !== (right.get(collection) ?? 0))
    for (const collection of wrong) this.replace(collection, (right.get(collection) ?? 0) - this.of(collection))
    return wrong.length === 0
  }
}
