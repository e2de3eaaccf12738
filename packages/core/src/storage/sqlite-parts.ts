import type { SqlDriver } from './drivers/driver.ts'
import { DeclaredIndexes } from './indexes/declared-indexes.ts'
import { TextIndexes } from './indexes/text-indexes.ts'
import { Queries } from './queries/queries.ts'
import { FileMapping } from './reading/file-mapping.ts'
import { PageOrders } from './reading/page-orders.ts'
import { QueryFunctions } from './reading/query-functions.ts'
import type { StorageOptions } from './schema.ts'
import { Room } from './space/room.ts'
import { Statements } from './statements.ts'
import { type StorageParts, storageParts, type StoragePartsOptions } from './storage-parts.ts'

/** What a storage on SQLite is made with. */
export interface SqliteStorageOptions extends StorageOptions, Pick<StoragePartsOptions, 'edits'> {}

/** What it stands on. */
export interface SqliteParts extends StorageParts {
  readonly room: Room
}

/** Puts the parts of a storage on SQLite together, on a database whose schema is there. */
export function sqliteParts(driver: SqlDriver, { maxBytes, reserve, ...options }: SqliteStorageOptions): SqliteParts {
  const statements = new Statements(driver)
  const room = new Room(driver, statements, { maxBytes, reserve })
  const indexes = new DeclaredIndexes(statements)
  const parts = storageParts(
    driver,
    statements,
    {
      room,
      indexes,
      texts: new TextIndexes(statements),
      mapping: new FileMapping(driver),
      queries: ({ indexChanges, totals }) =>
        new Queries({
          driver,
          statements,
          indexes,
          textIndex: (ns, collection) => indexChanges.text(ns, collection),
          totals,
          functions: new QueryFunctions(driver),
          orders: new PageOrders(),
        }),
    },
    { ...options, ...(maxBytes === undefined ? {} : { maxBytes }) },
  )
  return { ...parts, room }
}
