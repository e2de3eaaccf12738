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
 * Records of CSV (RFC 4180), those that came whole in one piece of text together; empty lines are passed over. The last one is what
 * cannot be read, unless such records are to be skipped.
 */
export async function* csvRecords(text: AsyncIterable<string>, options: RecordOptions): AsyncGenerator<readonly CsvRecord[]> {
  const blocks = new Blocks()
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
  const fail = (error: CsvError): void => {
    const line = lineOf(error, firstLine)
    records.push({ error: explain(error, line), line: line ?? lastLine + 1 })
  }
  try {
    parse(block, {
      info: true,
      skip_empty_lines: true,
      delimiter,
      record_delimiter: [...newline],
      relax_column_count: true,
      max_record_size: MAX_LINE_LENGTH,
      skip_records_with_error: skipInvalid,
      on_skip: (error) => {
        if (error !== undefined) fail(error)
        return undefined
      },
      on_record: (parsed: unknown) => {
        const { record, info } = parsed as ParsedRecord
        const line = info.lines + firstLine - 1
        records.push({ cells: record, line: Math.min(lastLine + 1, line) })
        lastLine = line
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    fail(error)
    return { records, lines: 0, isOver: true }
  }
  return { records, lines: block.split(newline.at(-1) ?? '\n').length - 1, isOver: false }
}

/**
 * Cuts a text that comes in pieces where records end, so that each record is read as soon as it is there: csv-parse itself keeps the end
 * of what it was given until more comes, and through a pipe more may never come.
 */
class Blocks {
  #rest = ''
  #isQuoted = false
  /** What ends records: line feeds with or without a carriage return, or, in texts without any, carriage returns alone. */
  newline: readonly string[] = ['\r\n', '\n']
  #isNewlineKnown = false

  /** What is whole with this piece: perhaps nothing. */
  add(piece: string): string {
    this.#learnNewline(piece)
    const end = this.newline.at(-1) ?? '\n'
    let cut = -1
    let from = 0
    for (let quote = piece.indexOf('"'); ; quote = piece.indexOf('"', from)) {
      if (!this.#isQuoted) {
        // Only between the quotation marks: a search that went further back would pass over the same text for each of them.
        const last = piece.slice(from, quote === -1 ? undefined : quote).lastIndexOf(end)
        if (last !== -1) cut = from + last
      }
      if (quote === -1) break
      this.#isQuoted = !this.#isQuoted
      from = quote + 1
    }
    const all = this.#rest + piece
    if (cut === -1 && all.length > MAX_LINE_LENGTH) {
      // A quotation mark that nothing closes, most likely: from the next line on, it counts no more.
      this.#isQuoted = false
      const line = all.lastIndexOf(end)
      this.#rest = all.slice(line + 1)
      return line === -1 ? this.#takeRest() : all.slice(0, line + 1)
    }
    const whole = cut === -1 ? 0 : this.#rest.length + cut + 1
    this.#rest = all.slice(whole)
    return all.slice(0, whole)
  }

  /** What is left at the end of the text. */
  get rest(): string {
    return this.#rest
  }

  #takeRest(): string {
    const rest = this.#rest
    this.#rest = ''
    return rest
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

function lineOf(error: CsvError, firstLine: number): number | undefined {
  const line: unknown = error['lines']
  return typeof line === 'number' ? line + firstLine - 1 : undefined
}

function explain(error: CsvError, line: number | undefined): DocstoreError {
  const message = errorMessage(error).replace(/ (at|on) line \d+/, '')
  return new DocstoreError('bad-csv', `${line === undefined ? '' : `Line ${line}: `}${message}`, {
    cause: error,
    details: line === undefined ? {} : { line },
  })
}
