import { sha256 } from '#crypto'
import { utf8 } from '../model/bytes.ts'
import type { Clock } from '../model/clock.ts'
import type { Identity } from '../model/identity.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, recordKey, slotOf } from '../model/record.ts'
import type { CommitEntry, NewRecord, StoredRecord } from '../storage/storage.ts'
import { DocstoreError } from '../errors.ts'
import type { Write } from './types.ts'

/** The author of local writes and what signs their time. */
export interface Author {
  readonly identity: Identity
  readonly clock: Clock
}

/** The commit entry of a local write. It always beats the version that is here, and leaves equal content alone. */
export function localWrite(scope: RecordScope, collection: string, { id, content }: Write, { identity, clock }: Author): CommitEntry {
  const key = recordKey(collection, id)
  if (key === undefined) throw new DocstoreError('bad-id', `The id ${JSON.stringify(id.slice(0, 80))} is empty, too long or has characters that ids cannot have`)
  const kh = keyHash(scope.ns, key)
  const by = identity.author
  const build = (old: StoredRecord | undefined): NewRecord | undefined => {
    if (content === null ? old === undefined || old.content === null : old?.content === content) return undefined
    const at = clock.next(old?.at ?? 0)
    const prev = old?.hash ?? null
    const base = { at, by, ...(prev === null ? {} : { prev }) }
    const common = { collection, id, at, by, prev, exp: null, content }
    if (content === null) {
      const record: DocRecord = { ...base, del: true, kh }
      return { ...common, hash: recordHash(scope, record), kh, digest: null }
    }
    const bytes = utf8(content)
    const digest = sha256(bytes)
    const record: DocRecord = { ...base, del: false, k: key, digest, size: bytes.length }
    return { ...common, hash: recordHash(scope, record), kh: null, digest }
  }
  return { slot: slotOf(scope.write, kh, by), build }
}
