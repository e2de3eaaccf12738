import initSqlite, { type Database, type Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import { errorMessage } from '../errors.ts'
import { type SqlDriver, storageError } from './driver.ts'
import { type RawSqlite, WasmStatement } from './wasm-statement.ts'
import { WasmScratch } from './wasm-scratch.ts'

/** SQLite as WebAssembly, and what its virtual file system said last. */
export interface WebSqlite {
  readonly sqlite: Sqlite3Static
  /** Takes the error that the file system reported since the last call, if any: SQLite itself only tells that there was one. */
  takeFileError(): unknown
}

const SQLITE_IOERR = 10
const SQLITE_FULL = 13

let loading: Promise<WebSqlite> | undefined

/** Loads SQLite once per worker. */
export function loadWebSqlite(): Promise<WebSqlite> {
  loading ??= load()
  return loading
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
    const fileError = takeFileError()
    const isFull = (resultCode & 0xff) === SQLITE_IOERR && fileError instanceof Error && fileError.name === 'QuotaExceededError'
    return storageError(fileError ?? new Error(message), isFull ? SQLITE_FULL : resultCode)
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
    inTransaction: () => sqlite.capi.sqlite3_get_autocommit(database) === 0,
    close: () => {
      guard(() => database.close())
      scratch.free()
      onClose()
    },
  }
}
