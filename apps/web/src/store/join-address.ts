/** Where this page takes up a join text or link, of whichever relay: what it says stands behind `#`, which no server is sent. `undefined` where it is none. */
export function joinHref(text: string): string | undefined {
  if (/^bjoin/i.test(text)) return `/j/#${text}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !isJoinAddress(url)) return undefined
  const inPath = url.pathname.slice('/j/'.length)
  return inPath === '' ? `${url.pathname}${url.hash}` : `/j/#${inPath}`
}

/** Whether the page was opened through a join link; what it says is read by the library, which is loaded later. */
export function isJoinAddress({ pathname, hash }: { readonly pathname: string; readonly hash: string }): boolean {
  return /^\/j\//i.test(pathname) || /^#(bjoin|join=|.*&join=)/i.test(hash)
}
