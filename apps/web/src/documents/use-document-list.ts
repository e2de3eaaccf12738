import type { Collection, Docstore, Document } from 'p2p-docstore'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { columnsOf } from './columns.ts'
import { parseQuickFilter, type QuickFilter } from './quick-filter.ts'
import { type DocumentQuery, PAGE_SIZE, type SortBy, useDocuments } from './use-documents.ts'

/** A list of documents on the screen, and how to change what it shows. */
export interface DocumentList {
  readonly documents: readonly Document[]
  readonly columns: readonly string[]
  readonly total: number | undefined
  /** Number of the first document of the page, from 1. */
  readonly first: number
  readonly state: 'loading' | 'ready' | 'stale'
  readonly isIndexing: boolean
  readonly isFiltered: boolean
  readonly filterText: string
  readonly filterError: string | undefined
  readonly setFilterText: (text: string) => void
  readonly sort: SortBy | undefined
  /** Rising, then falling, then by id again. */
  readonly toggleSort: (field: string) => void
  readonly toFirst: (() => void) | undefined
  readonly toPrevious: (() => void) | undefined
  readonly toNext: (() => void) | undefined
}

/** Typing pauses this long before the filter is used, milliseconds. */
const TYPING_MS = 250

interface View {
  readonly filter: Extract<QuickFilter, { ok: true }>['filter']
  readonly sort: SortBy | undefined
  /** Where each page up to the shown one begins. */
  readonly cursors: readonly (string | undefined)[]
}

const START: readonly undefined[] = [undefined]

/** Keeps filter, order and place of a list, and what they give. */
export function useDocumentList(source: {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly isSettled: boolean
}): DocumentList {
  const [filterText, setFilterText] = useState('')
  const parsed = useMemo(() => parseQuickFilter(filterText), [filterText])
  const [view, setView] = useState<View>(() => ({ filter: parsed.ok ? parsed.filter : {}, sort: undefined, cursors: START }))
  useEffect(() => {
    if (!parsed.ok) return undefined
    const { filter } = parsed
    const timer = setTimeout(() => setView((last) => (last.filter === filter ? last : { ...last, filter, cursors: START })), TYPING_MS)
    return () => clearTimeout(timer)
  }, [parsed])
  const query = useMemo((): DocumentQuery => ({ filter: view.filter, sort: view.sort, cursor: view.cursors.at(-1) }), [view])
  const { page, total, isIndexing } = useDocuments(source, query)
  const [columns, setColumns] = useState<readonly string[]>([])
  const documents = page.value?.documents ?? NONE
  const shownColumns = columnsOf(documents, columns)
  if (shownColumns !== columns) setColumns(shownColumns)
  const toggleSort = useCallback((field: string) => setView((last) => ({ ...last, sort: nextSort(last.sort, field), cursors: START })), [])
  const next = page.isPending ? undefined : page.value?.next
  const isFirst = view.cursors.length === 1
  return {
    documents,
    columns: shownColumns,
    total,
    first: (view.cursors.length - 1) * PAGE_SIZE + 1,
    state: page.value === undefined ? 'loading' : page.isPending ? 'stale' : 'ready',
    isIndexing,
    isFiltered: Object.keys(view.filter).length > 0,
    filterText,
    // What the library finds wrong with it, such as an operator that does not exist, is said in the same place.
    filterError: parsed.ok ? page.error : parsed.message,
    setFilterText,
    sort: view.sort,
    toggleSort,
    toFirst: isFirst ? undefined : () => setView((last) => ({ ...last, cursors: START })),
    toPrevious: isFirst ? undefined : () => setView((last) => ({ ...last, cursors: last.cursors.length > 1 ? last.cursors.slice(0, -1) : START })),
    toNext: next === undefined ? undefined : () => setView((last) => ({ ...last, cursors: [...last.cursors, next] })),
  }
}

const NONE: readonly Document[] = []

function nextSort(sort: SortBy | undefined, field: string): SortBy | undefined {
  if (sort?.field !== field) return { field, direction: 1 }
  return sort.direction === 1 ? { field, direction: -1 } : undefined
}
