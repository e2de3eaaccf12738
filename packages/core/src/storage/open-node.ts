/// <reference types="node" />
import { closeSync, openSync } from 'node:fs'
import { DocstoreError } from '../errors.ts'
import type { SqlDriver } from './driver.ts'
import type { StorageOptions } from './schema.ts'
import type { QueriesAside } from './queries-aside.ts'
import { QueryThread } from './query-thread-node.ts'
import { ReserveFile } from './reserve-node.ts'
import { openNodeDriver } from './sqlite-node.ts'
import { SqliteStorage } from './sqlite-storage.ts'

/**
 * Opens or makes a database in Node. `path` is a file, or `:memory:` to keep nothing. Throws `data-in-use`, `data-too-new`,
 * `data-corrupt`, or `storage-failed` where the file cannot be opened; what lies there stays as it is.
 */
export function openNodeStorage(path: string, options: StorageOptions = {}): SqliteStorage {
  let driver: SqlDriver | undefined
  try {
    if (path !== ':memory:') makePrivate(path)
    driver = openNodeDriver(path)
    return new SqliteStorage(driver, path === ':memory:' ? options : { reserve: new ReserveFile(`${path}-reserve`), ...options })
  } catch (error) {
    driver?.close()
    if (!(error instanceof DocstoreError)) throw error
    throw new DocstoreError(error.code, `${error.message} (${path})`, { cause: error, details: { path } })
  }
}

/** Queries on it in a thread of their own; the storage was opened `withReaders`, and is closed after this. */
export function openNodeQueries(path: string, storage: SqliteStorage): QueriesAside {
  return new QueryThread(path, storage)
}

/** Makes a missing file before SQLite does: the keys lie in it, and the folder may be open to others. SQLite gives its log the same mode. */
function makePrivate(path: string): void {
  try {
    // Never a file that is there: closing it would take away the lock that this process may have on it.
    closeSync(openSync(path, 'wx', 0o600))
  } catch {
    // It is there already, or it cannot be made, which SQLite will say in our words.
  }
}
