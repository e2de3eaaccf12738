import {
  canonicalJson,
  cidOfBytes,
  DAG_JSON,
  type Document,
  DocstoreError,
  type Explanation,
  type IndexInfo,
  isPlainObject,
  MAX_WRITES,
  msFromTime,
  type Replica,
  type Write,
} from '@p2p-docstore/core'
import { createDocumentId } from './document-id.ts'
import { type Change, changesOf } from './changes.ts'
import { type IndexFields, indexDeclaration, type IndexOptions } from './index-fields.ts'
import { either } from './signal.ts'
import { type WatchedResult, watchQuery } from './watch.ts'

/** A document to store: any plain object. Without `_id` it gets one. */
export type NewDocument = { readonly _id?: string; readonly [field: string]: unknown }
/** A filter: MongoDB's operators `$eq $ne $gt $gte $lt $lte $in $nin $exists $and $or $not`, dotted paths, array membership. */
export type FilterInput = { readonly [field: string]: unknown }
/** Fields to sort by: 1 rising, -1 falling; `{ score: { $meta: 'textScore' } }`, whatever it is called, the best answers to a `$text` first. */
export type SortInput = { readonly [field: string]: 1 | -1 | { readonly $meta: 'textScore' } }

/** What a single write did. */
export interface PutResult {
  readonly _id: string
  /** CID of the content. */
  readonly cid: string
  /** ISO time of the version that stands; the same content again is no new version. */
  readonly at: string
}

/** What a bulk write did. */
export interface PutManyResult {
  readonly read: number
  readonly written: number
  readonly unchanged: number
}

/** How far a bulk write is. */
export type PutManyProgress = PutManyResult

/** Options of a query. */
export interface FindOptions {
  readonly sort?: SortInput
  readonly limit?: number
}

/** One page of a query; without a cursor it is the last one. A page of large documents can have fewer than its limit. */
export interface Page<T> {
  readonly documents: readonly T[]
  readonly cursor: string | undefined
}

/** The results of a query: iterate over them, or take them at once or page by page. */
export interface Found<T> extends AsyncIterable<T> {
  toArray(): Promise<T[]>
  page(cursor?: string): Promise<Page<T>>
}

/** First and largest page in which results are read while iterating. */
const FIRST_PAGE = 100
const LARGEST_PAGE = 4000
/** Page size where the caller names none. */
const DEFAULT_PAGE = 50
/** Bytes of documents, as JSON, that one bulk write commits at once at most. */
const MAX_CHUNK_LENGTH: number = 4 * 1024 * 1024
/** Documents that one bulk write commits at once. */
const CHUNK: number = Math.min(2048, MAX_WRITES)

/** What a collection works with. */
export interface CollectionInit {
  readonly replica: Replica
  readonly namespace: string
  readonly name: string
  /** Aborts when the store closes. */
  readonly closing: AbortSignal
  /** Whether a relay has everything that is here. */
  readonly isSynced: () => Promise<boolean>
  /** Calls back when the answer of `isSynced` may have changed. */
  readonly onSync: (listener: () => void) => () => void
}

/** Documents of one kind in a namespace. */
export class Collection<T extends Document = Document> {
  readonly name: string
  readonly #init: CollectionInit
  #prefix: string | undefined

  constructor(init: CollectionInit) {
    this.name = init.name
    this.#init = init
  }

  /** Stores a document; resolves when a killed process can no longer lose it. The same content again changes nothing. */
  async put(document: NewDocument): Promise<PutResult> {
    const write = toWrite(document, await this.#idPrefix())
    const { replica, namespace, name } = this.#init
    const [result] = await replica.write(namespace, name, [write])
    return { _id: write.id, cid: cidOfBytes(DAG_JSON, write.content ?? '').toString(), at: new Date(msFromTime(result?.at ?? 0)).toISOString() }
  }

  /** Stores many documents in few transactions. What was written before an error stays written. */
  async putMany(
    documents: Iterable<NewDocument> | AsyncIterable<NewDocument>,
    { onProgress, signal }: { onProgress?: (progress: PutManyProgress) => void; signal?: AbortSignal } = {},
  ): Promise<PutManyResult> {
    const total = { read: 0, written: 0, unchanged: 0 }
    let chunk: Write[] = []
    let length = 0
    const flush = async (): Promise<void> => {
      const writes = chunk
      chunk = []
      length = 0
      const results = await this.#init.replica.write(this.#init.namespace, this.#init.name, writes)
      const written = results.filter(({ status }) => status === 'written').length
      total.written += written
      total.unchanged += results.length - written
      onProgress?.({ ...total })
    }
    const prefix = await this.#idPrefix()
    for await (const document of documents) {
      signal?.throwIfAborted()
      const write = toWrite(document, prefix)
      total.read++
      chunk.push(write)
      length += write.content?.length ?? 0
      if (chunk.length >= CHUNK || length >= MAX_CHUNK_LENGTH) await flush()
    }
    if (chunk.length > 0) await flush()
    return total
  }

  /** The document with this id, `undefined` where there is none. */
  async get(id: string): Promise<T | undefined> {
    const content = await this.#init.replica.get(this.#init.namespace, this.name, id)
    return content === undefined ? undefined : (JSON.parse(content) as T)
  }

  /** Deletes a document; resolves with whether there was one. */
  async delete(id: string): Promise<boolean> {
    const [result] = await this.#init.replica.write(this.#init.namespace, this.name, [{ id, content: null }])
    return result?.status === 'written'
  }

  /** Documents that match, sorted by the given fields, else by `_id`. */
  find(filter: FilterInput = {}, options: FindOptions = {}): Found<T> {
    const results = (): AsyncGenerator<T> => this.#results(filter, options)
    return {
      [Symbol.asyncIterator]: results,
      toArray: () => Array.fromAsync(results()),
      page: (cursor) => this.#page(filter, options.sort, options.limit ?? DEFAULT_PAGE, cursor),
    }
  }

  async *#results(filter: FilterInput, { sort, limit = Number.POSITIVE_INFINITY }: FindOptions): AsyncGenerator<T> {
    let left = limit
    let cursor: string | undefined
    for (let size = FIRST_PAGE; left > 0; size = Math.min(size * 4, LARGEST_PAGE)) {
      const page = await this.#page(filter, sort, Math.min(size, left), cursor)
      yield* page.documents
      left -= page.documents.length
      cursor = page.cursor
      if (cursor === undefined) return
    }
  }

  async #page(filter: FilterInput, sort: SortInput | undefined, limit: number, cursor: string | undefined): Promise<Page<T>> {
    const page = await this.#init.replica.find(this.#init.namespace, this.name, { filter, sort: sort ?? {}, limit, cursor })
    return { documents: page.contents.map((content) => JSON.parse(content) as T), cursor: page.cursor }
  }

  /** How many documents match. */
  async count(filter: FilterInput = {}): Promise<number> {
    return this.#init.replica.count(this.#init.namespace, this.name, filter)
  }

  /**
   * Declares an index on this peer over one or more fields, in their order: queries on them become fast. With `{ text: true }`, or
   * fields that say `'text'`, it is over their words, for `$text`. Declaring it again changes nothing.
   */
  async createIndex(fields: IndexFields, options?: IndexOptions): Promise<void> {
    const { fields: names, text } = indexDeclaration(fields, options)
    await this.#init.replica.createIndex(this.#init.namespace, this.name, names, { text })
  }

  /** Drops an index that was declared with these fields; resolves with whether there was one. */
  async dropIndex(fields: IndexFields, options?: IndexOptions): Promise<boolean> {
    const { fields: names, text } = indexDeclaration(fields, options)
    return this.#init.replica.dropIndex(this.#init.namespace, this.name, names, { text })
  }

  /** The indexes that were declared on this peer. */
  async indexes(): Promise<readonly IndexInfo[]> {
    return this.#init.replica.indexes(this.#init.namespace, this.name)
  }

  /** How a query is answered: what it looks up, what it reads, and which index would help. It is not run. */
  async explain(filter: FilterInput = {}, { sort = {}, limit = DEFAULT_PAGE }: FindOptions = {}): Promise<Explanation> {
    return this.#init.replica.explain(this.#init.namespace, this.name, { filter, sort, limit })
  }

  /**
   * The results of a query, now and after every change that touches the collection. `synced` tells whether a relay has everything
   * that is here. Ends with the signal, with the store, or when the loop is left.
   */
  watch(filter: FilterInput = {}, options: FindOptions & { signal?: AbortSignal } = {}): AsyncIterable<WatchedResult<T>> {
    return watchQuery<T>(this.#init, () => this.find(filter, options).toArray(), either(this.#init.closing, options.signal))
  }

  /** Every change after a position, then every new one as it happens, from whichever peer. Ends with the signal or the store. */
  changes(options: { since?: number; filter?: FilterInput; signal?: AbortSignal } = {}): AsyncIterable<Change<T>> {
    return changesOf<T>(this.#init, { ...options, signal: either(this.#init.closing, options.signal) })
  }

  /** In `author` namespaces, ids begin with the author's name; an id that has no such beginning gets ours. */
  async #idPrefix(): Promise<string> {
    if (this.#prefix !== undefined) return this.#prefix
    const { replica, namespace } = this.#init
    const info = await replica.namespace(namespace)
    const prefix = info?.write === 'author' ? `${(await replica.info()).identity.slice('did:key:'.length)}/` : ''
    if (info !== undefined) this.#prefix = prefix
    return prefix
  }
}

/** Begins an id of an `author` namespace: an ed25519 multikey in base58. */
const AUTHOR_PREFIX = /^z6Mk[1-9A-HJ-NP-Za-km-z]{44}\//

function toWrite(document: NewDocument, idPrefix: string): Write {
  if (!isPlainObject(document)) throw new DocstoreError('bad-document', 'A document is an object, such as { "title": "Hello" }')
  const given: unknown = document._id
  if (given !== undefined && typeof given !== 'string') throw new DocstoreError('bad-id', `The _id of a document is a string, not ${typeof given}`)
  const plainId = given ?? createDocumentId()
  const id = idPrefix === '' || AUTHOR_PREFIX.test(plainId) ? plainId : idPrefix + plainId
  return { id, content: canonicalJson(given === id ? document : { ...document, _id: id }) }
}
