import type { Collection, Docstore, Document, FilterInput } from 'p2p-docstore'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { ListView, SortBy } from '../route.ts'
import { parseQuickFilter } from './filter/quick-filter.ts'
import { searchFilter } from './filter/search-filter.ts'
import { useSearchFields } from './filter/use-search-fields.ts'
import { columnsOf } from './table/columns.ts'
import { type DocumentQuery, PAGE_SIZE, useDocuments } from './use-documents.ts'

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
  /** What stands in the filter box; it is used a moment later. */
  readonly filterText: string
  readonly filterError: string | undefined
  /** Whether there are conditions and words: a value of several words that has no quotation marks looks like that. */
  readonly isMixed: boolean
  /** Fields in which words are looked for; none where there are no words. */
  readonly searched: readonly string[]
  readonly setFilterText: (text: string) => void
  /** Typing is over: what is typed next is a further step to come back from. */
  readonly endTyping: () => void
  readonly clearFilter: () => void
  readonly sort: SortBy | undefined
  readonly setSort: (sort: SortBy | undefined) => void
  /** Rising, then falling, then by id again. */
  readonly toggleSort: (field: string) => void
  readonly toFirst: (() => void) | undefined
  readonly toPrevious: (() => void) | undefined
  readonly toNext: (() => void) | undefined
  readonly toLast: (() => void) | undefined
}

/** Typing pauses this long before the filter is used, milliseconds. */
const TYPING_MS = 250

/** Shows another part of the collection; `isStep`: one that the user can come back from. */
export type ShowView = (view: ListView, options?: { readonly isStep?: boolean }) => void

interface ListSource {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly isSettled: boolean
}

/** What a view of a collection gives, and the ways to others. The view itself is the caller's: it stands in the address. */
export function useDocumentList(source: ListSource, view: ListView, show: ShowView): DocumentList {
  const { filterText, setFilterText, endTyping } = useTypedFilter(view, show)
  const typed = useMemo(() => parseQuickFilter(filterText), [filterText])
  const { filter, searched, isSearching } = useViewFilter(source, view.filterText)
  const query = useQuery(filter, view)
  const { page, total: found, isIndexing } = useDocuments(source, query)
  // Where a filter cannot be used or a page not be read, what stood there before would look like what was asked for.
  const isShown = typed.ok && query !== undefined && page.error === undefined
  const documents = (isShown || isSearching ? page.value?.documents : undefined) ?? NONE
  const total = isShown ? found : undefined
  // What is read anew is still the page that was asked for: there is a way on from it.
  const isOnItsWay = page.value?.query !== query
  const next = isOnItsWay ? undefined : page.value?.next
  const [columns, setColumns] = useState<readonly string[]>([])
  const shownColumns = columnsOf(documents, columns, view.sort?.field)
  if (shownColumns !== columns) setColumns(shownColumns)

  const lastPage = Math.max(1, Math.ceil((total ?? 0) / PAGE_SIZE))
  const isBeyond = !page.isPending && total !== undefined && view.page > lastPage
  useEffect(() => {
    // What was there is gone, or never was: an address can say anything.
    if (isBeyond) show({ ...view, page: lastPage }, { isStep: false })
  }, [isBeyond, lastPage, show, view])
  const toPage = (to: number): (() => void) => {
    return () => show({ ...view, page: to })
  }
  const setSort = useCallback((sort: SortBy | undefined) => show({ ...view, sort, page: 1 }), [show, view])
  const toggleSort = useCallback((field: string) => setSort(nextSort(view.sort, field)), [setSort, view])
  const clearFilter = useCallback(() => show({ ...view, filterText: '', page: 1 }), [show, view])
  const isFirst = view.page === 1
  const isLast = isOnItsWay || (next === undefined && view.page >= lastPage)
  return {
    documents,
    columns: shownColumns,
    total,
    // Of the page that is shown: the one that was asked for may be on its way.
    first: ((page.value?.query?.page ?? view.page) - 1) * PAGE_SIZE + 1,
    state: page.value === undefined && page.error === undefined ? 'loading' : page.isPending || isSearching || isBeyond ? 'stale' : 'ready',
    isIndexing,
    isFiltered: view.filterText.trim() !== '',
    filterText,
    // What the library finds wrong with it, such as an operator that does not exist, is said in the same place.
    filterError: typed.ok ? page.error : typed.message,
    isMixed: typed.ok && typed.words.length > 0 && Object.keys(typed.filter).length > 0,
    searched,
    setFilterText,
    endTyping,
    clearFilter,
    sort: view.sort,
    setSort,
    toggleSort,
    toFirst: isFirst ? undefined : toPage(1),
    toPrevious: isFirst ? undefined : toPage(view.page - 1),
    toNext: isLast ? undefined : toPage(view.page + 1),
    toLast: isLast || view.page >= lastPage ? undefined : toPage(lastPage),
  }
}

const NONE: readonly Document[] = []

/** The text in the filter box: it is ahead of the address while it is typed, and follows it when that changes. */
function useTypedFilter(view: ListView, show: ShowView): Pick<DocumentList, 'filterText' | 'setFilterText' | 'endTyping'> {
  const [text, setText] = useState(view.filterText)
  const [seen, setSeen] = useState(view.filterText)
  const [sent, setSent] = useState<string>()
  const typingAddress = useRef<string>(undefined)
  if (seen !== view.filterText) {
    setSeen(view.filterText)
    setSent(undefined)
    // What comes back from here arrives a moment later, when more may have been typed.
    if (view.filterText !== sent) setText(view.filterText)
  }
  useEffect(() => {
    if (text === view.filterText) return undefined
    const timer = setTimeout(() => {
      setSent(text)
      // One step for a filter, however often typing it paused.
      show({ ...view, filterText: text, page: 1 }, { isStep: typingAddress.current !== location.hash })
      typingAddress.current = location.hash
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [text, view, show])
  const endTyping = useCallback(() => {
    typingAddress.current = undefined
  }, [])
  return { filterText: text, setFilterText: setText, endTyping }
}

/** The filter that a text stands for: none while it cannot be used, or while it is not known yet where to look for its words. */
function useViewFilter(
  source: ListSource,
  text: string,
): { readonly filter: FilterInput | undefined; readonly searched: readonly string[]; readonly isSearching: boolean } {
  const parsed = useMemo(() => parseQuickFilter(text), [text])
  const hasWords = parsed.ok && parsed.words.length > 0
  const fields = useSearchFields(source, hasWords)
  return useMemo(() => {
    if (!parsed.ok) return { filter: undefined, searched: [], isSearching: false }
    if (!hasWords) return { filter: parsed.filter, searched: [], isSearching: false }
    if (fields === undefined) return { filter: undefined, searched: [], isSearching: true }
    return { ...searchFilter(parsed.filter, parsed.words, fields), isSearching: false }
  }, [parsed, hasWords, fields])
}

/** The query of a page. It begins at the cursor that the page before has given, where that was shown: so it is found at once. */
function useQuery(filter: FilterInput | undefined, { sort, page }: ListView): DocumentQuery | undefined {
  const field = sort?.field
  const direction = sort?.direction
  const cursors = useMemo(() => new Map<number, string>(), [filter, field, direction])
  return useMemo(() => {
    if (filter === undefined) return undefined
    const onNext = (cursor: string): void => void cursors.set(page + 1, cursor)
    const order = field === undefined || direction === undefined ? undefined : { field, direction }
    return { filter, sort: order, page, cursor: cursors.get(page), onNext }
  }, [filter, field, direction, page, cursors])
}

function nextSort(sort: SortBy | undefined, field: string): SortBy | undefined {
  if (sort?.field !== field) return { field, direction: 1 }
  return sort.direction === 1 ? { field, direction: -1 } : undefined
}
