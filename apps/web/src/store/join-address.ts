/** Whether the page was opened through a join link; what it says is read by the library, which is loaded later. */
export function isJoinAddress({ pathname, hash }: { readonly pathname: string; readonly hash: string }): boolean {
  return /^\/j\//i.test(pathname) || /^#(bjoin|join=|.*&join=)/i.test(hash)
}
