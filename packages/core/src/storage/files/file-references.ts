import { fileNamedBy } from '../../files/named-file.ts'
import type { Statements } from '../statements.ts'
import type { ShownChange } from '../records/edited-documents.ts'
import type { CommitOutcome, StoredRecord } from '../storage.ts'

/** Which documents name which files: kept in step by every commit, inside its transaction, so that no file outlives its last document. */
export class FileReferences {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** Takes up what a commit has stored, and how documents with edits are shown since. */
  committed(ns: number, outcomes: readonly (CommitOutcome | undefined)[], shown: readonly ShownChange[]): void {
    for (const outcome of outcomes) if (outcome !== undefined && outcome.edited === undefined) this.#take(ns, outcome)
    for (const change of shown) this.#take(ns, change)
  }

  #take(ns: number, { replaced, record }: ShownChange): void {
    const [before, now] = [fileNamedBy(replaced), fileNamedBy(record)]
    if (before?.cid === now?.cid && before?.size === now?.size) return
    if (before !== undefined) this.#remove(ns, replaced?.id ?? '')
    // Whatever stood there is counted once, also where it was taken up in another way.
    if (now !== undefined) this.#remove(ns, record.id ?? '')
    if (now !== undefined) this.#add(ns, record.id ?? '', now.cid, now.size)
  }

  /** Records went that nothing replaces. */
  removed(ns: number, records: readonly StoredRecord[]): void {
    for (const record of records) if (fileNamedBy(record) !== undefined) this.#remove(ns, record.id ?? '')
  }

  /** Whether there are files that no document names, or uploads. */
  hasUnused(): boolean {
    return (
      this.#statements.own('SELECT 1 FROM files WHERE uses = 0 UNION ALL SELECT 1 FROM files WHERE state = 0 AND size < 0 LIMIT 1').get() !==
      undefined
    )
  }

  #add(ns: number, id: string, cid: string, size: number): void {
    this.#statements
      .own('INSERT INTO files (cid, size, uses) VALUES (?, ?, 1) ON CONFLICT (cid, size) DO UPDATE SET uses = files.uses + 1')
      .run(cid, size)
    this.#statements.own('INSERT INTO file_references (ns, id, file) SELECT ?, ?, file FROM files WHERE cid = ? AND size = ?').run(ns, id, cid, size)
  }

  #remove(ns: number, id: string): void {
    const row = this.#statements.own('DELETE FROM file_references WHERE ns = ? AND id = ? RETURNING file').get(ns, id)
    // What is not needed any more is no longer whole: it is removed bit by bit.
    if (row !== undefined)
      this.#statements.own('UPDATE files SET uses = uses - 1, state = CASE uses WHEN 1 THEN 0 ELSE state END WHERE file = ?').run(row['file'] ?? null)
  }
}
