import { type AuthorUsage, authorUsage } from '../queries/author-usage.ts'
import { Totals } from '../records/totals.ts'
import { Statements } from '../statements.ts'
import type { FoundPage, StoredQuery } from '../storage.ts'
import { KeyIndexes } from './key-indexes.ts'
import { MatchingQueries } from './matching-queries.ts'
import type { PostgresDriver } from './postgres-driver.ts'
import { WordIndexes } from './word-indexes.ts'

/** Queries on a connection that only reads, beside the one that writes. */
export class PostgresReader {
  readonly #driver: PostgresDriver
  readonly #statements: Statements

  constructor(driver: PostgresDriver) {
    this.#driver = driver
    this.#statements = new Statements(driver)
  }

  /** One page. Throws `too-slow`, `cancelled`, `database-away`. */
  find(ns: number, collection: string, query: StoredQuery, isCancelled: () => boolean): FoundPage {
    const statements = this.#statements
    // What was known of indexes and totals may be otherwise now.
    const [indexes, texts, totals] = [new KeyIndexes(statements), new WordIndexes(statements), new Totals(statements)]
    return new MatchingQueries({ statements, indexes, texts, totals }).find(ns, collection, query, isCancelled)
  }

  usage(): readonly AuthorUsage[] {
    return authorUsage(this.#statements)
  }

  findDamage(): readonly string[] {
    return []
  }

  close(): void {
    this.#statements.close()
    void this.#driver.end()
  }
}
