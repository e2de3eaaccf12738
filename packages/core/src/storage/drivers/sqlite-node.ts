/// <reference types="node" />
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { functionValue, type SqlDriver, type SqlRow, type SqlStatement, type SqlValue, storageError } from './driver.ts'

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

/** A statement whose errors are ours. Written out each time: these calls are the hot path, a closure each would show. */
class NodeStatement implements SqlStatement {
  readonly #statement: StatementSync

  constructor(statement: StatementSync) {
    this.#statement = statement
  }

  run(...params: readonly SqlValue[]): void {
    try {
      this.#statement.run(...params)
    } catch (error) {
      throw storageError(error, resultCode(error))
    }
  }

  get(...params: readonly SqlValue[]): SqlRow | undefined {
    try {
      return this.#statement.get(...params) as SqlRow | undefined
    } catch (error) {
      throw storageError(error, resultCode(error))
    }
  }

  all(...params: readonly SqlValue[]): readonly SqlRow[] {
    try {
      return this.#statement.all(...params) as readonly SqlRow[]
    } catch (error) {
      throw storageError(error, resultCode(error))
    }
  }

  each(params: readonly SqlValue[], onRow: (row: SqlRow) => boolean): void {
    try {
      for (const row of this.#statement.iterate(...params)) if (!onRow(row as SqlRow)) return
    } catch (error) {
      throw storageError(error, resultCode(error))
    }
  }

  finalize(): void {
    // Node does it when the object is collected.
  }
}

/** SQLite of Node itself. `path` is a file or `:memory:`. */
export function openNodeDriver(path: string): SqlDriver {
  const database = guard(() => new DatabaseSync(path, { timeout: 0 }))
  return {
    exec: (sql) => guard(() => database.exec(sql)),
    prepare: (sql) => guard(() => new NodeStatement(database.prepare(sql))),
    createFunction: (name, call) =>
      guard(() => database.function(name, { deterministic: true }, (first, second) => call(functionValue(first), functionValue(second)))),
    inTransaction: () => database.isTransaction,
    close: () => guard(() => database.close()),
  }
}
