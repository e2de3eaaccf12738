import type { SqlDriver } from './drivers/driver.ts'
import { FileReferences } from './files/file-references.ts'
import type { DeclaredIndexes } from './indexes/declared-indexes.ts'
import { IndexChanges } from './indexes/index-changes.ts'
import type { TextIndexes } from './indexes/text-indexes.ts'
import { LateParts } from './late-parts.ts'
import type { CollectionQueries } from './queries/collection-queries.ts'
import type { FileMapping } from './reading/file-mapping.ts'
import { Readings } from './reading/readings.ts'
import { AuthorTable } from './records/author-table.ts'
import type { EditedDocuments } from './records/edited-documents.ts'
import { ForgottenTimes } from './records/forgotten-times.ts'
import { MetaTable } from './records/meta-table.ts'
import { RecordTable, type RecordTableInit } from './records/record-table.ts'
import { SealTable } from './records/seal-table.ts'
import { Times } from './records/times.ts'
import { Totals } from './records/totals.ts'
import { CACHE_BYTES, type StorageOptions } from './schema.ts'
import type { Room } from './space/room.ts'
import type { Statements } from './statements.ts'
import type { CommitEntry, StoredRecord } from './storage.ts'
import { Transactions } from './writing/transactions.ts'

/** What others use of a class: another class may stand in its place. */
type Used<T> = Pick<T, keyof T>

/** What a storage is made with, whatever its database is. */
export interface StoragePartsOptions extends Pick<StorageOptions, 'cacheBytes' | 'isInPlace' | 'maxBytes' | 'now'> {
  /** What knows of edits, where it need not be loaded first. */
  readonly edits?: typeof EditedDocuments
}

type Foresee = (
  ns: number,
  entries: readonly CommitEntry[],
) => ((slot: Uint8Array) => { readonly record: StoredRecord | undefined } | undefined) | undefined

/** What a database has in its own way. */
export interface EngineParts {
  readonly room: Used<Room>
  readonly indexes: Used<DeclaredIndexes>
  readonly texts: Used<TextIndexes>
  readonly mapping: Used<FileMapping>
  /**
   * Asks at once what holds the slots of a commit, where each question has a long way. Says it of each slot once; `undefined` where it does not know.
   */
  readonly foresee?: Foresee | undefined
  /** See `Transactions`; `forget` is to be called where others have written. */
  readonly begin?: (ns: number | undefined, forget: () => void) => void
  /** Called once, when all that it asks for is there. */
  readonly queries: (parts: Pick<StorageParts, 'indexChanges' | 'totals'>) => CollectionQueries
}

/** What all that a storage does stands on: tables, sums, transactions, and the room that there is. */
export interface StorageParts extends RecordTableInit {
  readonly driver: SqlDriver
  /** Pages of the database that may be kept in memory, bytes. */
  readonly cacheBytes: number
  readonly foresee: Foresee | undefined
  readonly meta: MetaTable
  readonly records: RecordTable
  readonly times: Times
  readonly references: FileReferences
  readonly forgotten: ForgottenTimes
  readonly late: LateParts
  readonly room: Used<Room>
  readonly transactions: Transactions
  readonly mapping: Used<FileMapping>
  readonly queries: CollectionQueries
  readonly indexChanges: IndexChanges
}

/** Puts them together on a database whose schema is there. */
export function storageParts(
  driver: SqlDriver,
  statements: Statements,
  engine: EngineParts,
  { cacheBytes = CACHE_BYTES, edits, isInPlace = () => true, maxBytes, now = Date.now }: StoragePartsOptions,
): StorageParts {
  const { room, indexes, texts, mapping, begin, foresee } = engine
  const authors = new AuthorTable(statements)
  const totals = new Totals(statements)
  const times = new Times(statements)
  const references = new FileReferences(statements)
  const forgotten = new ForgottenTimes(statements)
  const table: RecordTableInit = {
    statements,
    authors,
    seals: new SealTable(statements, authors),
    indexes,
    texts,
    totals,
    readings: new Readings(),
    now,
    onReplaced: (ns, document, gone, by) => late.history?.replaced(ns, document, gone, by),
    onRemoved: (ns, document, record) => {
      late.history?.forgetDocument(ns, document)
      if (record !== undefined && late.nostr?.ns === ns) late.nostr.removed(record)
    },
  }
  const records = new RecordTable(table)
  const late = new LateParts({ ...table, maxBytes }, edits)
  const forgetPlans = (): void => queries.forgetPlans()
  const transactions: Transactions = new Transactions({
    driver,
    statements,
    room,
    authors,
    totals,
    times,
    forgotten,
    indexes,
    texts,
    late,
    isInPlace,
    begin: begin && ((ns) => begin(ns, () => transactions.forget())),
    onTextsGone: forgetPlans,
  })
  const indexChanges = new IndexChanges({ indexes, texts, transactions, room, onChanged: forgetPlans })
  const queries = engine.queries({ indexChanges, totals })
  return {
    ...table,
    driver,
    cacheBytes,
    foresee,
    meta: new MetaTable(statements, room),
    records,
    times,
    references,
    forgotten,
    late,
    room,
    transactions,
    mapping,
    queries,
    indexChanges,
  }
}
