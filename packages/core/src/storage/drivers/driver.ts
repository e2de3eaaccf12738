import type { ErrorCode } from '../../error-codes.ts'
import { DocstoreError, errorMessage } from '../../errors.ts'

/** What SQLite stores and what we bind. */
export type SqlValue = null | number | string | Uint8Array
/** One result row, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>

/** A prepared statement. */
export interface SqlStatement {
  run(...params: readonly SqlValue[]): void
  get(...params: readonly SqlValue[]): SqlRow | undefined
  all(...params: readonly SqlValue[]): readonly SqlRow[]
  /** Calls back with one row after the other until that returns false; the callback must not use the database. */
  each(params: readonly SqlValue[], onRow: (row: SqlRow) => boolean): void
  /** Frees it; it must not be used any more. */
  finalize(): void
}

/** The few things that we need of SQLite, the same in Node and in a browser's worker. Synchronous on both sides. */
export interface SqlDriver {
  exec(sql: string): void
  prepare(sql: string): SqlStatement
  /** Lets SQL call a function of two values that always gives the same for the same ones. It must not use the database. */
  createFunction(name: string, call: (first: SqlValue, second: SqlValue) => SqlValue): void
  /** Whether a transaction is open: SQLite ends one by itself on some errors. */
  inTransaction(): boolean
  close(): void
}

/** A value that SQLite hands to a function. Bindings give integers that may be large as bigints. */
export function functionValue(value: unknown): SqlValue {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array ? value : null
}

/** The result code of a write that finds no space. */
export const SQLITE_FULL = 13

/** Primary result codes of SQLite that mean something to a user (sqlite.org/rescode.html). */
const CODES: ReadonlyMap<number, readonly [code: ErrorCode, sentence: string]> = new Map([
  [5, ['data-in-use', 'Another process is using this data. Close it, or give another data folder']],
  [8, ['storage-read-only', 'The data folder cannot be written to. Check its permissions']],
  [10, ['storage-failed', 'The disk reported an error']],
  [11, ['data-corrupt', 'The database is damaged. Restore it from a backup or an export']],
  [
    SQLITE_FULL,
    ['disk-full', 'The disk is full, or the data has reached its size limit. Free some space, or raise the limit; what was stored before is safe'],
  ],
  [14, ['storage-failed', 'The database file cannot be opened. Check the path and its permissions']],
  [26, ['data-corrupt', 'The file is not a docstore database']],
])

/** Turns an error of a SQLite binding into ours, by SQLite's result code. */
export function storageError(error: unknown, resultCode: number | undefined): DocstoreError {
  // What a function of ours threw while a statement called it.
  if (error instanceof DocstoreError) return error
  const [code, sentence] = CODES.get((resultCode ?? 1) & 0xff) ?? ['storage-failed', 'The database reported an error']
  return new DocstoreError(code, `${sentence} (SQLite: ${errorMessage(error)})`, { cause: error })
}
