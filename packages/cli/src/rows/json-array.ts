import { DocstoreError } from '@p2p-docstore/core'
import { constants } from 'node:buffer'
import { parseJson } from './parse-json.ts'
import type { Row } from './row.ts'

/** Rows of a JSON array. It is read as a whole, so that a mistake at its end is found before anything is written. */
export async function jsonArrayRows(text: AsyncIterable<string>): Promise<readonly Row[]> {
  let all = ''
  for await (const piece of text) {
    if (all.length + piece.length > constants.MAX_STRING_LENGTH) {
      throw new DocstoreError('file-too-large', 'A JSON array of this size cannot be read at once. Use NDJSON, one document per line')
    }
    all += piece
  }
  const value = parseJson(all)
  if (!Array.isArray(value)) throw new DocstoreError('bad-json', 'The file is JSON, but not an array of documents')
  return value.map((row: unknown, i) => ({ value: row, place: `row ${i + 1}` }))
}
