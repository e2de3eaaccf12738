import { concatBytes, equalBytes } from '../model/bytes.ts'
import type { EditPath } from '../model/edits/edit-path.ts'
import { SLOT_BYTES } from '../model/record.ts'
import type { SqlRow, SqlValue } from './drivers/driver.ts'
import { readMore } from './records/more-column.ts'
import { SEQ_SPAN } from './schema.ts'
import type { StoredRecord } from './storage.ts'

/** The columns that `storedRecord` reads. */
export const RECORD_COLUMNS =
  'r.rid, r.slot, r.collection, r.id, r.at, r.hash, a.key AS by, r.seal, r.prev, r.exp, r.kh, r.content, r.own, r.document, r.path, r.more, r.lost'
/** Where they come from. */
export const RECORD_TABLES = 'records r JOIN authors a ON a.author = r.author'

/** What a record has as slot of its document, which is that of an edit alone: nothing, or an empty one where the slot is its author's own. */
export function documentColumn({ edit, ownSlot }: Pick<StoredRecord, 'edit' | 'ownSlot'>): Uint8Array | null {
  return edit?.document ?? (ownSlot === true ? new Uint8Array() : null)
}

/** A record from its row. */
export function storedRecord(row: SqlRow): StoredRecord {
  const { collection, id, seal, exp, content, own, document, more, lost } = row
  const slot = bytes(row['slot'])
  const record: StoredRecord = {
    seq: Number(row['rid']) % SEQ_SPAN,
    slot,
    collection: typeof collection === 'string' ? collection : null,
    id: typeof id === 'string' ? id : null,
    at: Number(row['at']),
    hash: bytes(row['hash']),
    by: bytes(row['by']),
    seal: typeof seal === 'number' ? seal : null,
    prev: bytesOrUndefined(row['prev']) ?? null,
    exp: typeof exp === 'number' ? exp : null,
    kh: wholeKeyHash(row['kh'], slot),
    content: typeof content === 'string' ? content : null,
  }
  const isOwnSlot = document instanceof Uint8Array && document.length === 0
  if (typeof own !== 'string' && !isOwnSlot && more === null && lost === null) return record
  const { erased, seen, unit } = more instanceof Uint8Array ? readMore(more, record.at) : {}
  return {
    ...record,
    ...(typeof own === 'string' && { own }),
    ...(isOwnSlot && { ownSlot: true as const }),
    ...(erased && { erased }),
    ...(typeof row['path'] === 'string' && { edit: { document: bytes(document), path: JSON.parse(row['path']) as EditPath } }),
    ...(seen && { seen }),
    // An edit that a delete hides has no other slot.
    ...(typeof lost === 'number' && unit !== undefined && { lost: { document: bytes(document), unit, since: lost } }),
  }
}

/** What a column `kh` holds: most slots are the first half of the hash, and are in the row already. */
export function keyHashColumn(kh: Uint8Array | null, slot: Uint8Array): Uint8Array | null {
  return kh !== null && equalBytes(kh.subarray(0, SLOT_BYTES), slot) ? kh.slice(SLOT_BYTES) : kh
}

function wholeKeyHash(stored: SqlValue | undefined, slot: Uint8Array): Uint8Array | null {
  if (!(stored instanceof Uint8Array)) return null
  return stored.length === SLOT_BYTES ? concatBytes(slot, stored) : stored
}

/** A blob of a column that is never NULL. */
export function bytes(value: SqlValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

/** A blob, `undefined` for NULL and where there is no row. */
export function bytesOrUndefined(value: SqlValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}
