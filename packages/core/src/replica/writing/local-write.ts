import { sha256 } from '#crypto'
import type { Clock } from '../../model/clock.ts'
import type { Identity } from '../../model/identity.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, recordKey, slotOf } from '../../model/record.ts'
import type { CommitEntry, NewRecord, StoredRecord } from '../../storage/storage.ts'
import { DocstoreError } from '../../errors.ts'
import { MAX_CONTENT_BYTES } from '../../model/limits.ts'
import type { Write } from '../types.ts'

const encoder = new TextEncoder()
/** Room for the UTF-8 of one document, used again for each: the caller has checked that it fits. */
const scratch = new Uint8Array(MAX_CONTENT_BYTES)

/** The author of local writes and what signs their time. */
export interface Author {
  readonly identity: Identity
  readonly clock: Clock
}

/** A local write that competes for its slot. */
export interface LocalWrite extends CommitEntry {
  /** Time of the version that it left alone, after the commit. */
  readonly keptAt: () => number
}

/** The commit entry of a local write. It always beats the version that is here, and leaves equal content alone. */
export function localWrite(scope: RecordScope, collection: string, { id, content }: Write, { identity, clock }: Author): LocalWrite {
  const key = recordKey(collection, id)
  if (key === undefined) throw badId(id)
  const kh = keyHash(scope.ns, key)
  const by = identity.author
  let kept = 0
  const build = (old: StoredRecord | undefined): NewRecord | undefined => {
    if (content === null ? old === undefined || old.content === null : old?.content === content) {
      kept = old?.at ?? 0
      return undefined
    }
    const at = clock.next(old?.at ?? 0)
    const prev = old?.hash ?? null
    const base = { at, by, ...(prev === null ? {} : { prev }) }
    const common = { collection, id, at, by, prev, exp: null, content }
    if (content === null) {
      const record: DocRecord = { ...base, del: true, kh }
      return { ...common, hash: recordHash(scope, record), kh, digest: null }
    }
    const { written } = encoder.encodeInto(content, scratch)
    const digest = sha256(scratch.subarray(0, written))
    const record: DocRecord = { ...base, del: false, k: key, digest, size: written }
    return { ...common, hash: recordHash(scope, record), kh: null, digest }
  }
  return { slot: slotOf(scope.write, kh, by), build, keptAt: () => kept }
}

/** The error for an id that no document can have. */
export function badId(id: string): DocstoreError {
  return new DocstoreError('bad-id', `The id ${JSON.stringify(id.slice(0, 80))} is empty, too long or has characters that ids cannot have`)
}
