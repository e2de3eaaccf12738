import type { Document } from '../../model/content.ts'
import { type Filter, matches } from '../../query/index.ts'
import type { FeedRecord } from '../../storage/storage.ts'
import { changeOf } from './change-row.ts'
import type { FeedRow } from '../types.ts'

/**
 * What a page of a feed says of the documents of a collection that match. It is found out here, where the data lies: of what does not
 * match, nothing has to go to the reader.
 */
export function feedRows(records: readonly FeedRecord[], collection: string, filter: Filter): readonly FeedRow[] {
  return records.flatMap((one): readonly FeedRow[] => {
    if (one.record.collection !== collection) return []
    const { content, ...change } = changeOf(one.record)
    if (content === null) return [{ ...change, content, type: 'delete' }]
    if (isMatch(filter, content)) return [{ ...change, content, type: 'put' }]
    return wasIn(filter, one) ? [{ ...change, content: null, type: 'leave' }] : []
  })
}

/** Whether the document matched when it was last read. Where that is not known any more it may have: better told once too often. */
function wasIn(filter: Filter, { before }: FeedRecord): boolean {
  return before === undefined || (before !== null && isMatch(filter, before))
}

function isMatch(filter: Filter, content: string): boolean {
  return matches(filter, JSON.parse(content) as Document)
}
