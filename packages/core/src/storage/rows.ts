import type { ErasedContent } from '../model/batch.ts'
import { decodeCbor, encodeCbor } from '../model/encoding/cbor.ts'
import type { EditPath } from '../model/edits/edit-path.ts'
import { readSeen, type Seen, seenList } from '../model/edits/seen.ts'
import { MAX_RECORD_BYTES } from '../model/limits.ts'
import type { SqlRow, SqlValue } from './drivers/driver.ts'
import { SEQ_SPAN } from './schema.ts'
import type { StoredRecord } from './storage.ts'

const DIGEST_BYTES = 32

/** The columns that `storedRecord` reads. */
export const RECORD_COLUMNS =
  'r.rid, r.slot, r.collection, r.id, r.at, r.hash, a.key AS by, r.seal, r.prev, r.exp, r.kh, r.content, r.own, r.document, r.path, r.erased, r.seen, r.unit, r.lost'
/** Where they come from. */
export const RECORD_TABLES = 'records r JOIN authors a ON a.author = r.author'

/** What a record has as slot of its document, which is that of an edit alone: nothing, or an empty one where the slot is its author's own. */
export function documentColumn({ edit, ownSlot }: Pick<StoredRecord, 'edit' | 'ownSlot'>): Uint8Array | null {
  return edit?.document ?? (ownSlot === true ? new Uint8Array() : null)
}

/** A record from its row. */
export function storedRecord(row: SqlRow): StoredRecord {
  const { collection, id, seal, exp, content, own, document, seen, lost } = row
  const record: StoredRecord = {
    seq: Number(row['rid']) % SEQ_SPAN,
    slot: bytes(row['slot']),
    collection: typeof collection === 'string' ? collection : null,
    id: typeof id === 'string' ? id : null,
    at: Number(row['at']),
    hash: bytes(row['hash']),
    by: bytes(row['by']),
    seal: typeof seal === 'number' ? seal : null,
    prev: bytesOrUndefined(row['prev']) ?? null,
    exp: typeof exp === 'number' ? exp : null,
    kh: bytesOrUndefined(row['kh']) ?? null,
    content: typeof content === 'string' ? content : null,
  }
  const erased = row['erased']
  const isOwnSlot = document instanceof Uint8Array && document.length === 0
  if (typeof own !== 'string' && !isOwnSlot && erased === null && seen === null && lost === null) return record
  const known = seen instanceof Uint8Array ? storedSeen(seen, record.at) : undefined
  return {
    ...record,
    ...(typeof own === 'string' && { own }),
    ...(isOwnSlot && { ownSlot: true as const }),
    ...(erased instanceof Uint8Array && { erased: erasedContent(erased) }),
    ...(typeof row['path'] === 'string' && { edit: { document: bytes(document), path: JSON.parse(row['path']) as EditPath } }),
    ...(known && { seen: known }),
    // An edit that a delete hides has no other slot.
    ...(typeof lost === 'number' && row['unit'] !== null && { lost: { document: bytes(document), unit: bytes(row['unit']), since: lost } }),
  }
}

function storedSeen(bytes: Uint8Array, at: number): Seen | undefined {
  const decoded = decodeCbor(bytes, MAX_RECORD_BYTES)
  return decoded.ok ? readSeen(decoded.value, at) : undefined
}

/** What a column `seen` holds. */
export function seenColumn(seen: Seen | undefined): Uint8Array | null {
  return seen === undefined ? null : encodeCbor(seenList(seen))
}

/** What is left of a content in its row: 32 bytes of its digest, then its length. */
export function erasedBytes({ digest, size }: ErasedContent): Uint8Array {
  const bytes = new Uint8Array(DIGEST_BYTES + 4)
  bytes.set(digest)
  new DataView(bytes.buffer).setUint32(DIGEST_BYTES, size)
  return bytes
}

function erasedContent(stored: Uint8Array): ErasedContent {
  return { digest: stored.slice(0, DIGEST_BYTES), size: new DataView(stored.buffer, stored.byteOffset).getUint32(DIGEST_BYTES) }
}

/** A blob of a column that is never NULL. */
export function bytes(value: SqlValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

/** A blob, `undefined` for NULL and where there is no row. */
export function bytesOrUndefined(value: SqlValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}
