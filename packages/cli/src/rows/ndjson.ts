import { DocstoreError } from '@p2p-docstore/core'
import { MAX_LINE_LENGTH } from '../limits.ts'
import { parseJson } from './parse-json.ts'
import type { Row } from './row.ts'

/** Rows of NDJSON: one JSON value per line; empty lines are passed over. Throws `bad-json` with the line. */
export async function* ndjsonRows(text: AsyncIterable<string>): AsyncGenerator<Row> {
  let rest = ''
  let number = 0
  for await (const piece of text) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield* rowOf(line, ++number)
    if (rest.length > MAX_LINE_LENGTH)
      throw new DocstoreError('document-too-large', `Line ${number + 1} is longer than ${MAX_LINE_LENGTH} characters`)
  }
  yield* rowOf(rest, number + 1)
}

function* rowOf(line: string, number: number): Generator<Row> {
  if (line.trim() !== '') yield { value: parseJson(line, { firstLine: number }), place: `line ${number}` }
}
