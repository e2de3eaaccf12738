import { sha256 } from '#crypto'
import { utf8 } from '../../model/bytes.ts'
import { type DocRecord, editSlotOf, keyHash, recordHash, recordKey, type RecordScope, slotOf } from '../../model/record.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import type { Restated, StoredRecord } from '../../storage/storage.ts'

/**
 * The same statement about the same document at the same time by the same author, in another namespace, as one that replaced nothing. Of a
 * tombstone whose document was never here, only the hash of a key is left, which belongs to the namespace that it was in: `undefined`.
 */
export function restatedRecord(scope: RecordScope, record: StoredRecord): Restated | undefined {
  const { collection, id, at, by, exp, edit, ownSlot, erased, lost } = record
  // All are of one author, who has seen his own.
  if (lost !== undefined) return undefined
  const content = ownContent(record)
  const key = collection === null || id === null ? undefined : recordKey(collection, id)
  if (key === undefined) return undefined
  const kh = keyHash(scope.ns, key)
  const base = { at, by, ...(exp === null ? {} : { exp }), ...(ownSlot === undefined ? {} : { ownSlot }) }
  const slot = slotOf(scope.write, kh, by, ownSlot)
  if (content === null && erased === undefined) return { slot, kh, hash: recordHash(scope, { ...base, del: true, kh }) }
  const bytes = utf8(content ?? '')
  const put: DocRecord = { ...base, del: false, k: key, ...(erased ?? { digest: sha256(bytes), size: bytes.length }) }
  if (edit === undefined) return { slot, kh: null, hash: recordHash(scope, put) }
  const { path } = edit
  return { slot: editSlotOf(scope.write, kh, by, path), document: slot, kh: null, hash: recordHash(scope, { ...put, path }) }
}
