import type { StoredRecord } from '../storage.ts'

/** What a record says itself; `null` for a tombstone. */
export function ownContent({ content, own }: Pick<StoredRecord, 'content' | 'own'>): string | null {
  return own ?? content
}

/** Whether a record is a change that readers see: what shows a document, or says that it is deleted. */
export function isShown({ content, own, lost }: Pick<StoredRecord, 'content' | 'own' | 'lost'>): boolean {
  return content !== null || (own === undefined && lost === undefined)
}
