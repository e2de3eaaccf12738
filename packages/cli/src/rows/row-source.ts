import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { csvRows } from './csv.ts'
import { jsonArrayRows } from './json-array.ts'
import { ndjsonRows } from './ndjson.ts'
import type { Row } from './row.ts'
import { textOf } from './text-of.ts'

/** The rows of a file, and how far it is read. */
export interface RowSource {
  readonly rows: AsyncIterable<Row> | readonly Row[]
  /** Bytes read so far. */
  readonly bytesRead: () => number
}

type Format = 'json' | 'ndjson' | 'csv'

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
])

/**
 * Opens a file of rows; `-` is standard input. What it is follows from its extension, else, and in `.json`, from its first
 * character: `[` begins a JSON array, `{` NDJSON, everything else CSV.
 */
export async function openRows(file: string, signal: AbortSignal): Promise<RowSource> {
  const input: AsyncIterable<Uint8Array> = addAbortSignal(signal, file === '-' ? process.stdin : createReadStream(file))
  let bytes = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of input) {
      bytes += chunk.length
      yield chunk
    }
  }
  const { head, text } = await peek(textOf(counted()))
  const extension = extname(file).toLowerCase()
  const format = FORMATS.get(extension) ?? formatOf(head)
  const bytesRead = (): number => bytes
  switch (format) {
    case 'json':
      return { rows: await jsonArrayRows(text), bytesRead }
    case 'ndjson':
      return { rows: ndjsonRows(text), bytesRead }
    case 'csv':
      return { rows: csvRows(text, extension === '.tsv' ? '\t' : delimiterOf(head)), bytesRead }
  }
}

function formatOf(head: string): Format {
  const first = head.trimStart()[0]
  return first === '[' ? 'json' : first === '{' ? 'ndjson' : 'csv'
}

/** Comma, unless the header has none and a semicolon or a tab instead, as spreadsheets of many countries write. */
function delimiterOf(head: string): string {
  const header = head.split('\n', 1)[0] ?? ''
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ','
}

/** The beginning of a text, up to its first character that is not white, and the whole text all the same. */
async function peek(text: AsyncGenerator<string>): Promise<{ head: string; text: AsyncGenerator<string> }> {
  let head = ''
  while (head.trim() === '') {
    const next = await text.next()
    if (next.done === true) break
    head += next.value
  }
  async function* whole(): AsyncGenerator<string> {
    yield head
    yield* text
  }
  return { head, text: whole() }
}
