/// <reference types="node" />
import { DatabaseSync } from 'node:sqlite'
import { type SqlDriver, type SqlRow, type SqlStatement, type SqlValue, storageError } from './driver.ts'

function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined
}

function guard<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storageError(error, resultCode(error))
  }
}

/** SQLite of Node itself. `path` is a file or `:memory:`. */
export function openNodeDriver(path: string): SqlDriver {
  const database = guard(() => new DatabaseSync(path, { timeout: 0 }))
  return {
    exec: (sql) => guard(() => database.exec(sql)),
    prepare: (sql): SqlStatement => {
      const statement = guard(() => database.prepare(sql))
      return {
        run: (...params: readonly SqlValue[]) => guard(() => void statement.run(...params)),
        get: (...params) => guard(() => statement.get(...params) as SqlRow | undefined),
        all: (...params) => guard(() => statement.all(...params) as readonly SqlRow[]),
      }
    },
    inTransaction: () => database.isTransaction,
    changes: () => Number(guard(() => database.prepare('SELECT changes() AS n').get())?.['n'] ?? 0),
    close: () => guard(() => database.close()),
  }
}
