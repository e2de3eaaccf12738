import { equalBytes } from '../../model/bytes.ts'
import { SLOT_BYTES } from '../../model/record.ts'
import { ownContent } from '../records/own-content.ts'
import { RECORD_COLUMNS, RECORD_TABLES, storedRecord } from '../rows.ts'
import type { Statements } from '../statements.ts'
import type { PastRecord, StoredRecord } from '../storage.ts'
import type { HistoryTable } from './history-table.ts'

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
  return [...standing(statements, ns, document).map(pastRecord), ...history.of(ns, document)]
}

/** A document and what lies beside it, which begin with the same bytes; others that do by chance are left out. */
function standing(statements: Statements, ns: number, document: Uint8Array): StoredRecord[] {
  const [low, high] = [document.slice(), document.slice()]
  low.fill(0, SLOT_BYTES / 2)
  high.fill(255, SLOT_BYTES / 2)
  return statements
    .own(`${SELECT} WHERE r.ns = ? AND r.slot >= ? AND r.slot <= ?`)
    .all(ns, low, high)
    .map(storedRecord)
    .filter(({ slot, edit }) => equalBytes(edit?.document ?? slot, document))
}

function pastRecord(record: StoredRecord): PastRecord {
  const { at, hash, by, edit } = record
  return { at, hash, by, content: ownContent(record), ...(edit === undefined ? {} : { path: edit.path }) }
}
