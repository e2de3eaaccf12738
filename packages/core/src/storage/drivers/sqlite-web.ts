import initSqlite, { type Database, type Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import { DocstoreError, errorMessage } from '../../errors.ts'
import { functionValue, type SqlDriver, SQLITE_FULL, type SqlValue, storageError } from './driver.ts'
import { type RawSqlite, WasmStatement } from './wasm-statement.ts'
import { WasmScratch } from './wasm-scratch.ts'

/** SQLite as WebAssembly, and what its virtual file system said last. */
export interface WebSqlite {
  readonly sqlite: Sqlite3Static
  /** Takes the error that the file system reported since the last call, if any: SQLite itself only tells that there was one. */
  takeFileError(): unknown
}

/** Results that come from the file system: SQLITE_IOERR and SQLITE_CANTOPEN. */
const FILE_ERRORS: ReadonlySet<number> = new Set([10, 14])

/** Browsers throw, or write less than they were given, which the virtual file system reports in these words. */
function isNoSpace({ name, message }: Error): boolean {
  return name === 'QuotaExceededError' || message.includes('Unknown write() failure')
}

let loading: Promise<WebSqlite> | undefined

/** Loads SQLite once per worker. A later call tries again where that failed. */
export async function loadWebSqlite(): Promise<WebSqlite> {
  loading ??= load()
  try {
    return await loading
  } catch (error) {
    loading = undefined
    throw new DocstoreError('storage-failed', `SQLite could not be loaded. Check the connection and reload the page (${errorMessage(error)})`, {
      cause: error,
    })
  }
}

async function load(): Promise<WebSqlite> {
  let fileError: unknown
  const note = (...parts: readonly unknown[]): void => {
    fileError = parts.find((part) => part instanceof Error) ?? fileError
  }
  const ignore = (): void => undefined
  // Where the package looks for its settings. What it would print is reported as errors by us.
  Object.assign(globalThis, { sqlite3ApiConfig: { error: note, warn: ignore, log: ignore, debug: ignore } })
  const sqlite = await initSqlite()
  return {
    sqlite,
    takeFileError: () => {
      const error = fileError
      fileError = undefined
      return error
    },
  }
}

/** Reaches an open database. `close` also closes what the caller opened around it. */
export function webDriver({ sqlite, takeFileError }: WebSqlite, database: Database, onClose: () => void = () => undefined): SqlDriver {
  const raw = sqlite.wasm.exports as RawSqlite
  const scratch = new WasmScratch(sqlite.wasm)
  const failure = (resultCode: number, message: string): Error => {
    const primary = resultCode & 0xff
    const fileError = takeFileError()
    if (!FILE_ERRORS.has(primary) || !(fileError instanceof Error)) return storageError(new Error(message), resultCode)
    return storageError(fileError, isNoSpace(fileError) ? SQLITE_FULL : resultCode)
  }
  const guard = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw failure(error instanceof sqlite.SQLite3Error ? error.resultCode : 1, errorMessage(error))
    }
  }
  return {
    exec: (sql) => guard(() => void database.exec(sql)),
    prepare: (sql) => {
      const prepared = guard(() => database.prepare(sql))
      return new WasmStatement({ raw, scratch, prepared, failure: (code) => failure(code, sqlite.capi.sqlite3_errmsg(database)) })
    },
    createFunction: (name, call) =>
      guard(() => {
        const xFunc = (_context: number, first: unknown, second: unknown): SqlValue => call(functionValue(first), functionValue(second))
        database.createFunction({ name, xFunc, arity: 2, deterministic: true, directOnly: true })
      }),
    inTransaction: () => sqlite.capi.sqlite3_get_autocommit(database) === 0,
    close: () => {
      try {
        guard(() => database.close())
      } finally {
        scratch.free()
        onClose()
      }
    },
  }
}
