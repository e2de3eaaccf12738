/** Which rows of a selection its reader has yet to read. Made when the first of them is replaced: most selections never need it. */
export class UnreadRows {
  readonly #sorted: Float64Array
  /** Of each of them, whether it was read since. */
  readonly #isRead: Uint8Array

  constructor(rows: Float64Array) {
    this.#sorted = rows.toSorted()
    this.#isRead = new Uint8Array(rows.length)
  }

  has(row: number): boolean {
    const at = this.#find(row)
    return at !== -1 && this.#isRead[at] === 0
  }

  remove(row: number): void {
    const at = this.#find(row)
    if (at !== -1) this.#isRead[at] = 1
  }

  #find(row: number): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = this.#sorted[middle] ?? 0
      if (at === row) return middle
      if (at < row) low = middle + 1
      else high = middle
    }
    return -1
  }
}
