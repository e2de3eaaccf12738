import { MAX_LISTED } from './limits.ts'
import type { Documents, RowNote } from './rows/documents.ts'

/** What became of the rows of a file: `read` is the sum of the others. */
export interface ImportCounts {
  readonly read: number
  readonly written: number
  readonly unchanged: number
  /** Rows with the id of one before them, or, with `--distinct`, equal to one. */
  readonly repeated: number
  /** Rows that `--skip-invalid` passed over. */
  readonly refused: number
}

/** The counts, for people. */
export function countsText({ read, written, unchanged, repeated, refused }: ImportCounts): string {
  const rest = [...(repeated > 0 ? [`${repeated} repeated`] : []), ...(refused > 0 ? [`${refused} refused`] : [])]
  return `Read ${read}: ${[`${written} written`, `${unchanged} unchanged`, ...rest].join(', ')}`
}

/** What the person should know of rows that became no document, or not the one they look like. */
export function importNotes(documents: Documents): readonly string[] {
  const { repeated, refused, equal, repeats, refusals } = documents
  const notes: string[] = []
  if (refused > 0)
    notes.push(
      `${refused} ${refused === 1 ? 'row is no document and was' : 'rows are no documents and were'} skipped:`,
      ...listed(refusals, refused, ({ text }) => text),
    )
  if (repeated > 0) {
    notes.push(
      `${repeated} ${rowsAre(repeated)} repeated; the first of each stands:`,
      ...listed(repeats, repeated, ({ place, text }) => `${place} ${text}`),
    )
  }
  if (equal > 0) notes.push(`${equal} ${rowsAre(equal)} equal to rows before them, and documents all the same. --distinct stores equal rows once.`)
  return notes
}

function listed(rows: readonly RowNote[], count: number, textOf: (row: RowNote) => string): readonly string[] {
  return [...rows.map((row) => `  ${textOf(row)}`), ...(count > MAX_LISTED ? [`  and ${count - MAX_LISTED} more`] : [])]
}

function rowsAre(count: number): string {
  return count === 1 ? 'row is' : 'rows are'
}
