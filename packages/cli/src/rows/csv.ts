import { Readable } from 'node:stream'
import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { CsvError, parse } from 'csv-parse'
import type { Row } from './row.ts'

/** What csv-parse gives with the option `info`. */
interface ParsedRow {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Rows of CSV with a header (RFC 4180). A cell that is a number as JSON writes it, or `true` or `false`, becomes that; every other
 * one stays a string, so that `007` and `1.50` lose nothing. The cells of `_id` always stay strings. Throws `bad-csv` with the line.
 */
export async function* csvRows(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<Row> {
  const rows: AsyncIterable<ParsedRow> = Readable.from(text).pipe(parse({ bom: true, info: true, skip_empty_lines: true, delimiter }))
  let fields: readonly string[] | undefined
  // The first line of a record that spans several is where the one before it ended, plus one.
  let lastLine = 0
  try {
    for await (const { record, info } of rows) {
      const place = `line ${lastLine + 1 < info.lines ? `${lastLine + 1}` : info.lines}`
      lastLine = info.lines
      if (fields === undefined) fields = readHeader(record)
      else yield { value: toObject(fields, record), place }
    }
  } catch (error) {
    throw error instanceof CsvError ? explain(error) : error
  }
}

function readHeader(names: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  for (const [i, name] of names.entries()) {
    if (name === '') throw new DocstoreError('bad-csv', `Line 1: column ${i + 1} has no name`, { details: { line: 1 } })
    if (seen.has(name)) throw new DocstoreError('bad-csv', `Line 1: two columns are named ${JSON.stringify(name)}`, { details: { line: 1 } })
    seen.add(name)
  }
  return names
}

function toObject(fields: readonly string[], cells: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(fields.map((field, i) => [field, field === '_id' ? (cells[i] ?? '') : cellValue(cells[i] ?? '')]))
}

const NUMBER_BEGIN = /^-?\d/

function cellValue(cell: string): string | number | boolean {
  if (cell === 'true') return true
  if (cell === 'false') return false
  if (!NUMBER_BEGIN.test(cell)) return cell
  const number = Number(cell)
  return JSON.stringify(number) === cell ? number : cell
}

function explain(error: CsvError): DocstoreError {
  const line: unknown = error['lines']
  const place = typeof line === 'number' ? `Line ${line}: ` : ''
  return new DocstoreError('bad-csv', `${place}${errorMessage(error)}`, { cause: error, details: typeof line === 'number' ? { line } : {} })
}
