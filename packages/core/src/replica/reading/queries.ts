import { DocstoreError } from '../../errors.ts'
import { DAG_JSON, parseCid } from '../../model/encoding/cid.ts'
import { hasSettings } from '../../model/namespace/head-body.ts'
import type { Json } from '../../model/json/json-value.ts'
import { type Explanation, parseSortInput, pathFault, readFilter } from '../../query/index.ts'
import type { QueriesAside } from '../../storage/queries/queries-aside.ts'
import type { Asker } from '../../storage/queries/query-queue.ts'
import type { HistorySize, IndexInfo, IndexKind, ShownFacts, Storage } from '../../storage/storage.ts'
import { checkCollection } from '../check-collection.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { KnownRules } from '../rules/known-rules.ts'
import type { Pause } from '../slices.ts'
import { summaryOf } from '../summary.ts'
import type { LazyPending } from '../writing/lazy-pending.ts'
import type {
  BrokenPage,
  BrokenRule,
  CollectionCount,
  ConflictedPage,
  ConflictPage,
  DocumentOfContent,
  DocumentVersion,
  FindRequest,
  FindResult,
  OpenedReading,
  ReadContents,
  ReadRequest,
  ReplicaReads,
  Summary,
} from '../types.ts'
import { documentFacts } from '../document-facts.ts'
import type { Expiry } from '../writing/expiry.ts'
import { checkLimit } from './check-limit.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { boundedCursor, readBound } from './page-bound.ts'

/** Number of a namespace that no storage has: nothing lies there. */
const NO_NAMESPACE = 0

/** What queries read. */
export interface QueriesInit {
  readonly storage: Storage
  /** Where they run for whom nobody else shall wait. */
  readonly aside?: QueriesAside | undefined
  readonly namespaces: Namespaces
  readonly pending: LazyPending
  readonly expiry: Expiry
  /** Id of the database, which the cursors of its pages name. */
  readonly epoch: string
  readonly pause: Pause
  readonly rules: KnownRules
}

/** Answers queries: what the user typed is checked here, and found in the storage. */
export class Queries implements ReplicaReads {
  readonly #storage: Storage
  readonly #aside: QueriesAside | undefined
  readonly #namespaces: Namespaces
  readonly #pending: LazyPending
  readonly #expiry: Expiry
  readonly #epoch: string
  readonly #rules: KnownRules
  readonly #pause: Pause

  constructor({ storage, aside, namespaces, pending, expiry, epoch, pause, rules }: QueriesInit) {
    this.#rules = rules
    this.#expiry = expiry
    this.#storage = storage
    this.#aside = aside
    this.#namespaces = namespaces
    this.#pending = pending
    this.#epoch = epoch
    this.#pause = pause
  }

  async get(id: string, collection: string, documentId: string): Promise<string | undefined> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const open = this.#namespaces.get(id)
    return open && this.#storage.get(open.ns, collection, documentId)
  }

  async getVersion(id: string, collection: string, documentId: string): Promise<DocumentVersion | undefined> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const open = this.#namespaces.get(id)
    const found = open && (await this.#storage.getVersion(open.ns, collection, documentId))
    if (found === undefined) return undefined
    const { content } = found
    const breaks = await this.#broken(open, collection, documentId, content)
    return { content, ...documentFacts(content, found), ...(breaks === undefined ? {} : { breaks }) }
  }

  async history(id: string, collection: string, documentId: string): Promise<readonly DocumentVersion[]> {
    const open = this.#namespaces.get(id)
    if (open === undefined) return []
    // Loaded when somebody asks: few do.
    const { documentHistory } = await import('../history/document-history.ts')
    return documentHistory(this.#storage, this.#pause, { ns: open.ns, collection, id: documentId })
  }

  async historySize(id: string): Promise<HistorySize> {
    return this.#storage.historySize(this.#namespaces.get(id)?.ns ?? NO_NAMESPACE)
  }

  async #broken(open: OpenNamespace | undefined, collection: string, id: string, content: string): Promise<BrokenRule | undefined> {
    const body = open?.head.head.body
    if (open === undefined || body === undefined || !hasSettings(body, collection)) return undefined
    const rules = (await this.#rules.of(body.collections))?.get(collection)
    const { brokenRule } = await import('../rules/broken-rule.ts')
    return rules && brokenRule(open, rules, id, content)
  }

  async conflicts(id: string, collection: string, which: Parameters<ReplicaReads['conflicts']>[2]): Promise<ConflictPage> {
    checkCollection(collection)
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const open = this.#namespaces.get(id)
    // Loaded when somebody asks: few documents have any.
    const { conflictsOf } = await import('./conflicts.ts')
    return conflictsOf(this.#storage, open?.ns ?? NO_NAMESPACE, collection, which)
  }

  async conflicted(id: string, which: Parameters<ReplicaReads['conflicted']>[1]): Promise<ConflictedPage> {
    checkLimit(which.limit)
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const { documents, end } = await this.#storage.conflicted(this.#namespaces.get(id)?.ns ?? NO_NAMESPACE, which)
    return { documents, ...(end && { after: end }) }
  }

  async broken(id: string, collection: string, which: Parameters<ReplicaReads['broken']>[2]): Promise<BrokenPage> {
    checkCollection(collection)
    checkLimit(which.limit)
    const open = this.#namespaces.get(id)
    const body = open?.head.head.body
    if (open === undefined || body === undefined || !hasSettings(body, collection)) return { documents: [] }
    const { brokenDocuments } = await import('../rules/broken-rule.ts')
    return brokenDocuments(this, { open, collection, rules: (await this.#rules.of(body.collections))?.get(collection) }, which)
  }

  async find(
    id: string,
    collection: string,
    { filter = {}, sort = {}, limit, cursor, maxMs, maxRows, withChanges = false, withTotal = false, withFacts }: FindRequest,
    asker?: Asker,
  ): Promise<FindResult> {
    checkCollection(collection)
    checkLimit(limit)
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const parsedSort = parseSortInput(sort)
    const bound = cursor === undefined ? undefined : readBound(cursor, this.#epoch)
    const parsedFilter = await readFilter(filter)
    const after = bound && decodeCursor(bound.cursor, parsedFilter, parsedSort)
    const upTo = withChanges ? undefined : bound?.upTo
    const open = this.#namespaces.get(id)
    if (open === undefined) return { contents: [], cursor: undefined, total: withTotal ? 0 : undefined }
    const query = { filter: parsedFilter, sort: parsedSort, limit, after, upTo, maxMs, maxRows, withTotal, withFacts }
    const { contents, facts, end, seq, total } =
      asker === undefined || this.#aside === undefined
        ? await this.#storage.find(open.ns, collection, query)
        : await this.#aside.find(open.ns, collection, query, asker)
    return {
      ...readContents(contents, facts),
      cursor: end && boundedCursor(encodeCursor(end, parsedFilter, parsedSort), { seq, upTo: bound?.upTo, epoch: this.#epoch }),
      total,
    }
  }

  async openReading(id: string, collection: string, { filter = {}, sort = {}, limit, skip, first, withFacts }: ReadRequest): Promise<OpenedReading> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    checkCollection(collection)
    checkLimit(first)
    const query = { filter: await readFilter(filter), sort: parseSortInput(sort), limit, skip, first, withFacts }
    const open = this.#namespaces.get(id)
    if (open === undefined) return { contents: [], reading: undefined, seq: 0 }
    const { contents, facts, ...opened } = await this.#storage.openReading(open.ns, collection, query)
    return { ...readContents(contents, facts), ...opened }
  }

  async readOn(reading: string, from: number, limit: number): Promise<ReadContents & { isLast: boolean }> {
    checkLimit(limit)
    const { contents, facts, isLast } = await this.#storage.readOn(reading, from, limit)
    return { ...readContents(contents, facts), isLast }
  }

  async endReading(reading: string): Promise<void> {
    await this.#storage.endReading(reading)
  }

  async count(id: string, collection: string, filter: unknown): Promise<number> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    checkCollection(collection)
    const parsedFilter = await readFilter(filter)
    const open = this.#namespaces.get(id)
    return open === undefined ? 0 : this.#storage.count(open.ns, collection, parsedFilter)
  }

  async explain(id: string, collection: string, { filter = {}, sort = {}, limit }: Omit<FindRequest, 'cursor'>): Promise<Explanation> {
    checkCollection(collection)
    checkLimit(limit)
    const ns = this.#namespaces.get(id)?.ns ?? NO_NAMESPACE
    return this.#storage.explain(ns, collection, { filter: await readFilter(filter), sort: parseSortInput(sort), limit })
  }

  async distinct(id: string, collection: string, path: string, filter: unknown): Promise<readonly Json[]> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    checkCollection(collection)
    const fault = typeof path !== 'string' ? 'is no text' : path.startsWith('$') ? 'starts with $' : pathFault(path)
    if (fault !== undefined) throw new DocstoreError('bad-path', `The field name ${JSON.stringify(path)?.slice(0, 80)} ${fault}`)
    const parsedFilter = await readFilter(filter)
    const open = this.#namespaces.get(id)
    return open === undefined ? [] : this.#storage.distinct(open.ns, collection, path, parsedFilter)
  }

  async collections(id: string): Promise<readonly CollectionCount[]> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const open = this.#namespaces.get(id)
    return open === undefined ? [] : this.#storage.collections(open.ns)
  }

  async overview(id: string): Promise<Summary & { collections: readonly CollectionCount[] }> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const { collections, ...total } = await this.#storage.overview(this.#namespaces.open(id).ns)
    return { ...summaryOf(total), collections }
  }

  async createIndex(id: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<void> {
    checkCollection(collection)
    const isKept = this.#namespaces.get(id) === undefined && (await this.#pending.keepIndex(id, collection, fields, kind))
    if (isKept !== true) await this.#storage.createIndex(this.#namespaces.open(id).ns, collection, fields, kind)
  }

  async dropIndex(id: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<boolean> {
    checkCollection(collection)
    const isDropped = this.#namespaces.get(id) === undefined ? await this.#pending.dropIndex(id, collection, fields, kind) : undefined
    return isDropped ?? this.#storage.dropIndex(this.#namespaces.open(id).ns, collection, fields, kind)
  }

  async indexes(id: string, collection: string): Promise<readonly IndexInfo[]> {
    checkCollection(collection)
    const open = this.#namespaces.get(id)
    return open === undefined ? this.#pending.indexes(id, collection) : this.#storage.indexes(open.ns, collection)
  }

  async content(cid: string): Promise<string | undefined> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const parsed = parseCid(DAG_JSON, cid)
    return parsed && (await this.#storage.documentByDigest(parsed.multihash.digest))?.content
  }

  async documentOf(cid: string): Promise<DocumentOfContent | undefined> {
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const parsed = parseCid(DAG_JSON, cid)
    const found = parsed && (await this.#storage.documentByDigest(parsed.multihash.digest))
    const open = found && [...this.#namespaces.all()].find(({ ns }) => ns === found.ns)
    const version = open && (await this.#storage.getVersion(found.ns, found.collection, found.id))
    // It may have changed in between.
    if (version?.content !== found?.content || open === undefined || found === undefined || version === undefined) return undefined
    return { namespace: open.id, collection: found.collection, id: found.id, content: found.content, ...documentFacts(found.content, version) }
  }
}

/** Contents with what is known of each, where that was asked for. */
function readContents(contents: readonly string[], facts: readonly ShownFacts[] | undefined): ReadContents {
  return facts === undefined ? { contents } : { contents, facts: facts.map((one, i) => documentFacts(contents[i] ?? '', one)) }
}
