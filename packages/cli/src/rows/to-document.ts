import {
  canonicalJson,
  contentId,
  DocstoreError,
  errorCode,
  errorMessage,
  formerText,
  isPlainObject,
  type LongNumbers,
  recordKey,
} from '@p2p-docstore/core'
import { plainRow } from './extended-json.ts'
import { placeOf, type Row } from './row.ts'

/** How rows become documents. */
export interface DocumentOptions {
  /** Field whose value becomes the `_id`. */
  readonly idField: string | undefined
  readonly collection: string
  /** Largest content, bytes. */
  readonly maxBytes: number
  readonly longNumbers: LongNumbers
}

/** A document with its id, unless the rules of the collection give it one. */
export interface RowDocument {
  readonly _id?: string
  readonly [field: string]: unknown
}

/** What a row gives. */
export interface MadeDocument {
  readonly id: string
  /** The fields of the row, perhaps without `_id`. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Its JSON (RFC 8785), where the id follows from that: the row has none of its own. */
  readonly content: string | undefined
}

/**
 * The document of a row. Its id comes from the named field, else from `_id`, else from the content, so that the same row gets the
 * same id again. Throws `bad-document`, `bad-id`, `inexact-number` or `document-too-large`, naming the row.
 */
export function toDocument(row: Row, options: DocumentOptions): MadeDocument {
  try {
    if (row.error !== undefined) throw row.error
    return make(row, options)
  } catch (error) {
    throw rowError(row, error)
  }
}

function make({ value: given, id: exactId, isMarked = false }: Row, { idField, collection, maxBytes, longNumbers }: DocumentOptions): MadeDocument {
  const value = isMarked ? plainRow(given, { longNumbers, idField }) : given
  if (!isPlainObject(value)) throw new DocstoreError('bad-document', 'a document is an object, such as {"title":"Hello"}')
  const own = value['_id']
  const named = idField === undefined ? own : (exactId ?? value[idField])
  const json = canonicalJson(value)
  const isFromContent = idField === undefined && (own === undefined || own === null)
  // Rows that were imported before the canonical form changed keep their ids.
  const idText = isFromContent ? formerText(json) : undefined
  const id = idText !== undefined ? contentId(idText) : checkId(named, own, idField)
  if (recordKey(collection, id) === undefined)
    throw new DocstoreError('bad-id', `${JSON.stringify(id.slice(0, 80))} is too long for an id, or has characters that ids cannot have`)
  const length = json.length + (own === undefined ? id.length + '"_id":"",'.length : 0)
  if (length * 3 > maxBytes && Buffer.byteLength(canonicalJson({ ...value, _id: id })) > maxBytes)
    throw new DocstoreError('document-too-large', `more than ${maxBytes} bytes as JSON`)
  return { id, fields: value, content: idText }
}

function checkId(value: unknown, own: unknown, idField: string | undefined): string {
  const field = JSON.stringify(idField ?? '_id')
  const id = typeof value === 'number' && idField !== undefined ? JSON.stringify(value) : value
  if (id === undefined || id === null || id === '') throw new DocstoreError('bad-id', `the field ${field} is missing or empty`)
  if (typeof id !== 'string') {
    const hint = typeof id === 'number' ? `. With --id ${idField ?? '_id'}, numbers are taken as text` : ''
    throw new DocstoreError(
      'bad-id',
      `${field} is a string${idField === undefined ? '' : ' or a number'}, not ${Array.isArray(id) ? 'list' : typeof id}${hint}`,
    )
  }
  if (idField !== undefined && idField !== '_id' && own !== undefined && own !== null && own !== id) {
    throw new DocstoreError(
      'bad-id',
      `its _id is ${JSON.stringify(own)?.slice(0, 80)}, and ${field} says ${JSON.stringify(id.slice(0, 80))}. Leave out --id, or take _id out of the rows`,
    )
  }
  return id
}

/** An error of a row, which says where that stands; once, since some errors know a better place. */
function rowError(row: Row, error: unknown): DocstoreError {
  const place = placeOf(row)
  const message = errorMessage(error)
  const line = error instanceof DocstoreError ? error.details['line'] : undefined
  const isPlaced = row.unit === 'line' && typeof line === 'number' && new RegExp(`\\bline ${line}\\b`, 'i').test(message)
  const code = errorCode(error) === 'unknown' ? 'bad-document' : errorCode(error)
  const hint = code === 'inexact-number' ? `, or import with --big-numbers text` : ''
  return DocstoreError.passedOn(code, (isPlaced ? message : `${place.slice(0, 1).toUpperCase()}${place.slice(1)}: ${uncapital(message)}`) + hint, {
    cause: error,
    details: { [row.unit]: row.at },
  })
}

function uncapital(text: string): string {
  return /^Line \d/.test(text) ? text.slice(0, 1).toLowerCase() + text.slice(1) : text
}
