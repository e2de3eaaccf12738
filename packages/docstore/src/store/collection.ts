import {
  canonicalJson,
  type CollectionType,
  contentCidText,
  type Document,
  DocstoreError,
  type Explanation,
  type IndexInfo,
  isOfAuthors,
  isPlainObject,
  jsonCopy,
  MAX_WRITES,
  type Replica,
  sortPairs,
  type Write,
  type WriteResult,
} from '@p2p-docstore/core'
import { createDocumentId } from './document-id.ts'
import { type ExpiryOptions, expiryOf } from './expiry-options.ts'
import { type Change, changesOf } from './reading/changes.ts'
import { failedFeed } from './reading/feed.ts'
import { countOf, DEFAULT_PAGE, type FilterInput, FIND_OPTIONS, type FindOptions, Found, type MetaOptions } from './reading/found.ts'
import type { IndexFields, IndexOptions } from './index-fields.ts'
import { isoTime } from './iso-time.ts'
import { ownName } from './own-name.ts'
import { checkedLimit, checkedSkip, checkOptions } from './options.ts'
import type { Source } from './reading/reading.ts'
import { either } from './signal.ts'
import { turn } from './turn.ts'
import { withPrefix } from './with-prefix.ts'
import type { SharedDocument } from './types/shared-document.ts'
import { type Standing, type WatchedResult, watchQuery } from './reading/watch.ts'
import { type Versioned, versioned } from './versioned.ts'

/** A document to store: any plain object. Without `_id` it gets one. */
export type NewDocument = { readonly _id?: string; readonly [field: string]: unknown }
/** What a single write did. */
export interface PutResult {
  /** In a namespace where each author has documents of their own, the full one, with the author's name in front. */
  readonly _id: string
  /** CID of the content. */
  readonly cid: string
  /** ISO time of the version that stands; the same content again is no new version. */
  readonly at: string
  /**
   * There, and true, where the namespace has not arrived: the document is kept on this machine, and judged and written with this time when it
   * arrives. Where each author has documents of their own, `_id` and `cid` are others then, because the name is put in front.
   */
  readonly pending?: true
}

/** What a document has to be for a write: the CID that it has now. Otherwise nothing is written, and `conflict` says what it is. */
export interface WriteOptions {
  /** With `null`, there has to be none yet. */
  readonly if?: string | null | undefined
}

/** How a document is stored. */
export interface PutOptions extends WriteOptions, ExpiryOptions {
  /**
   * In a map: the document as `get` gave it, which is `undefined` where there was none. Only what differs from that is written: what came since stays.
   * Throws `not-found` where the document was deleted since.
   */
  readonly was?: Readonly<Record<string, unknown>> | null | undefined
}

/** Changes of fields, by dotted paths, as in MongoDB. */
export interface Changes {
  /** Gives fields a value. */
  readonly $set?: Readonly<Record<string, unknown>>
  /** Takes fields away, whatever stands beside them. */
  readonly $unset?: Readonly<Record<string, unknown>>
  /** Adds to numbers. */
  readonly $inc?: Readonly<Record<string, number>>
  /** Adds to the end of arrays: a value, or several as `{ $each: [...] }`. */
  readonly $push?: Readonly<Record<string, unknown>>
  /** The same for those that are not yet in them. */
  readonly $addToSet?: Readonly<Record<string, unknown>>
}

/** A version of a document that lost. */
export interface Conflict<T> {
  readonly _id: string
  /** CID of `document`. */
  readonly cid: string | null
  /** ISO time. */
  readonly at: string
  /** `did:key` of who wrote it. */
  readonly by: string
  /** What the document would be with it; `null` where that is none, as it is a delete, or the document was deleted. */
  readonly document: T | null
  /** Where it is one of a field: its dotted path. */
  readonly field?: string
  /** And the value, absent where it takes the field away. */
  readonly value?: Document[string]
  /** The document as it stands, `null` where it was deleted, and when and by whom the version was written that won. */
  readonly won: { readonly cid: string | null; readonly at: string; readonly by: string; readonly document: T | null }
}

/** A conflict that somebody saw: its CID, `null` for what has none, or as `conflicts` gave it. Given so, the document must be what it was then. */
export type SeenConflict = string | null | Pick<Conflict<unknown>, 'cid' | 'at' | 'by' | 'field' | 'won'>

/** How conflicts are settled. */
export interface ResolveOptions {
  readonly keep: string | NewDocument | null
  readonly seen?: readonly SeenConflict[] | undefined
}

/** What a bulk write did. */
export interface PutManyResult {
  readonly read: number
  readonly written: number
  readonly unchanged: number
  /** Those that wait for their namespace to arrive, where there are any. */
  readonly pending?: number
}

/** How far a bulk write is. */
export type PutManyProgress = PutManyResult

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
  /** How the namespace stands: whether a relay has everything up to this position, else all that is here. */
  readonly standing: (seq?: number) => Promise<Standing>
  /** Calls back when the answer of `standing` may have changed. */
  readonly onStanding: (listener: () => void) => () => void
}

/** Documents of one kind in a namespace. */
export class Collection<T extends Document = Document> {
  readonly name: string
  readonly #init: CollectionInit
  #facts: Facts | undefined

  constructor(init: CollectionInit) {
    this.name = init.name
    this.#init = init
  }

  /**
   * Stores a document; resolves when a killed process can no longer lose it. The same content again changes nothing. With `expiresAt` or `ttl` it is
   * gone at that time, from every peer; `update` leaves that time as it is, and a `put` without one makes it stay. In a map only those fields are
   * written that are others than now, or than in `was`, and nothing expires; in a log it is a new entry. Rejects with `conflict`, `wrong-type`,
   * `map-full`, `document-too-large`, and `against-rules`, `immutable-field` or `not-unique` where the collection has rules.
   */
  async put(document: NewDocument, options: PutOptions = {}): Promise<PutResult> {
    checkOptions(options, ['if', 'was', 'expiresAt', 'ttl'], 'put')
    const write = await this.#write(document, expiryOf(options))
    const { replica, namespace, name } = this.#init
    await turn()
    const { if: expected, was } = options
    // Also where it is `undefined`: then nothing was read.
    const before = 'was' in options ? { was: was == null ? null : canonicalJson({ ...was, _id: write.id }) } : {}
    const [result] = await replica.write(namespace, name, [{ ...write, ...(expected === undefined ? {} : { if: expected }), ...before }])
    const written = result?.id === undefined ? write : withId(write, result.id)
    const put = { _id: written.id, cid: contentCidText(written.content ?? ''), at: isoTime(result?.at ?? 0) }
    return result?.status === 'pending' ? { ...put, pending: true } : put
  }

  /**
   * Changes fields of a document and leaves the others as they are, whoever changes those at the same time, here or elsewhere. Of changes of one
   * field the later wins; on one machine each sees the one before, so `$inc` counts. Rejects with `not-found`, `conflict`, `bad-update`,
   * `cannot-update`, `document-too-large`, with `against-rules`, `immutable-field` or `not-unique` where the collection has rules, and writes nothing
   * then.
   */
  async update(id: string, changes: Changes, options: WriteOptions = {}): Promise<PutResult> {
    checkOptions(options, ['if'], 'update')
    const fullId = withPrefix(id, (await this.#known()).prefix)
    const { replica, namespace, name } = this.#init
    await turn()
    const { cid, at } = await replica.update(namespace, name, { id: fullId, changes: plainChanges(changes), if: options.if })
    return { _id: fullId, cid, at: isoTime(at) }
  }

  /**
   * Stores many documents in few transactions; what an async iterable has given is stored at most 200 ms later, even where it pauses.
   * What was written before an error stays written. With the signal, what was read is stored and told to `onProgress`; then it rejects.
   */
  async putMany(
    documents: Iterable<NewDocument> | AsyncIterable<NewDocument>,
    options: ExpiryOptions & { onProgress?: (progress: PutManyProgress) => void; signal?: AbortSignal } = {},
  ): Promise<PutManyResult> {
    checkOptions(options, ['onProgress', 'signal', 'expiresAt', 'ttl'], 'putMany')
    const exp = expiryOf(options)
    const { onProgress, signal } = options
    const total: { -readonly [K in keyof PutManyResult]: PutManyResult[K] } = { read: 0, written: 0, unchanged: 0 }
    const { type, prefix } = await this.#known()
    const write = async (given: readonly Write[]): Promise<void> => {
      await turn()
      const writes = type === 'log' ? await this.#entries(given) : given
      const results = await this.#init.replica.write(this.#init.namespace, this.#init.name, writes)
      const count = (wanted: WriteResult['status']): number => results.filter(({ status }) => status === wanted).length
      total.written += count('written')
      total.unchanged += count('unchanged')
      const pending = (total.pending ?? 0) + count('pending')
      if (pending > 0) total.pending = pending
      onProgress?.({ ...total })
    }
    const read = (document: NewDocument): Write => {
      const one = type === 'log' ? toEntry(document, exp) : toWrite(document, { idPrefix: prefix, exp })
      total.read++
      return one
    }
    const length = ({ content }: Write): number => content?.length ?? 0
    const { inChunks } = await import('./in-chunks.ts')
    await inChunks(documents, { read, write, maxItems: CHUNK, maxLength: MAX_CHUNK_LENGTH, length, signal })
    return total
  }

  /**
   * The document with this id, `undefined` where there is none; with `meta` beside its CID, its time and who wrote it. Where each author has
   * documents of their own, an id without a name is one of ours.
   */
  async get(id: string, options: { readonly meta: true }): Promise<Versioned<T> | undefined>
  async get(id: string, options?: { readonly meta?: false | undefined }): Promise<T | undefined>
  async get(id: string, options?: { readonly meta?: boolean | undefined }): Promise<T | Versioned<T> | undefined> {
    const fullId = withPrefix(id, (this.#facts ?? (await this.#known())).prefix)
    const pause = turn()
    if (pause !== undefined) await pause
    if (options !== undefined) {
      checkOptions(options, ['meta'], 'get')
      if (options.meta === true) return this.#version(fullId)
    }
    const content = await this.#init.replica.get(this.#init.namespace, this.name, fullId)
    if (content === undefined && this.#facts?.type === 'crdt')
      return (await import('./types/index.ts')).readShared(this, id) as Promise<T | undefined>
    return content === undefined ? undefined : (JSON.parse(content) as T)
  }

  async #version(id: string): Promise<Versioned<T> | undefined> {
    const found = await this.#init.replica.getVersion(this.#init.namespace, this.name, id)
    return found && versioned(JSON.parse(found.content) as T, found)
  }

  /**
   * Deletes a document, by an id as `get` takes it; resolves with whether there was one. Where the namespace has not arrived that is not known,
   * and it resolves with true: the delete is kept, and made when it arrives.
   */
  async delete(id: string, options: WriteOptions = {}): Promise<boolean> {
    checkOptions(options, ['if'], 'delete')
    const fullId = withPrefix(id, (await this.#known()).prefix)
    await turn()
    const write = { id: fullId, content: null, ...(options.if === undefined ? {} : { if: options.if }) }
    const [result] = await this.#init.replica.write(this.#init.namespace, this.name, [write])
    return result?.status !== 'unchanged'
  }

  /**
   * Versions that lost to one whose writer had not seen them, by `_id`, of one document or of all: they are kept until somebody settles that with
   * `resolve`, their author writes again, or thirty days have passed and somebody writes over them. 16 of a document at most.
   */
  async *conflicts(options: { readonly id?: string | undefined } = {}): AsyncGenerator<Conflict<T>, void, undefined> {
    const { conflictsIn } = await import('./conflicts.ts')
    yield* conflictsIn<T>(this.#source, (await this.#known()).prefix, options)
  }

  /**
   * Settles conflicts of a document: those that were `seen`, as `conflicts` gave them, or by their CIDs; all that are here now where that is left out.
   * What arrived since stays a conflict. `keep` is `'winner'`, which changes nothing but that; the CID of a conflict, whose version is written then, or of
   * a field its value, which settles those of that field; `null` for a delete that lost; or a document to write. Rejects with `not-found` where there is no
   * such conflict, and with `conflict` where the document changed meanwhile.
   */
  async resolve(id: string, options: ResolveOptions): Promise<PutResult> {
    checkOptions(options, ['keep', 'seen'], 'resolve')
    const { resolveConflicts } = await import('./conflicts.ts')
    const fullId = withPrefix(id, (await this.#known()).prefix)
    const { keep, seen } = options
    const kept = typeof keep === 'string' || keep === null ? keep : toWrite({ ...keep, _id: fullId }, { idPrefix: '', exp: undefined })
    await turn()
    const { cid, at } = await resolveConflicts(this.#source, fullId, { keep: kept, seen })
    return { _id: fullId, cid, at: isoTime(at) }
  }

  /**
   * Opens a document that several people change at once, where the type of the collection is `crdt`: its `doc` is a Y.Doc of the library Yjs, whose
   * changes are stored, and into which those of others come. Throws `wrong-type`, `unknown-namespace`, `bad-id`, `crdt-too-large`.
   */
  async openCrdt(id: string): Promise<SharedDocument> {
    const { type } = await this.#known()
    const { replica, namespace, closing } = this.#init
    const { openShared } = await import('./types/index.ts')
    if (type !== 'crdt' && (await replica.namespace(namespace)) !== undefined)
      throw new DocstoreError('wrong-type', `The collection "${this.name}" has the type ${type}: documents are opened where it is crdt`)
    return openShared({ replica, namespace, collection: this, id, closing })
  }

  /**
   * What a document was before, the newest first: 64 versions at most, as far as they are here. They are kept for as long as the namespace says
   * (`history`, 30 days where it does not), and go with the document. Takes an id as `get` does.
   */
  async history(id: string): Promise<readonly Versioned<T>[]> {
    const fullId = withPrefix(id, (await this.#known()).prefix)
    await turn()
    const versions = await this.#init.replica.history(this.#init.namespace, this.name, fullId)
    return versions.map((one) => versioned(JSON.parse(one.content) as T, one))
  }

  /** Makes an earlier version of a document the present one: puts what it said. Rejects with `not-found` where it is not in its history. */
  async restoreVersion(id: string, cid: string, options: WriteOptions = {}): Promise<PutResult> {
    const version = (await this.history(id)).find((one) => one.cid === cid)
    if (version === undefined)
      throw new DocstoreError('not-found', `The history of ${JSON.stringify(id)} that is here has no version ${JSON.stringify(cid).slice(0, 80)}`)
    return this.put(version.document, options)
  }

  /** Documents that match, sorted by the given fields, else by `_id`. Options that are not known are refused when they are read. */
  find(filter: FilterInput | undefined, options: FindOptions & { readonly meta: true }): Found<Versioned<T>>
  find(filter?: FilterInput, options?: FindOptions & { readonly meta?: false | undefined }): Found<T>
  find(filter: FilterInput = {}, options: MetaOptions = {}): Found<T | Versioned<T>> {
    return new Found(this.#source, filter, options)
  }

  /** The first document that matches, `undefined` where none does. */
  async findOne(filter: FilterInput | undefined, options: Omit<FindOptions, 'limit'> & { readonly meta: true }): Promise<Versioned<T> | undefined>
  async findOne(filter?: FilterInput, options?: Omit<FindOptions, 'limit'> & { readonly meta?: false | undefined }): Promise<T | undefined>
  async findOne(filter: FilterInput = {}, options: Omit<MetaOptions, 'limit'> = {}): Promise<T | Versioned<T> | undefined> {
    checkOptions(options, ['sort', 'skip', 'projection', 'meta'], 'findOne')
    return new Found<T | Versioned<T>>(this.#source, filter, options).first()
  }

  /** The different values of a field in the documents that match, sorted; those of arrays one by one. */
  async distinct(path: string, filter: FilterInput = {}): Promise<Document[string][]> {
    await turn()
    return [...(await this.#init.replica.distinct(this.#init.namespace, this.name, path, filter))]
  }

  /** How many documents match. Without a filter, that is known at once. */
  async count(filter: FilterInput = {}, options: { skip?: number | undefined; limit?: number | undefined } = {}): Promise<number> {
    checkOptions(options, ['skip', 'limit'], 'count')
    return countOf(this.#source, filter, { limit: checkedLimit(options.limit), skip: checkedSkip(options.skip) })
  }

  /** The same as `count`. */
  async countDocuments(filter: FilterInput = {}, options: { skip?: number | undefined; limit?: number | undefined } = {}): Promise<number> {
    return this.count(filter, options)
  }

  /**
   * Declares an index on this peer over one or more fields, in their order: queries on them become fast. With `{ text: true }`, or
   * fields that say `'text'`, it is over their words, for `$text`. Declaring it again changes nothing.
   */
  async createIndex(fields: IndexFields, options?: IndexOptions): Promise<void> {
    const { fields: names, text } = await declared(fields, options)
    await this.#init.replica.createIndex(this.#init.namespace, this.name, names, { text })
  }

  /** Drops an index that was declared with these fields; resolves with whether there was one. */
  async dropIndex(fields: IndexFields, options?: IndexOptions): Promise<boolean> {
    const { fields: names, text } = await declared(fields, options)
    return this.#init.replica.dropIndex(this.#init.namespace, this.name, names, { text })
  }

  /** The indexes that were declared on this peer. */
  async indexes(): Promise<readonly IndexInfo[]> {
    await turn()
    return this.#init.replica.indexes(this.#init.namespace, this.name)
  }

  /** How a query is answered: what it looks up, what it reads, and which index would help. It is not run. */
  async explain(filter: FilterInput = {}, options: Pick<FindOptions, 'sort' | 'limit'> = {}): Promise<Explanation> {
    checkOptions(options, ['sort', 'limit'], 'explain')
    const { sort = {}, limit } = options
    await turn()
    return this.#init.replica.explain(this.#init.namespace, this.name, { filter, sort: sortPairs(sort), limit: checkedLimit(limit) ?? DEFAULT_PAGE })
  }

  /**
   * The results of a query, now and after every change that touches the collection, each of one moment: the newest when it is asked for.
   * `synced` tells whether a relay has everything that is here. Ends with the signal, with the store, or when the loop is left.
   */
  watch(
    filter: FilterInput | undefined,
    options: FindOptions & { readonly meta: true; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<WatchedResult<Versioned<T>>, void, undefined>
  watch(
    filter?: FilterInput,
    options?: FindOptions & { readonly meta?: false | undefined; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<WatchedResult<T>, void, undefined>
  watch(
    filter: FilterInput = {},
    options: MetaOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<WatchedResult<T | Versioned<T>>, void, undefined> {
    return this.#feed(() => {
      checkOptions(options, [...FIND_OPTIONS, 'signal'], 'watch')
      const { signal, ...find } = options
      const found = new Found<T | Versioned<T>>(this.#source, filter, find)
      return watchQuery({ ...this.#init, name: this.name }, () => found.snapshot(), either(this.#init.closing, signal))
    })
  }

  /**
   * Every change after a position, else from the call on, then every new one as it happens, from whichever peer. With a filter: documents that
   * match, that match no more (`leave`), and all deletes. Goes on from `since` when it may have missed something: `leave` is also told of
   * documents of which it is not known any more whether they matched. Ends with the signal or the store.
   */
  changes(
    options: { since?: number | undefined; filter?: FilterInput | undefined; signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Change<T>, void, undefined> {
    return this.#feed(() => {
      checkOptions(options, ['since', 'filter', 'signal'], 'changes')
      const { since, filter, signal } = options
      if (since !== undefined && !(Number.isSafeInteger(since) && since >= 0))
        throw new DocstoreError('bad-option', 'since is the seq of a change, a whole number from 0 on')
      return changesOf<T>(this.#source, { since, filter, signal: either(this.#init.closing, signal) })
    })
  }

  /** What is wrong with its arguments is said to whoever reads it, as with a query. */
  #feed<R>(start: () => AsyncGenerator<R, void, undefined>): AsyncGenerator<R, void, undefined> {
    try {
      return start()
    } catch (error) {
      return failedFeed(error)
    }
  }

  get #source(): Source {
    const { replica, namespace } = this.#init
    return { replica, namespace, name: this.name }
  }

  async #known(): Promise<Facts> {
    if (this.#facts !== undefined) return this.#facts
    const { replica, namespace } = this.#init
    const info = await replica.namespace(namespace)
    const settings = info?.collections
    const type: CollectionType = (settings !== undefined && Object.hasOwn(settings, this.name) ? settings[this.name]?.type : undefined) ?? 'lww'
    // Ids that are made of an author have no such beginning.
    const isPrefixed = info?.write === 'author' && !isOfAuthors(type)
    const facts = { type, prefix: isPrefixed ? `${ownName(await replica.info())}/` : '' }
    if (info !== undefined) this.#facts = facts
    return facts
  }

  async #write(document: NewDocument, exp: number | undefined): Promise<Write> {
    const { type, prefix } = await this.#known()
    if (type !== 'log') return toWrite(document, { idPrefix: prefix, exp })
    const entry = toEntry(document, exp)
    const [named = entry] = await this.#entries([entry])
    return named
  }

  /** Gives new entries of a log their ids, one after another. Those that have one keep it: whether it can be is found out where they are written. */
  async #entries(given: readonly Write[]): Promise<readonly Write[]> {
    const { replica, namespace, name } = this.#init
    const { nameEntries } = await import('./types/name-entries.ts')
    return nameEntries(replica, { namespace, collection: name }, given)
  }
}

/** What is known of a collection once its namespace is here. */
interface Facts {
  readonly type: CollectionType
  /** In `author` namespaces, ids begin with the author's name; an id that has no such beginning gets ours. */
  readonly prefix: string
}

/** Changes as they can be sent to where the data lies: values become what JSON makes of them, as in documents. */
function plainChanges(changes: Changes): unknown {
  if (!isPlainObject(changes)) return changes
  return Object.fromEntries(Object.entries(changes).map(([operator, fields]) => [operator, isPlainObject(fields) ? plainFields(fields) : fields]))
}

function plainFields(fields: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value === undefined ? undefined : jsonCopy(value)]))
}

function toWrite(document: NewDocument, { idPrefix, exp }: { readonly idPrefix: string; readonly exp: number | undefined }): Write {
  if (!isPlainObject(document)) throw new DocstoreError('bad-document', 'A document is an object, such as { "title": "Hello" }')
  const given: unknown = document._id
  const id = withPrefix(given === undefined ? createDocumentId() : given, idPrefix)
  const write = { id, content: canonicalJson(given === id ? document : { ...document, _id: id }) }
  return { ...write, ...(exp === undefined ? {} : { exp }), ...(given === undefined ? { isNew: true } : {}) }
}

/** What was written where the rules of the collection gave the document another id. */
function withId({ content }: Write, id: string): { readonly id: string; readonly content: string } {
  return { id, content: canonicalJson({ ...(JSON.parse(content ?? '{}') as Document), _id: id }) }
}

/** An entry of a log that is yet to be named: its id is empty then. */
function toEntry(document: NewDocument, exp: number | undefined): Write {
  if (!isPlainObject(document)) throw new DocstoreError('bad-document', 'A document is an object, such as { "title": "Hello" }')
  if (document._id !== undefined) return toWrite(document, { idPrefix: '', exp })
  return { id: '', content: canonicalJson(document), ...(exp === undefined ? {} : { exp }) }
}

/** What an index is declared with, read by what few programs load. */
async function declared(
  fields: IndexFields,
  options: IndexOptions | undefined,
): Promise<{ readonly fields: readonly string[]; readonly text: boolean }> {
  const { indexDeclaration } = await import('./index-fields.ts')
  const declaration = indexDeclaration(fields, options)
  await turn()
  return declaration
}
