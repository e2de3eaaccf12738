/// <reference types="node" />
import { closeSync, openSync, statSync } from 'node:fs'
import { DocstoreError, errorCode } from '../errors.ts'
import { prepareReadOnly } from './beside-node.ts'
import type { SqlDriver } from './drivers/driver.ts'
import { MIGRATIONS } from './migrations.ts'
import { NodeStorage } from './node-storage.ts'
import { EditedDocuments } from './records/edited-documents.ts'
import type { StorageOptions } from './schema.ts'
import type { QueriesAside } from './queries/queries-aside.ts'
import { QueryThread } from './queries/query-thread-node.ts'
import type { ReadersDoor } from './queries/reader-thread-node.ts'
import { ReserveFile } from './space/reserve-node.ts'
import { openNodeDriver, openReadOnlyNodeDriver } from './drivers/sqlite-node.ts'
import type { Storage } from './storage.ts'

/** A storage in Node, which other connections may read where it was opened `withReaders`. */
export interface OpenedNodeStorage extends Storage, ReadersDoor {}

/** How a database is opened in Node. */
export interface NodeStorageOptions extends StorageOptions {
  /** Whether nothing is written: not even what others could see of somebody who reads. */
  readonly readOnly?: boolean
}

/**
 * Opens or makes a database in Node. `path` is a file, or `:memory:` to keep nothing. Throws `data-in-use`, `data-too-new`,
 * `data-corrupt`, or `storage-failed` where the file cannot be opened; what lies there stays as it is.
 */
export function openNodeStorage(path: string, { readOnly = false, ...options }: NodeStorageOptions = {}): OpenedNodeStorage {
  let driver: SqlDriver | undefined
  try {
    if (readOnly) {
      assertUnlocked(path)
      driver = openReadOnlyNodeDriver(path)
      prepareReadOnly(driver)
      return new NodeStorage(driver, { edits: EditedDocuments, ...options }, true)
    }
    if (path !== ':memory:') makePrivate(path)
    driver = openNodeDriver(path)
    if (path === ':memory:') return new NodeStorage(driver, { edits: EditedDocuments, ...options })
    return new NodeStorage(driver, {
      reserve: new ReserveFile(`${path}-reserve`),
      isInPlace: placeOf(path),
      migrations: MIGRATIONS,
      edits: EditedDocuments,
      ...options,
    })
  } catch (error) {
    driver?.close()
    if (!(error instanceof DocstoreError)) throw error
    throw DocstoreError.passedOn(error.code, `${error.message} (${path})`, { cause: error, details: { path } })
  }
}

/** Throws `data-in-use` where a program has the file open to write it. */
function assertUnlocked(path: string): void {
  const driver = openNodeDriver(path, { readOnly: true })
  try {
    driver.exec('SELECT 1 FROM sqlite_schema LIMIT 1')
  } catch (error) {
    // Where there is a log, this one could not be read without writing beside it; what is wrong else shows in a moment.
    if (errorCode(error) === 'data-in-use') throw error
  } finally {
    driver.close()
  }
}

/** Tells whether the file that lies here now is there later: one that was deleted or replaced goes on in this process, and ends with it. */
function placeOf(path: string): () => boolean {
  const { ino, dev } = statSync(path)
  return () => {
    const now = statSync(path, { throwIfNoEntry: false })
    return now?.ino === ino && now.dev === dev && now.size > 0
  }
}

/** Queries on it in a thread of their own; the storage was opened `withReaders`, and is closed after this. */
export function openNodeQueries(path: string, storage: OpenedNodeStorage): QueriesAside {
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
