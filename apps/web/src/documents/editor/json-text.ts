import { type Document, DocstoreError, type NewDocument, parseJson } from 'p2p-docstore'
import { withEscapes } from '../../ui/hidden-characters.ts'
import { namingRank } from '../naming-fields.ts'

/** What is wrong with a text, and where. */
export interface TextFault {
  readonly ok: false
  readonly message: string
  readonly line: number
  readonly column: number
}

/** A text as a document, or what is wrong with it. */
export type ParsedText = { readonly ok: true; readonly document: NewDocument } | TextFault

/** Reads a document from the editor: what would lose digits or a field is a fault, since it could not be saved as it stands there. */
export function parseDocumentText(text: string): ParsedText {
  const parsed = parseJsonText(text)
  if (!parsed.ok) return parsed
  const { value } = parsed
  if (!isDocument(value)) return { ok: false, message: 'A document is an object: it begins with { and ends with }', line: 1, column: 1 }
  return { ok: true, document: value }
}

/** Reads JSON as somebody types it. */
export function parseJsonText(text: string): { readonly ok: true; readonly value: unknown } | TextFault {
  try {
    return { ok: true, value: parseJson(text) }
  } catch (error) {
    return fault(error, text)
  }
}

function isDocument(value: unknown): value is NewDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && (!('_id' in value) || typeof value._id === 'string')
}

function fault(error: unknown, text: string): TextFault {
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

/** A document as people edit it. Characters that are not seen are escapes in it. */
export function documentText(document: unknown): string {
  return withEscapes(JSON.stringify(document, undefined, 2))
}

/** What a new document starts from: the fields that most of the others have, each empty in its way, what names a document first. */
export function templateText(others: readonly Document[]): string {
  const uses = new Map<string, number>()
  for (const document of others) for (const field of Object.keys(document)) uses.set(field, (uses.get(field) ?? 0) + 1)
  const isUsual = (field: string): boolean => field !== '_id' && 2 * (uses.get(field) ?? 0) > others.length
  const fields = [...uses.keys()].filter(isUsual).sort((a, b) => namingRank(a) - namingRank(b))
  if (fields.length === 0) return documentText({ title: '' })
  return documentText(Object.fromEntries(fields.map((field) => [field, emptyLike(others.find((document) => field in document)?.[field])])))
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
