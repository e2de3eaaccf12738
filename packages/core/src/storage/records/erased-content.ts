import { sha256 } from '#crypto'
import type { ErasedContent } from '../../model/batch.ts'
import { utf8 } from '../../model/bytes.ts'
import type { StoredRecord } from '../storage.ts'
import { moreColumn } from './more-column.ts'
import { ownContent } from './own-content.ts'

/** What a record has in its column `more` once it has expired. */
export function erasedColumn(record: StoredRecord): Uint8Array | null {
  return moreColumn({ erased: erasedOf(ownContent(record) ?? ''), seen: record.seen, unit: record.lost?.unit })
}

/** What stays of a content that goes. */
function erasedOf(content: string): ErasedContent {
  return { digest: sha256(content), size: utf8(content).length }
}

/** Whether a record has expired by a time, and still says what it said. */
export function isDue({ exp, erased, kh }: StoredRecord, now: number): boolean {
  return exp !== null && exp <= now && erased === undefined && kh === null
}
