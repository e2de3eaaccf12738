import { fromUtf8 } from '../bytes.ts'
import { canonicalJson, isPlainObject } from '../content.ts'
import type { Json } from '../json/json-value.ts'
import { MAX_CONTENT_DEPTH, MAX_EDIT_BYTES } from '../limits.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'
import type { EditPath } from './edit-path.ts'

/** Content of an edit: canonical JSON of the document's id and the value of the field, or of the id alone where the field is taken away. */
export function encodeEdit(id: string, value: Json | undefined): string {
  return canonicalJson(value === undefined ? { _id: id } : { _id: id, value })
}

/** The value that an edit gives its field, `undefined` where it takes it away. The content was accepted, or written here. */
export function valueOfEdit(content: string): Json | undefined {
  return (JSON.parse(content) as { readonly value?: Json }).value
}

/** Parses the content of an edit from another peer. */
export function decodeEdit(bytes: Uint8Array, id: string, path: EditPath, maxBytes: number = MAX_EDIT_BYTES): Verdict<{ text: string }> {
  if (bytes.length > Math.min(maxBytes, MAX_EDIT_BYTES)) return refuse('too-large')
  const text = fromUtf8(bytes)
  if (text === undefined) return refuse('bad-content')
  try {
    const content: unknown = JSON.parse(text)
    if (!isPlainObject(content) || content['_id'] !== id) return refuse('bad-content')
    if (Object.keys(content).some((name) => name !== '_id' && name !== 'value')) return refuse('bad-content')
    // Where it is put, it nests no deeper than a document may.
    if (path.length + depthOf(content['value']) > MAX_CONTENT_DEPTH) return refuse('bad-content')
    return canonicalJson(content) === text ? accept({ text }) : refuse('not-canonical')
  } catch {
    return refuse('bad-content')
  }
}

/** How deep a value nests: 0 for a text, 1 for `[1]`. It ends beyond what a document may have. */
export function depthOf(value: unknown, most: number = MAX_CONTENT_DEPTH + 1): number {
  if (typeof value !== 'object' || value === null || most === 0) return 0
  let deepest = 0
  for (const one of Object.values(value)) deepest = Math.max(deepest, depthOf(one, most - 1))
  return deepest + 1
}
