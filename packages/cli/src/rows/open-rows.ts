import { extname } from 'node:path'
import { DocstoreError } from '@p2p-docstore/core'
import { csvRows } from './csv.ts'
import { jsonRows, ndjsonRows } from './json-rows.ts'
import { LookAhead } from './look-ahead.ts'
import { nameOf, openBytes } from './open-bytes.ts'
import type { Format, ReadOptions } from './options.ts'
import type { RowGroup } from './row.ts'
import { textOf } from './text-of.ts'

/** The rows of a file, and how far it is read. */
export interface RowSource {
  readonly groups: AsyncIterable<RowGroup>
  /** Bytes of the file read so far. */
  readonly bytesRead: () => number
  /** Whether it is a file, which can be read again, and no pipe. */
  readonly isFile: boolean
}

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['.json', 'json'],
  ['.geojson', 'json'],
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
  ['.ldjson', 'ndjson'],
  ['.geojsonl', 'ndjson'],
  ['.geojsons', 'ndjson'],
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.tab', 'csv'],
])

/** Stands in front of each value in JSON text sequences (RFC 8142). */
const RECORD_SEPARATOR = '\u001e'

/** Extensions that say how a file is packed, and nothing of what is in it. */
const PACKED: ReadonlySet<string> = new Set(['.gz', '.zst'])

/**
 * Opens a file of rows; `-` is standard input. What it is, its extension tells, else its first character: a bracket begins JSON, and
 * CSV is what has a delimiter. Throws `unknown-format`, `empty-file`, `bad-encoding` or `bad-compression`.
 */
export async function openRows(file: string, options: ReadOptions): Promise<RowSource> {
  const { csv, signal } = options
  const source = await openBytes(file, signal)
  const text = new LookAhead(textOf(source.chunks, options))
  const head = (await text.look((pieces) => pieces.some((piece) => piece.trim() !== ''))).join('')
  const extension = extensionOf(file)
  const named = options.format === 'tsv' ? 'csv' : (options.format ?? FORMATS.get(extension))
  const first = head.trimStart()[0]
  const format = named ?? (first === '[' || first === '{' || first === RECORD_SEPARATOR ? 'json' : 'csv')
  if (first === undefined && format !== 'ndjson' && !signal.aborted) throw new DocstoreError('empty-file', `${nameOf(file)} is empty`)
  checkKind(file, head.trimStart(), format, extension)
  const [foreign] = format === 'csv' ? options.json.flags : csv.flags
  if (foreign !== undefined)
    throw new DocstoreError('usage', `${foreign} is for ${format === 'csv' ? 'JSON' : 'CSV'}, and this is ${format === 'csv' ? 'CSV' : 'JSON'}`)
  const { isFile, mayPause, bytesRead } = source
  switch (format) {
    case 'json':
      return { groups: jsonRows(text, { ...options, isFile }), bytesRead, isFile }
    case 'ndjson':
      return { groups: ndjsonRows(text, { ...options, isFile }), bytesRead, isFile }
    case 'csv': {
      const isTsv = options.format === 'tsv' || extension === '.tsv' || extension === '.tab'
      const again = isFile ? () => textAgain(file, options) : undefined
      const delimiter = csv.delimiter ?? (isTsv ? '\t' : undefined)
      return {
        groups: csvRows(text, { ...options, csv: { ...csv, delimiter }, again, mayPause, isCertain: named !== undefined || delimiter !== undefined }),
        bytesRead,
        isFile,
      }
    }
  }
}

async function* textAgain(file: string, options: ReadOptions): AsyncGenerator<string> {
  const { chunks } = await openBytes(file, options.signal)
  yield* textOf(chunks, options)
}

function extensionOf(file: string): string {
  const extension = extname(file).toLowerCase()
  return PACKED.has(extension) ? extname(file.slice(0, -extension.length)).toLowerCase() : extension
}

/** Names what people save by mistake: a page in place of what it links to. */
function checkKind(file: string, begin: string, format: Format, extension: string): void {
  const markup = /^<(!doctype html|html|head|body|\?xml|!--|[a-z]+[ >/])/i.exec(begin)
  if (markup !== null) {
    const isPage = /^<(!doctype html|html|head|body)/i.test(begin)
    throw new DocstoreError(
      'unknown-format',
      `${nameOf(file)} is ${isPage ? 'an HTML page, perhaps an error that was saved in place of the data' : 'XML'}, not ${format === 'csv' ? 'CSV' : 'JSON'}`,
    )
  }
  if (format === 'csv' && /^(\[\s*)?\{\s*"[^"]*"\s*:/.test(begin)) {
    throw new DocstoreError('unknown-format', `${nameOf(file)} is JSON, not CSV. Say so with --format json`)
  }
  if (format === 'json' && extension !== '' && !begin.startsWith(RECORD_SEPARATOR) && !/^[[{"\d\-tfn]/.test(begin)) {
    throw new DocstoreError(
      'bad-json',
      `${nameOf(file)} is no JSON: it begins with ${JSON.stringify(begin.slice(0, 20))}. If it is CSV, say so with --format csv`,
    )
  }
}
