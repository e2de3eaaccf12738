import { compareVersions } from '../../model/edits/compare-versions.ts'
import { RECORD_COLUMNS, RECORD_TABLES, storedRecord } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { ShownFacts, StoredRecord } from '../storage.ts'
import { documentOf } from './document-of.ts'
import { documentRecords } from './document-records.ts'

/** Rows that are read in one call. */
const ROWS_AT_ONCE = 128

/** Who made documents what they are, and when, by the row ids that show them; `undefined` for rows that are gone. */
export function factsOfRows(statements: Statements, rows: readonly number[]): (ShownFacts | undefined)[] {
  const select = statements.own(
    `SELECT j.key AS position, ${RECORD_COLUMNS} FROM json_each(?) j JOIN ${RECORD_TABLES.replace('records r', 'records r ON r.rid = j.value')}`,
  )
  const facts: (ShownFacts | undefined)[] = rows.map(() => undefined)
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    for (const row of select.all(JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE)))) {
      const ns = Math.floor(Number(row['rid']) / SEQ_SPAN)
      facts[from + Number(row['position'])] = shownFacts(statements, ns, storedRecord(row))
    }
  }
  return facts
}

/** The same of the record that shows a document: the newest that there is of that counts. */
export function shownFacts(statements: Statements, ns: number, record: StoredRecord): ShownFacts {
  let newest: StoredRecord = record
  const records = record.own === undefined ? [] : documentRecords(statements, ns, documentOf(record)).filter(({ lost }) => lost === undefined)
  for (const one of records) if (compareVersions(newest, one) < 0) newest = one
  const base = records.find(({ edit }) => edit === undefined) ?? record
  return { at: newest.at, by: newest.by, exp: base.exp }
}
