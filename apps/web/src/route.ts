import { useSyncExternalStore } from 'react'
import { isJoinAddress } from './store/join-address.ts'

/** What the address bar asks for. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'network' }
  | { readonly page: 'namespace'; readonly id: string; readonly collection: string }

/** Collection that a namespace shows unless another is asked for. */
export const DEFAULT_COLLECTION = 'docs'

/** Address of what shows the whole network. */
export const NETWORK_HREF = '#/network'

/** Reads `#/ns/<id>`, `#/ns/<id>/<collection>` and `#/network`. */
export function parseRoute(hash: string): Route {
  const [, page, id, collection] = hash.replace(/^#/, '').split('/')
  if (page === 'network') return { page: 'network' }
  if (page !== 'ns' || id === undefined || id === '') return { page: 'home' }
  return { page: 'namespace', id: decode(id), collection: collection === undefined || collection === '' ? DEFAULT_COLLECTION : decode(collection) }
}

/** The address of a namespace. */
export function namespaceHref(id: string, collection: string = DEFAULT_COLLECTION): string {
  return `#/ns/${encodeURIComponent(id)}${collection === DEFAULT_COLLECTION ? '' : `/${encodeURIComponent(collection)}`}`
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
