/// <reference types="node" />
import { statSync } from 'node:fs'
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
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
  /** Of its columns, known with the first row. */
  #names: readonly string[] | undefined

  constructor(statement: StatementSync) {
    this.#statement = statement
    // Node makes objects that are slow to make and to read: a row of a record takes twice as long as a list of its values with the object made here.
    statement.setReturnArrays(true)
  }

  #row(values: unknown): SqlRow {
    const names = (this.#names ??= this.#statement.columns().map(({ name }) => name))
    const row: Record<string, SqlValue> = {}
    for (let i = 0; i < names.length; i++) row[names[i] ?? ''] = (values as readonly SqlValue[])[i] ?? null
    return row
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
      const values = this.#statement.get(...params)
      return values && this.#row(values)
    } catch (error) {
      throw storageError(error, resultCode(error))
    }
  }

  all(...params: readonly SqlValue[]): readonly SqlRow[] {
    try {
      return this.#statement.all(...params).map((values) => this.#row(values))
    } catch (error) {
      throw storageError(error, resultCode(error))
    }
  }

  each(params: readonly SqlValue[], onRow: (row: SqlRow) => boolean): void {
    try {
      for (const values of this.#statement.iterate(...params)) if (!onRow(this.#row(values))) return
    } catch (error) {
      throw storageError(error, resultCode(error))
    }
  }

  finalize(): void {
    // Node does it when the object is collected.
  }
}

/**
 * A database where nothing can be written, not even the files that SQLite needs to read beside others; nobody else may write it meanwhile. Its log is read
 * all the same, into memory.
 */
export function openReadOnlyNodeDriver(path: string): SqlDriver {
  const url = pathToFileURL(path)
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  // A log that is not there could not be made either; one that is there would be passed over in a file that is said to be immutable.
  if (hasLog) url.searchParams.set('vfs', process.platform === 'win32' ? 'win32-none' : 'unix-none')
  else url.searchParams.set('immutable', '1')
  return openNodeDriver(url.href, { readOnly: true })
}

/** Pages that are copied at a time: 4 MiB. */
const BACKUP_PAGES = 1024

/** A connection that can be copied into a file; nobody may write on it meanwhile. */
export interface NodeDriver extends SqlDriver {
  backup(path: string): Promise<void>
}

/** SQLite of Node itself. `path` is a file or `:memory:`. */
export function openNodeDriver(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}): NodeDriver {
  const database = guard(() => new DatabaseSync(path, { timeout: 0, readOnly }))
  return {
    exec: (sql) => guard(() => database.exec(sql)),
    prepare: (sql) => guard(() => new NodeStatement(database.prepare(sql))),
    createFunction: (name, call) =>
      guard(() => database.function(name, { deterministic: true }, (first, second) => call(functionValue(first), functionValue(second)))),
    inTransaction: () => database.isTransaction,
    backup: async (to) => {
      try {
        await backup(database, to, { rate: BACKUP_PAGES })
      } catch (error) {
        throw storageError(error, resultCode(error))
      }
    },
    close: () => guard(() => database.close()),
  }
}
