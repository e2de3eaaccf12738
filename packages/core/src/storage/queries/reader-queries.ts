import { damageIn } from '../damage.ts'
import { DocstoreError } from '../../errors.ts'
import { prepareReader } from '../beside-node.ts'
import { DeclaredIndexes } from '../indexes/declared-indexes.ts'
import type { SqlDriver } from '../drivers/driver.ts'
import { PageOrders } from '../reading/page-orders.ts'
import { Queries, type QueriesInit } from './queries.ts'
import { QueryFunctions } from '../reading/query-functions.ts'
import { Statements } from '../statements.ts'
import type { FoundPage, StoredQuery } from '../storage.ts'
import { TextIndexes } from '../indexes/text-indexes.ts'
import { Totals } from '../records/totals.ts'
import { type AuthorUsage, authorUsage } from './author-usage.ts'

/** Queries on a connection that only reads, beside the one that writes. Each is answered from one state of the database. */
export class ReaderQueries {
  readonly #driver: SqlDriver
  readonly #statements: Statements
  readonly #functions: QueryFunctions
  readonly #orders = new PageOrders()
  #queries: Queries | undefined
  #version: number | undefined

  constructor(driver: SqlDriver) {
    prepareReader(driver)
    this.#driver = driver
    this.#statements = new Statements(driver)
    this.#functions = new QueryFunctions(driver)
  }

  /** One page. Throws `too-slow`, `cancelled`. */
  find(ns: number, collection: string, query: StoredQuery, isCancelled: () => boolean): FoundPage {
    this.#driver.exec('BEGIN')
    try {
      return this.#current().find(ns, collection, query, isCancelled)
    } finally {
      // An error of SQLite may have ended it.
      if (this.#driver.inTransaction()) this.#driver.exec('ROLLBACK')
    }
  }

  /** What is known of indexes and totals is read again once somebody else has written. */
  #current(): Queries {
    const version = Number(this.#statements.own('PRAGMA data_version').get()?.['data_version'])
    if (this.#queries !== undefined && version === this.#version) return this.#queries
    const statements = this.#statements
    this.#version = version
    return (this.#queries = new Queries({
      driver: this.#driver,
      statements,
      indexes: new DeclaredIndexes(statements),
      textIndex: textIndexOf(new TextIndexes(statements)),
      totals: new Totals(statements),
      functions: this.#functions,
      orders: this.#orders,
    }))
  }

  /** Does something with the connection while it sees one state. */
  async atOneMoment(work: () => Promise<void>): Promise<void> {
    this.#driver.exec('BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1')
    try {
      await work()
    } finally {
      this.#driver.exec('ROLLBACK')
    }
  }

  usage(): readonly AuthorUsage[] {
    return authorUsage(this.#statements)
  }

  findDamage(): readonly string[] {
    return damageIn(this.#statements)
  }

  close(): void {
    this.#statements.close()
    this.#driver.close()
  }
}

/** A text index that was given up is made anew by whoever may write. */
function textIndexOf(texts: TextIndexes): QueriesInit['textIndex'] {
  return (ns, collection) => {
    const index = texts.of(ns, collection)
    const makeReady = (): void => {
      if (index?.isGivenUp === true)
        throw new DocstoreError('no-text-index', 'The text index of this collection was given up on a full disk, and is not made again yet')
    }
    return index && { ...index, makeReady }
  }
}
