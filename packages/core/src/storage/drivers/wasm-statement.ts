import type { PreparedStatement } from '@sqlite.org/sqlite-wasm'
import { DocstoreError } from '../../errors.ts'
import type { SqlRow, SqlStatement, SqlValue } from './driver.ts'
import type { WasmScratch } from './wasm-scratch.ts'

/**
 * The functions of SQLite that run statements, as WebAssembly exports them: the package's own wrappers around them would take
 * more time than they do, stop text at a NUL and bind 1e300 as an integer.
 */
export interface RawSqlite {
  sqlite3_bind_null(statement: number, index: number): number
  sqlite3_bind_double(statement: number, index: number, value: number): number
  sqlite3_bind_text(statement: number, index: number, pointer: number, bytes: number, destructor: number): number
  sqlite3_bind_blob(statement: number, index: number, pointer: number, bytes: number, destructor: number): number
  sqlite3_clear_bindings(statement: number): number
  sqlite3_step(statement: number): number
  sqlite3_reset(statement: number): number
  sqlite3_column_count(statement: number): number
  sqlite3_column_type(statement: number, column: number): number
  sqlite3_column_double(statement: number, column: number): number
  sqlite3_column_blob(statement: number, column: number): number
  sqlite3_column_bytes(statement: number, column: number): number
}

const ROW = 100
const DONE = 101
const INTEGER = 1
const FLOAT = 2
const TEXT = 3
const BLOB = 4
/** The bound bytes stay where they are until the bindings are cleared. */
const STATIC = 0

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What a statement is made of. */
export interface WasmStatementInit {
  readonly raw: RawSqlite
  readonly scratch: WasmScratch
  readonly prepared: PreparedStatement
  /** The error for a result code, right after SQLite gave it. */
  readonly failure: (resultCode: number) => Error
}

/** A prepared statement. After each run it is reset and its parameters are cleared, also when it failed. */
export class WasmStatement implements SqlStatement {
  readonly #raw: RawSqlite
  readonly #scratch: WasmScratch
  readonly #prepared: PreparedStatement
  readonly #failure: (resultCode: number) => Error
  #columns: readonly string[] = []

  constructor({ raw, scratch, prepared, failure }: WasmStatementInit) {
    this.#raw = raw
    this.#scratch = scratch
    this.#prepared = prepared
    this.#failure = failure
  }

  run(...params: readonly SqlValue[]): void {
    this.#execute(params, () => true)
  }

  get(...params: readonly SqlValue[]): SqlRow | undefined {
    let first: SqlRow | undefined
    this.#execute(params, (row) => {
      // The rest of the rows is not read, but a statement that writes has written all of them before it gives the first.
      first = row()
      return false
    })
    return first
  }

  all(...params: readonly SqlValue[]): readonly SqlRow[] {
    const rows: SqlRow[] = []
    this.#execute(params, (row) => {
      rows.push(row())
      return true
    })
    return rows
  }

  each(params: readonly SqlValue[], onRow: (row: SqlRow) => boolean): void {
    this.#execute(params, (row) => onRow(row()))
  }

  finalize(): void {
    this.#prepared.finalize()
  }

  #execute(params: readonly SqlValue[], onRow: (row: () => SqlRow) => boolean): void {
    const statement = this.#prepared.pointer
    if (statement === undefined) throw new DocstoreError('storage-closed', 'The store was closed')
    try {
      this.#bind(statement, params)
      const row = (): SqlRow => this.#row(statement)
      for (;;) {
        const code = this.#raw.sqlite3_step(statement)
        if (code === DONE) return
        if (code !== ROW) throw this.#failure(code)
        if (!onRow(row)) break
      }
      // Ends the statement early, and with it the transaction of one that stands alone.
      const code = this.#raw.sqlite3_reset(statement)
      if (code !== 0) throw this.#failure(code)
    } finally {
      this.#raw.sqlite3_reset(statement)
      this.#raw.sqlite3_clear_bindings(statement)
    }
  }

  #bind(statement: number, params: readonly SqlValue[]): void {
    this.#scratch.begin(params)
    let index = 0
    for (const value of params) {
      const code = this.#bindOne(statement, ++index, value)
      if (code !== 0) throw this.#failure(code)
    }
  }

  #bindOne(statement: number, index: number, value: SqlValue): number {
    if (value === null) return this.#raw.sqlite3_bind_null(statement, index)
    // As in Node: SQLite makes integers of whole doubles where a column or a comparison asks for it.
    if (typeof value === 'number') return this.#raw.sqlite3_bind_double(statement, index, value)
    const { pointer, bytes } = this.#scratch.add(value)
    if (typeof value === 'string') return this.#raw.sqlite3_bind_text(statement, index, pointer, bytes, STATIC)
    return this.#raw.sqlite3_bind_blob(statement, index, pointer, bytes, STATIC)
  }

  #row(statement: number): SqlRow {
    // SQLite compiles a statement anew when the schema has changed, so its columns are counted again.
    if (this.#columns.length !== this.#raw.sqlite3_column_count(statement)) this.#columns = this.#prepared.getColumnNames()
    const row: Record<string, SqlValue> = {}
    this.#columns.forEach((name, column) => {
      row[name] = this.#value(statement, column)
    })
    return row
  }

  #value(statement: number, column: number): SqlValue {
    switch (this.#raw.sqlite3_column_type(statement, column)) {
      // Exact up to 2^53, and our integers are smaller.
      case INTEGER:
      case FLOAT:
        return this.#raw.sqlite3_column_double(statement, column)
      case TEXT:
        return decoder.decode(this.#scratch.view(...this.#place(statement, column)))
      case BLOB:
        return this.#scratch.read(...this.#place(statement, column))
      default:
        return null
    }
  }

  #place(statement: number, column: number): [pointer: number, bytes: number] {
    const pointer = this.#raw.sqlite3_column_blob(statement, column)
    return [pointer, this.#raw.sqlite3_column_bytes(statement, column)]
  }
}
