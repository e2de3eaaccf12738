import { sha256 } from '#crypto'
import { equalBytes } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/cbor.ts'
import type { CollectionsSettings } from '../../model/collection-settings.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { JUDGED_PREFIX } from './judged-prefix.ts'

/** Has what is stored judged again where a head has other rules, once for each; a process that ends in the middle of it begins anew. */
export class JudgedHeads {
  readonly #storage: Storage
  readonly #judge: (open: OpenNamespace) => Promise<void>
  /** Hashes that are stored, by the ids of their namespaces. */
  readonly #marks: Map<string, Uint8Array>
  readonly #judged = new Map<string, CollectionsSettings>()

  private constructor(storage: Storage, judge: (open: OpenNamespace) => Promise<void>, marks: ReadonlyMap<string, Uint8Array>) {
    this.#storage = storage
    this.#judge = judge
    this.#marks = new Map(marks)
  }

  /** `judge` removes what the rules of the head do not accept. */
  static async open(storage: Storage, judge: (open: OpenNamespace) => Promise<void>): Promise<JudgedHeads> {
    const marks = await storage.listMeta(JUDGED_PREFIX)
    return new JudgedHeads(storage, judge, new Map(marks.map(([key, hash]) => [key.slice(JUDGED_PREFIX.length), hash])))
  }

  async judge(open: OpenNamespace): Promise<void> {
    const { collections } = open.head.head.body
    // What came while there were no rules was judged by none.
    if (collections === undefined) return this.forget(open.id)
    if (this.#judged.get(open.id) === collections) return
    const hash = sha256(encodeCbor(collections))
    const before = this.#marks.get(open.id)
    if (before === undefined || !equalBytes(before, hash)) {
      await this.#judge(open)
      await this.#storage.setMeta(JUDGED_PREFIX + open.id, hash)
      this.#marks.set(open.id, hash)
    }
    this.#judged.set(open.id, collections)
  }

  async forget(id: string): Promise<void> {
    this.#judged.delete(id)
    if (this.#marks.delete(id)) await this.#storage.setMeta(JUDGED_PREFIX + id, undefined)
  }
}
