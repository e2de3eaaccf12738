import type { CollectionsSettings } from '../../model/namespace/collection-settings.ts'
import type { BadSchema, HeadRules } from '../../rules/read-rules.ts'

/**
 * Rules of heads that are kept ready to judge by, UTF-16 units of their schemas altogether: what is ready takes some ten times as much memory, and a
 * stranger can bring 10,000 namespaces. Others are read again when they are needed.
 */
const MAX_READY: number = 2 ** 20

/** What the heads of namespaces ask of documents, ready to judge by. Nothing of it is loaded where no head has rules. */
export class KnownRules {
  /** Those that were used last are at the end. */
  readonly #ready = new Map<CollectionsSettings, HeadRules>()
  #length = 0

  /** The rules of a head that was read before. */
  async of(collections: CollectionsSettings | undefined): Promise<HeadRules | undefined> {
    if (collections === undefined) return undefined
    const rules = await this.read(collections)
    if ('reason' in rules) throw new TypeError(`a head that was accepted has a schema that ${rules.reason}`)
    return rules
  }

  /** Reads the rules of a head; its first schema that cannot be judged by, where there is one. */
  async read(collections: CollectionsSettings): Promise<HeadRules | BadSchema> {
    const known = this.#ready.get(collections)
    if (known !== undefined) {
      this.#ready.delete(collections)
      this.#ready.set(collections, known)
      return known
    }
    const { readRules } = await import('../../rules/read-rules.ts')
    const rules = await readRules(collections)
    if ('reason' in rules || this.#ready.has(collections)) return rules
    this.#ready.set(collections, rules)
    this.#length += lengthOf(collections)
    for (const oldest of this.#ready.keys()) {
      if (this.#length <= MAX_READY || oldest === collections) break
      this.#ready.delete(oldest)
      this.#length -= lengthOf(oldest)
    }
    return rules
  }
}

function lengthOf(collections: CollectionsSettings): number {
  return Object.values(collections).reduce((sum, { schema = '' }) => sum + schema.length + 100, 0)
}
