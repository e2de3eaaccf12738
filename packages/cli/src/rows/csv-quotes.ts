/**
 * Follows the quotation marks of a text that comes in pieces: those that open a cell, and those that close it. One that stands within a line
 * while a cell of an earlier line is open closes nothing: that cell was never closed, and what follows its line is read by itself.
 */
export class Quotes {
  readonly #delimiter: string
  isOpen = false
  /** Where the last one stands that has opened a cell. */
  openedAt = 0
  /** Where the first one stands that was never closed. */
  unclosedAt: number | undefined
  /** Up to where the text was read. */
  #at = 0

  constructor(delimiter: string) {
    this.#delimiter = delimiter
  }

  /** Reads on, in the same text with more at its end; gives where the last line ends that does not end within a cell, -1 where none does. */
  read(all: string, end: string): number {
    let cut = -1
    for (;;) {
      const quote = all.indexOf('"', this.#at)
      if (!this.isOpen) {
        const last = all.slice(this.#at, quote === -1 ? undefined : quote).lastIndexOf(end)
        if (last !== -1) cut = this.#at + last
      }
      this.#at = quote === -1 ? all.length : quote
      // What a second one means follows from what comes after it.
      if (quote === -1 || (this.isOpen && all.length - quote <= this.#delimiter.length)) return cut
      if (this.isOpen) this.#close(all, quote, end)
      else this.#open(all, quote, end)
    }
  }

  #open(all: string, quote: number, end: string): void {
    this.#at = quote + 1
    this.isOpen = quote === 0 || all.startsWith(end, quote - end.length) || all.startsWith(this.#delimiter, quote - this.#delimiter.length)
    if (this.isOpen) this.openedAt = quote
  }

  #close(all: string, quote: number, end: string): void {
    const next = all[quote + 1]
    this.#at = quote + (next === '"' ? 2 : 1)
    if (next === '"') return
    this.isOpen = false
    if (next === '\n' || next === '\r' || all.startsWith(this.#delimiter, quote + 1)) return
    const lineEnd = all.indexOf(end, this.openedAt)
    if (lineEnd === -1 || lineEnd > quote) return
    this.unclosedAt ??= this.openedAt
    this.#at = lineEnd
  }

  /** So much of the text is gone. */
  forget(length: number): void {
    this.openedAt = Math.max(0, this.openedAt - length)
    this.#at = Math.max(0, this.#at - length)
  }
}

/** Those of a whole text. */
export function quotesOf(text: string, delimiter: string, end: string): Quotes {
  const quotes = new Quotes(delimiter)
  quotes.read(text, end)
  return quotes
}
