import { sha256 } from '#crypto'
import { equalBytes } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/encoding/cbor.ts'
import type { CollectionsSettings } from '../../model/namespace/collection-settings.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { JUDGED_PREFIX } from './judged-prefix.ts'

/** What judging needs of namespaces. */
export interface JudgedHeadsInit {
  readonly storage: Storage
  /** The namespace as it is now. */
  readonly get: (id: string) => OpenNamespace | undefined
  /** Removes what the rules of the head do not accept; it may stop where that is no more the head that wins. */
  readonly judge: (open: OpenNamespace) => Promise<void>
}

/** Has what is stored judged again where a head has other rules, once for each; a process that ends in the middle of it begins anew. */
export class JudgedHeads {
  readonly #init: JudgedHeadsInit
  /** Hashes that are stored, by the ids of their namespaces. */
  readonly #marks: Map<string, Uint8Array>
  readonly #judged = new Map<string, CollectionsSettings>()
  /** Namespaces that are being judged. */
  readonly #running = new Map<string, Promise<void>>()

  private constructor(init: JudgedHeadsInit, marks: ReadonlyMap<string, Uint8Array>) {
    this.#init = init
    this.#marks = new Map(marks)
  }

  static async open(init: JudgedHeadsInit): Promise<JudgedHeads> {
    const marks = await init.storage.listMeta(JUDGED_PREFIX)
    return new JudgedHeads(init, new Map(marks.map(([key, hash]) => [key.slice(JUDGED_PREFIX.length), hash])))
  }

  /** Resolves when all that is stored of a namespace is what its head accepts. Nothing is looked at where it was judged by the same rules. */
  async judge(id: string): Promise<void> {
    for (let open = this.#init.get(id); open !== undefined && !(await this.#isJudged(open)); open = this.#init.get(id)) {
      const running = this.#running.get(id) ?? this.#judgeNow(open).finally(() => this.#running.delete(id))
      this.#running.set(id, running)
      await running
    }
  }

  async #isJudged({ id, head: { head } }: OpenNamespace): Promise<boolean> {
    const { collections } = head.body
    if (collections !== undefined) return this.#judged.get(id) === collections
    // What comes while there are no rules is judged by none; what was there with types is judged once more.
    return !this.#marks.has(id)
  }

  async #judgeNow(open: OpenNamespace): Promise<void> {
    const { storage, get, judge } = this.#init
    const { id } = open
    const { collections } = open.head.head.body
    if (collections === undefined) {
      await judge(open)
      if (get(id)?.head.head.body.collections === undefined) await this.forget(id)
      return
    }
    const hash = sha256(encodeCbor(collections))
    const before = this.#marks.get(id)
    if (before === undefined || !equalBytes(before, hash)) {
      await judge(open)
      if (get(id)?.head.head.body.collections !== collections) return
      await storage.setMeta(JUDGED_PREFIX + id, hash)
      this.#marks.set(id, hash)
    }
    this.#judged.set(id, collections)
  }

  async forget(id: string): Promise<void> {
    this.#judged.delete(id)
    if (this.#marks.delete(id)) await this.#init.storage.setMeta(JUDGED_PREFIX + id, undefined)
  }
}
