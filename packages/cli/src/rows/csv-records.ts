import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { CsvError, parse } from 'csv-parse'
import { MAX_LINE_LENGTH } from '../limits.ts'

/** The cells of one record, and the line at which it begins; or what is wrong with it. */
export type CsvRecord = { readonly cells: readonly string[]; readonly line: number } | { readonly error: DocstoreError; readonly line: number }

/** What csv-parse gives with the option `info`. */
interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/** How records are read. */
export interface RecordOptions {
  readonly delimiter: string
  readonly firstLine: number
  /** Whether records that cannot be read are told, rather than the end of everything. */
  readonly skipInvalid: boolean
  readonly signal: AbortSignal
}

/** Records of CSV (RFC 4180), those that came in one piece of text together; empty lines are passed over. What cannot be read is the last one. */
export async function* csvRecords(
  text: AsyncIterable<string>,
  { delimiter, firstLine, skipInvalid, signal }: RecordOptions,
): AsyncGenerator<readonly CsvRecord[]> {
  let records: CsvRecord[] = []
  const parser = parse({
    info: true,
    skip_empty_lines: true,
    delimiter,
    relax_column_count: true,
    max_record_size: MAX_LINE_LENGTH,
    skip_records_with_error: skipInvalid,
    on_skip: (error) => {
      if (error !== undefined) records.push({ error: explain(error, firstLine), line: lineOf(error, firstLine) ?? 0 })
      return undefined
    },
  })
  let failed: unknown
  const ended = new Promise<void>((resolve) => parser.once('close', resolve))
  parser.once('error', (error) => {
    failed = error
  })
  // The first line of a record that spans several is where the one before it ended, plus one.
  let lastLine = firstLine - 1
  const take = (): readonly CsvRecord[] => {
    for (let next = parser.read() as ParsedRecord | null; next !== null; next = parser.read() as ParsedRecord | null) {
      const line = next.info.lines + firstLine - 1
      records.push({ cells: next.record, line: Math.min(lastLine + 1, line) })
      lastLine = line
    }
    const taken = records
    records = []
    return taken
  }
  try {
    for await (const piece of text) {
      const isTaken = new Promise<void>((resolve) => parser.write(piece, () => resolve()))
      const taken = take()
      // What came before a mistake is handed on first.
      if (taken.length > 0) yield taken
      await isTaken
      if (failed !== undefined) break
    }
    // Where the reading was ended, the last record may be cut off in the middle of a cell.
    if (failed === undefined && !signal.aborted) {
      parser.end()
      const taken = take()
      if (taken.length > 0) yield taken
      parser.resume()
      await ended
    }
    if (failed instanceof CsvError) records.push({ error: explain(failed, firstLine), line: lineOf(failed, firstLine) ?? 0 })
    else if (failed !== undefined) throw failed
    if (records.length > 0) yield records
  } finally {
    parser.destroy()
  }
}

function lineOf(error: CsvError, firstLine: number): number | undefined {
  const line: unknown = error['lines']
  return typeof line === 'number' ? line + firstLine - 1 : undefined
}

function explain(error: CsvError, firstLine: number): DocstoreError {
  const line = lineOf(error, firstLine)
  const message = errorMessage(error).replace(/ (at|on) line \d+/, '')
  return new DocstoreError('bad-csv', `${line === undefined ? '' : `Line ${line}: `}${message}`, {
    cause: error,
    details: line === undefined ? {} : { line },
  })
}
