import { useSyncExternalStore } from 'react'
import { isJoinAddress } from './store/join-address.ts'

/** A sort by one field. */
export interface SortBy {
  readonly field: string
  readonly direction: 1 | -1
}

/** What a list of documents shows of a collection. */
export interface ListView {
  /** As it was typed. */
  readonly filterText: string
  readonly sort: SortBy | undefined
  /** From 1. */
  readonly page: number
}

/** What the address bar asks for. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'network' }
  | { readonly page: 'content'; readonly cid: string }
  | {
      readonly page: 'namespace'
      readonly id: string
      /** `undefined`: whichever has documents. */
      readonly collection: string | undefined
      readonly view: ListView
    }

/** Address of what shows the whole network. */
export const NETWORK_HREF = '#/network'

/** All documents, from the first on. */
export const WHOLE_LIST: ListView = { filterText: '', sort: undefined, page: 1 }

/** Pages beyond are nobody's: it would take half a billion documents. */
const MAX_PAGE = 10_000_000

/** Reads `#/network`, `#/content/<cid>`, `#/ns/<id>` and `#/ns/<id>/<collection>`, with `?filter=…&sort=-field&page=2` behind them. */
export function parseRoute(hash: string): Route {
  const [path, query] = split(hash.replace(/^#/, ''), '?')
  const [, page, id, collection] = path.split('/')
  if (page === 'network') return { page: 'network' }
  if (page === 'content' && id !== undefined && id !== '') return { page: 'content', cid: decode(id) }
  if (page !== 'ns' || id === undefined || id === '') return { page: 'home' }
  return {
    page: 'namespace',
    id: decode(id),
    collection: collection === undefined || collection === '' ? undefined : decode(collection),
    view: parseView(new URLSearchParams(query)),
  }
}

/** The address of a namespace, of a collection of it, or of a part of that. */
export function namespaceHref(id: string, collection?: string, view: ListView = WHOLE_LIST): string {
  const query = viewQuery(view)
  return `#/ns/${encodeURIComponent(id)}${collection === undefined ? '' : `/${encodeURIComponent(collection)}`}${query === '' ? '' : `?${query}`}`
}

/** The address of what a CID names. */
export function contentHref(cid: string): string {
  return `#/content/${encodeURIComponent(cid)}`
}

/** Goes to an address of this page: as a further step to come back from, or in the place of the one that is shown. */
export function go(href: string, { isStep = true }: { isStep?: boolean } = {}): void {
  if (isStep) location.hash = href
  else location.replace(href)
}

function parseView(query: URLSearchParams): ListView {
  const page = Number(query.get('page') ?? 1)
  return {
    filterText: query.get('filter') ?? '',
    sort: parseSort(query.get('sort') ?? ''),
    page: Number.isInteger(page) && page >= 1 && page <= MAX_PAGE ? page : 1,
  }
}

/** `population` rises, `-population` falls; a `+` says no more than nothing, for names that begin with a sign. */
function parseSort(text: string): SortBy | undefined {
  const field = text.replace(/^[+-]/, '')
  return field === '' ? undefined : { field, direction: text.startsWith('-') ? -1 : 1 }
}

function viewQuery({ filterText, sort, page }: ListView): string {
  const query = new URLSearchParams()
  if (filterText !== '') query.set('filter', filterText)
  if (sort !== undefined) query.set('sort', `${sort.direction === -1 ? '-' : /^[+-]/.test(sort.field) ? '+' : ''}${sort.field}`)
  if (page > 1) query.set('page', String(page))
  return query.toString()
}

function split(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The part of the address after `#`, as it changes. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash)
}

function subscribe(listener: () => void): () => void {
  const onChange = (): void => {
    // An invitation that was pasted into the address bar of the open page begins anew.
    if (isJoinAddress(location)) location.reload()
    else listener()
  }
  globalThis.addEventListener('hashchange', onChange)
  return () => globalThis.removeEventListener('hashchange', onChange)
}
