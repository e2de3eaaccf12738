/// <reference types="node" />
import { closeSync, openSync } from 'node:fs'
import { DocstoreError } from '../errors.ts'
import type { SqlDriver } from './drivers/driver.ts'
import type { StorageOptions } from './schema.ts'
import { ReserveFile } from './space/reserve-node.ts'
import { openNodeDriver } from './drivers/sqlite-node.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import type { Storage } from './storage.ts'

/**
 * Opens or makes a database in Node. `path` is a file, or `:memory:` to keep nothing. Throws `data-in-use`, `data-too-new`,
 * `data-corrupt`, or `storage-failed` where the file cannot be opened; what lies there stays as it is.
 */
export function openNodeStorage(path: string, options: StorageOptions = {}): Storage {
  let driver: SqlDriver | undefined
  try {
    if (path !== ':memory:') makePrivate(path)
    driver = openNodeDriver(path)
    return new SqliteStorage(driver, path === ':memory:' ? options : { reserve: new ReserveFile(`${path}-reserve`), ...options })
  } catch (error) {
    driver?.close()
    if (!(error instanceof DocstoreError)) throw error
    throw DocstoreError.passedOn(error.code, `${error.message} (${path})`, { cause: error, details: { path } })
  }
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
