import { DocstoreError } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import { type FieldFilter, hasMatch, matches, orderKey, type SortField, sortValue } from '../../query/index.ts'
import type { SqlDriver, SqlValue } from '../drivers/driver.ts'

/** Most conditions and sort fields that are known by a number. A query has at most some hundred, and runs as soon as it is compiled. */
const MAX_KNOWN = 4096

/**
 * What SQL asks JavaScript about a row: `docstore_matches(number, content)` whether a condition holds, `docstore_order(number, content)` what
 * to sort by; `docstore_has_match(number, text)` whether a text has a match. Used where arrays lie on a path, and for operators that SQLite does
 * not have.
 */
export class QueryFunctions {
  readonly #known = new Map<string, number>()
  readonly #matchers = new Map<number, FieldFilter>()
  readonly #orderers = new Map<number, SortField>()
  #next = 1
  /** The document that was asked about last: several conditions ask about one row. */
  #content = ''
  #document: Document = { _id: '' }
  /** When the query that runs has used up its time. */
  #until = Number.POSITIVE_INFINITY

  constructor(driver: SqlDriver) {
    driver.createFunction('docstore_matches', (number, content) => this.#matches(number, content))
    driver.createFunction('docstore_has_match', (number, text) => this.#hasMatch(number, text))
    driver.createFunction('docstore_order', (number, content) => this.#order(number, content))
  }

  /** Runs a query whose calls must not take longer than this together. Throws `too-slow`. */
  within<T>(maxMs: number | undefined, query: () => T): T {
    this.#until = maxMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + maxMs
    try {
      return query()
    } finally {
      this.#until = Number.POSITIVE_INFINITY
    }
  }

  #checkTime(): void {
    if (performance.now() > this.#until)
      throw new DocstoreError('too-slow', 'The query takes too long here. Ask for less, or declare an index that serves it')
  }

  /** The number of a condition. */
  matcher(filter: FieldFilter): number {
    return this.#number(`matches ${JSON.stringify(filter)}`, (number) => this.#matchers.set(number, filter))
  }

  /** The number of a field to sort by. */
  orderer(field: SortField): number {
    return this.#number(`order ${JSON.stringify(field)}`, (number) => this.#orderers.set(number, field))
  }

  #number(key: string, remember: (number: number) => void): number {
    const known = this.#known.get(key)
    // Used again, so it goes to the end: what is forgotten is what was not used for longest.
    if (known !== undefined) this.#known.delete(key)
    const number = known ?? this.#next++
    this.#known.set(key, number)
    if (known === undefined) remember(number)
    const oldest = this.#known.size > MAX_KNOWN ? this.#known.entries().next().value : undefined
    if (oldest !== undefined) {
      this.#known.delete(oldest[0])
      this.#matchers.delete(oldest[1])
      this.#orderers.delete(oldest[1])
    }
    return number
  }

  #matches(number: SqlValue, content: SqlValue): SqlValue {
    const filter = this.#matchers.get(Number(number))
    if (filter === undefined) throw new DocstoreError('internal', 'A query asks about a condition that was forgotten')
    return matches(filter, this.#parsed(content)) ? 1 : 0
  }

  #hasMatch(number: SqlValue, text: SqlValue): SqlValue {
    const filter = this.#matchers.get(Number(number))
    this.#checkTime()
    if (filter?.kind !== 'regex') throw new DocstoreError('internal', 'A query asks about a regular expression that was forgotten')
    return typeof text === 'string' && hasMatch(filter.regex, text) ? 1 : 0
  }

  #order(number: SqlValue, content: SqlValue): SqlValue {
    const field = this.#orderers.get(Number(number))
    if (field === undefined) throw new DocstoreError('internal', 'A query asks about a field that was forgotten')
    return orderKey(sortValue(field, this.#parsed(content)))
  }

  #parsed(content: SqlValue): Document {
    this.#checkTime()
    if (typeof content !== 'string') return { _id: '' }
    if (content !== this.#content) {
      this.#document = JSON.parse(content) as Document
      this.#content = content
    }
    return this.#document
  }
}
