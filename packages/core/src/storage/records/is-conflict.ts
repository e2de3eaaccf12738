import { equalBytes } from '../../model/bytes.ts'
import type { DocumentView, StoredRecord } from '../storage.ts'
import { ownContent } from './own-content.ts'

/** What holds the place of a version that lost: the edit of its field, or the document. */
export function wonOver({ slot, lost }: StoredRecord, { base, edits }: Pick<DocumentView, 'base' | 'edits'>): StoredRecord | undefined {
  const unit = lost?.unit ?? slot
  return edits.find((edit) => equalBytes(edit.slot, unit)) ?? base
}

/** The edits of a document that was deleted by somebody who did not know of them, though they are later: whoever has seen a delete edits nothing. */
export function hiddenEdits<Record extends StoredRecord>({
  base,
  edits,
}: {
  readonly base?: StoredRecord | undefined
  readonly edits: readonly Record[]
}): readonly Record[] {
  const isDeleted = base !== undefined && base.erased === undefined && ownContent(base) === null
  return isDeleted ? edits.filter(({ erased }) => erased === undefined) : []
}

/** Whether a version that lost says something else than what won; one that has expired says nothing. */
export function isConflict(record: StoredRecord, document: Pick<DocumentView, 'base' | 'edits'>): boolean {
  const won = wonOver(record, document)
  if (record.erased !== undefined || won === undefined) return false
  return (won.edit === undefined) !== (record.edit === undefined) || won.erased !== undefined || ownContent(won) !== ownContent(record)
}
