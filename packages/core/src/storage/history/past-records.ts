import { documentRecords } from '../records/document-records.ts'
import { ownContent } from '../records/own-content.ts'
import { RECORD_COLUMNS, RECORD_TABLES, storedRecord } from '../rows.ts'
import type { Statements } from '../statements.ts'
import type { PastRecord, StoredRecord } from '../storage.ts'
import { endsHistory, type HistoryTable } from './history-table.ts'

const SELECT = `SELECT ${RECORD_COLUMNS} FROM ${RECORD_TABLES}`

/** All records that are known of a document which is here, in no order. */
export function pastRecords(
  statements: Statements,
  history: HistoryTable,
  { ns, collection, id }: { readonly ns: number; readonly collection: string; readonly id: string },
): PastRecord[] {
  const row = statements.own(`${SELECT} WHERE r.ns = ? AND r.collection = ? AND r.id = ? AND r.content IS NOT NULL`).get(ns, collection, id)
  if (row === undefined) return []
  const { slot, edit } = storedRecord(row)
  const document = edit?.document ?? slot
  const standing = documentRecords(statements, ns, document).filter(({ edit, erased }) => edit === undefined || erased === undefined)
  return [...standing.map(pastRecord), ...history.of(ns, document)]
}

function pastRecord(record: StoredRecord): PastRecord {
  const { at, hash, by, edit } = record
  return { at, hash, by, content: endsHistory(record) ? null : ownContent(record), ...(edit === undefined ? {} : { path: edit.path }) }
}
