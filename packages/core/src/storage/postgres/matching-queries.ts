import { DocstoreError } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import type { Json } from '../../model/json/json-value.ts'
import {
  type Explanation,
  type Filter,
  hasTerms,
  matches,
  orderKey,
  scoredSort,
  type Sort,
  type SortField,
  sortValue,
  textsOf,
  totalSort,
} from '../../query/index.ts'
import { TEXT_SCORE } from '../../query/sort.ts'
import { explanation, leavesOf, OPERATORS } from '../../query/sql/explain.ts'
import { compareBytes } from '../../model/bytes.ts'
import { compareText } from '../../model/compare-text.ts'
import type { SqlRow, SqlValue } from '../drivers/driver.ts'
import type { CollectionQueries, Selected, Selection } from '../queries/collection-queries.ts'
import { distinctOf } from '../reading/distinct.ts'
import { MAX_PAGE_LENGTH } from '../reading/page.ts'
import { tooSlow } from '../reading/query-functions.ts'
import { factsOfRows } from '../records/shown-facts.ts'
import type { Totals } from '../records/totals.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { FoundPage, StoredQuery } from '../storage.ts'
import { type Candidates, candidates } from './candidates.ts'
import { FALLING, type KeyIndexes, orderedKey, RISING } from './key-indexes.ts'
import type { WordIndexes } from './word-indexes.ts'

/** Rows whose contents are read in one call: 15 MB where all are of the largest size. */
const ROWS_AT_ONCE = 128
/** Rows between two looks at the clock. */
const LOOK_EVERY = 64

/** What queries are answered with. */
export interface MatchingQueriesInit {
  readonly statements: Statements
  readonly indexes: KeyIndexes
  readonly texts: WordIndexes
  readonly totals: Totals
}

/** A document that matches, with what it is sorted by. */
interface Match {
  readonly rowid: number
  readonly id: string
  readonly keys: readonly SqlValue[]
  /** Of a few of them. */
  readonly content?: string
}

/** What a query may use up, and where it begins and ends. */
type Bounds = Pick<StoredQuery, 'maxMs' | 'maxRows' | 'upTo' | 'after'> & {
  /** Whether nobody waits for it any more. */
  readonly isCancelled?: (() => boolean) | undefined
}

/** By what documents come in order: `_id`, or the keys of an index. */
type Order = { readonly descending: boolean } & ({ readonly by: '_id' } | { readonly by: 'key'; readonly ix: number; readonly path: string })

const ID: SortField = { path: '_id', descending: false }

/**
 * Queries of a database on PostgreSQL. The database finds candidates by `_id`, by keys and by words, or by a text that has to stand in them; `match.ts`
 * decides, and `order.ts` puts in order. So there is one meaning of a query, whichever database answers, and which version of it. What a
 * statement gives is of one moment.
 */
export class MatchingQueries implements CollectionQueries {
  readonly #init: MatchingQueriesInit

  constructor(init: MatchingQueriesInit) {
    this.#init = init
  }

  find(
    ns: number,
    collection: string,
    { filter, sort: asked, limit, withTotal = false, withFacts = false, ...query }: StoredQuery,
    isCancelled?: () => boolean,
  ): FoundPage {
    const bounds = { ...query, isCancelled }
    const sort = scoredSort({ text: this.#text(ns, collection) }, filter, asked)
    const seq = this.#init.totals.lastSeq(ns)
    const { matched, isFull } = this.#inOrder(ns, collection, { filter, sort, limit: limit < 0 ? Number.POSITIVE_INFINITY : limit, ...bounds })
    const { rows, isCut } = this.#whole(matched)
    const last = isFull || isCut ? matched[rows.length - 1] : undefined
    return {
      contents: rows.map(({ content }) => String(content)),
      ...(withFacts ? { facts: this.#facts(rows) } : {}),
      end: last && { values: last.keys.slice(0, -1), id: last.id },
      seq,
      total: withTotal ? this.count(ns, collection, filter, { ...bounds, after: undefined, upTo: undefined }) : undefined,
    }
  }

  count(ns: number, collection: string, filter: Filter, bounds: Bounds = {}): number {
    if (filter.kind === 'and' && filter.filters.length === 0) return this.#init.totals.documents(ns, collection)
    let count = 0
    this.#each(ns, collection, filter, bounds, () => ++count > 0)
    return count
  }

  select(ns: number, collection: string, { filter, sort: asked, limit, skip, few }: Selection): Selected {
    const sort = scoredSort({ text: this.#text(ns, collection) }, filter, asked)
    const { matched } = this.#inOrder(ns, collection, { filter, sort, limit: limit + skip })
    const wanted = matched.slice(skip)
    if (wanted.length <= few && (wanted.length < few || wanted.length === limit)) {
      const { rows, isCut } = this.#whole(wanted)
      if (!isCut) return { whole: rows }
    }
    return { rows: Float64Array.from(wanted, ({ rowid }) => rowid) }
  }

  async distinct(ns: number, collection: string, path: string, filter: Filter): Promise<readonly Json[]> {
    return distinctOf(path, (add) => this.#each(ns, collection, filter, {}, (document) => add(document)))
  }

  async explain(ns: number, collection: string, { filter, sort: asked, limit }: Omit<StoredQuery, 'after'>): Promise<Explanation> {
    const text = this.#text(ns, collection)
    const sort = scoredSort({ text }, filter, asked)
    const found = this.#candidates(ns, collection, filter)
    const order = this.#orderOf(ns, collection, sort)
    const { sql, params } = this.#statement(ns, collection, found, { order: limit === 0 ? undefined : order })
    const declared = this.#init.indexes.list(ns, collection).map((fields) => ({ fields, text: false }))
    const indexes = text === undefined ? declared : [...declared, { fields: text.paths, text: true }]
    const paths = [...(found?.by === undefined ? [] : found.paths), ...(order?.by === 'key' ? [order.path] : [])]
    const used = indexes.filter((index) =>
      paths.some((path) => (index.text ? path === undefined : path !== undefined && index.fields.includes(path))),
    )
    const plan = this.#init.statements.query(`EXPLAIN ${sql}`).all(...params)
    return explanation({
      filter,
      sort,
      indexes,
      documents: this.#init.totals.documents(ns, collection),
      plan: plan.map((row) => String(Object.values(row)[0])),
      found: found?.by ?? 'scan',
      used,
      order: order === undefined ? 'sorted' : order.by === 'key' ? 'index' : '_id',
      inJavaScript: [
        ...new Set(leavesOf(filter).map((leaf) => (leaf.kind === 'text' ? '$text' : `${leaf.path}: ${OPERATORS[leaf.kind]}`))),
        ...(sort.some(({ path }) => path === TEXT_SCORE) ? ['textScore'] : []),
      ],
    })
  }

  forgetPlans(): void {}

  /** The first of all that match, in order; `isFull` where as many as were asked for. */
  #inOrder(
    ns: number,
    collection: string,
    { filter, sort: asked, limit, after, ...bounds }: { readonly filter: Filter; readonly sort: Sort; readonly limit: number } & Bounds,
  ): { readonly matched: readonly Match[]; readonly isFull: boolean } {
    const sort = totalSort(asked)
    const order = this.#orderOf(ns, collection, asked)
    const matched: Match[] = []
    const compare = (a: Match, b: Match): number => compareKeys(sort, a.keys, b.keys)
    const from = after && [...after.values.slice(0, sort.length - 1), after.id]
    let length = 0
    let last: SqlValue | undefined
    if (limit > 0)
      this.#each(ns, collection, filter, { ...bounds, order, after }, (document, { rowid, id, content, key = null }) => {
        // Documents of one key are in no order among themselves: all of them are needed.
        if (matched.length >= limit && order !== undefined && (order.by === '_id' || compareKey(key, last ?? null) !== 0)) return false
        last = key
        const keys = sort.map((field) => orderKey(sortValue(field, document)))
        if (from !== undefined && compareKeys(sort, keys, from) <= 0) return true
        const match = { rowid: Number(rowid), id: String(id), keys }
        // What is read in its order is wanted; of others it is not known yet.
        matched.push(order !== undefined && length < MAX_PAGE_LENGTH ? { ...match, content: String(content) } : match)
        length += String(content).length
        if (order?.by === '_id') return matched.length < limit
        if (order === undefined && matched.length >= 2 * limit + LOOK_EVERY) matched.sort(compare).splice(limit)
        return true
      })
    if (order?.by !== '_id') matched.sort(compare).splice(Math.min(limit, matched.length))
    return { matched, isFull: matched.length >= limit }
  }

  /** What gives the order of a sort, as far as its first field goes; `undefined` where all that match have to be sorted. */
  #orderOf(ns: number, collection: string, sort: Sort): Order | undefined {
    const [first = ID] = totalSort(sort)
    if (first.path === '_id') return { by: '_id', descending: first.descending }
    const ix = first.path === TEXT_SCORE ? undefined : this.#init.indexes.ix(ns, collection, first.path)
    return ix === undefined ? undefined : { by: 'key', ix, path: first.path, descending: first.descending }
  }

  /** Rows with their contents, until they fill a page. */
  #whole(matched: readonly Match[]): { readonly rows: readonly SqlRow[]; readonly isCut: boolean } {
    const rows: SqlRow[] = []
    let length = 0
    const select = 'SELECT j.key AS position, r.rid AS rowid, r.content AS content FROM json_each(?) j JOIN records r ON r.rid = j.value'
    for (let at = 0; at < matched.length && length < MAX_PAGE_LENGTH; at += ROWS_AT_ONCE) {
      const part = matched.slice(at, at + ROWS_AT_ONCE)
      const missing = part.filter(({ content }) => content === undefined).map(({ rowid }) => rowid)
      const found = missing.length === 0 ? [] : this.#init.statements.own(select).all(JSON.stringify(missing))
      const contents = new Map(found.map(({ rowid, content }) => [Number(rowid), content ?? null]))
      for (const { rowid, content } of part) {
        const text = content ?? String(contents.get(rowid) ?? '')
        rows.push({ rowid, content: text })
        length += text.length
        if (length >= MAX_PAGE_LENGTH) break
      }
    }
    return { rows, isCut: rows.length < matched.length }
  }

  /** Calls back with the documents that match, until that returns false. */
  #each(
    ns: number,
    collection: string,
    filter: Filter,
    { maxMs = Number.POSITIVE_INFINITY, maxRows = Number.POSITIVE_INFINITY, isCancelled, ...which }: Bounds & { readonly order?: Order | undefined },
    onMatch: (document: Document, row: SqlRow) => boolean,
  ): void {
    const { sql, params } = this.#statement(ns, collection, this.#candidates(ns, collection, filter), which)
    const paths = this.#text(ns, collection)?.paths ?? []
    const until = performance.now() + maxMs
    let looked = 0
    this.#init.statements.query(sql).each(params, (row) => {
      if (++looked > maxRows) throw tooSlow(`it would have to look at more than ${maxRows} documents`)
      if (looked % LOOK_EVERY === 0 && performance.now() > until) throw tooSlow(`its ${maxMs} ms are over`)
      if (looked % LOOK_EVERY === 0 && isCancelled?.() === true) throw new DocstoreError('cancelled', 'Nobody waits for the query any more')
      const document = JSON.parse(String(row['content'])) as Document
      return !isMatch(filter, document, paths) || onMatch(document, row)
    })
  }

  #statement(
    ns: number,
    collection: string,
    found: Candidates | undefined,
    { order, after, upTo }: Pick<Bounds, 'after' | 'upTo'> & { readonly order?: Order | undefined },
  ): { readonly sql: string; readonly params: readonly SqlValue[] } {
    const conditions: string[] = []
    const params: SqlValue[] = []
    const add = (sql: string, ...values: readonly SqlValue[]): void => {
      conditions.push(sql)
      params.push(...values)
    }
    const ends = order?.descending === true ? FALLING : RISING
    const keys = `(SELECT key, rid AS key_rid FROM index_keys WHERE ix = ? AND ends IN (${ends}, ${RISING | FALLING})) k JOIN records ON rid = key_rid`
    if (order?.by === 'key') params.push(order.ix)
    add('ns = ? AND collection = ? AND content IS NOT NULL', ns, collection)
    if (found !== undefined) add(found.sql, ...found.params)
    const [sign, direction] = order?.descending === true ? ['<', ' DESC'] : ['>', '']
    if (after !== undefined && order?.by === '_id') add(`id ${sign} ?`, after.id)
    if (after !== undefined && order?.by === 'key') add(`key ${sign}= ?`, orderedKey(after.values[0] ?? null))
    if (upTo !== undefined) add('rid <= ?', ns * SEQ_SPAN + upTo)
    const [columns, tables, by] =
      order === undefined ? ['', 'records', ''] : order.by === '_id' ? ['', 'records', `id${direction}`] : [', key', keys, `key${direction}`]
    const sorted = by === '' ? '' : ` ORDER BY ${by}`
    return { sql: `SELECT rid AS rowid, id, content${columns} FROM ${tables} WHERE ${conditions.join(' AND ')}${sorted}`, params }
  }

  #candidates(ns: number, collection: string, filter: Filter): Candidates | undefined {
    const { indexes } = this.#init
    const text = this.#text(ns, collection)
    if (text === undefined && leavesOf(filter).some(({ kind }) => kind === 'text')) {
      throw new DocstoreError(
        'bad-filter',
        'The filter cannot be used: $text needs a text index, and this collection has none. Make one with createIndex([…], { text: true }), or docstore index create … --text',
      )
    }
    return candidates({ field: (path) => indexes.field(ns, collection, path), tx: text?.tx }, filter)
  }

  #text(ns: number, collection: string): (NonNullable<ReturnType<WordIndexes['of']>> & { makeReady(): void }) | undefined {
    const known = this.#init.texts.of(ns, collection)
    return known && { ...known, makeReady: () => undefined }
  }

  #facts(rows: readonly SqlRow[]): NonNullable<FoundPage['facts']> {
    const facts = factsOfRows(
      this.#init.statements,
      rows.map(({ rowid }) => Number(rowid)),
    )
    return facts.map((one) => {
      if (one === undefined) throw new DocstoreError('internal', 'A row that was just read is gone')
      return one
    })
  }
}

function isMatch(filter: Filter, document: Document, textPaths: readonly string[]): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => isMatch(one, document, textPaths))
    case 'or':
      return filter.filters.some((one) => isMatch(one, document, textPaths))
    case 'text':
      return hasTerms(filter.search, textsOf(document, textPaths))
    default:
      return matches(filter, document)
  }
}

function compareKeys(sort: Sort, a: readonly SqlValue[], b: readonly SqlValue[]): number {
  for (const [i, { descending }] of sort.entries()) {
    const order = compareKey(a[i] ?? null, b[i] ?? null)
    if (order !== 0) return descending ? -order : order
  }
  return 0
}

/** Which of two `orderKey`s comes first: nothing, numbers, texts, bytes. */
function compareKey(a: SqlValue, b: SqlValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b)
  return rankOf(a) - rankOf(b)
}

function rankOf(key: SqlValue): number {
  return key === null ? 0 : typeof key === 'number' ? 1 : typeof key === 'string' ? 2 : 3
}
