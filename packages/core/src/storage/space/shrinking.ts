import { utf8 } from '../../model/bytes.ts'
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
      if (record === undefined || isNoLarger(record, old)) return record
      leftOut.add(position)
      return undefined
    },
  }))
  return { entries: shrinking, isLeftOut: (position) => leftOut.has(position) }
}

/** By what the contents take: everything else is about as large in every version. */
function isNoLarger(record: NewRecord, old: StoredRecord | undefined): boolean {
  return old !== undefined && lengthOf(record.content) <= lengthOf(ownContent(old))
}

function lengthOf(content: string | null): number {
  return content === null ? 0 : utf8(content).length
}
