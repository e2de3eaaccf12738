import { MAX_CONTENT_BYTES } from '../../model/limits.ts'
import type { SqlRow, SqlStatement, SqlValue } from '../drivers/driver.ts'

/** Most text of the documents in one page, UTF-16 units: ten thousand documents of the largest size would be 1.2 GB at once. */
export const MAX_PAGE_LENGTH: number = 16 * 1024 * 1024

/** Rows with their `content`, and whether more may follow: a page ends with the row at its statement's `LIMIT`, or with the one that fills it. */
export function pageOf(statement: SqlStatement, params: readonly SqlValue[], limit: number): { rows: readonly SqlRow[]; isFull: boolean } {
  if (limit * MAX_CONTENT_BYTES <= MAX_PAGE_LENGTH) {
    // Cannot be too large, and all at once takes half the time.
    const rows = statement.all(...params)
    return { rows, isFull: rows.length >= limit }
  }
  const rows: SqlRow[] = []
  let length = 0
  statement.each(params, (row) => {
    rows.push(row)
    const { content, own } = row
    if (typeof content === 'string') length += content.length
    if (typeof own === 'string') length += own.length
    return length < MAX_PAGE_LENGTH
  })
  return { rows, isFull: rows.length >= limit || length >= MAX_PAGE_LENGTH }
}
