import type { StoredRecord } from '../storage.ts'

/** Slot of the document that a record is of. */
export function documentOf({ slot, edit, lost }: Pick<StoredRecord, 'slot' | 'edit' | 'lost'>): Uint8Array {
  return edit?.document ?? lost?.document ?? slot
}
