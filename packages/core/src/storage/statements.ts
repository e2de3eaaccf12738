import { DocstoreError } from '../errors.ts'
import type { SqlDriver, SqlStatement } from './drivers/driver.ts'

/** Statements of queries that are kept for the next time. */
const MAX_QUERIES = 200

/** The prepared statements of a database. */
export class Statements {
  readonly #driver: SqlDriver
  readonly #own = new Map<string, SqlStatement>()
  readonly #queries = new Map<string, SqlStatement>()
  #isClosed = false

  constructor(driver: SqlDriver) {
    this.#driver = driver
  }

  /** A statement whose text stands in our code. There are few of these, and they stay. */
  own(sql: string): SqlStatement {
    this.assertOpen()
    let statement = this.#own.get(sql)
    if (statement === undefined) {
      statement = this.#driver.prepare(sql)
      this.#own.set(sql, statement)
    }
    return statement
  }

  /** A statement that was made for a query. Run it before the next one is asked for: that may put this one out. */
  query(sql: string): SqlStatement {
    this.assertOpen()
    const statement = this.#queries.get(sql) ?? this.#driver.prepare(sql)
    // The last in the map are those that were used last.
    this.#queries.delete(sql)
    this.#queries.set(sql, statement)
    const oldest = this.#queries.size > MAX_QUERIES ? this.#queries.entries().next().value : undefined
    if (oldest !== undefined) {
      this.#queries.delete(oldest[0])
      oldest[1].finalize()
    }
    return statement
  }

  /** Runs SQL that is needed once. */
  exec(sql: string): void {
    this.assertOpen()
    this.#driver.exec(sql)
  }

  assertOpen(): void {
    if (this.#isClosed) throw new DocstoreError('storage-closed', 'The store was closed')
  }

  /** Refuses all further use. The driver finalizes the statements when it is closed. */
  close(): void {
    this.#isClosed = true
  }
}
