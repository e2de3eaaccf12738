import { equalBytes } from '../model/bytes.ts'
import type { StoredRecord } from '../storage/storage.ts'
import type { ReplicaGround } from './ground.ts'
import { tidyHistory } from './history/tidy-history.ts'
import { REMOVE_PAGE } from './limits.ts'
import type { OpenNamespace } from './open-namespace.ts'
import { storedFault } from './rules/record-fault.ts'
import { fitsStoredType } from './rules/stored-type.ts'

/** Before all times. */
const ALL = -1

/** Why records are not accepted any more. */
export type RemovalReason = 'ended' | 'against-rules'

/** Who has to know of records that are removed. */
export interface RemovingInit {
  /** Called before own records are removed because their namespace ended, or has other rules, so that they are not lost silently. */
  readonly keep: (open: OpenNamespace, records: readonly StoredRecord[], reason: RemovalReason) => Promise<void>
  /** Called when records of a namespace, by its number, were removed. */
  readonly onRemoved: (ns: number) => Promise<void>
}

/** Removes records for which no tombstone stays: those of a namespace that is forgotten here, and those after the end of one, and those against its rules. */
export class Removing {
  readonly #ground: ReplicaGround
  readonly #init: RemovingInit

  constructor(ground: ReplicaGround, init: RemovingInit) {
    this.#ground = ground
    this.#init = init
  }

  /** Removes what is not accepted any more because the namespace has ended. */
  async afterEnd(open: OpenNamespace): Promise<void> {
    const { storage, identity, news, pause } = this.#ground
    const { ended } = open.head.head.body
    if (ended === undefined || (await storage.times(open.ns)).newest <= ended) return
    const keep = (records: readonly StoredRecord[]): Promise<void> => this.#keepOwn(open, records, 'ended')
    let removed = await this.#remove(open.ns, ended, keep)
    // What was on its way into the storage when the head came.
    await pause()
    removed = new Set([...removed, ...(await this.#remove(open.ns, ended, keep))])
    // Spares the next start a look.
    await storage.future(open.ns, ended, identity.author)
    if (removed.size > 0) news.tell({ namespace: open.id, from: 0, to: 0, collections: [...removed] })
  }

  /**
   * Removes what is not accepted any more because its head has other rules. What the removed records had replaced may come again from others, and is
   * judged then. It stops where another head wins: that has rules of its own.
   */
  async againstRules(open: OpenNamespace, isCurrent: () => boolean): Promise<void> {
    const { storage, news, pause, rules: known } = this.#ground
    const rules = await known.of(open.head.head.body.collections)
    const { write } = open.genesis.genesis
    const removed = new Set<string>()
    let since = 0
    // Twice, the second time for what was on its way into the storage when the head came.
    for (let round = 0; round < 2; round++, await pause()) {
      for (;;) {
        const page = { after: ALL, since, limit: REMOVE_PAGE }
        const records = await storage.laterRecords(open.ns, page)
        const last = records.at(-1)
        if (last === undefined || !isCurrent()) break
        const wrong = records.filter(
          (record) => !fitsStoredType(open, record) || (rules !== undefined && storedFault(rules, write, record) !== undefined),
        )
        if (wrong.length > 0) {
          await this.#keepOwn(open, wrong, 'against-rules')
          // A document that loses an edit is shown anew, at a later position.
          await storage.removeLater(open.ns, { ...page, only: wrong.map(({ seq }) => seq) })
          for (const { collection } of wrong) if (collection !== null) removed.add(collection)
        }
        since = last.seq
        await pause()
      }
    }
    if (removed.size === 0) return
    news.erased()
    await this.#init.onRemoved(open.ns)
    news.tell({ namespace: open.id, from: 0, to: 0, collections: [...removed] })
  }

  /** Keeps what was written here and is removed, so that it is not lost silently. */
  async #keepOwn(open: OpenNamespace, records: readonly StoredRecord[], reason: RemovalReason): Promise<void> {
    const own = records.filter(({ by }) => equalBytes(by, this.#ground.identity.author))
    if (own.length > 0) await this.#init.keep(open, own, reason)
  }

  /** Removes all records of a namespace, by its number. */
  async all(ns: number): Promise<void> {
    const nothing = async (): Promise<void> => undefined
    await this.#remove(ns, ALL, nothing)
    await this.#ground.pause()
    await this.#remove(ns, ALL, nothing)
    await tidyHistory(this.#ground, [{ ns, before: Number.POSITIVE_INFINITY }])
  }

  /** Resolves with the collections of what it removed. */
  async #remove(ns: number, after: number, keep: (records: readonly StoredRecord[]) => Promise<void>): Promise<ReadonlySet<string>> {
    const { storage, news, pause } = this.#ground
    const collections = new Set<string>()
    for (let since = 0; ; ) {
      const which = { after, since, limit: REMOVE_PAGE }
      const records = await storage.laterRecords(ns, which)
      const last = records.at(-1)
      if (last === undefined) break
      await keep(records)
      await storage.removeLater(ns, which)
      for (const { collection } of records) if (collection !== null) collections.add(collection)
      since = last.seq
      await pause()
    }
    if (collections.size > 0) news.erased()
    await this.#init.onRemoved(ns)
    return collections
  }
}
