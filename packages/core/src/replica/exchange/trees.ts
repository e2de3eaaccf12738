import { SummedTree } from '../../sets/summed-tree.ts'
import { equalBytes } from '../../model/bytes.ts'
import type { Storage, Version } from '../../storage/storage.ts'
import { MAX_TREE_BYTES, MAX_TREE_GONE, TREE_PAGE } from '../limits.ts'
import { type Pause, Slices } from '../slices.ts'

/** A namespace's tree, and the local position up to which it is true. */
export interface CurrentTree {
  readonly tree: SummedTree
  readonly seq: number
}

interface Entry {
  readonly tree: SummedTree
  seq: number
  /** Versions that went though nothing took their slots, since the tree was brought up to date. */
  gone: Pick<Version, 'slot' | 'hash'>[]
  /** The catch-up under way, if any: two at once would mix old and new versions. */
  updating: Promise<void>
}

/**
 * The summed trees of the namespaces that are being reconciled. A tree is read from storage when it is first asked for and brought up to
 * date whenever it is asked for again: every version gets a new position, so what lies after the last one seen is all that changed, but for
 * edits and losers that went with a later version of their document, of which it is told.
 */
export class Trees {
  readonly #storage: Storage
  readonly #pause: Pause
  readonly #entries = new Map<number, Entry>()

  constructor(storage: Storage, pause: Pause) {
    this.#storage = storage
    this.#pause = pause
  }

  /** The tree of a namespace, with everything in it that was committed before the call. */
  async current(ns: number): Promise<CurrentTree> {
    const entry = this.#entries.get(ns) ?? { tree: new SummedTree(), seq: 0, gone: [], updating: Promise.resolve() }
    this.#entries.delete(ns)
    this.#entries.set(ns, entry)
    entry.updating = entry.updating.catch(() => undefined).then(() => this.#update(ns, entry))
    await entry.updating
    this.#evict(ns)
    return entry
  }

  /** The same, read from storage anew. */
  rebuilt(ns: number): Promise<CurrentTree> {
    this.#entries.delete(ns)
    return this.current(ns)
  }

  /** Gives the tree of a namespace up. */
  forget(ns: number): void {
    this.#entries.delete(ns)
  }

  async #update(ns: number, entry: Entry): Promise<void> {
    const slices = new Slices(this.#pause)
    for (;;) {
      const versions = await this.#storage.versionsSince(ns, entry.seq, TREE_PAGE)
      for (const { seq, slot, hash, at } of versions) {
        entry.tree.set(slot, hash, at)
        entry.seq = seq
      }
      if (versions.length < TREE_PAGE) break
      await slices.rest()
    }
    // After everything that was read: a version may have been read before it went. One that lost can come back, from somebody who kept it.
    const gone = entry.gone
    entry.gone = []
    for (const { slot, hash } of gone) {
      const held = entry.tree.get(slot)
      if (held === undefined || !equalBytes(held.hash, hash)) continue
      const [stored] = await this.#storage.versionsBetween(ns, slot, afterSlot(slot), 1)
      if (stored === undefined || !equalBytes(stored.hash, hash)) entry.tree.delete(slot)
    }
  }

  /** To be told of versions that went though nothing took their slots. */
  forgetVersions(ns: number, gone: readonly Pick<Version, 'slot' | 'hash'>[]): void {
    const entry = this.#entries.get(ns)
    if (entry === undefined) return
    entry.gone.push(...gone)
    // Nobody compares for long: it is read anew then.
    if (entry.gone.length > MAX_TREE_GONE) this.#entries.delete(ns)
  }

  /** Gives up the trees that were not used for longest. */
  #evict(keep: number): void {
    let total = 0
    for (const { tree } of this.#entries.values()) total += tree.byteLength
    for (const [ns, { tree }] of this.#entries) {
      if (total <= MAX_TREE_BYTES) return
      if (ns === keep) continue
      this.#entries.delete(ns)
      total -= tree.byteLength
    }
  }
}

function afterSlot(slot: Uint8Array): Uint8Array {
  const after = new Uint8Array(slot.length + 1)
  after.set(slot)
  return after
}
