import { sha256 } from '#crypto'
import { type Batch, type WireRecord } from '../model/batch.ts'
import { compareBytes } from '../model/bytes.ts'
import { decodeContent } from '../model/content.ts'
import { type DocRecord, isRecord, keyHash, mayWrite, type RecordScope, recordHash, slotOf, splitKey } from '../model/record.ts'
import { verifySeal } from '../model/seal.ts'
import { accept, type Refusal, refuse, type Verdict } from '../model/verdict.ts'
import type { CommitEntry, NewRecord, StoredRecord } from '../storage/storage.ts'

/** What acceptance depends on besides the record itself. */
export interface Rules {
  readonly scope: RecordScope
  readonly owner: Uint8Array
  readonly maxContentBytes: number
  /** Hybrid time beyond which a record is held back. */
  readonly latest: number
}

/** A record that may compete for its slot, or why it may not. */
export type Judged =
  | { readonly ok: true; readonly slot: Uint8Array; readonly record: NewRecord; readonly seal: number }
  | { readonly ok: false; readonly reason: Refusal }

/** Judges every record of a batch: by the record, its content, its seal and the namespace alone, never by what else is stored. */
export async function judgeBatch(batch: Batch, rules: Rules): Promise<readonly Judged[]> {
  const validSeals = await Promise.all(batch.seals.map(async (seal) => verifySeal(rules.scope.net, seal)))
  const members = batch.seals.map(({ hashes }, i) => (validSeals[i] === true ? hashes : new Uint8Array()))
  return batch.records.map((wire) => {
    const seal = batch.seals[wire.seal]
    const hashes = members[wire.seal]
    if (seal === undefined || hashes === undefined) return refuse('malformed')
    if (hashes.length === 0) return refuse('bad-signature')
    const judged = judge(wire, seal.by, rules)
    if (!judged.ok) return judged
    if (!includesHash(hashes, judged.value.record.hash)) return refuse('not-sealed')
    return { ok: true, ...judged.value, seal: wire.seal }
  })
}

function judge(wire: WireRecord, by: Uint8Array, { scope, owner, maxContentBytes, latest }: Rules): Verdict<{ slot: Uint8Array; record: NewRecord }> {
  const base = { at: wire.at, by, ...(wire.prev === null ? {} : { prev: wire.prev }), ...(wire.exp === null ? {} : { exp: wire.exp }) }
  const common = { at: wire.at, by, prev: wire.prev, exp: wire.exp }
  if (wire.at > latest) return refuse('future')
  if (typeof wire.key !== 'string') {
    if (!mayWrite(scope.write, owner, by, undefined)) return refuse('not-allowed')
    const record: DocRecord = { ...base, del: true, kh: wire.key }
    if (!isRecord(record)) return refuse('malformed')
    const hash = recordHash(scope, record)
    return accept({
      slot: slotOf(scope.write, wire.key, by),
      record: { ...common, collection: null, id: null, hash, kh: wire.key, digest: null, content: null },
    })
  }
  const key = splitKey(wire.key)
  if (key === undefined || wire.content === null) return refuse('malformed')
  if (!mayWrite(scope.write, owner, by, key.id)) return refuse('not-allowed')
  if (wire.content.length > maxContentBytes) return refuse('too-large')
  const content = decodeContent(wire.content, key.id)
  if (!content.ok) return content
  const digest = sha256(wire.content)
  const record: DocRecord = { ...base, del: false, k: wire.key, digest, size: wire.content.length }
  if (!isRecord(record)) return refuse('malformed')
  return accept({
    slot: slotOf(scope.write, keyHash(scope.ns, wire.key), by),
    record: { ...common, ...key, hash: recordHash(scope, record), kh: null, digest, content: content.value.text },
  })
}

function includesHash(hashes: Uint8Array, hash: Uint8Array): boolean {
  for (let i = 0; i < hashes.length; i += 32) {
    if (hashes[i] === hash[0] && compareBytes(hashes.subarray(i, i + 32), hash) === 0) return true
  }
  return false
}

/** Merge is a join: per slot the highest time wins, then the lowest hash. */
function wins(challenger: { readonly at: number; readonly hash: Uint8Array }, holder: { readonly at: number; readonly hash: Uint8Array }): boolean {
  return challenger.at === holder.at ? compareBytes(challenger.hash, holder.hash) < 0 : challenger.at > holder.at
}

/** The competition of a judged record for its slot. A tombstone keeps the id that was known here, for the local change feed. */
export function competitor({ slot, record, seal }: Extract<Judged, { ok: true }>): CommitEntry {
  const build = (old: StoredRecord | undefined): NewRecord | undefined => {
    if (old === undefined) return record
    if (!wins(record, old)) return undefined
    return record.content === null ? { ...record, collection: old.collection, id: old.id } : record
  }
  return { slot, seal, build }
}
