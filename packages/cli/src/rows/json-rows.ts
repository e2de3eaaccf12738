import { DocstoreError, isPlainObject, JsonFault, readJson } from '@p2p-docstore/core'
import { MAX_JSON_LENGTH, MAX_LINE_LENGTH } from '../limits.ts'
import { type JsonText, JsonTexts, ValueTooLong } from './json-texts.ts'
import type { ReadOptions } from './options.ts'
import type { Row, RowGroup } from './row.ts'
import { unwrap, type Unwrapped, unwrapOnly } from './unwrap.ts'

type JsonRowOptions = Pick<ReadOptions, 'json' | 'idField' | 'skipInvalid' | 'note' | 'signal'> & {
  /** Whether the text ends soon, since it is a file: then what it holds is known before anything is stored. */
  readonly isFile: boolean
}

/**
 * Rows of a JSON text: of one value (see `unwrap`), or of values one after another, each of which is a document or an array of them.
 * Once the first is an object in a line of its own, the others are lines too, so that a bad one spoils no other. Throws `bad-json`,
 * `file-too-large`, `bad-path` or `many-documents`.
 */
export async function* jsonRows(text: AsyncIterable<string>, options: JsonRowOptions, maxLength: number = MAX_JSON_LENGTH): AsyncGenerator<RowGroup> {
  const { json, idField, note, isFile, signal } = options
  const texts = new JsonTexts(text)
  let rows = 0
  const group = ({ value, isMarked, line }: ReadValue, { documents }: Unwrapped): RowGroup => {
    const isWhole = documents.length !== 1 || documents[0] !== value
    return {
      isWhole,
      rows: documents.map((document) => ({
        value: document,
        at: isWhole ? ++rows : line,
        unit: isWhole ? 'row' : 'line',
        isMarked: isMarked || document instanceof JsonFault,
      })),
    }
  }
  try {
    let isFirst = true
    for (let read = await readNext(texts, maxLength); read !== undefined; read = await readNext(texts, maxLength)) {
      let behind: Awaited<ReturnType<JsonTexts['skipWhite']>> | undefined
      if (isFirst && (isFile || isAmbiguous(read.value, options))) behind = await texts.skipWhite()
      const found = behind === 'end' ? unwrapOnly(read.value, json, idField) : unwrap(read.value, json, idField)
      if (found.guessed !== undefined)
        note(`The documents are the ${found.documents.length} elements of ${JSON.stringify(found.guessed)}. With --path . the whole is one document.`)
      yield group(read, found)
      if (isFirst && read.isOneLine && isPlainObject(read.value)) {
        behind ??= await texts.skipWhite()
        if (behind === 'other line') return yield* lineRows(texts, options)
      }
      isFirst = false
    }
  } catch (error) {
    // What is cut off where the reading was ended is no mistake.
    if (signal.aborted && !(error instanceof ValueTooLong)) return
    if (!(error instanceof ValueTooLong)) throw error
    const { text: begin, line } = error.begin
    if (!begin.startsWith('[') || json.path !== undefined || json.isKeyed) throw tooLarge(maxLength)
    note('The file is too large to be checked before anything is stored: its elements are stored one after another.')
    yield* elementRows(new JsonTexts(chain(begin, texts), line), options, rows)
  }
}

/** Rows of NDJSON: one JSON value per line; empty lines are passed over. */
export async function* ndjsonRows(text: AsyncIterable<string>, options: JsonRowOptions): AsyncGenerator<RowGroup> {
  yield* lineRows(new JsonTexts(text), options)
}

interface ReadValue {
  readonly value: unknown
  readonly isMarked: boolean
  /** The line at which it begins, and whether it ends there. */
  readonly line: number
  readonly isOneLine: boolean
}

/** The next value; its text, which may be long, is let go. */
async function readNext(texts: JsonTexts, maxLength: number): Promise<ReadValue | undefined> {
  const next = await texts.next(maxLength)
  return next === undefined ? undefined : readValue(next)
}

function readValue({ text, line, column }: JsonText): ReadValue {
  const { value, isMarked } = readJson(text, { firstLine: line, firstColumn: column })
  return { value, isMarked: isMarked || text.includes('"$'), line, isOneLine: !text.includes('\n') }
}

/** Whether it depends on what follows what an object stands for. */
function isAmbiguous(value: unknown, { json, idField }: JsonRowOptions): boolean {
  try {
    return unwrapOnly(value, json, idField).documents[0] !== unwrap(value, json, idField).documents[0]
  } catch {
    return true
  }
}

async function* lineRows(texts: JsonTexts, options: JsonRowOptions): AsyncGenerator<RowGroup> {
  const { signal, skipInvalid, json, idField } = options
  const groups = texts.lines(MAX_LINE_LENGTH)
  for (let next = await groups.next(); next.done !== true; next = await groups.next()) {
    const lines = next.value
    const rows: Row[] = []
    for (const [i, given] of lines.entries()) {
      const line = given.text.startsWith('\u001e') ? { ...given, text: given.text.slice(1) } : given
      const shown = line.text.trim()
      if (shown === '' || shown === '\ufeff') continue
      const row = { at: line.line, unit: 'line' } as const
      try {
        const read = readValue(line)
        const documents =
          Array.isArray(read.value) || json.path !== undefined || json.isKeyed ? unwrap(read.value, json, idField).documents : [read.value]
        for (const document of documents) rows.push({ ...row, value: document, isMarked: read.isMarked || document instanceof JsonFault })
      } catch (error) {
        const isLast = i === lines.length - 1
        if (signal.aborted && isLast) break
        if (!skipInvalid && (shown === '{' || shown === '[' || /^\{.*\}\s*\{.*\}$/.test(shown))) {
          // Values that take several lines, or share one.
          yield { rows, isWhole: false }
          const rest = linesAgain(lines.slice(i), groups)
          return yield* valueRows(new JsonTexts(rest, line.line), options)
        }
        rows.push({ ...row, value: undefined, error })
        if (!skipInvalid) break
      }
    }
    yield { rows, isWhole: false }
    if (rows.at(-1)?.error !== undefined && !skipInvalid) return
  }
}

/** Rows of values one after another, each a document. */
async function* valueRows(texts: JsonTexts, { signal, json, idField }: JsonRowOptions): AsyncGenerator<RowGroup> {
  for (let next = await texts.next(MAX_LINE_LENGTH); next !== undefined; next = await texts.next(MAX_LINE_LENGTH)) {
    const row = { at: next.line, unit: 'line' } as const
    try {
      const { value, isMarked } = readValue(next)
      yield { rows: unwrap(value, json, idField).documents.map((document) => ({ ...row, value: document, isMarked })), isWhole: false }
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
  }
}

/** Rows of an array that is too long to be read at once, as they come. */
async function* elementRows(texts: JsonTexts, { signal }: JsonRowOptions, rowsBefore: number): AsyncGenerator<RowGroup> {
  let rows = rowsBefore
  let group: Row[] = []
  await texts.enterArray()
  for (
    let next = await texts.next(MAX_LINE_LENGTH, { inArray: true });
    next !== undefined;
    next = await texts.next(MAX_LINE_LENGTH, { inArray: true })
  ) {
    const row = { at: ++rows, unit: 'row' } as const
    try {
      const { value, isMarked } = readValue(next)
      group.push({ ...row, value, isMarked })
    } catch (error) {
      if (signal.aborted) return
      group.push({ ...row, value: undefined, error })
    }
    if (group.length >= ROWS_PER_GROUP) {
      yield { rows: group, isWhole: false }
      group = []
    }
  }
  yield { rows: group, isWhole: false }
}

/** Elements of a long array that are handed on at a time. */
const ROWS_PER_GROUP = 512

async function* linesAgain(lines: readonly JsonText[], groups: AsyncGenerator<readonly JsonText[]>): AsyncGenerator<string> {
  yield lines.map(({ text }) => text).join('\n')
  for await (const more of groups) yield `\n${more.map(({ text }) => text).join('\n')}`
}

async function* chain(begin: string, texts: JsonTexts): AsyncGenerator<string> {
  yield begin
  yield* texts.rest()
}

function tooLarge(maxLength: number): DocstoreError {
  return new DocstoreError(
    'file-too-large',
    `JSON in one value of more than ${Math.floor(maxLength / 2 ** 20)} Mi characters cannot be read. Write one document per line, as jq does: jq -c '.features[]' FILE | docstore import NS -`,
  )
}
