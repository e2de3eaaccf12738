import { sha256 } from '#crypto'
import type { ErrorCode } from '../../error-codes.ts'
import { utf8 } from '../../model/bytes.ts'
import { canonicalJson, type Document } from '../../model/content.ts'
import type { Identity } from '../../model/keys/identity.ts'
import type { AuthoredRecord } from '../../model/people/author-fault.ts'
import { authorName, namesAuthor } from '../../model/people/author.ts'
import type { WritePolicy } from '../../model/namespace/namespace.ts'
import { isAfterEnd } from '../../model/namespace/head-body.ts'
import { encodeEdit } from '../../model/edits/edit-content.ts'
import { isEditPath } from '../../model/edits/edit-path.ts'
import { MAX_EDIT_BYTES, MAX_MAP_EDITS } from '../../model/limits.ts'
import { type DocRecord, editSlotOf, keyHash, type PutRecord, recordHash, recordKey, type RecordScope, slotOf } from '../../model/record.ts'
import { type CollectionType, isOfAuthors } from '../../model/types/collection-type.ts'
import { typeOf } from '../../model/types/type-of.ts'
import { isLogIdOf, logId, nonceOf } from '../../model/types/log-id.ts'
import type { CommitEntry, NewRecord } from '../../storage/storage.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import { Competitor } from '../exchange/accept.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { idPrefix, recordFault } from '../rules/record-fault.ts'
import { withDerivedId } from '../rules/derived-id.ts'
import type { PendingWrite } from '../types.ts'

/** Who writes, and how much a document may have. */
interface PendingEntryInit {
  readonly identity: Identity
  readonly maxContentBytes: number
  readonly rules: CollectionRules | undefined
  /** Why something may not be by this author; `undefined` where it may. */
  readonly fault: (record: AuthoredRecord) => ErrorCode | undefined
}

/**
 * A write that was made before its namespace was here, judged now that it is. It has the time at which it was made, so that it competes like
 * any write of then: later ones win over it. The records follow from the write alone: applied twice, they are the same.
 */
export function pendingEntries(
  { scope, genesis: { genesis }, head: { head } }: OpenNamespace,
  { collection, id: given, content: givenContent, at, exp: expires }: PendingWrite,
  { identity, maxContentBytes, rules, fault }: PendingEntryInit,
): readonly CommitEntry[] | { readonly refused: ErrorCode } {
  const by = identity.author
  const type = typeOf(head.body, collection)
  const named = idOf(type, genesis.write, { given, by, at, isDelete: givenContent === null })
  if (named === undefined) return { refused: 'wrong-type' }
  // Nobody knew yet that the id follows from what the document says.
  const derived = givenContent !== null && rules?.derivesIds === true ? withDerivedId(rules, idPrefix(genesis.write, named), givenContent) : undefined
  const id = derived?.id ?? named
  if (isAfterEnd(head.body, at)) return { refused: 'ended' }
  const ownSlot = isOfAuthors(type)
  const told = givenContent === null ? {} : { collection }
  const reason = fault({ by, at, id: ownSlot || givenContent === null ? undefined : id, ...told, ...(ownSlot && { ownSlot }) })
  if (reason !== undefined) return { refused: reason }
  const key = recordKey(collection, id)
  if (key === undefined) return { refused: 'bad-id' }
  const content =
    derived?.content ?? (id === given || givenContent === null ? givenContent : canonicalJson({ ...(JSON.parse(givenContent) as Document), _id: id }))
  if (content !== null && utf8(content).length > maxContentBytes) return { refused: 'document-too-large' }
  if (content !== null && rules !== undefined && recordFault(rules, genesis.write, { id, content, size: utf8(content).length }) !== undefined)
    return { refused: 'against-rules' }
  const place: Place = { scope, collection, id, key, by, exp: expires ?? null, own: ownSlot ? { ownSlot } : {} }
  if (type === 'map' && expires !== undefined) return { refused: 'bad-option' }
  return type === 'map' && content !== null ? mapEntries(place, content, at) : [entryOf(place, content, at)]
}

/** The id that a document has here, `undefined` where nothing of this kind can be written so. */
function idOf(
  type: CollectionType,
  write: WritePolicy,
  { given, by, at, isDelete }: { readonly given: string; readonly by: Uint8Array; readonly at: number; readonly isDelete: boolean },
): string | undefined {
  if (type === 'crdt') return undefined
  if (type === 'log') {
    if (isDelete) return isLogIdOf(given, by) ? given : undefined
    return logId(at, by, nonceOf(sha256(given)))
  }
  return write !== 'author' || namesAuthor(given) ? given : `${authorName(by)}/${given}`
}

/** What a record is about. */
interface Place {
  readonly scope: RecordScope
  readonly collection: string
  readonly id: string
  readonly key: string
  readonly by: Uint8Array
  /** Of a put that expires. */
  readonly exp: number | null
  readonly own: { readonly ownSlot?: true }
}

function entryOf({ scope, collection, id, key, by, exp, own }: Place, content: string | null, at: number): CommitEntry {
  const kh = keyHash(scope.ns, key)
  const common = { collection, id, at, by, prev: null, exp, content, ...own }
  const slot = slotOf(scope.write, kh, by, own.ownSlot)
  if (content === null) {
    const tombstone: DocRecord = { at, by, del: true, kh, ...own }
    return competing(slot, { ...common, hash: recordHash(scope, tombstone), kh, digest: null })
  }
  const bytes = utf8(content)
  const digest = sha256(bytes)
  const put: DocRecord = { at, by, ...(exp === null ? {} : { exp }), del: false, k: key, digest, size: bytes.length, ...own }
  return competing(slot, { ...common, hash: recordHash(scope, put), kh: null, digest })
}

/** The document as nothing but its id, at the lowest time, and its fields, so that those of others stay. */
function mapEntries(place: Place, content: string, at: number): readonly CommitEntry[] | { readonly refused: ErrorCode } {
  const { scope, collection, id, key, by, exp } = place
  const kh = keyHash(scope.ns, key)
  const document = slotOf(scope.write, kh, by)
  const base = (time: number): CommitEntry => entryOf(place, canonicalJson({ _id: id }), time)
  // It takes the place of nothing, and comes after what was deleted long ago.
  const first: CommitEntry = {
    slot: document,
    build: (old, view, forgotten) => (old === undefined ? base(forgotten + 1).build(old, view, forgotten) : undefined),
  }
  const edits: CommitEntry[] = []
  for (const [name, value] of Object.entries(JSON.parse(content) as Document)) {
    if (name === '_id') continue
    const path = [name]
    if (!isEditPath(path)) return { refused: 'bad-document' }
    const text = encodeEdit(id, value)
    const bytes = utf8(text)
    if (bytes.length > MAX_EDIT_BYTES) return { refused: 'document-too-large' }
    const digest = sha256(bytes)
    const put: PutRecord = { at, by, ...(exp === null ? {} : { exp }), del: false, k: key, digest, size: bytes.length, path }
    const common = { collection, id, at, by, prev: null, exp, content: text }
    const record: NewRecord = { ...common, hash: recordHash(scope, put), kh: null, digest, edit: { document, path } }
    edits.push({ ...competing(editSlotOf(scope.write, kh, by, path), record), document })
  }
  return edits.length > MAX_MAP_EDITS ? { refused: 'map-full' } : [first, ...edits]
}

function competing(slot: Uint8Array, record: NewRecord): CommitEntry {
  const competitor = new Competitor(slot, record, 0)
  return { slot, build: (old, document, forgotten) => competitor.build(old, document, forgotten) }
}
