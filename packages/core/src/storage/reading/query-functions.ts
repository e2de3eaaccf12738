import { DocstoreError } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import { type Filter, hasMatch, matches, orderKey, type SortField, sortValue } from '../../query/index.ts'
import type { SqlDriver, SqlValue } from '../drivers/driver.ts'

/** Most conditions and sort fields that are known by a number. A query has at most some hundred, and runs as soon as it is compiled. */
const MAX_KNOWN = 4096
/** Rows between two looks at the clock. */
const LOOK_EVERY = 64

/** What a query may use up. */
export interface QueryBudget {
  /** Most milliseconds. */
  readonly maxMs?: number | undefined
  /** Most rows that are looked at. */
  readonly maxRows?: number | undefined
  /** Whether nobody waits for it any more. */
  readonly isCancelled?: (() => boolean) | undefined
}

const UNBOUNDED: QueryBudget = {}

/**
 * What SQL asks JavaScript about a row: `docstore_matches(number, content)` whether a condition holds, `docstore_order(number, content)` what
 * to sort by; `docstore_has_match(number, text)` whether a text has a match. `docstore_within(rid, 0)` counts a row of a query that is bounded. Used where arrays lie on a path, and for operators that SQLite does
 * not have.
 */
export class QueryFunctions {
  readonly #known = new Map<string, number>()
  readonly #matchers = new Map<number, Filter>()
  readonly #orderers = new Map<number, SortField>()
  #next = 1
  /** The document that was asked about last: several conditions ask about one row. */
  #content = ''
  #document: Document = { _id: '' }
  #budget = UNBOUNDED
  /** When the query that runs has used up its time, and the rows that it may still look at. */
  #until = Number.POSITIVE_INFINITY
  #rowsLeft = Number.POSITIVE_INFINITY

  constructor(driver: SqlDriver) {
    driver.createFunction('docstore_matches', (number, content) => this.#matches(number, content))
    driver.createFunction('docstore_has_match', (number, text) => this.#hasMatch(number, text))
    driver.createFunction('docstore_order', (number, content) => this.#order(number, content))
    driver.createFunction('docstore_within', () => this.#countRow())
  }

  /**
   * Runs a query within what it may use up: the time of its calls here, and of its rows, where it was compiled to count them. Throws `too-slow`, `cancelled`.
   */
  within<T>(budget: QueryBudget, query: () => T): T {
    const { maxMs = Number.POSITIVE_INFINITY, maxRows = Number.POSITIVE_INFINITY } = budget
    this.#budget = budget
    this.#until = performance.now() + maxMs
    this.#rowsLeft = maxRows
    try {
      return query()
    } finally {
      this.#budget = UNBOUNDED
      this.#until = this.#rowsLeft = Number.POSITIVE_INFINITY
    }
  }

  #countRow(): SqlValue {
    if (--this.#rowsLeft < 0) throw tooSlow(`it would have to look at more than ${this.#budget.maxRows} documents`)
    if (this.#rowsLeft % LOOK_EVERY === 0) this.#checkTime()
    return 1
  }

  #checkTime(): void {
    if (performance.now() > this.#until) throw tooSlow(`its ${this.#budget.maxMs} ms are over`)
    if (this.#budget.isCancelled?.() === true) throw new DocstoreError('cancelled', 'Nobody waits for the query any more')
  }

  /** The number of a condition. */
  matcher(filter: Filter): number {
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

/** What is said of a query that has used up its budget. */
export function tooSlow(why: string): DocstoreError {
  return new DocstoreError('too-slow', `The query takes too long here: ${why}. Ask for less, or declare an index that serves it`)
}
