import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
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

/**
 * Records of CSV (RFC 4180), those that came whole in one piece of text together; empty lines are passed over. A quotation mark that does
 * not begin a cell is text, as in `5" pipe`. The last one is what cannot be read, unless such records are to be skipped.
 */
export async function* csvRecords(text: AsyncIterable<string>, options: RecordOptions): AsyncGenerator<readonly CsvRecord[]> {
  const blocks = new Blocks(options.delimiter)
  let line = options.firstLine
  for await (const piece of text) {
    const block = blocks.add(piece)
    if (block === '') continue
    const { records, lines, isOver } = recordsOf(block, line, blocks.newline, options)
    line += lines
    if (records.length > 0) yield records
    if (isOver) return
  }
  // Where the reading was ended, the last record may be cut off in the middle of a cell.
  if (options.signal.aborted) return
  const { records } = recordsOf(blocks.rest, line, blocks.newline, options)
  if (records.length > 0) yield records
}

function recordsOf(
  block: string,
  firstLine: number,
  newline: readonly string[],
  { delimiter, skipInvalid }: RecordOptions,
): { records: readonly CsvRecord[]; lines: number; isOver: boolean } {
  const records: CsvRecord[] = []
  // The first line of a record that spans several is where the one before it ended, plus one.
  let lastLine = firstLine - 1
  let isOver = false
  const fail = (error: CsvError): void => {
    records.push({ error: explain(error, lastLine + 1), line: lastLine + 1 })
  }
  // Looked at here: csv-parse 7.0.3 passes over all that follows a record beyond its own limit.
  const mayBeLong = block.length > MAX_LINE_LENGTH
  try {
    parse(block, {
      info: true,
      skip_empty_lines: true,
      delimiter,
      record_delimiter: [...newline],
      relax_column_count: true,
      relax_quotes: true,
      skip_records_with_error: skipInvalid,
      on_skip: (error) => {
        if (error !== undefined) fail(error)
        return undefined
      },
      on_record: (parsed: unknown) => {
        if (isOver) return null
        const { record, info } = parsed as ParsedRecord
        const line = info.lines + firstLine - 1
        const begin = Math.min(lastLine + 1, line)
        lastLine = line
        if (!mayBeLong || record.join().length <= MAX_LINE_LENGTH) records.push({ cells: record, line: begin })
        else {
          records.push({
            error: badCsv(`The record has more than ${MAX_LINE_LENGTH} characters. Is there a quotation mark that nothing closes?`, begin),
            line: begin,
          })
          isOver = !skipInvalid
        }
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    fail(error)
    return { records, lines: 0, isOver: true }
  }
  return { records, lines: block.split(newline.at(-1) ?? '\n').length - 1, isOver }
}

/**
 * Cuts a text that comes in pieces where records end, so that each record is read as soon as it is there: csv-parse itself keeps the end
 * of what it was given until more comes, and through a pipe more may never come.
 */
class Blocks {
  readonly #delimiter: string
  #rest = ''
  #isQuoted = false
  /** Where in `rest` the last quotation mark closed a cell: another one right after it opens that again. */
  #closedAt = -1
  /** Whether the line that is being read was given up because of its length: nothing of it is read any more. */
  #isGivenUp = false
  /** What ends records: line feeds with or without a carriage return, or, in texts without any, carriage returns alone. */
  newline: readonly string[] = ['\r\n', '\n']
  #isNewlineKnown = false

  constructor(delimiter: string) {
    this.#delimiter = delimiter
  }

  /** What is whole with this piece: perhaps nothing. */
  add(piece: string): string {
    this.#learnNewline(piece)
    const end = this.newline.at(-1) ?? '\n'
    const begin = this.#rest.length
    const all = this.#rest + this.#wanted(piece, end)
    let cut = -1
    let from = begin
    for (let quote = all.indexOf('"', from); ; quote = all.indexOf('"', from)) {
      if (!this.#isQuoted) {
        const last = all.slice(from, quote === -1 ? undefined : quote).lastIndexOf(end)
        if (last !== -1) cut = from + last
      }
      if (quote === -1) break
      if (this.#isQuoted) this.#closedAt = quote
      this.#isQuoted = !this.#isQuoted && (quote === this.#closedAt + 1 || this.#isCellBegin(all, quote, end))
      from = quote + 1
    }
    if (cut === -1 && all.length > MAX_LINE_LENGTH) {
      // A quotation mark that nothing closes, most likely: from the next line on, it counts no more.
      this.#isQuoted = false
      const line = all.lastIndexOf(end)
      this.#isGivenUp = line === -1
      return this.#take(all, line === -1 ? all.length : line + 1)
    }
    return this.#take(all, cut + 1)
  }

  /** What follows the line that was given up, from its end on. */
  #wanted(piece: string, end: string): string {
    const next = this.#isGivenUp ? piece.indexOf(end) : 0
    if (next === -1) return ''
    this.#isGivenUp = false
    return piece.slice(next)
  }

  #isCellBegin(text: string, at: number, end: string): boolean {
    return at === 0 || text.startsWith(end, at - end.length) || text.startsWith(this.#delimiter, at - this.#delimiter.length)
  }

  #take(all: string, length: number): string {
    this.#rest = all.slice(length)
    this.#closedAt = Math.max(-1, this.#closedAt - length)
    return all.slice(0, length)
  }

  /** What is left at the end of the text. */
  get rest(): string {
    return this.#rest
  }

  #learnNewline(piece: string): void {
    if (this.#isNewlineKnown || !/[\r\n]/.test(this.#rest + piece)) return
    const all = this.#rest + piece
    // A carriage return at the very end may have its line feed in the next piece.
    if (!all.includes('\n') && all.endsWith('\r') && all.indexOf('\r') === all.length - 1) return
    if (!all.includes('\n')) this.newline = ['\r']
    this.#isNewlineKnown = true
  }
}

/** In our words: csv-parse counts columns from 0, and says nothing of what to do. */
function explain(error: CsvError, line: number): DocstoreError {
  const column: unknown = error['column']
  const place = typeof column === 'number' ? `column ${column + 1}` : 'a column'
  if (error.code !== 'CSV_QUOTE_NOT_CLOSED') return badCsv(errorMessage(error), line, error)
  const text = `${place} begins with a quotation mark that nothing closes. Close it; within quotation marks, one that is text stands twice`
  return badCsv(text, line, error)
}

function badCsv(text: string, line: number, cause?: CsvError): DocstoreError {
  return new DocstoreError('bad-csv', `Line ${line}: ${text}`, { cause, details: { line } })
}
