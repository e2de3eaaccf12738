import { toHex } from '../../model/bytes.ts'
import { SLOT_BYTES } from '../../model/record.ts'
import type { FileReferences } from '../files/file-references.ts'
import { storedRecord } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { StoredRecord } from '../storage.ts'
import { documentRecords } from './document-records.ts'
import type { EditedDocuments } from './edited-documents.ts'
import { type RecordTable, type RecordTableInit, SELECT } from './record-table.ts'

/** What forgets. */
export interface ForgottenSlotsInit extends Pick<RecordTableInit, 'statements' | 'totals'> {
  readonly records: RecordTable
  readonly references: FileReferences
  readonly edited: EditedDocuments
}

/** How far a look has come, and whether it has removed anything. */
export interface ForgottenPage {
  readonly ns: number
  /** Position to go on from; `undefined` at the end of the namespace. */
  readonly next: number | undefined
  readonly removed: number
}

/** Bytes of a slot that a document and its edits begin with. */
const SHARED_BYTES: number = SLOT_BYTES / 2

/**
 * Documents that are long gone, and whose tombstones go too. Of each, half of its slot and a time stay: nothing of up to that time comes back, whoever
 * brings it, and a few bytes are what that costs.
 */
export class ForgottenSlots {
  readonly #init: ForgottenSlotsInit

  constructor(init: ForgottenSlotsInit) {
    this.#init = init
  }

  /** Looks at some records of a namespace after a position, and forgets documents of which nothing is later than a time. Call inside a transaction. */
  forget(ns: number, { before, since, limit }: { readonly before: number; readonly since: number; readonly limit: number }): ForgottenPage {
    const { statements, totals } = this.#init
    const rows = statements
      .own(
        "SELECT rid, slot, document, at, exp, coalesce(own, content, '') = '' OR document IS NOT NULL AS gone FROM records WHERE rid > ? AND rid < ? ORDER BY rid LIMIT ?",
      )
      .all(ns * SEQ_SPAN + since, (ns + 1) * SEQ_SPAN, limit)
    const seen = new Set<string>()
    let removed = 0
    for (const { slot, document, at, gone } of rows) {
      const whole = document instanceof Uint8Array ? document : slot
      if (gone !== 1 || Number(at) > before || !(whole instanceof Uint8Array) || seen.size === seen.add(toHex(whole)).size) continue
      removed += this.#forget(ns, whole, before)
    }
    if (removed > 0) totals.storeNow(ns)
    const last = rows.at(-1)
    return { ns, next: rows.length < limit || last === undefined ? undefined : Number(last['rid']) % SEQ_SPAN, removed }
  }

  /** Forgets tombstones, and removes other records, for which somebody who must know said that their documents were deleted long ago. Call inside a transaction. */
  giveUp(ns: number, seqs: readonly number[], before: number): number {
    const { statements, records, references, totals, edited } = this.#init
    let removed = 0
    const alone: StoredRecord[] = []
    for (const seq of seqs) {
      const row = statements.own(`${SELECT} WHERE r.rid = ?`).get(ns * SEQ_SPAN + seq)
      // Replaced meanwhile, or not so old that it can have been forgotten.
      if (row === undefined) continue
      const record = storedRecord(row)
      if (record.at > before) continue
      if (record.kh !== null && record.lost === undefined) removed += this.#forget(ns, record.slot, before)
      else {
        records.remove(ns, record)
        alone.push(record)
        removed++
      }
    }
    references.removed(ns, alone)
    // What is later stays, and must not go on showing what it changed.
    edited.showAnew(ns, alone)
    references.committed(ns, [], edited.takeShown())
    if (removed > 0) totals.storeNow(ns)
    return removed
  }

  #forget(ns: number, slot: Uint8Array, before: number): number {
    const { records, statements } = this.#init
    const all = documentRecords(statements, ns, slot)
    const base = all.find(({ edit, lost }) => edit === undefined && lost === undefined)
    if (all.length === 0 || all.some((one) => endOf(one) > before) || (base !== undefined && base.kh === null && base.erased === undefined)) return 0
    for (const record of all) records.remove(ns, record)
    statements
      .own(
        'INSERT INTO forgotten (ns, slot, at) VALUES (?, ?, ?) ON CONFLICT (ns, slot) DO UPDATE SET at = CASE WHEN excluded.at > forgotten.at THEN excluded.at ELSE forgotten.at END',
      )
      .run(ns, slot.slice(0, SHARED_BYTES), Math.max(...all.map(({ at }) => at)))
    return all.length
  }
}

/** When nothing of a record matters any more: where it expires, not before that. */
function endOf({ at, exp, kh }: StoredRecord): number {
  return kh === null && exp !== null ? Math.max(at, exp) : at
}
