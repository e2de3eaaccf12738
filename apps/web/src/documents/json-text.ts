import type { NewDocument } from 'p2p-docstore'

/** A text as a document, or what is wrong with it and in which line. */
export type ParsedText =
  | { readonly ok: true; readonly document: NewDocument }
  | { readonly ok: false; readonly message: string; readonly line: number | undefined; readonly column: number | undefined }

/** Reads a document from the editor. */
export function parseDocumentText(text: string): ParsedText {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fault(error instanceof Error ? error.message : String(error), text)
  }
  if (!isDocument(value)) return { ok: false, message: 'A document is an object: it begins with { and ends with }', line: 1, column: 1 }
  return { ok: true, document: value }
}

function isDocument(value: unknown): value is NewDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && (!('_id' in value) || typeof value._id === 'string')
}

/** Chromium says "… at position 12 (line 2 column 3)", Firefox "… at line 2 column 3 of the JSON data", Safari no place. */
function fault(message: string, text: string): ParsedText {
  const sentence = message.replace(/^JSON\.parse: /, '').replace(/ (in JSON )?at (position|line) .*$/, '')
  const place = /line (\d+) column (\d+)/.exec(message)
  if (place !== null) return { ok: false, message: sentence, line: Number(place[1]), column: Number(place[2]) }
  const position = /at position (\d+)/.exec(message)
  const offset = position === null ? (message.includes('end of') ? text.length : undefined) : Number(position[1])
  if (offset === undefined) return { ok: false, message: sentence, line: undefined, column: undefined }
  const before = text.slice(0, offset).split('\n')
  return { ok: false, message: sentence, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
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
