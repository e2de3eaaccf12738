import { equalBytes } from '../../model/bytes.ts'
import { canonicalJson, type Document } from '../../model/content.ts'
import { isLogId, logId, nonceOfLogId } from '../../model/types/log-id.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, recordKey, slotOf } from '../../model/record.ts'
import type { CommitEntry, StoredRecord } from '../../storage/storage.ts'
import type { Author } from './local-write.ts'
import { writtenAnew } from './written-anew.ts'
import { utf8 } from '../../model/bytes.ts'
import { sha256 } from '#crypto'

/** Who writes anew, and up to which time others have records. */
export interface Redating extends Author {
  readonly known: number
}

/** The entries that write a record of ours anew, see `redatedEntry`. The entry of a log has its time in its id: another one takes its place, and it is deleted. */
export function redatedEntries(scope: RecordScope, record: StoredRecord, redating: Redating): readonly CommitEntry[] {
  const { collection, id, ownSlot, content, by } = record
  const isEntry = ownSlot === true && content !== null && collection !== null && id !== null && isLogId(id, record.at, by)
  return isEntry ? redatedLogEntry(scope, { ...record, collection, id, content }, redating) : [redatedEntry(scope, record, redating)]
}

function redatedLogEntry(
  scope: RecordScope,
  {
    slot,
    hash,
    at: before,
    exp,
    id: old,
    collection,
    content: text,
  }: StoredRecord & { readonly collection: string; readonly id: string; readonly content: string },
  { identity, clock, known }: Redating,
): readonly CommitEntry[] {
  const by = identity.author
  const at = clock.next(known)
  const id = logId(at, by, nonceOfLogId(old))
  const [key, oldKey] = [recordKey(collection, id), recordKey(collection, old)]
  if (at >= before || key === undefined || oldKey === undefined) return []
  const content = canonicalJson({ ...(JSON.parse(text) as Document), _id: id })
  const bytes = utf8(content)
  const digest = sha256(bytes)
  const base = { by, ...(exp === null ? {} : { exp }), ownSlot: true } as const
  const kh = keyHash(scope.ns, oldKey)
  let isThere = false
  return [
    {
      slot,
      isAnew: true,
      build: (stored) => {
        isThere = stored !== undefined && equalBytes(stored.hash, hash)
        if (!isThere) return undefined
        const deletedAt = clock.next(at)
        const tombstone: DocRecord = { by, at: deletedAt, del: true, kh, ownSlot: true }
        return {
          collection,
          id: old,
          at: deletedAt,
          by,
          prev: null,
          exp: null,
          content: null,
          ownSlot: true,
          hash: recordHash(scope, tombstone),
          kh,
          digest: null,
        }
      },
    },
    {
      slot: slotOf(scope.write, keyHash(scope.ns, key), by, true),
      build: () => {
        if (!isThere) return undefined
        const put: DocRecord = { ...base, at, del: false, k: key, digest, size: bytes.length }
        return { collection, id, at, by, prev: null, exp, content, ownSlot: true, hash: recordHash(scope, put), kh: null, digest }
      },
    },
  ]
}

/**
 * Writes a record of ours anew that lies in the future: the same statement with a time of now. It takes the place of just that version, and
 * leaves alone what was written meanwhile. Only for records that nobody else has: the old version must not come back and win.
 */
function redatedEntry(scope: RecordScope, record: StoredRecord, { identity, clock, known: latest }: Redating): CommitEntry {
  return {
    slot: record.slot,
    isAnew: true,
    ...(record.edit === undefined ? {} : { document: record.edit.document }),
    build: (old, document) => {
      // One that lost did so to what somebody else has, who would have it too.
      if (old === undefined || record.lost !== undefined || !equalBytes(old.hash, record.hash)) return undefined
      // What has expired says nothing to anybody.
      if (old.erased !== undefined) return undefined
      // After everything that anybody knows, so that it still wins over the version that it replaced in its time.
      const at = clock.next(latest)
      if (at >= old.at) return undefined
      // What it edits is not yet written anew: then it stays as it is until that is.
      if (old.edit !== undefined && document?.base !== undefined && at <= document.base.at) return undefined
      // What the old version replaced is what others know: nobody knows the old version. What it has seen of others is earlier than that time.
      return writtenAnew(scope, old, { at, by: identity.author })
    },
  }
}
