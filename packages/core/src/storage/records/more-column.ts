import type { ErasedContent } from '../../model/batch.ts'
import { readSeen, type Seen, seenList } from '../../model/edits/seen.ts'
import { decodeCbor, encodeCbor } from '../../model/encoding/cbor.ts'
import { MAX_RECORD_BYTES } from '../../model/limits.ts'

/** Longest that a column can be that is read, bytes: what a record has of it, and two slots. */
const MAX_MORE_BYTES: number = MAX_RECORD_BYTES + 256

/** What few records have: one column for all of it costs the others one byte of each row, and not three. */
export interface MoreOfRecord {
  /** Of a record that has expired: sha-256 and length of what it said. */
  readonly erased?: ErasedContent | undefined
  /** Which versions by others its writer had before him. */
  readonly seen?: Seen | undefined
  /** Of a version that lost: the slot for which it competed. */
  readonly unit?: Uint8Array | undefined
}

/** What the column `more` holds: canonical dag-cbor of `[digest, size, seen, unit]`, with null for what is not there; NULL where nothing is. */
export function moreColumn({ erased, seen, unit }: MoreOfRecord): Uint8Array | null {
  if (erased === undefined && seen === undefined && unit === undefined) return null
  return encodeCbor([erased?.digest ?? null, erased?.size ?? null, seen === undefined ? null : seenList(seen), unit ?? null])
}

/** The same from the column of a record of this time. */
export function readMore(column: Uint8Array, at: number): MoreOfRecord {
  const decoded = decodeCbor(column, MAX_MORE_BYTES)
  if (!decoded.ok || !Array.isArray(decoded.value)) return {}
  const [digest, size, seen, unit] = decoded.value as readonly unknown[]
  const known = seen === null ? undefined : readSeen(seen, at)
  return {
    ...(digest instanceof Uint8Array && typeof size === 'number' && { erased: { digest, size } }),
    ...(known && { seen: known }),
    ...(unit instanceof Uint8Array && { unit }),
  }
}
