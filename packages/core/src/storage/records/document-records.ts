import { equalBytes } from '../../model/bytes.ts'
import { SLOT_BYTES } from '../../model/record.ts'
import { storedRecord } from '../rows.ts'
import type { Statements } from '../statements.ts'
import type { StoredRecord } from '../storage.ts'
import { documentOf } from './document-of.ts'
import { SELECT } from './record-table.ts'

/** Put together once, as in `record-table.ts`. */
const BY_DOCUMENT = `${SELECT} WHERE r.ns = ? AND r.slot >= ? AND r.slot <= ?`

/** A document with its edits and what lost, which begin with the same bytes; others that do by chance are left out. */
export function documentRecords(statements: Statements, ns: number, document: Uint8Array): StoredRecord[] {
  const [low, high] = [document.slice(), document.slice()]
  low.fill(0, SLOT_BYTES / 2)
  high.fill(255, SLOT_BYTES / 2)
  const rows = statements.own(BY_DOCUMENT).all(ns, low, high)
  return rows.map(storedRecord).filter((record) => equalBytes(documentOf(record), document))
}
