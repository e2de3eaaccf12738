/** The end of a peer id, which is what differs. */
export function shortPeer(id: string): string {
  return id.slice(-8)
}

/** Beginning and end of a long name. */
export function shorten(text: string, head = 14, tail = 6): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`
}
