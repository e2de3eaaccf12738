/** Saves bytes as a file of this name. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  // The browser has taken it when the click has been worked on.
  setTimeout(() => URL.revokeObjectURL(url))
}
