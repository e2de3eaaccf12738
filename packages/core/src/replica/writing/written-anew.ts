import { sha256 } from '#crypto'
import { utf8 } from '../../model/bytes.ts'
import { seenBy } from '../../model/edits/seen.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, recordKey } from '../../model/record.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import type { CommitEntry, StoredRecord } from '../../storage/storage.ts'

/** What a commit stores in the place of a version. */
type Written = NonNullable<ReturnType<CommitEntry['build']>>

/** What a version says, by this author and of this time, with what it replaced and what it had seen of others; `undefined` where too little of it is known. */
export function writtenAnew(
  scope: RecordScope,
  version: StoredRecord,
  { at, by }: { readonly at: number; readonly by: Uint8Array },
): Written | undefined {
  const { collection, id, prev, exp, edit, ownSlot } = version
  const content = ownContent(version)
  const seen = version.seen && seenBy({ at, by }, { versions: [version] })
  const more = { ...(ownSlot && { ownSlot }), ...(seen && { seen }) }
  const base = { at, by, ...(prev === null ? {} : { prev }), ...(exp === null ? {} : { exp }), ...more }
  const common = { collection, id, at, by, prev, exp, content, ...more }
  const key = collection === null || id === null ? undefined : recordKey(collection, id)
  if (content === null) {
    const kh = version.kh ?? (key === undefined ? undefined : keyHash(scope.ns, key))
    if (kh === undefined) return undefined
    const tombstone: DocRecord = { ...base, del: true, kh }
    return { ...common, hash: recordHash(scope, tombstone), kh, digest: null }
  }
  if (key === undefined) return undefined
  const bytes = utf8(content)
  const digest = sha256(bytes)
  const put: DocRecord = { ...base, del: false, k: key, digest, size: bytes.length, ...(edit && { path: edit.path }) }
  return { ...common, hash: recordHash(scope, put), kh: null, digest, ...(edit && { edit }) }
}
