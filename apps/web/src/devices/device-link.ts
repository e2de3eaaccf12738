/** What adds a device, in the part of an address that no server sees; capitals say the same. */
const DEVICE_HASH = /^#(bpair[a-z2-7]*)$/i

/** The text of a link that adds a device, where the part after `#` is one. */
export function deviceTextOf(hash: string): string | undefined {
  return DEVICE_HASH.exec(hash)?.[1]?.toLowerCase()
}

/** The link that opens this page in another browser, to add that. */
export function deviceHref(text: string): string {
  return `${location.origin}/#${text}`
}
