import { bytes } from '../rows.ts'
import type { Statements } from '../statements.ts'

/** What the records of an author take: how many there are, and bytes of their contents. */
export interface AuthorUsage {
  readonly by: Uint8Array
  readonly records: number
  readonly bytes: number
}

/** What everybody's records take. Lengths of texts are in the head of a row in SQLite, so that contents are not read. */
export function authorUsage(statements: Statements): readonly AuthorUsage[] {
  const rows = statements
    .own(
      `SELECT a.key AS author_key, count(*) AS records, sum(coalesce(octet_length(r.own), octet_length(r.content), 0)) AS used
      FROM records r JOIN authors a ON a.author = r.author GROUP BY a.author, a.key`,
    )
    .all()
  return rows.map((row) => ({ by: bytes(row['author_key']), records: Number(row['records']), bytes: Number(row['used']) }))
}
