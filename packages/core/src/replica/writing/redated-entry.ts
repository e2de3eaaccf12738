import { equalBytes } from '../../model/bytes.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, recordKey } from '../../model/record.ts'
import { seenBy } from '../../model/edits/seen.ts'
import type { CommitEntry, StoredRecord } from '../../storage/storage.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import type { Author } from './local-write.ts'
import { utf8 } from '../../model/bytes.ts'
import { sha256 } from '#crypto'

/** Who writes anew, and up to which time others have records. */
export interface Redating extends Author {
  readonly known: number
}

/**
 * Writes a record of ours anew that lies in the future: the same statement with a time of now. It takes the place of just that version, and
 * leaves alone what was written meanwhile. Only for records that nobody else has: the old version must not come back and win.
 */
export function redatedEntry(scope: RecordScope, record: StoredRecord, { identity, clock, known: latest }: Redating): CommitEntry {
  return {
    slot: record.slot,
    isAnew: true,
    ...(record.edit === undefined ? {} : { document: record.edit.document }),
    build: (old, document) => {
      // One that lost did so to what somebody else has, who would have it too.
      if (old === undefined || record.lost !== undefined || !equalBytes(old.hash, record.hash)) return undefined
      const { collection, id, prev, exp, edit } = old
      // What has expired says nothing to anybody.
      if (old.erased !== undefined) return undefined
      const content = ownContent(old)
      // After everything that anybody knows, so that it still wins over the version that it replaced in its time.
      const at = clock.next(latest)
      if (at >= old.at) return undefined
      // What it edits is not yet written anew: then it stays as it is until that is.
      if (edit !== undefined && document?.base !== undefined && at <= document.base.at) return undefined
      const by = identity.author
      // What the old version replaced is what others know: nobody knows the old version. What it has seen of others is earlier than that time.
      const seen = old.seen && seenBy({ at, by }, { versions: [old] })
      const known = seen === undefined ? {} : { seen }
      const base = { at, by, ...(prev === null ? {} : { prev }), ...(exp === null ? {} : { exp }), ...known }
      const common = { collection, id, at, by, prev, exp, content, ...known }
      const key = collection === null || id === null ? undefined : recordKey(collection, id)
      if (content === null) {
        const kh = old.kh ?? (key === undefined ? undefined : keyHash(scope.ns, key))
        if (kh === undefined) return undefined
        const tombstone: DocRecord = { ...base, del: true, kh }
        return { ...common, hash: recordHash(scope, tombstone), kh, digest: null }
      }
      if (key === undefined) return undefined
      const bytes = utf8(content)
      const digest = sha256(bytes)
      const put: DocRecord = { ...base, del: false, k: key, digest, size: bytes.length, ...(edit === undefined ? {} : { path: edit.path }) }
      return { ...common, hash: recordHash(scope, put), kh: null, digest, ...(edit === undefined ? {} : { edit }) }
    },
  }
}
