import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { findJsonError } from './json-error.ts'

/** Parses JSON. Throws `bad-json` with line and column, both from 1; `firstLine` is the number of the text's first line. */
export function parseJson(text: string, { firstLine = 1 }: { firstLine?: number } = {}): unknown {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text) as unknown
  } catch (cause) {
    const error = findJsonError(text.startsWith('\ufeff') ? text.slice(1) : text)
    if (error === undefined) throw new DocstoreError('bad-json', errorMessage(cause), { cause })
    const before = text.slice(0, error.offset)
    const line = firstLine + (before.match(/\n/g)?.length ?? 0)
    const column = error.offset - before.lastIndexOf('\n')
    throw new DocstoreError(
      'bad-json',
      text.trim() === '' ? 'Not JSON: the text is empty' : `Not JSON at line ${line}, column ${column}: ${error.found} does not belong there`,
      {
        cause,
        details: { line, column },
      },
    )
  }
}
