import type { SqlDriver } from './drivers/driver.ts'
import { FileReferences } from './files/file-references.ts'
import { DeclaredIndexes } from './indexes/declared-indexes.ts'
import { IndexChanges } from './indexes/index-changes.ts'
import { TextIndexes } from './indexes/text-indexes.ts'
import { LateParts } from './late-parts.ts'
import { Queries } from './queries/queries.ts'
import { FileMapping } from './reading/file-mapping.ts'
import { PageOrders } from './reading/page-orders.ts'
import { QueryFunctions } from './reading/query-functions.ts'
import { Readings } from './reading/readings.ts'
import { AuthorTable } from './records/author-table.ts'
import type { EditedDocuments } from './records/edited-documents.ts'
import { ForgottenTimes } from './records/forgotten-times.ts'
import { MetaTable } from './records/meta-table.ts'
import { RecordTable, type RecordTableInit } from './records/record-table.ts'
import { SealTable } from './records/seal-table.ts'
import { Times } from './records/times.ts'
import { Totals } from './records/totals.ts'
import type { StorageOptions } from './schema.ts'
import { Room } from './space/room.ts'
import { Statements } from './statements.ts'
import { Transactions } from './writing/transactions.ts'

/** What a storage on SQLite is made with. */
export interface SqliteStorageOptions extends StorageOptions {
  /** What knows of edits, where it need not be loaded first. */
  readonly edits?: typeof EditedDocuments
}

/** What all that a storage does stands on: tables, sums, transactions, and the room that there is. */
export interface StorageParts extends RecordTableInit {
  readonly driver: SqlDriver
  readonly meta: MetaTable
  readonly records: RecordTable
  readonly times: Times
  readonly references: FileReferences
  readonly forgotten: ForgottenTimes
  readonly late: LateParts
  readonly room: Room
  readonly transactions: Transactions
  readonly mapping: FileMapping
  readonly queries: Queries
  readonly indexChanges: IndexChanges
}

/** Puts them together on a database whose schema is there. */
export function storageParts(
  driver: SqlDriver,
  { edits, isInPlace = () => true, maxBytes, now = Date.now, reserve }: SqliteStorageOptions,
): StorageParts {
  const statements = new Statements(driver)
  const authors = new AuthorTable(statements)
  const indexes = new DeclaredIndexes(statements)
  const texts = new TextIndexes(statements)
  const totals = new Totals(statements)
  const references = new FileReferences(statements)
  const forgotten = new ForgottenTimes(statements)
  const room = new Room(driver, statements, { maxBytes, reserve })
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
    onRemoved: (ns, document) => late.history?.forgetDocument(ns, document),
  }
  const records = new RecordTable(table)
  const late = new LateParts({ ...table, maxBytes }, edits)
  const forgetPlans = (): void => queries.forgetPlans()
  const transactions = new Transactions({
    driver,
    statements,
    room,
    authors,
    totals,
    forgotten,
    indexes,
    texts,
    late,
    isInPlace,
    onTextsGone: forgetPlans,
  })
  const indexChanges = new IndexChanges({ indexes, texts, transactions, room, onChanged: forgetPlans })
  const queries = new Queries({
    driver,
    statements,
    indexes,
    textIndex: (ns, collection) => indexChanges.text(ns, collection),
    totals,
    functions: new QueryFunctions(driver),
    orders: new PageOrders(),
  })
  return {
    ...table,
    driver,
    meta: new MetaTable(statements, room),
    records,
    times: new Times(statements),
    references,
    forgotten,
    late,
    room,
    transactions,
    mapping: new FileMapping(driver),
    queries,
    indexChanges,
  }
}
