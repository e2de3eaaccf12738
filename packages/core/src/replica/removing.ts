import { equalBytes } from '../model/bytes.ts'
import type { StoredRecord } from '../storage/storage.ts'
import type { ReplicaGround } from './ground.ts'
import { tidyHistory } from './history/tidy-history.ts'
import { LOOK_SPAN, REMOVE_PAGE } from './limits.ts'
import type { OpenNamespace } from './open-namespace.ts'
import type { Authority } from './people/judging/authority.ts'
import type { Concerned } from './people/judging/concerned.ts'
import { storedFault } from './rules/record-fault.ts'
import { fitsStoredType } from './rules/stored-type.ts'

/** Before all times. */
const ALL = -1

/** Why records are not accepted any more. */
export type RemovalReason = 'ended' | 'against-rules' | 'revoked'

/** Who has to know of records that are removed. */
export interface RemovingInit {
  /** Called before own records are removed because their namespace ended, or has other rules, so that they are not lost silently. */
  readonly keep: (open: OpenNamespace, records: readonly StoredRecord[], reason: RemovalReason) => Promise<void>
  /** Called before records are removed because logs do not accept them any more: these can come to accept them again. */
  readonly setAside: (open: OpenNamespace, records: readonly StoredRecord[]) => Promise<void>
  /** Called when records of a namespace, by its number, were removed. */
  readonly onRemoved: (ns: number) => Promise<void>
}

/** Which records are looked at whether they are to be removed. */
interface Looking {
  readonly reason: RemovalReason
  /** Whether what they are judged by still holds. */
  readonly isCurrent: () => boolean
  /** Called before records are removed. */
  readonly before?: (records: readonly StoredRecord[]) => Promise<void>
  /** Whose they are, or which, where not all are looked at. */
  readonly concerned?: Concerned
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
    const rules = await this.#ground.rules.of(open.head.head.body.collections)
    const { write } = open.genesis.genesis
    const isWrong = (record: StoredRecord): boolean =>
      !fitsStoredType(open, record) || (rules !== undefined && storedFault(rules, write, record) !== undefined)
    await this.#removeWrong(open, isWrong, { reason: 'against-rules', isCurrent })
  }

  /**
   * Removes what is not accepted any more because logs of persons or roles say something else. It stops where they have changed once more: then it is done
   * again.
   */
  async againstLogs(open: OpenNamespace, authority: Authority, which: Pick<Looking, 'isCurrent' | 'concerned'>): Promise<void> {
    const before = async (wrong: readonly StoredRecord[]): Promise<void> => {
      // What a moderator took away lies at who wrote it, and nowhere else.
      const { author } = this.#ground.identity
      const aside = wrong.filter((record) => equalBytes(record.by, author) || authority.storedFault(record) !== 'removed')
      if (aside.length > 0) await this.#init.setAside(open, aside)
    }
    await this.#removeWrong(open, (record) => authority.storedFault(record) !== undefined, { reason: 'revoked', before, ...which })
  }

  async #removeWrong(
    open: OpenNamespace,
    isWrong: (record: StoredRecord) => boolean,
    { reason, isCurrent, before, concerned }: Looking,
  ): Promise<void> {
    const { storage, news, pause } = this.#ground
    const removed = new Set<string>()
    let since = 0
    // Twice, the second time for what was on its way into the storage when the head came.
    for (let round = 0; round < 2; round++, await pause()) {
      for (;;) {
        const { records, next } = await this.#look(open.ns, since, concerned)
        if (next === undefined || !isCurrent()) break
        const wrong = records.filter(isWrong)
        if (wrong.length > 0) {
          await this.#keepOwn(open, wrong, reason)
          await before?.(wrong)
          // A document that loses an edit is shown anew, at a later position.
          await storage.removeLater(open.ns, { after: ALL, since, limit: REMOVE_PAGE, only: wrong.map(({ seq }) => seq) })
          for (const { collection } of wrong) if (collection !== null) removed.add(collection)
        }
        since = next
        await pause()
      }
    }
    if (removed.size === 0) return
    news.erased()
    await this.#init.onRemoved(open.ns)
    news.tell({ namespace: open.id, from: 0, to: 0, collections: [...removed] })
  }

  /** The next records, all or some, and the position from which to look on; `undefined` at the end. */
  async #look(
    ns: number,
    since: number,
    concerned: Concerned | undefined,
  ): Promise<{ readonly records: readonly StoredRecord[]; readonly next: number | undefined }> {
    const { storage } = this.#ground
    if (concerned === undefined) {
      const records = await storage.laterRecords(ns, { after: ALL, since, limit: REMOVE_PAGE })
      return { records, next: records.at(-1)?.seq }
    }
    const to = Math.min(await storage.lastSeq(ns), since + LOOK_SPAN)
    if (to <= since) return { records: [], next: undefined }
    const records = await storage.recordsOf(ns, { ...concerned, since, to, limit: REMOVE_PAGE })
    return { records, next: records.at(-1)?.seq ?? to }
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
