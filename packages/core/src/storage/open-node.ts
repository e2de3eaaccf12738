/// <reference types="node" />
import { DocstoreError } from '../errors.ts'
import type { SqlDriver } from './driver.ts'
import type { Durability } from './schema.ts'
import { openNodeDriver } from './sqlite-node.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import type { Storage } from './storage.ts'

/**
 * Opens or makes a database in Node. `path` is a file, or `:memory:` to keep nothing. Throws `data-in-use`, `data-too-new`,
 * `data-corrupt`, or `storage-failed` where the file cannot be opened; what lies there stays as it is.
 */
export function openNodeStorage(path: string, options: { durability?: Durability } = {}): Storage {
  let driver: SqlDriver | undefined
  try {
    driver = openNodeDriver(path)
    return new SqliteStorage(driver, options)
  } catch (error) {
    driver?.close()
    if (!(error instanceof DocstoreError)) throw error
    throw new DocstoreError(error.code, `${error.message} (${path})`, { cause: error, details: { path } })
  }
}
