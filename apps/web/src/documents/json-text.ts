import { DocstoreError, type NewDocument, parseJson } from 'p2p-docstore'

/** A text as a document, or what is wrong with it and in which line. */
export type ParsedText =
  | { readonly ok: true; readonly document: NewDocument }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number }

/** Reads a document from the editor: what would lose digits or a field is a fault, since it could not be saved as it stands there. */
export function parseDocumentText(text: string): ParsedText {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    return fault(error, text)
  }
  if (!isDocument(value)) return { ok: false, message: 'A document is an object: it begins with { and ends with }', line: 1, column: 1 }
  return { ok: true, document: value }
}

function isDocument(value: unknown): value is NewDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && (!('_id' in value) || typeof value._id === 'string')
}

function fault(error: unknown, text: string): ParsedText {
  const message = error instanceof Error ? error.message : String(error)
  const { line, column } = error instanceof DocstoreError ? error.details : {}
  // An unfinished document ends somewhere, and that is where the cursor goes.
  const lines = text.split('\n')
  return {
    ok: false,
    message: message.replace(/^Not JSON at line \d+, column \d+: /, '').replace(/^Line \d+, column \d+: /, ''),
    line: typeof line === 'number' ? line : lines.length,
    column: typeof column === 'number' ? column : (lines.at(-1)?.length ?? 0) + 1,
  }
}

/** A document as people edit it. */
export function documentText(document: unknown): string {
  return JSON.stringify(document, undefined, 2)
}

/** What a new document starts from: the fields of a neighbour, empty. */
export function templateText(neighbour: object | undefined): string {
  if (neighbour === undefined) return '{\n  "title": ""\n}'
  const empty = Object.entries(neighbour)
    .filter(([field]) => field !== '_id')
    .map(([field, value]): [string, unknown] => [field, emptyLike(value)])
  return documentText(Object.fromEntries(empty))
}

function emptyLike(value: unknown): unknown {
  if (Array.isArray(value)) return []
  switch (typeof value) {
    case 'string':
      return ''
    case 'number':
      return 0
    case 'boolean':
      return false
    default:
      return value === null ? null : {}
  }
}
