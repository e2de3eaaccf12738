import { sha256 } from '#crypto'
import type { Clock } from '../../model/clock.ts'
import type { Identity } from '../../model/keys/identity.ts'
import { isOwnAuthor } from '../../model/people/author.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, slotOf } from '../../model/record.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../../storage/storage.ts'
import { MAX_CONTENT_BYTES } from '../../model/limits.ts'
import type { Write } from '../types.ts'
import { checkedKey } from './checked-key.ts'
import { cidOfContent, conflictWith } from './expected-version.ts'
import { isSettling, seenByWriter } from './seen-by-writer.ts'

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
  /** Time of the version that it left alone, after the commit. Throws `conflict` where that is not the one which it expected. */
  readonly keptAt: () => number
}

/** What is different in a collection in which each record is its author's own. */
export interface OwnWrite {
  readonly ownSlot?: true
  /** Of the entry of a log: the time that its id has. It is written once. */
  readonly at?: number
}

/** The commit entry of a local write. It always beats the versions that are here, and leaves equal content alone. */
export function localWrite(
  scope: RecordScope,
  collection: string,
  { id, content, if: expected, exp: expires, settles = content === null, isErasing = false }: Write,
  { identity, clock }: Author,
  { ownSlot, at: entryAt }: OwnWrite = {},
): LocalWrite {
  const key = checkedKey(collection, id)
  const kh = keyHash(scope.ns, key)
  const by = identity.author
  const exp = expires ?? null
  let kept = 0
  let conflict: unknown
  const build = (old: StoredRecord | undefined, document: DocumentView | undefined, forgotten: number): NewRecord | undefined => {
    const here = document === undefined ? (old?.content ?? null) : document.content()
    conflict = expected === undefined || (cidOfContent(here) ?? null) === expected ? undefined : conflictWith(id, here)
    // What a delete did not know of shows nothing, but it is there: deleting again takes it away.
    const isRest = document !== undefined && document.edits.length + document.losers.length > 0
    const isSame = content === here && (content === null ? !isRest : (document?.base ?? old)?.exp === exp && !(isSettling(settles) && isRest))
    if (entryAt !== undefined && old !== undefined && !isSame) conflict = conflictWith(id, here)
    // Somebody else may have written it since it was looked at.
    const base = document === undefined ? old : document.base
    const isOthers = isErasing && base !== undefined && !isOwnAuthor(base.by, by)
    if (conflict !== undefined || isSame || isOthers) {
      kept = document?.newest ?? old?.at ?? 0
      return undefined
    }
    const at = entryAt ?? clock.next(Math.max(document?.newest ?? old?.at ?? 0, forgotten))
    // A tombstone stays for half a year: it says no more than it has to.
    const prev = content === null ? null : (old?.hash ?? null)
    const { seen } = seenByWriter({ at, by }, { old, document, settles }, clock)
    // Most have none of these, and objects that are put together of nothing show in a bulk write.
    const more = ownSlot === undefined && seen === undefined ? undefined : { ...(ownSlot && { ownSlot }), ...(seen && { seen }) }
    const said = prev === null && exp === null ? more : { ...(prev !== null && { prev }), ...(exp !== null && { exp }), ...more }
    if (content === null) {
      const record: DocRecord = { at, by, del: true, kh, ...said }
      return { collection, id, at, by, prev, exp, content, hash: recordHash(scope, record), kh, digest: null, ...more }
    }
    const { written } = encoder.encodeInto(content, scratch)
    const digest = sha256(scratch.subarray(0, written))
    const record: DocRecord = { at, by, del: false, k: key, digest, size: written, ...said }
    return { collection, id, at, by, prev, exp, content, hash: recordHash(scope, record), kh: null, digest, ...more }
  }
  const keptAt = (): number => {
    if (conflict !== undefined) throw conflict
    return kept
  }
  return { slot: slotOf(scope.write, kh, by, ownSlot), build, keptAt }
}
