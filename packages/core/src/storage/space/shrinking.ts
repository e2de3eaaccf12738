import { equalBytes, utf8 } from '../../model/bytes.ts'
import { follows } from '../../model/edits/normal-form.ts'
import { hasSeen } from '../../model/edits/seen.ts'
import { ownContent } from '../records/own-content.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../storage.ts'

/** The same entries, of which those that would take more room than what they replace change nothing; which they are is known after the commit. */
export function shrinkingOnly(entries: readonly CommitEntry[]): {
  readonly entries: readonly CommitEntry[]
  readonly isLeftOut: (position: number) => boolean
} {
  const leftOut = new Set<number>()
  const shrinking = entries.map((entry, position) => ({
    ...entry,
    build: (old: StoredRecord | undefined, document: DocumentView | undefined, forgotten: number): NewRecord | undefined => {
      const record = entry.build(old, document, forgotten)
      if (record === undefined || lengthOf(record.content) <= replacedBy(entry, record, old, document)) return record
      leftOut.add(position)
      return undefined
    },
  }))
  return { entries: shrinking, isLeftOut: (position) => leftOut.has(position) }
}

/**
 * What goes for a record, by what the contents take: everything else is about as large in every version. A whole version of a document takes the place of
 * the edits before it, too, and any of versions that lost and that it settles. Nothing goes for what is new, which -1 says.
 */
function replacedBy(
  { slot, document: inDocument }: CommitEntry,
  record: NewRecord,
  old: StoredRecord | undefined,
  document: DocumentView | undefined,
): number {
  const isWhole = inDocument === undefined || equalBytes(inDocument, slot)
  const edits = isWhole ? (document?.edits ?? []).filter(({ at }) => at <= record.at) : []
  const losers = (document?.losers ?? []).filter((one) => (isWhole || equalBytes(one.lost?.unit ?? one.slot, slot)) && follows(record, one))
  if (old === undefined && edits.length + losers.length === 0) return -1
  // What it has not seen is kept, or wins.
  const gone = [...edits, ...(old === undefined ? [] : [old])].filter((one) => one.at <= record.at && hasSeen(record, one))
  return [...gone, ...losers].reduce((sum, one) => sum + lengthOf(ownContent(one)), 0)
}

function lengthOf(content: string | null): number {
  return content === null ? 0 : utf8(content).length
}
