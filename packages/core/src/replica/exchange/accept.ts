import { sha256 } from '#crypto'
import { type Batch, type WireRecord } from '../../model/batch.ts'
import { compareBytes, equalBytes } from '../../model/bytes.ts'
import { decodeContent } from '../../model/content.ts'
import { type HeadBody, isAfterEnd } from '../../model/head-body.ts'
import { keyHash, mayWrite, type RecordScope, recordHash, slotOf, splitKey } from '../../model/record.ts'
import { verifySeals } from '../../model/seal.ts'
import type { Refusal } from '../../model/verdict.ts'
import type { CommitEntry, NewRecord, StoredRecord } from '../../storage/storage.ts'

/** What acceptance depends on besides the record itself. */
export interface Rules {
  readonly scope: RecordScope
  readonly owner: Uint8Array
  /** What the winning head says. */
  readonly head: HeadBody
  readonly maxContentBytes: number
  /** Whether other threads may check signatures. */
  readonly aside: boolean
  /** Hybrid time beyond which a record is held back. */
  readonly latest: number
}

/** A record that is good by itself and competes for its slot. Merge is a join: the highest time wins, then the lowest hash. */
export class Competitor implements CommitEntry {
  readonly slot: Uint8Array
  readonly record: NewRecord
  /** Number of its seal in the batch. */
  readonly seal: number
  /** Whether this very version was here already. */
  isSame = false

  constructor(slot: Uint8Array, record: NewRecord, seal: number) {
    this.slot = slot
    this.record = record
    this.seal = seal
  }

  build(old: StoredRecord | undefined): NewRecord | undefined {
    const { record } = this
    if (old === undefined) return record
    if (record.at < old.at) return undefined
    if (record.at === old.at) {
      const order = compareBytes(record.hash, old.hash)
      this.isSame = order === 0
      if (order >= 0) return undefined
    }
    // A tombstone keeps the id that was known here, for the local change feed.
    return record.content === null ? { ...record, collection: old.collection, id: old.id } : record
  }
}

/** Judges every record of a batch: by the record, its content, its seal and the namespace alone, never by what else is stored. */
export async function judgeBatch(batch: Batch, rules: Rules): Promise<readonly (Competitor | Refusal)[]> {
  const validSeals = await verifySeals(rules.scope.net, batch.seals, rules)
  return batch.records.map((wire) => {
    const seal = batch.seals[wire.seal]
    if (seal === undefined) return 'malformed'
    if (validSeals[wire.seal] !== true) return 'bad-signature'
    const judged = judge(wire, seal.by, rules)
    return typeof judged === 'string' || includesHash(seal.hashes, judged.record.hash) ? judged : 'not-sealed'
  })
}

/** The shapes and limits that `decodeBatch` has checked are not checked again. */
function judge(wire: WireRecord, by: Uint8Array, { scope, owner, head, maxContentBytes, latest }: Rules): Competitor | Refusal {
  const { key, at, prev, exp, content: bytes } = wire
  if (at > latest) return 'future'
  if (isAfterEnd(head, at)) return 'not-allowed'
  const base = prev === null && exp === null ? { at, by } : { at, by, ...(prev === null ? {} : { prev }), ...(exp === null ? {} : { exp }) }
  if (typeof key !== 'string') {
    if (!mayWrite(scope.write, owner, by, undefined)) return 'not-allowed'
    const hash = recordHash(scope, { ...base, del: true, kh: key })
    const record = { collection: null, id: null, at, by, prev, exp, hash, kh: key, digest: null, content: null }
    return new Competitor(slotOf(scope.write, key, by), record, wire.seal)
  }
  const split = splitKey(key)
  if (split === undefined || bytes === null) return 'malformed'
  const { collection, id } = split
  if (!mayWrite(scope.write, owner, by, id)) return 'not-allowed'
  if (bytes.length > maxContentBytes) return 'too-large'
  const content = decodeContent(bytes, id)
  if (!content.ok) return content.reason
  const digest = sha256(bytes)
  const hash = recordHash(scope, { ...base, del: false, k: key, digest, size: bytes.length })
  const record = { collection, id, at, by, prev, exp, hash, kh: null, digest, content: content.value.text }
  return new Competitor(slotOf(scope.write, keyHash(scope.ns, key), by), record, wire.seal)
}

/** Whether a hash is one of those that lie one after another. */
export function includesHash(hashes: Uint8Array, hash: Uint8Array): boolean {
  for (let i = 0; i < hashes.length; i += 32) {
    if (hashes[i] === hash[0] && equalBytes(hashes.subarray(i, i + 32), hash)) return true
  }
  return false
}
