import { DocstoreError } from '../errors.ts'
import type { PageEnd } from '../storage/storage.ts'

/** Longest cursor that we read, characters. Sort values can be long strings. */
const MAX_CURSOR = 16_384

/** The end of a page as an opaque string: where the next one begins, on any peer. */
export function encodeCursor({ values, id }: PageEnd): string {
  return JSON.stringify([id, ...values])
}

/** Reads a cursor of a query with this many sort fields. */
export function decodeCursor(text: string, sortFields: number): PageEnd {
  try {
    const parsed: unknown = text.length > MAX_CURSOR ? undefined : JSON.parse(text)
    if (Array.isArray(parsed) && parsed.length === sortFields + 1) {
      const [id, ...values]: unknown[] = parsed
      const isValue = (value: unknown): value is string | number | null => value === null || typeof value === 'string' || typeof value === 'number'
      if (typeof id === 'string' && values.every(isValue)) return { id, values }
    }
  } catch {
    // Falls through to the one error for every kind of broken cursor.
  }
  throw new DocstoreError('bad-cursor', 'The cursor does not belong to this query. Start again without one')
}
