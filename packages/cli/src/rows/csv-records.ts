import { DocstoreError } from '@p2p-docstore/core'
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { MAX_LINE_LENGTH } from '../limits.ts'
import { Quotes, quotesOf } from './csv-quotes.ts'

/** The cells of one record, and the line at which it begins; or what is wrong with it. */
export type CsvRecord = { readonly cells: readonly string[]; readonly line: number } | { readonly error: DocstoreError; readonly line: number }

/** How often a text is read on after a quotation mark that nothing closes: each time takes as long as the rest of it is. */
const MAX_TRIES = 1000

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

/** The records of a text, and, where some are to be skipped, those that follow them. */
function recordsOf(
  block: string,
  firstLine: number,
  newline: readonly string[],
  { delimiter, skipInvalid }: RecordOptions,
): { records: readonly CsvRecord[]; lines: number; isOver: boolean } {
  const end = newline.at(-1) ?? '\n'
  const lines = block.split(end).length - 1
  const records: CsvRecord[] = []
  let tries = 0
  for (let text = block, line = firstLine; text !== ''; ) {
    const isLast = ++tries === MAX_TRIES
    const found = parsed(text, line, newline, delimiter)
    for (const record of found.records) {
      records.push(record)
      if ('error' in record && !skipInvalid) return { records, lines, isOver: true }
    }
    if (found.unclosed === undefined) break
    if (isLast) {
      records.push({ error: badCsv('What follows has more quotation marks that nothing closes than are looked at', line + 1), line: line + 1 })
      break
    }
    const from = text.indexOf(end, found.unclosed)
    line += from === -1 ? 0 : text.slice(0, from).split(end).length
    text = from === -1 ? '' : text.slice(from + end.length)
  }
  return { records, lines, isOver: false }
}

/**
 * The records of a text up to a quotation mark that nothing closes, and where that is. What follows its line is better read by itself:
 * csv-parse takes everything for one cell, and goes on in the middle of a record when it is asked to skip one.
 */
function parsed(
  text: string,
  firstLine: number,
  newline: readonly string[],
  delimiter: string,
): { records: readonly CsvRecord[]; unclosed: number | undefined } {
  const records: CsvRecord[] = []
  // The first line of a record that spans several is where the one before it ended, plus one.
  let lastLine = firstLine - 1
  // Looked at here: csv-parse 7.0.3 passes over all that follows a record beyond its own limit.
  const mayBeLong = text.length > MAX_LINE_LENGTH
  const isTooLong = (cells: readonly string[]): boolean => mayBeLong && cells.join().length > MAX_LINE_LENGTH
  const end = newline.at(-1) ?? '\n'
  let lines: readonly number[] | undefined
  const tooLong = `The record has more than ${MAX_LINE_LENGTH} characters. Is there a quotation mark that nothing closes?`
  try {
    parse(text, {
      info: true,
      skip_empty_lines: true,
      delimiter,
      record_delimiter: [...newline],
      relax_column_count: true,
      relax_quotes: true,
      on_record: (row: unknown) => {
        const { record, info } = row as ParsedRecord
        const last = info.lines + firstLine - 1
        const line = Math.min(lastLine + 1, last)
        if (line < last && record.some((cell) => cell.startsWith('"') && cell.includes(end))) {
          lines ??= lineStarts(text, end)
          const begin = lines[line - firstLine] ?? 0
          const at = quotesOf(text.slice(begin, lines[last - firstLine + 1]), delimiter, end).unclosedAt
          if (at !== undefined) throw new UnclosedError(begin + at)
        }
        lastLine = last
        records.push(isTooLong(record) ? { error: badCsv(tooLong, line), line } : { cells: record, line })
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof UnclosedError) && !isUnclosed(error)) throw error
    const { unclosedAt, openedAt } = quotesOf(text, delimiter, end)
    const unclosed = error instanceof UnclosedError ? error.at : (unclosedAt ?? openedAt)
    const line = firstLine + text.slice(0, unclosed).split(end).length - 1
    const [begin = ''] = text.slice(unclosed, unclosed + 30).split(end)
    const message = `nothing closes the quotation mark at ${begin}. Close it; within quotation marks, one that is text stands twice`
    records.push({ error: badCsv(message, line, error), line })
    return { records, unclosed }
  }
  return { records, unclosed: undefined }
}

/** Ends csv-parse where it would take several lines for one cell. */
class UnclosedError extends Error {
  readonly at: number

  constructor(at: number) {
    super('A quotation mark is not closed where a cell ends')
    this.at = at
  }
}

function isUnclosed(error: unknown): boolean {
  return error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED'
}

/** Where the lines of a text begin. */
function lineStarts(text: string, end: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + end.length)) starts.push(at + end.length)
  return starts
}

/**
 * Cuts a text that comes in pieces where records end, so that each record is read as soon as it is there: csv-parse itself keeps the end
 * of what it was given until more comes, and through a pipe more may never come.
 */
class Blocks {
  readonly #quotes: Quotes
  #rest = ''
  /** Whether the line that is being read was given up because of its length: nothing of it is read any more. */
  #isGivenUp = false
  /** What ends records: line feeds with or without a carriage return, or, in texts without any, carriage returns alone. */
  newline: readonly string[] = ['\r\n', '\n']
  #isNewlineKnown = false

  constructor(delimiter: string) {
    this.#quotes = new Quotes(delimiter)
  }

  /** What is whole with this piece: perhaps nothing. */
  add(piece: string): string {
    this.#learnNewline(piece)
    const end = this.newline.at(-1) ?? '\n'
    const all = this.#rest + this.#wanted(piece, end)
    const cut = this.#quotes.read(all, end)
    if (cut === -1 && all.length > MAX_LINE_LENGTH) {
      // A quotation mark that nothing closes, most likely: from the next line on, it counts no more.
      this.#quotes.isOpen = false
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

  #take(all: string, length: number): string {
    this.#rest = all.slice(length)
    this.#quotes.forget(length)
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

function badCsv(text: string, line: number, cause?: unknown): DocstoreError {
  return new DocstoreError('bad-csv', `Line ${line}: ${text}`, { cause, details: { line } })
}
