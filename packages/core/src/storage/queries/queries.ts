import { DocstoreError } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import type { Json } from '../../model/json/json-value.ts'
import {
  compileCount,
  compileFind,
  type Explanation,
  type Filter,
  orderKey,
  type QueryScope,
  scoredSort,
  sortValue,
  totalSort,
} from '../../query/index.ts'
import type { DeclaredIndexes } from '../indexes/declared-indexes.ts'
import type { SqlDriver, SqlRow, SqlValue } from '../drivers/driver.ts'
import { MAX_PAGE_LENGTH, pageOf } from '../reading/page.ts'
import { MAX_ORDERED_ROWS, type PageOrders } from '../reading/page-orders.ts'
import type { QueryFunctions } from '../reading/query-functions.ts'
import { QueryPlans } from '../reading/query-plans.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import { factsOfRows } from '../records/shown-facts.ts'
import type { FoundPage, PageEnd, ShownFacts, StoredQuery } from '../storage.ts'
import type { Totals } from '../records/totals.ts'
import type { CollectionQueries, Selected, Selection } from './collection-queries.ts'

/** Contents that are read in one call: 15 MB where all are of the largest size. */
const ROWS_AT_ONCE = 128
/** The rows of a list of row ids that are there, in its order. */
const ROWS_IN_ORDER = 'SELECT r.rid AS rowid, r.id AS id, r.content AS content FROM json_each(?) j JOIN records r ON r.rid = j.value ORDER BY j.key'

/** Largest collection whose results are listed as one JSON text, 3.5 MB: that takes half as long as one row after the other, and twice the memory. */
const MAX_LISTED_ROWS: number = 256 * 1024

/** What queries are answered with. */
export interface QueriesInit {
  readonly driver: SqlDriver
  readonly statements: Statements
  readonly indexes: DeclaredIndexes
  /** The text index of a collection, if it has one. */
  readonly textIndex: (ns: number, collection: string) => QueryScope['text']
  readonly totals: Totals
  readonly functions: QueryFunctions
  readonly orders: PageOrders
}

/** Pages and counts of a database, for whoever holds it and for those who only read. */
export class Queries implements CollectionQueries {
  readonly #init: QueriesInit
  readonly #plans: QueryPlans

  constructor(init: QueriesInit) {
    this.#init = init
    this.#plans = new QueryPlans(init.driver)
  }

  /** One page. Throws `too-slow`, `cancelled`. */
  find(ns: number, collection: string, query: StoredQuery, isCancelled?: () => boolean): FoundPage {
    const { maxMs, maxRows } = query
    return this.#init.functions.within({ maxMs, maxRows, isCancelled }, () => this.#page(ns, collection, query))
  }

  #page(ns: number, collection: string, query: StoredQuery): FoundPage {
    const { filter, sort, limit, after, upTo, withTotal = false, withFacts = false } = query
    const lastRow = upTo === undefined ? undefined : ns * SEQ_SPAN + upTo
    const scope = this.scope(ns, collection, isBounded(query))
    const { sql, params } = compileFind(scope, { filter, sort, limit, after, lastRow })
    const { rows, isFull } = this.#nextInOrder(sql, ns, collection, query) ?? pageOf(this.#init.statements.query(sql), params, limit)
    const last = isFull ? rows.at(-1) : undefined
    return {
      contents: rows.map((row) => String(row['content'])),
      ...(withFacts ? { facts: this.#factsOf(rows) } : {}),
      end: last && this.#pageEnd(last, scoredSort(scope, filter, sort)),
      seq: this.#init.totals.lastSeq(ns),
      total: withTotal ? this.#counted(scope, filter) : undefined,
    }
  }

  #factsOf(rows: readonly SqlRow[]): readonly ShownFacts[] {
    const facts = factsOfRows(
      this.#init.statements,
      rows.map(({ rowid }) => Number(rowid)),
    )
    return facts.map((one) => one ?? gone())
  }

  /** A page after the first where SQLite would sort everything again for it, else `undefined`. */
  #nextInOrder(sql: string, ns: number, collection: string, query: StoredQuery): { rows: readonly SqlRow[]; isFull: boolean } | undefined {
    const { filter, sort, limit, after, upTo } = query
    if (after === undefined || upTo === undefined || this.#init.totals.documents(ns, collection) > MAX_ORDERED_ROWS || !this.#plans.sorts(sql))
      return undefined
    const name = JSON.stringify([ns, collection, filter, sort, upTo])
    let left = this.#init.orders.take(name, after.id)
    if (left === undefined) {
      const find = { filter, sort, limit: MAX_ORDERED_ROWS, after, lastRow: ns * SEQ_SPAN + upTo, rows: 'rowids' } as const
      const all = compileFind(this.scope(ns, collection, isBounded(query)), find)
      left = Float64Array.from(this.#init.statements.query(all.sql).all(...all.params), ({ rowid }) => Number(rowid))
    }
    const rows: SqlRow[] = []
    let length = 0
    while (left.length > 0 && rows.length < limit && length < MAX_PAGE_LENGTH) {
      const wanted = left.subarray(0, Math.min(ROWS_AT_ONCE, limit - rows.length))
      left = left.subarray(wanted.length)
      // Those that are gone have changed since the first page.
      for (const row of this.#init.statements.own(ROWS_IN_ORDER).all(JSON.stringify([...wanted]))) {
        rows.push(row)
        length += String(row['content']).length
      }
    }
    const last = rows.at(-1)
    this.#init.orders.keep(name, last === undefined ? left.subarray(left.length) : left, String(last?.['id']))
    return { rows, isFull: left.length > 0 }
  }

  count(ns: number, collection: string, filter: Filter): number {
    return this.#counted(this.scope(ns, collection), filter)
  }

  #counted(scope: QueryScope, filter: Filter): number {
    const { statements, totals } = this.#init
    if (filter.kind === 'and' && filter.filters.length === 0) return totals.documents(scope.ns, scope.collection)
    const { sql, params } = compileCount(scope, filter)
    return Number(statements.query(sql).get(...params)?.['count'])
  }

  /** Few results are read whole at once; where SQLite sorts, it has to be worth sorting twice. */
  select(ns: number, collection: string, { filter, sort, limit, skip, few }: Selection): Selected {
    const { statements, totals } = this.#init
    const compile = (rows: 'whole' | 'rowids'): { sql: string; params: SqlValue[] } => {
      const { sql, params } = compileFind(this.scope(ns, collection), { filter, sort, limit: -1, rows })
      return { sql: `${sql} OFFSET ?`, params: params.slice(0, -1) }
    }
    const whole = compile('whole')
    if (limit + skip <= few || !this.#plans.sorts(whole.sql)) {
      const { rows, isFull } = pageOf(statements.query(whole.sql), [...whole.params, few, skip], few)
      if (!isFull || rows.length === limit) return { whole: rows }
    }
    const { sql, params } = compile('rowids')
    return { rows: this.#rowsOf(sql, [...params, Number.isFinite(limit) ? limit : -1, skip], totals.documents(ns, collection) <= MAX_LISTED_ROWS) }
  }

  #rowsOf(sql: string, params: readonly SqlValue[], isShort: boolean): Float64Array {
    const { statements } = this.#init
    if (isShort) {
      const all = statements.query(`SELECT json_group_array(rowid) AS rows FROM (${sql})`).get(...params)
      return Float64Array.from(JSON.parse(String(all?.['rows'])) as number[])
    }
    const rows: number[] = []
    statements.query(sql).each(params, ({ rowid }) => rows.push(Number(rowid)) > 0)
    return Float64Array.from(rows)
  }

  async distinct(ns: number, collection: string, path: string, filter: Filter): Promise<readonly Json[]> {
    // Loaded when somebody asks: few do.
    const { distinctSql, distinctValues } = await import('../reading/distinct.ts')
    const { sql, params } = compileFind(this.scope(ns, collection), { filter, sort: [], limit: -1 })
    return distinctValues(path, (onValue) => this.#init.statements.query(distinctSql(path, sql)).each(params, (row) => onValue(row['value'])))
  }

  async explain(ns: number, collection: string, query: Omit<StoredQuery, 'after'>): Promise<Explanation> {
    // Loaded when somebody asks: few do.
    const { explainQuery } = await import('./explain-query.ts')
    return explainQuery({ ...this.#init, queries: this }, { ns, collection, ...query })
  }

  #pageEnd(row: SqlRow, sort: StoredQuery['sort']): PageEnd {
    const document = JSON.parse(String(row['content'])) as Document
    const fields = totalSort(sort).slice(0, -1)
    return { values: fields.map((field) => orderKey(sortValue(field, document))), id: String(row['id']) }
  }

  /** To be called when indexes have come or gone. */
  forgetPlans(): void {
    this.#plans.clear()
  }

  /** What a query is compiled by; one that is bounded counts its rows. */
  scope(ns: number, collection: string, isBounded = false): QueryScope {
    const { indexes, textIndex, totals, functions } = this.#init
    return {
      ns,
      collection,
      isBounded,
      get isMost() {
        return totals.isMost(ns, collection)
      },
      field: (path) => indexes.field(ns, collection, path),
      text: textIndex(ns, collection),
      matcher: (filter) => functions.matcher(filter),
      orderer: (field) => functions.orderer(field),
    }
  }
}

function gone(): never {
  throw new DocstoreError('internal', 'A row that was just read is gone')
}

function isBounded({ maxRows }: StoredQuery): boolean {
  return maxRows !== undefined
}
