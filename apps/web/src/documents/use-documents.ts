import type { Collection, Document, Docstore, FilterInput, SortInput } from 'p2p-docstore'
import { useCallback, useEffect, useRef, useState } from 'react'
import { type Live, useLive } from '../store/use-live.ts'
import { indexFieldsOf } from './quick-filter.ts'

/** Documents of one page. */
export const PAGE_SIZE = 50

/** A sort by one field. */
export interface SortBy {
  readonly field: string
  readonly direction: 1 | -1
}

/** What is shown: which documents, in which order, from where on. */
export interface DocumentQuery {
  readonly filter: FilterInput
  readonly sort: SortBy | undefined
  readonly cursor: string | undefined
}

/** One page of documents. */
interface DocumentPage {
  readonly documents: readonly Document[]
  /** Where the next page begins; `undefined` on the last. */
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

/** A page of a collection and the number of all that match, now and after every change; slow queries get an index. */
export function useDocuments(
  {
    store,
    namespace,
    collection,
    isSettled,
  }: { readonly store: Docstore; readonly namespace: string; readonly collection: Collection; readonly isSettled: boolean },
  { filter, sort, cursor }: DocumentQuery,
): Documents {
  const [revision, setRevision] = useState(0)
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && event.collections.includes(collection.name) && nudge()),
    [store, namespace, collection],
  )
  const loadPage = useCallback(async () => {
    const order: SortInput = sort === undefined ? {} : { [sort.field]: sort.direction }
    return timed(isSettled, revision, async () => {
      // The page is shown for as long as somebody looks at it, so what changes belongs to it.
      const found = collection.find(filter, { sort: order, limit: PAGE_SIZE })
      const { documents, cursor: next, total } = await found.page(cursor, { withChanges: true, withTotal: true })
      return { documents, next, total }
    })
  }, [collection, filter, sort, cursor, isSettled, revision])
  const page = useLive(loadPage, subscribe)
  const isSlow = isSlowLive(page)
  const again = useCallback(() => setRevision((last) => last + 1), [])
  const isIndexing = useIndex(collection, isSlow ? indexFieldsOf(filter, sort?.field) : NO_FIELDS, again)
  return { page: { ...page, value: page.value?.value }, total: page.value?.value.total, isIndexing }
}

const NO_FIELDS: readonly string[] = []

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
