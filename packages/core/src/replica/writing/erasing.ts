import { equalBytes } from '../../model/bytes.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import type { ReplicaGround } from '../ground.ts'
import { ERASE_PAGE } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import type { ErasedPage } from '../types.ts'
import { withdrawnEntry } from './withdrawn-entry.ts'
import type { Writes } from './writes.ts'

/** Deletes what this identity wrote. */
export class Erasing {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #writes: Writes

  constructor(ground: ReplicaGround, namespaces: Namespaces, writes: Writes) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#writes = writes
  }

  /**
   * Deletes the documents of one page of the local order whose whole version is ours, and takes back what lost to versions of others; what was written into
   * those of others, and stands there, stays and is counted.
   */
  async eraseOwn(id: string, since: number): Promise<ErasedPage> {
    const { storage, identity } = this.#ground
    const { ns } = this.#namespaces.open(id)
    const records = await storage.recordsSince(ns, since, ERASE_PAGE)
    const all = records.filter(({ by, kh, erased }) => kh === null && erased === undefined && equalBytes(by, identity.author))
    const own = all.filter(({ lost }) => lost === undefined)
    const byCollection = new Map<string, string[]>()
    for (const { edit, collection, id: document } of own) {
      if (edit !== undefined || collection === null || document === null) continue
      byCollection.set(collection, [...(byCollection.get(collection) ?? []), document])
    }
    let documents = 0
    for (const [collection, ids] of byCollection) {
      const results = await this.#writes.write(
        id,
        collection,
        ids.map((document) => ({ id: document, content: null })),
      )
      documents += results.filter(({ status }) => status === 'written').length
    }
    const conflicts = await this.#withdraw(
      id,
      all.filter(({ lost }) => lost !== undefined),
    )
    return { documents, conflicts, edits: await this.#foreignEdits(ns, own), next: records.at(-1)?.seq }
  }

  /** Takes back versions of ours that lost to those of others; gives how many. */
  async #withdraw(id: string, lost: readonly StoredRecord[]): Promise<number> {
    const { storage, news } = this.#ground
    const open = this.#namespaces.open(id)
    const entries = lost.map((record) => withdrawnEntry(open.scope, record)).filter((entry) => entry !== undefined)
    if (entries.length === 0) return 0
    const outcomes = await storage.commit(open.ns, entries)
    news.tellOf(id, outcomes)
    return outcomes.filter((outcome) => outcome !== undefined).length
  }

  /** How many of these records change documents that somebody else wrote, and are still there. */
  async #foreignEdits(ns: number, own: readonly StoredRecord[]): Promise<number> {
    const { storage } = this.#ground
    let count = 0
    for (const { edit, slot } of own) {
      if (edit === undefined) continue
      const [base, same] = await Promise.all([storage.recordsBySlot(ns, [edit.document]), storage.recordsBySlot(ns, [slot])])
      if (same.length > 0 && base[0]?.kh === null) count++
    }
    return count
  }
}
