import { sha256 } from '#crypto'
import { equalBytes, utf8 } from '../../model/bytes.ts'
import { encodeEdit } from '../../model/edits/edit-content.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, recordKey } from '../../model/record.ts'
import { isConflict, wonOver } from '../../storage/records/is-conflict.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../../storage/storage.ts'

/**
 * Takes back a version of ours that lost, so that nobody keeps it: a delete right behind it in time, or of a field what won, or nothing. Whoever has seen
 * one of an author has seen his earlier ones, so the version goes everywhere; and what won is later than this too, and stays as it is.
 */
export function withdrawnEntry(scope: RecordScope, record: StoredRecord): CommitEntry | undefined {
  const { collection, id, at: before, by, edit, lost } = record
  const key = collection === null || id === null ? undefined : recordKey(collection, id)
  if (lost === undefined || key === undefined || id === null) return undefined
  const at = before + 1
  const build = (_: StoredRecord | undefined, document: DocumentView | undefined): NewRecord | undefined => {
    const winner = document && isKept(record, document) && isConflict(record, document) ? wonOver(record, document) : undefined
    // Next to each other in time, the hash would say which of the two wins.
    if (winner === undefined || winner.at <= at) return undefined
    const common = { collection, id, at, by, prev: null, exp: null }
    if (edit === undefined) {
      const kh = keyHash(scope.ns, key)
      const tombstone: DocRecord = { at, by, del: true, kh }
      return { ...common, content: null, kh, digest: null, hash: recordHash(scope, tombstone) }
    }
    const content = (winner.edit === undefined ? undefined : ownContent(winner)) ?? encodeEdit(id, undefined)
    const bytes = utf8(content)
    const digest = sha256(bytes)
    const put: DocRecord = { at, by, del: false, k: key, digest, size: bytes.length, path: edit.path }
    return { ...common, content, kh: null, digest, hash: recordHash(scope, put), edit: { document: lost.document, path: edit.path } }
  }
  return { slot: lost.unit, document: lost.document, build }
}

function isKept({ hash }: StoredRecord, { losers }: DocumentView): boolean {
  return losers.some((one) => equalBytes(one.hash, hash))
}
