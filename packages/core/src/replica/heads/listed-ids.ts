/** Ids of the namespaces that their owners list, in order. */
export class ListedIds {
  readonly #ids = new Set<string>()
  /** The same in order, made when somebody asks. */
  #sorted: readonly string[] | undefined

  note(id: string, isListed: boolean): void {
    if (isListed === this.#ids.has(id)) return
    if (isListed) this.#ids.add(id)
    else this.#ids.delete(id)
    this.#sorted = undefined
  }

  /** Those greater than an id, rising by UTF-16 units. */
  after(id: string): readonly string[] {
    this.#sorted ??= [...this.#ids].sort()
    const first = this.#sorted.findIndex((one) => one > id)
    return first < 0 ? [] : this.#sorted.slice(first)
  }
}
