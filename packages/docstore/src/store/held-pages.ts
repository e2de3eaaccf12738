/** Text that is held for readers of changes who took one of them and have not come back, of all together, UTF-16 units. */
export const MAX_HELD_LENGTH: number = 8 * 1024 * 1024

/** Something that was read and not yet taken. */
interface HeldPage {
  readonly length: number
  /** To be called when it is too much: it can be read again. */
  readonly drop: () => void
}

/** What was read ahead for those who read slowly, or not at all any more. Who came last keeps it. */
export class HeldPages {
  readonly #max: number
  readonly #pages = new Set<HeldPage>()
  #length = 0

  constructor(max: number = MAX_HELD_LENGTH) {
    this.#max = max
  }

  get length(): number {
    return this.#length
  }

  hold(page: HeldPage): void {
    this.#pages.add(page)
    this.#length += page.length
    for (const oldest of this.#pages) {
      if (this.#length <= this.#max || oldest === page) return
      this.release(oldest)
      oldest.drop()
    }
  }

  release(page: HeldPage): void {
    if (this.#pages.delete(page)) this.#length -= page.length
  }
}

/** Of all stores of this program. */
export const heldPages: HeldPages = new HeldPages()
