import { sha256 } from '#crypto'
import { type Batch, type WireRecord } from '../../model/batch.ts'
import { equalBytes, fromUtf8 } from '../../model/bytes.ts'
import { MAX_TIME } from '../../model/clock.ts'
import { decodeContent } from '../../model/content.ts'
import { decodeEdit } from '../../model/edits/edit-content.ts'
import { follows } from '../../model/edits/normal-form.ts'
import { editSlotOf, keyHash, mayWrite, type RecordScope, recordHash, slotOf, splitKey } from '../../model/record.ts'
import { type HeadBody, isAfterEnd } from '../../model/namespace/head-body.ts'
import { isOfAuthors } from '../../model/types/collection-type.ts'
import { isMapBase } from '../../model/types/map-base.ts'
import { typeOf } from '../../model/types/type-of.ts'
import { fitsType } from '../../model/types/fits-type.ts'
import type { AuthoredRecord } from '../../model/people/author-fault.ts'
import { verifySeals } from '../../model/seal.ts'
import type { Refusal } from '../../model/verdict.ts'
import type { HeadRules } from '../../rules/read-rules.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../../storage/storage.ts'
import type { Slices } from '../slices.ts'
import type { Authority } from '../people/judging/authority.ts'
import { recordFault } from '../rules/record-fault.ts'

const EMPTY = new Uint8Array()

/** What acceptance depends on besides the record itself. */
export interface Rules {
  readonly scope: RecordScope
  readonly owner: Uint8Array
  /** What the winning head says. */
  readonly head: HeadBody
  /** What that asks of documents, where it asks something. */
  readonly rules: HeadRules | undefined
  /** What logs say of authors; `undefined` where all are keys and there are no roles. */
  readonly authority: Authority | undefined
  readonly maxContentBytes: number
  /** Whether other threads may check signatures. */
  readonly aside: boolean
  /** Hybrid time beyond which a record is held back. */
  readonly latest: number
  /** Hybrid time of now: what has expired by it is not stored with what it said. */
  readonly now: number
}

/** A record that is good by itself and competes for its slot. The highest time wins, then the lowest hash. */
export class Competitor implements CommitEntry {
  readonly slot: Uint8Array
  readonly document?: Uint8Array
  readonly record: NewRecord
  /** Number of its seal in the batch. */
  readonly seal: number
  /** Whether this very version was here already. */
  isSame = false
  /** Whether its document was deleted long ago, at its time or later. */
  isForgotten = false

  constructor(slot: Uint8Array, record: NewRecord, seal: number) {
    this.slot = slot
    this.record = record
    this.seal = seal
    if (record.edit !== undefined) this.document = record.edit.document
  }

  get late(): NewRecord | undefined {
    return this.isSame || this.isForgotten ? undefined : this.record
  }

  build(old: StoredRecord | undefined, document: DocumentView | undefined, forgotten: number): NewRecord | undefined {
    const { record } = this
    const here = document === undefined ? (old === undefined ? [] : [old]) : partsOf(document)
    this.isSame = here.some(({ at, hash }) => at === record.at && equalBytes(hash, record.hash))
    // Also where a new document stands there: its writer did not know what was deleted, so that would come back as a version that lost.
    this.isForgotten = !this.isSame && forgotten > 0 && record.at <= forgotten
    if (this.isSame || this.isForgotten) return undefined
    // What is here has seen it, as is usual where something comes twice.
    if (document === undefined && old !== undefined && follows(old, record)) return undefined
    return record.kh !== null ? { ...record, ...knownName(old, document) } : record
  }
}

function partsOf({ base, edits, losers }: DocumentView): readonly StoredRecord[] {
  return base === undefined ? [...edits, ...losers] : [base, ...edits, ...losers]
}

/** A tombstone keeps the id that was known here, for the local change feed. */
function knownName(old: StoredRecord | undefined, document: DocumentView | undefined): Pick<NewRecord, 'collection' | 'id'> | undefined {
  const known = [old, document?.base, ...(document?.edits ?? []), ...(document?.losers ?? [])].find(
    (one) => one !== undefined && one.collection !== null,
  )
  return known && { collection: known.collection, id: known.id }
}

/** Judges every record of a batch: by the record, its content, its seal and the namespace alone, never by what else is stored. */
export async function judgeBatch(batch: Batch, slices: Slices, rules: Rules): Promise<readonly (Competitor | Refusal)[]> {
  const validSeals = await verifySeals(rules.scope.net, batch.seals, rules)
  const judged: (Competitor | Refusal)[] = []
  for (const wire of batch.records) {
    judged.push(judgeSealed(wire, batch.seals[wire.seal], validSeals[wire.seal] === true, rules))
    await slices.rest()
  }
  return judged
}

function judgeSealed(wire: WireRecord, seal: Batch['seals'][number] | undefined, isValid: boolean, rules: Rules): Competitor | Refusal {
  if (seal === undefined) return 'malformed'
  if (!isValid) return 'bad-signature'
  const judged = judge(wire, seal.by, rules)
  return typeof judged === 'string' || includesHash(seal.hashes, judged.record.hash) ? judged : 'not-sealed'
}

/** The shapes and limits that `decodeBatch` has checked are not checked again. */
function judge(
  wire: WireRecord,
  by: Uint8Array,
  { scope, owner, head, rules, authority, maxContentBytes, latest, now }: Rules,
): Competitor | Refusal {
  const { key, at, prev, exp, content: bytes, erased: gone, path, ownSlot, seen } = wire
  if (at > latest) return 'future'
  if (isAfterEnd(head, at)) return 'not-allowed'
  const own = ownSlot === undefined && seen === undefined ? undefined : { ...(ownSlot && { ownSlot }), ...(seen && { seen }) }
  const base =
    prev === null && exp === null && own === undefined
      ? { at, by }
      : { at, by, ...(prev === null ? {} : { prev }), ...(exp === null ? {} : { exp }), ...own }
  if (typeof key !== 'string') {
    const fault = mayBe({ scope, owner, authority }, { by, at, id: undefined, ...(ownSlot && { ownSlot }) })
    if (fault !== undefined) return fault
    const hash = recordHash(scope, { ...base, del: true, kh: key })
    const removal = authority?.removalFault(hash, undefined)
    if (removal !== undefined) return removal
    const record = { collection: null, id: null, at, by, prev, exp, hash, kh: key, digest: null, content: null, ...own }
    return new Competitor(slotOf(scope.write, key, by, ownSlot), record, wire.seal)
  }
  const split = splitKey(key)
  if (split === undefined || (bytes === null && gone === undefined)) return 'malformed'
  const { collection, id } = split
  const type = typeOf(head, collection)
  // Where a record is its author's own, its id says whose it is in another way.
  const isBase = scope.write === 'members' && type === 'map' && path === undefined && bytes !== null && isMapBase(fromUtf8(bytes) ?? '', id)
  const place = { id: isOfAuthors(type) ? undefined : id, ...(ownSlot && { ownSlot }), isMapBase: isBase }
  const fault = mayBe({ scope, owner, authority }, { by, at, collection, ...place })
  if (fault !== undefined) return fault
  if (!fitsType(type, { id, at, by, ...own, isEdit: path !== undefined })) return 'not-allowed'
  const { digest, size } = gone ?? { digest: sha256(bytes ?? EMPTY), size: bytes?.length ?? 0 }
  if (size > maxContentBytes) return 'too-large'
  // Erased where a clock is ahead of ours: it comes again when its time is over here too.
  if (gone !== undefined && (exp ?? MAX_TIME) > latest) return 'future'
  const content = bytes === null ? undefined : path === undefined ? decodeContent(bytes, id) : decodeEdit(bytes, id, path)
  if (content?.ok === false) return content.reason
  const isOver = content === undefined || (exp !== null && exp <= now)
  const asked = isOver ? undefined : rules?.get(collection)
  if (asked !== undefined && content !== undefined && recordFault(asked, scope.write, { id, content: content.value.text, size, path }) !== undefined)
    return 'against-rules'
  const put = { ...base, del: false, k: key, digest, size } as const
  const hash = recordHash(scope, path === undefined ? put : { ...put, path })
  const removal = authority?.removalFault(hash, collection)
  if (removal !== undefined) return removal
  const common = { collection, id, at, by, prev, exp, hash, kh: null, ...own }
  const record = isOver ? { ...common, digest: null, content: null, erased: { digest, size } } : { ...common, digest, content: content.value.text }
  const kh = keyHash(scope.ns, key)
  const slot = slotOf(scope.write, kh, by, ownSlot)
  if (path === undefined) return new Competitor(slot, record, wire.seal)
  return new Competitor(editSlotOf(scope.write, kh, by, path), { ...record, edit: { document: slot, path } }, wire.seal)
}

/** Why a record may not be by its author. Where logs say nothing of that, which is so where all are keys and there are no roles, the policy alone does. */
function mayBe({ scope, owner, authority }: Pick<Rules, 'scope' | 'owner' | 'authority'>, record: AuthoredRecord): Refusal | undefined {
  if (authority !== undefined) return authority.fault(record)
  return mayWrite(scope.write, owner, record.by, record.id) ? undefined : 'not-allowed'
}

/** Whether a hash is one of those that lie one after another. */
export function includesHash(hashes: Uint8Array, hash: Uint8Array): boolean {
  for (let i = 0; i < hashes.length; i += 32) {
    if (hashes[i] === hash[0] && equalBytes(hashes.subarray(i, i + 32), hash)) return true
  }
  return false
}
