import { equalBytes, toHex } from '../../model/bytes.ts'
import { valueOfEdit } from '../../model/edits/edit-content.ts'
import { mergedContent } from '../../model/edits/merged.ts'
import type { LostVersion, StoredRecord } from '../storage.ts'
import { type EditedDocument, editOf } from './edited-document.ts'
import { hiddenEdits, isConflict, wonOver } from './is-conflict.ts'
import { ownContent } from './own-content.ts'

/** What a version that lost would make of its document, and what it lost to; `undefined` where that says the same, or nothing hides it. */
export function lostVersion(document: EditedDocument, record: StoredRecord): LostVersion | undefined {
  const { id, at, by, edit, lost, seq } = record
  const { base, edits } = document
  if (lost === undefined) return hiddenVersion(document, record)
  const unit = toHex(lost.unit)
  const winner = wonOver(record, document)
  if (winner === undefined || id === null || !isConflict(record, document)) return undefined
  const common = { id, at, by, won: { content: document.content(), at: winner.at, by: winner.by }, end: { id, seq } }
  const own = ownContent(record)
  if (edit === undefined) return { ...common, content: own }
  const whole = base === undefined ? null : ownContent(base)
  const value = own === null ? undefined : valueOfEdit(own)
  // As if it had come instead of the edit of its field, and after everything that is there.
  const others = edits.filter((one) => one.unit !== unit && one.erased === undefined).map(editOf)
  const latest = Math.max(document.newest, at) + 1
  const content = whole === null ? null : mergedContent(whole, [...others, { ...editOf(record), at: latest }])
  return { ...common, content, edit: { path: edit.path, ...(value === undefined ? {} : { value }) } }
}

/** An edit that nobody sees because its document was deleted; `undefined` for any other. */
function hiddenVersion(document: EditedDocument, { id, at, by, edit, seq, hash }: StoredRecord): LostVersion | undefined {
  const hidden = hiddenEdits(document).find((one) => equalBytes(one.hash, hash))
  const { base } = document
  if (hidden === undefined || base === undefined || edit === undefined || id === null) return undefined
  const value = valueOfEdit(ownContent(hidden) ?? '')
  const won = { content: null, at: base.at, by: base.by }
  return { id, at, by, content: null, edit: { path: edit.path, ...(value === undefined ? {} : { value }) }, won, end: { id, seq } }
}
