/// <reference types="node" />
import { DocstoreError } from '../errors.ts'
import type { SqlDriver } from './drivers/driver.ts'
import { CACHE_BYTES, checkOwner, mapForReading, SCHEMA_VERSION } from './schema.ts'

// Connections that read: beside the one that writes, or where nobody can write.

/**
 * Goes down to a shared lock, which it keeps: connections that read come in, and nobody who wants the file for himself, as all do who open it to write.
 */
export function letIn(driver: SqlDriver): void {
  driver.exec('PRAGMA locking_mode = NORMAL; BEGIN IMMEDIATE; COMMIT')
}

/** Prepares a connection that only reads. */
export function prepareReader(driver: SqlDriver): void {
  driver.exec(`PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CACHE_BYTES / 1024}`)
  mapForReading(driver)
}

/** The same where nothing can be written: an older database cannot be brought up to the schema then. Throws `storage-read-only`, and as `prepareSchema`. */
export function prepareReadOnly(driver: SqlDriver): void {
  // With the lock, the log needs no file beside it to be read.
  driver.exec('PRAGMA locking_mode = EXCLUSIVE')
  prepareReader(driver)
  if (checkOwner(driver) < SCHEMA_VERSION)
    throw new DocstoreError(
      'storage-read-only',
      'The data was written by an older version, and cannot be brought up to this one where it cannot be written',
    )
}
