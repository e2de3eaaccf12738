import { sha256 } from '#crypto'
import { DocstoreError } from '../../errors.ts'
import { toHex, utf8 } from '../../model/bytes.ts'
import { type Filter, type Sort, totalSort } from '../../query/index.ts'
import type { SqlValue } from '../../storage/driver.ts'
import type { PageEnd } from '../../storage/storage.ts'

/** Longest cursor that we read, characters: eight sort values out of one document, none longer than the document itself. */
const MAX_CURSOR: number = 4 * 1024 * 1024

/** The end of a page as an opaque string: where the next one of the same query begins, on any peer. */
export function encodeCursor({ values, id }: PageEnd, filter: Filter, sort: Sort): string {
  return JSON.stringify([queryMark(filter, sort), id, ...values.map(toJson)])
}

/** Reads a cursor. Throws `bad-cursor` for one of another query, or of none. */
export function decodeCursor(text: string, filter: Filter, sort: Sort): PageEnd {
  try {
    const parsed: unknown = text.length > MAX_CURSOR ? undefined : JSON.parse(text)
    if (Array.isArray(parsed) && parsed.length === totalSort(sort).length + 1) {
      const [mark, id, ...values]: unknown[] = parsed
      const keys = values.map(fromJson)
      if (mark === queryMark(filter, sort) && typeof id === 'string' && !keys.includes(undefined)) {
        return { id, values: keys.filter((key) => key !== undefined) }
      }
    }
  } catch {
    // Falls through to the one error for every kind of broken cursor.
  }
  throw new DocstoreError('bad-cursor', 'The cursor does not belong to this query: filter and sort have to be those of the page that it came from')
}

/** Tells queries apart: the first 32 bits of a hash of filter and sort. */
function queryMark(filter: Filter, sort: Sort): string {
  return toHex(sha256(utf8(JSON.stringify([filter, sort]))).subarray(0, 4))
}

/** Of the keys that a query sorts by, JSON has numbers and texts only: null is null, and what has no number, text or null is a list. */
function toJson(key: SqlValue): unknown {
  if (key === null) return []
  if (key === Number.NEGATIVE_INFINITY) return null
  return key instanceof Uint8Array ? [toHex(key)] : key
}

function fromJson(value: unknown): SqlValue | undefined {
  if (value === null) return Number.NEGATIVE_INFINITY
  if (typeof value === 'string' || typeof value === 'number') return value
  if (!Array.isArray(value)) return undefined
  const [hex]: unknown[] = value
  if (hex === undefined) return null
  if (typeof hex !== 'string' || !/^(?:[0-9a-f]{2})+$/.test(hex)) return undefined
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
