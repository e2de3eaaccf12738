import { toHex } from '../../model/bytes.ts'
import type { FileReferences } from '../files/file-references.ts'
import { bytes, bytesOrUndefined } from '../rows.ts'
import { CAN_EXPIRE, SEQ_SPAN } from '../schema.ts'
import type { ExpiredDocument, StoredRecord } from '../storage.ts'
import { erasedColumn } from './erased-content.ts'
import type { LateParts } from '../late-parts.ts'
import type { EditedDocuments, ShownChange } from './edited-documents.ts'
import type { RecordTable, RecordTableInit } from './record-table.ts'

/** What expires documents. */
export interface ExpiredRecordsInit extends Pick<RecordTableInit, 'statements' | 'indexes' | 'texts' | 'totals' | 'readings' | 'onRemoved'> {
  readonly records: RecordTable
  readonly references: FileReferences
  readonly edited: EditedDocuments
  readonly late: Pick<LateParts, 'nostr'>
}

/**
 * Records that have expired. What such a record said goes; the record itself stays, so that it takes the place of older versions as before, and
 * has the same hash at peers where it has expired already and where it has not. Its row gets a new position, as for every change.
 */
export class ExpiredRecords {
  readonly #init: ExpiredRecordsInit

  constructor(init: ExpiredRecordsInit) {
    this.#init = init
  }

  /** Erases what has expired by this time, the first of it first, as much as is asked for. Call inside a transaction. */
  erase(now: number, limit: number): ExpiredDocument[] {
    const { statements, totals, references, edited, onRemoved, late } = this.#init
    const due = statements.own(`SELECT ns, slot, document FROM records WHERE exp <= ? AND ${CAN_EXPIRE} ORDER BY exp LIMIT ?`).all(now, limit)
    const seen = new Set<string>()
    const expired: ExpiredDocument[] = []
    const changed = new Map<number, ShownChange[]>()
    for (const row of due) {
      const ns = Number(row['ns'])
      const slot = bytes(row['slot'])
      const document = bytesOrUndefined(row['document']) ?? slot
      if (seen.size === seen.add(`${ns} ${toHex(document)}`).size) continue
      if (late.nostr?.ns === ns) {
        const gone = this.#remove(ns, slot)
        if (gone !== undefined) expired.push(gone)
        changed.set(ns, [])
        continue
      }
      const one = edited.hasEdits(ns) ? edited.expire(ns, document, now) : this.#expire(ns, slot)
      const all = changed.get(ns) ?? []
      changed.set(ns, all)
      if (one === undefined) continue
      all.push(one.change)
      if (one.change.record.content === null) onRemoved(ns, document)
      expired.push({ ns, seq: one.seq, collection: one.change.record.collection })
    }
    for (const [ns, shown] of changed) {
      totals.storeNow(ns)
      references.committed(ns, [], shown)
    }
    edited.takeShown()
    return expired
  }

  /**
   * Takes away the records that expire after this time and were erased already, under a clock that was ahead, so that they come again from whoever
   * has them; gives the numbers of their namespaces. Reads all records. Call inside a transaction.
   */
  takeBack(latest: number, limit: number): number[] {
    const { statements, records, totals, references, edited } = this.#init
    const early = statements
      .own("SELECT ns, slot FROM records WHERE exp > ? AND kh IS NULL AND coalesce(own, content, '') = '' LIMIT ?")
      .all(latest, limit)
    const byNamespace = new Map<number, StoredRecord[]>()
    for (const row of early) {
      const ns = Number(row['ns'])
      const record = records.bySlot(ns, bytes(row['slot']))
      if (record !== undefined) byNamespace.set(ns, [...(byNamespace.get(ns) ?? []), record])
    }
    for (const [ns, found] of byNamespace) {
      for (const record of found) records.remove(ns, record)
      references.removed(ns, found)
      edited.showAnew(ns, found)
      references.committed(ns, [], edited.takeShown())
      totals.storeNow(ns)
    }
    return [...byNamespace.keys()]
  }

  /** An event of Nostr goes without a trace: without what it says nobody could check it. */
  #remove(ns: number, slot: Uint8Array): ExpiredDocument | undefined {
    const { records } = this.#init
    const record = records.bySlot(ns, slot)
    if (record === undefined) return undefined
    records.remove(ns, record)
    // No position shows that it went.
    return { ns, seq: 0, collection: record.collection, gone: { slot, hash: record.hash } }
  }

  #expire(ns: number, slot: Uint8Array): { readonly seq: number; readonly change: ShownChange } | undefined {
    const { statements, records, indexes, texts, totals, readings } = this.#init
    const record = records.bySlot(ns, slot)
    if (record === undefined || record.content === null) return undefined
    const rid = ns * SEQ_SPAN + record.seq
    const { collection, id } = record
    readings.replaced(ns, slot, record)
    indexes.removed(rid)
    const seq = totals.next(ns)
    statements
      .own('UPDATE records SET rid = ?, content = NULL, content_key = NULL, more = ? WHERE rid = ?')
      .run(ns * SEQ_SPAN + seq, erasedColumn(record), rid)
    texts.replaced(ns, record, { seq, collection, content: null })
    totals.changedDocuments(ns, collection, -1)
    return { seq, change: { replaced: record, record: { collection, id, content: null } } }
  }
}
