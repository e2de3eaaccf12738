import { SummedTree } from '../sets/summed-tree.ts'
import type { Storage } from '../storage/storage.ts'
import { MAX_SUMMARY_ENTRIES, SUMMARY_PAGE } from './limits.ts'

/** A namespace's tree, and the local position up to which it is true. */
export interface CurrentSummary {
  readonly tree: SummedTree
  readonly seq: number
}

interface Entry {
  tree: SummedTree
  seq: number
  /** The catch-up under way, if any: two at once would mix old and new versions. */
  updating: Promise<void>
}

/**
 * The summed trees of the namespaces that are in use. A tree is read from storage when it is first asked for and brought up to date
 * whenever it is asked for again: every version gets a new position, so what lies after the last one seen is all that changed.
 */
export class Summaries {
  readonly #storage: Storage
  readonly #entries = new Map<number, Entry>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** The tree of a namespace, with everything in it that was committed before the call. */
  async current(ns: number): Promise<CurrentSummary> {
    const entry = this.#entries.get(ns) ?? { tree: new SummedTree(), seq: 0, updating: Promise.resolve() }
    this.#entries.delete(ns)
    this.#entries.set(ns, entry)
    entry.updating = entry.updating.catch(() => undefined).then(() => this.#update(ns, entry))
    await entry.updating
    this.#evict(ns)
    return entry
  }

  async #update(ns: number, entry: Entry): Promise<void> {
    for (;;) {
      const versions = await this.#storage.versionsSince(ns, entry.seq, SUMMARY_PAGE)
      for (const { seq, slot, hash, at } of versions) {
        entry.tree.set(slot, hash, at)
        entry.seq = seq
      }
      if (versions.length < SUMMARY_PAGE) return
    }
  }

  #evict(keep: number): void {
    let total = 0
    for (const { tree } of this.#entries.values()) total += tree.size
    for (const [ns, { tree }] of this.#entries) {
      if (total <= MAX_SUMMARY_ENTRIES) return
      if (ns === keep) continue
      this.#entries.delete(ns)
      total -= tree.size
    }
  }
}
