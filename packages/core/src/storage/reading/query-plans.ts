import type { SqlDriver } from '../drivers/driver.ts'

/** Plans that are remembered. */
const MAX_PLANS = 200

/** How SQLite answers queries, as far as it matters here. */
export class QueryPlans {
  readonly #driver: SqlDriver
  readonly #sorts = new Map<string, boolean>()

  constructor(driver: SqlDriver) {
    this.#driver = driver
  }

  /** Whether all rows are found before the first can be given, because no index has them in order. */
  sorts(sql: string): boolean {
    const known = this.#sorts.get(sql)
    if (known !== undefined) return known
    const statement = this.#driver.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    try {
      const sorts = statement.all().some(({ detail }) => detail === 'USE TEMP B-TREE FOR ORDER BY')
      if (this.#sorts.size >= MAX_PLANS) this.#sorts.clear()
      this.#sorts.set(sql, sorts)
      return sorts
    } finally {
      statement.finalize()
    }
  }

  /** Forgets them: there is another index. */
  clear(): void {
    this.#sorts.clear()
  }
}
