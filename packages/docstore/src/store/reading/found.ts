import { type Document, DocstoreError, parseProjection, project, type ReadContents, type ReadRequest, sortPairs } from '@p2p-docstore/core'
import { checkedLimit, checkedSkip, checkOptions } from '../options.ts'
import { readAll, readPieces, type Source } from './reading.ts'
import { turn } from '../turn.ts'
import { versioned } from '../versioned.ts'

/** A filter: MongoDB's operators, dotted paths, array membership. */
export type FilterInput = { readonly [field: string]: unknown }
/** A direction: 1 rising, -1 falling; or, whatever the field is called, the best answers to a `$text` first. */
export type SortDirection = 1 | -1 | { readonly $meta: 'textScore' }
/**
 * Fields to sort by. An object has names that look like whole numbers first; a `Map` or a list of pairs, such as
 * `[['name', 1], ['2020', -1]]`, keeps every order.
 */
export type SortInput =
  | { readonly [field: string]: SortDirection }
  | ReadonlyMap<string, SortDirection>
  | readonly (readonly [field: string, direction: SortDirection])[]
/** Fields to keep, `{ name: 1 }`, or to leave out, `{ notes: 0 }`; `_id` is kept unless it is 0. */
export type ProjectionInput = { readonly [field: string]: 0 | 1 | boolean }

/** Options of a query. */
export interface FindOptions {
  readonly sort?: SortInput | undefined
  /** Most documents; a whole number from 1 on. Without it, all. */
  readonly limit?: number | undefined
  /** How many documents to pass over. */
  readonly skip?: number | undefined
  readonly projection?: ProjectionInput | undefined
}

/** Options of a query, with whether each document comes with its CID, its time and who wrote it, as `get` gives it. */
export interface MetaOptions extends FindOptions {
  readonly meta?: boolean | undefined
}

/** Options of a page. */
export interface PageOptions {
  /** Shows also what has changed since the first page. A document that moved can come twice then. */
  readonly withChanges?: boolean | undefined
  /** Also counts all that match, at the same moment. */
  readonly withTotal?: boolean | undefined
}

/** One page of a query; without a cursor it is the last one. A page of large documents can have fewer than its limit. */
export interface Page<T> {
  readonly documents: readonly T[]
  readonly cursor: string | undefined
  /** How many match altogether, where that was asked for. */
  readonly total: number | undefined
}

/** Names of the options of a query. */
export const FIND_OPTIONS = ['sort', 'limit', 'skip', 'projection', 'meta'] as const

/** Page size where the caller names none. */
export const DEFAULT_PAGE = 50

/**
 * The results of a query. Iterated over or taken at once, they are those of one moment, however many and however long it takes: that of
 * the first read. Pages can be of several moments, but no document comes twice, and none is left out that did not change.
 */
export class Found<T> implements AsyncIterable<T> {
  readonly #source: Source
  readonly #filter: FilterInput
  readonly #options: MetaOptions

  constructor(source: Source, filter: FilterInput, options: MetaOptions) {
    this.#source = source
    this.#filter = filter
    this.#options = options
  }

  /** Throws `reading-ended` where so much changes during a long loop that its moment cannot be kept. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    const { request, toResults } = this.#checked()
    for await (const piece of readPieces(this.#source, request)) yield* toResults(piece)
  }

  /** All of them. */
  async toArray(): Promise<T[]> {
    return (await this.snapshot()).documents
  }

  /** All of them, and the position in the local order that they are of. */
  async snapshot(): Promise<{ documents: T[]; seq: number }> {
    const { request, toResults } = this.#checked()
    const { seq, ...all } = await readAll(this.#source, request)
    return { documents: toResults(all), seq }
  }

  /** The first of them, `undefined` where there is none. */
  async first(): Promise<T | undefined> {
    const { request, toResults } = this.#checked()
    const { replica, namespace, name } = this.#source
    await turn()
    return toResults(await replica.openReading(namespace, name, { ...request, limit: 1, first: 1 }))[0]
  }

  /** A page of at most `limit` documents (50 unless given), from the beginning or from the cursor of the page before. */
  async page(cursor?: string, options: PageOptions = {}): Promise<Page<T>> {
    checkOptions(options, ['withChanges', 'withTotal'], 'page')
    if (cursor !== undefined && typeof cursor !== 'string')
      throw new DocstoreError('bad-cursor', 'A cursor is the text that came with the page before')
    const { request, toResults } = this.#checked()
    const { filter, sort, limit, skip, withFacts } = request
    if (skip > 0) throw new DocstoreError('bad-option', 'page goes on from a cursor and cannot skip. Use toArray() with skip and limit')
    const { replica, namespace, name } = this.#source
    await turn()
    const page = await replica.find(namespace, name, { filter, sort, limit: limit ?? DEFAULT_PAGE, cursor, withFacts, ...options })
    return { documents: toResults(page), cursor: page.cursor, total: page.total }
  }

  /** How many they are. */
  async count(): Promise<number> {
    const { request } = this.#checked()
    return countOf(this.#source, this.#filter, request)
  }

  /** The same query in another order. */
  sort(sort: SortInput): Found<T> {
    return this.#with({ sort })
  }

  /** The same query, but at most so many documents. */
  limit(limit: number): Found<T> {
    return this.#with({ limit })
  }

  /** The same query without the first so many documents. */
  skip(skip: number): Found<T> {
    return this.#with({ skip })
  }

  /** The same query with these fields. */
  project(projection: ProjectionInput): Found<T> {
    return this.#with({ projection })
  }

  #with(options: FindOptions): Found<T> {
    return new Found(this.#source, this.#filter, { ...this.#options, ...options })
  }

  /** Checked when results are asked for, so that what is wrong is said there. */
  #checked(): { request: Omit<ReadRequest, 'first'> & { readonly skip: number }; toResults: (read: ReadContents) => T[] } {
    checkOptions(this.#options, FIND_OPTIONS, 'find')
    const { sort = {}, limit, skip, projection, meta = false } = this.#options
    const request = { filter: this.#filter, sort: sortPairs(sort), limit: checkedLimit(limit), skip: checkedSkip(skip), withFacts: meta }
    const kept = projection === undefined ? undefined : parseProjection(projection)
    // What fields a document has is the caller's to say: the type of a projected one is theirs too.
    const toDocument = (content: string): unknown => (kept === undefined ? JSON.parse(content) : project(kept, JSON.parse(content) as Document))
    const toResults = ({ contents, facts = [] }: ReadContents): T[] =>
      contents.map((content, i) => {
        const document = toDocument(content)
        const one = facts[i]
        return (one === undefined ? document : versioned(document, one)) as T
      })
    return { request, toResults }
  }
}

/** How many documents match, without those that are passed over or beyond a limit. */
export async function countOf(
  { replica, namespace, name }: Source,
  filter: FilterInput,
  { limit, skip = 0 }: { readonly limit?: number | undefined; readonly skip?: number | undefined },
): Promise<number> {
  await turn()
  const all = await replica.count(namespace, name, filter)
  return Math.min(limit ?? all, Math.max(0, all - skip))
}
