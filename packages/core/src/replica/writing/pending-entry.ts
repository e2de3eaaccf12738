import { sha256 } from '#crypto'
import type { ErrorCode } from '../../error-codes.ts'
import { utf8 } from '../../model/bytes.ts'
import { canonicalJson, type Document } from '../../model/content.ts'
import { authorName, type Identity, namesAuthor } from '../../model/identity.ts'
import { isAfterEnd } from '../../model/head-body.ts'
import { type DocRecord, keyHash, mayWrite, recordHash, recordKey, slotOf } from '../../model/record.ts'
import type { CommitEntry, NewRecord } from '../../storage/storage.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import { Competitor } from '../exchange/accept.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { idPrefix, recordFault } from '../rules/record-fault.ts'
import { withDerivedId } from '../rules/derived-id.ts'
import type { PendingWrite } from '../types.ts'

/**
 * A write that was made before its namespace was here, judged now that it is. It has the time at which it was made, so that it competes like
 * any write of then: later ones win over it. The record follows from the write alone: applied twice, it is the same.
 */
export function pendingEntry(
  { scope, genesis: { genesis }, head: { head } }: OpenNamespace,
  { collection, id: given, content: givenContent, at, exp: expires }: PendingWrite,
  {
    identity,
    maxContentBytes,
    rules,
  }: { readonly identity: Identity; readonly maxContentBytes: number; readonly rules: CollectionRules | undefined },
): CommitEntry | { readonly refused: ErrorCode } {
  const isNamed = genesis.write !== 'author' || namesAuthor(given)
  const prefix = isNamed ? '' : `${authorName(identity.author)}/`
  // Nobody knew yet that the id follows from what the document says.
  const derived =
    givenContent !== null && rules?.derivesIds === true ? withDerivedId(rules, prefix || idPrefix(genesis.write, given), givenContent) : undefined
  const id = derived?.id ?? prefix + given
  if (isAfterEnd(head.body, at)) return { refused: 'ended' }
  if (!mayWrite(genesis.write, genesis.owner, identity.author, id)) return { refused: 'not-allowed' }
  const key = recordKey(collection, id)
  if (key === undefined) return { refused: 'bad-id' }
  const content =
    derived?.content ?? (isNamed || givenContent === null ? givenContent : canonicalJson({ ...(JSON.parse(givenContent) as Document), _id: id }))
  const by = identity.author
  const exp = expires ?? null
  const kh = keyHash(scope.ns, key)
  const common = { collection, id, at, by, prev: null, exp, content }
  let record: NewRecord
  if (content === null) {
    const tombstone: DocRecord = { at, by, del: true, kh }
    record = { ...common, hash: recordHash(scope, tombstone), kh, digest: null }
  } else {
    const bytes = utf8(content)
    if (bytes.length > maxContentBytes) return { refused: 'document-too-large' }
    if (rules !== undefined && recordFault(rules, genesis.write, { id, content, size: bytes.length }) !== undefined)
      return { refused: 'against-rules' }
    const digest = sha256(bytes)
    const put: DocRecord = { at, by, ...(exp === null ? {} : { exp }), del: false, k: key, digest, size: bytes.length }
    record = { ...common, hash: recordHash(scope, put), kh: null, digest }
  }
  const competitor = new Competitor(slotOf(scope.write, kh, by), record, 0)
  return { slot: competitor.slot, build: (old, document, forgotten) => competitor.build(old, document, forgotten) }
}
