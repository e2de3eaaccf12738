import type { StoredRecord } from '../../storage/storage.ts'

/** Content of one page of changes, UTF-16 units: its reader may be slow, and there may be many. One document alone may be larger. */
const PAGE_LENGTH: number = 64 * 1024
/** Records that are read first: they tell how large the others may be. */
const FIRST = 4

/** Up to `limit` records, fewer where they are large, none at the end: read a few at a time, each time after the last one. */
export async function boundedPage<T>(
  limit: number,
  read: (limit: number, last: T | undefined) => readonly T[] | Promise<readonly T[]>,
  recordOf: (element: T) => StoredRecord,
): Promise<readonly T[]> {
  const page: T[] = []
  let length = 0
  for (let some = Math.min(FIRST, limit); some > 0; ) {
    const next = await read(some, page.at(-1))
    for (const element of next) {
      page.push(element)
      const { content, own } = recordOf(element)
      length += (content?.length ?? 0) + (own?.length ?? 0)
    }
    if (next.length < some || length >= PAGE_LENGTH) break
    const left = Math.max(1, Math.floor(((PAGE_LENGTH - length) * page.length) / Math.max(1, length)))
    some = Math.min(limit - page.length, left)
  }
  return page
}
