import { canonicalJson, contentId, DocstoreError, errorCode, errorMessage, isPlainObject, recordKey } from '@p2p-docstore/core'
import type { Row } from './row.ts'

/** How rows become documents. */
export interface DocumentOptions {
  /** Field whose value becomes the `_id`. */
  readonly idField: string | undefined
  readonly collection: string
  /** Largest content, bytes. */
  readonly maxBytes: number
}

/** A document with its id. */
export interface RowDocument {
  readonly _id: string
  readonly [field: string]: unknown
}

/**
 * The document of a row. Its id comes from the named field, else from `_id`, else from the content, so that the same row gets the
 * same id again. Throws `bad-document`, `bad-id` or `document-too-large`, naming the row.
 */
export function toDocument({ value, place }: Row, { idField, collection, maxBytes }: DocumentOptions): RowDocument {
  const fail = (code: string, what: string): DocstoreError => new DocstoreError(code, `${capital(place)}: ${what}`)
  if (!isPlainObject(value)) throw fail('bad-document', 'a document is an object, such as {"title":"Hello"}')
  try {
    const _id = idField === undefined ? (value['_id'] ?? contentId(canonicalJson(value))) : value[idField]
    const field = idField ?? '_id'
    const id = typeof _id === 'number' && idField !== undefined ? JSON.stringify(_id) : _id
    if (id === undefined || id === null || id === '') throw fail('bad-id', `the field ${JSON.stringify(field)} is missing or empty`)
    if (typeof id !== 'string')
      throw fail('bad-id', `${JSON.stringify(field)} is a string${idField === undefined ? '' : ' or a number'}, not ${typeof id}`)
    if (recordKey(collection, id) === undefined)
      throw fail('bad-id', `${JSON.stringify(id.slice(0, 80))} is too long for an id, or has characters that ids cannot have`)
    const document = { ...value, _id: id }
    const json = canonicalJson(document)
    if (json.length * 3 > maxBytes && Buffer.byteLength(json) > maxBytes) throw fail('document-too-large', `more than ${maxBytes} bytes as JSON`)
    return document
  } catch (error) {
    if (error instanceof DocstoreError && error.message.startsWith(capital(place))) throw error
    throw fail(errorCode(error) === 'unknown' ? 'bad-document' : errorCode(error), errorMessage(error))
  }
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
