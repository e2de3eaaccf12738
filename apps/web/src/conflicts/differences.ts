import type { Conflict, Document } from 'p2p-docstore'
import { fieldChanges } from '../documents/field-changes.ts'

/** What two versions of a document say of a field; `undefined` where one has none. */
export interface Difference {
  /** Dotted path; empty for the document as a whole. */
  readonly field: string
  readonly lost: Document[string] | undefined
  readonly stands: Document[string] | undefined
}

/** What a version that lost says otherwise than what stands, field by field; nothing where it deleted the document. */
export function differencesOf({ document, field, value, won }: Conflict<Document>): readonly Difference[] {
  const standing = won.document
  // Of a deleted document there is no more than what was written.
  if (standing === null && field !== undefined) return [{ field, lost: value, stands: undefined }]
  if (document === null) return []
  if (standing === null) return fieldsOf(document).map(([name, lost]) => ({ field: name, lost, stands: undefined }))
  const [lost, stands] = [fieldChanges(standing, document), fieldChanges(document, standing)]
  if (lost === undefined || stands === undefined) return [{ field: '', lost: document, stands: standing }]
  const [theirs, ours] = [valuesOf(lost), valuesOf(stands)]
  return [...new Set([...theirs.keys(), ...ours.keys()])].map((path) => ({ field: path, lost: theirs.get(path), stands: ours.get(path) }))
}

function fieldsOf(document: Document): readonly (readonly [string, Document[string]])[] {
  return Object.entries(document).filter(([name]) => name !== '_id')
}

function valuesOf({ $set = {} }: { readonly $set?: Readonly<Record<string, unknown>> }): ReadonlyMap<string, Document[string]> {
  return new Map(Object.entries($set) as [string, Document[string]][])
}
