import { RECORDS_PER_SEAL } from '../../model/limits.ts'
import type { FileReferences } from '../files/file-references.ts'
import type { HistoryTable } from '../history/history-table.ts'
import type { NamespaceMove, Restated, StoredRecord } from '../storage.ts'
import type { RecordTable } from './record-table.ts'
import type { SealTable } from './seal-table.ts'

/** Records that are read at a time: those of eight seals. */
const PAGE: number = 8 * RECORDS_PER_SEAL

/** Gives the records of a namespace the statements that they have where it moves to. Call inside a transaction, and recount after it. */
export function moveRecords(
  tables: {
    readonly records: RecordTable
    readonly seals: SealTable
    readonly references: FileReferences
    readonly history: HistoryTable | undefined
  },
  move: NamespaceMove,
): void {
  const { ns, restate, onRecords } = move
  if (restate === undefined) return
  let since = 0
  for (;;) {
    const page = tables.records.since(ns, since, PAGE)
    const last = page.at(-1)
    if (last === undefined) break
    since = last.seq
    const moved: Moved[] = []
    for (const record of page) {
      const restated = restate(record)
      if (restated === undefined) {
        tables.records.remove(ns, record)
        tables.references.removed(ns, [record])
      } else moved.push({ record, restated })
    }
    for (let i = 0; i < moved.length; i += RECORDS_PER_SEAL) sealAnew(tables, move, moved.slice(i, i + RECORDS_PER_SEAL))
    onRecords?.(page.length)
  }
  tables.records.advanceSealed(ns)
}

interface Moved {
  readonly record: StoredRecord
  readonly restated: Restated
}

function sealAnew({ records, seals, history }: Parameters<typeof moveRecords>[0], { ns, sealWith }: NamespaceMove, group: readonly Moved[]): void {
  const hashes = new Uint8Array(group.length * 32)
  group.forEach(({ restated }, at) => hashes.set(restated.hash, at * 32))
  const seal = seals.add(sealWith(hashes), group.length)
  for (const { record, restated } of group) {
    records.restate(ns, record, restated, seal)
    if (record.edit === undefined) history?.moved(ns, record.slot, restated.slot)
    if (record.seal !== null) seals.release(record.seal)
  }
}
