import type { Collection, Document, Docstore, FilterInput, SortInput } from 'p2p-docstore'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { SortBy } from '../route.ts'
import { type Live, useLive } from '../store/use-live.ts'
import { fieldPath } from './filter/field-path.ts'
import { indexFieldsOf } from './filter/quick-filter.ts'

/** Documents of one page. */
export const PAGE_SIZE = 50

/** What is shown: which documents, in which order, from where on. */
export interface DocumentQuery {
  readonly filter: FilterInput
  readonly sort: SortBy | undefined
  /** From 1. */
  readonly page: number
  /** From the page before; without it, all pages before are passed over one document at a time. */
  readonly cursor: string | undefined
  /** Is told where the next page begins. */
  readonly onNext: (cursor: string) => void
}

/** One page of documents. */
interface DocumentPage {
  readonly query: DocumentQuery | undefined
  readonly documents: readonly Document[]
  /** Where the next page begins; `undefined` on the last, and where the page was not reached by a cursor. */
  readonly next: string | undefined
  /** How many match, at the moment of the page. */
  readonly total: number | undefined
}

interface Timed<T> {
  readonly value: T
  readonly tookMs: number
  /** Whether nothing else, such as a first copy, kept the database busy. */
  readonly isFair: boolean
}

/** The documents, as they change. */
export interface Documents {
  readonly page: Live<DocumentPage>
  readonly total: number | undefined
  /** Whether an index is being made for this query. */
  readonly isIndexing: boolean
}

/** A query that takes longer gets an index, milliseconds. */
const SLOW_MS = 100

/** A page of a collection and the number of all that match, now and after every change; slow queries get an index. No query, no documents. */
export function useDocuments(
  {
    store,
    namespace,
    collection,
    isSettled,
  }: { readonly store: Docstore; readonly namespace: string; readonly collection: Collection; readonly isSettled: boolean },
  query: DocumentQuery | undefined,
): Documents {
  const [revision, setRevision] = useState(0)
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && event.collections.includes(collection.name) && nudge()),
    [store, namespace, collection],
  )
  const loadPage = useCallback(() => timed(isSettled, revision, () => readPage(collection, query)), [collection, query, isSettled, revision])
  const page = useLive(loadPage, subscribe)
  const isSlow = isSlowLive(page)
  const again = useCallback(() => setRevision((last) => last + 1), [])
  const isIndexing = useIndex(collection, isSlow && query !== undefined ? indexFieldsOf(query.filter, sortPathOf(query)) : NO_FIELDS, again)
  const value = page.value?.value
  // A query that has just changed is not asked yet, and what is there is of the one before.
  const isPending = page.isPending || (page.error === undefined && value?.query !== query)
  return { page: { ...page, value, isPending }, total: value?.total, isIndexing }
}

const NO_FIELDS: readonly string[] = []

async function readPage(collection: Collection, query: DocumentQuery | undefined): Promise<DocumentPage> {
  if (query === undefined) return { query, documents: [], next: undefined, total: undefined }
  const { filter, page, cursor, onNext } = query
  const path = sortPathOf(query)
  const sort: SortInput = path === undefined ? [] : [[path, query.sort?.direction ?? 1]]
  if (page === 1 || cursor !== undefined) {
    // The page is shown for as long as somebody looks at it, so what changes belongs to it.
    const found = await collection.find(filter, { sort, limit: PAGE_SIZE }).page(cursor, { withChanges: true, withTotal: true })
    if (found.cursor !== undefined) onNext(found.cursor)
    return { query, documents: found.documents, next: found.cursor, total: found.total }
  }
  const found = collection.find(filter, { sort, limit: PAGE_SIZE, skip: (page - 1) * PAGE_SIZE })
  const [documents, total] = await Promise.all([found.toArray(), collection.count(filter)])
  return { query, documents, next: undefined, total }
}

function sortPathOf({ sort }: DocumentQuery): string | undefined {
  return sort === undefined ? undefined : fieldPath([sort.field])
}

function isSlowLive({ value, isPending }: Live<Timed<unknown>>): boolean {
  return !isPending && value !== undefined && value.isFair && value.tookMs > SLOW_MS
}

async function timed<T>(isFair: boolean, _revision: number, work: () => Promise<T>): Promise<Timed<T>> {
  const began = performance.now()
  const value = await work()
  return { value, tookMs: performance.now() - began, isFair }
}

/** Makes an index over these fields, once; tells while it does. */
function useIndex(collection: Collection, fields: readonly string[], onDone: () => void): boolean {
  const tried = useRef(new Set<string>())
  const [isIndexing, setIndexing] = useState(false)
  const key = JSON.stringify(fields)
  useEffect(() => {
    if (fields.length === 0 || tried.current.has(key)) return
    tried.current.add(key)
    setIndexing(true)
    collection
      .createIndex(fields)
      // Without an index the query works all the same.
      .catch(() => undefined)
      .finally(() => {
        setIndexing(false)
        onDone()
      })
  }, [collection, fields, key, onDone])
  return isIndexing
}
