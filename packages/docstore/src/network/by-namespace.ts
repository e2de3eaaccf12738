/** Listeners by namespace: what happens in one wakes only those who wait for it, however many others there are. */
export class ByNamespace {
  readonly #listeners = new Map<string, Set<() => void>>()

  /** Calls back whenever something of this namespace has changed. Returns the way to stop. */
  on(ns: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(ns) ?? new Set()
    this.#listeners.set(ns, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(ns) === listeners) this.#listeners.delete(ns)
    }
  }

  emit(ns: string): void {
    for (const listener of this.#listeners.get(ns) ?? []) listener()
  }
}
