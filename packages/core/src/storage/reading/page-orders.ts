/** Most orders that are kept: each belongs to somebody who pages. */
const MAX_ORDERS = 8
/** Most rows of all orders together: 8 bytes each. */
export const MAX_ORDERED_ROWS: number = 2 * 1024 * 1024

/** The rows of a query that are left, in order, and where somebody has paged to. */
interface PageOrder {
  readonly rows: Float64Array
  /** `_id` of the document with which the last page ended. */
  readonly endedWith: string
}

/**
 * The orders of queries that somebody pages through where no index gives them: sorted once, and not again for each page. Pages after the first
 * leave out what changed since, so an order stays true whatever is written; rows that are gone were changed.
 */
export class PageOrders {
  readonly #orders = new Map<string, PageOrder>()

  /** The rows that are left after a document, where this query was paged to there. */
  take(query: string, endedWith: string): Float64Array | undefined {
    const order = this.#orders.get(query)
    return order?.endedWith === endedWith ? order.rows : undefined
  }

  /** Keeps what is left. The orders that were not used for longest make room. */
  keep(query: string, rows: Float64Array, endedWith: string): void {
    this.#orders.delete(query)
    if (rows.length === 0) return
    this.#orders.set(query, { rows, endedWith })
    let count = [...this.#orders.values()].reduce((total, order) => total + order.rows.buffer.byteLength / 8, 0)
    for (const [oldest, order] of this.#orders) {
      if (this.#orders.size <= MAX_ORDERS && count <= MAX_ORDERED_ROWS) return
      this.#orders.delete(oldest)
      count -= order.rows.buffer.byteLength / 8
    }
  }
}
