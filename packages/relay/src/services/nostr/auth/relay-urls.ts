/**
 * What is compared of a URL under which clients reach a relay: host, port unless it is a usual one, and path. `undefined` for what is none. A proxy may speak another
 * scheme to the outside, so that does not count; what stands behind `?` is no part of a relay's URL.
 */
function urlKey(text: string): string | undefined {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    return undefined
  }
  if (!['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '') return undefined
  const host = url.hostname.toLowerCase().replace(/\.$/, '')
  // `URL` leaves the usual port of the scheme out by itself; who writes the other one means the same.
  const port = ['', '80', '443'].includes(url.port) ? '' : `:${url.port}`
  return `${host}${port}${url.pathname.replace(/\/+$/, '')}`
}

/** The URLs of a relay. */
export class RelayUrls {
  readonly #keys: ReadonlySet<string>

  constructor(urls: readonly string[]) {
    this.#keys = new Set(urls.flatMap((url) => urlKey(url) ?? []))
  }

  has(url: string): boolean {
    const key = urlKey(url)
    return key !== undefined && this.#keys.has(key)
  }
}
