import { acceptableFrom } from '../../model/clock.ts'
import { fullError } from '../../storage/space/room.ts'
import type { ReplicaGround } from '../ground.ts'
import { REDATE_PAGE } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { Turns } from '../turns.ts'
import type { FutureRecords, Redated, ReplicaTimes } from '../types.ts'
import { commitOr } from './commit-or.ts'
import type { Fitted } from './full-store.ts'

/** What lies in the future, and how it gets a right time. */
export class Redating implements ReplicaTimes {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #turns = new Turns()

  constructor(ground: ReplicaGround, namespaces: Namespaces) {
    this.#ground = ground
    this.#namespaces = namespaces
  }

  async future(id: string): Promise<FutureRecords> {
    const { storage, latest, identity } = this.#ground
    const { records, own, last } = await storage.future(this.#namespaces.open(id).ns, latest(), identity.author)
    return { records, mendable: own, until: records === 0 ? undefined : acceptableFrom(last) }
  }

  async noteTaken(id: string, time: number): Promise<void> {
    await this.#ground.storage.noteKnown(this.#namespaces.open(id).ns, time)
  }

  /** One at a time. Where nothing lies ahead, which is nearly always, it costs nothing. */
  async redate(): Promise<Redated> {
    return this.#turns.take(async () => {
      const { storage, latest, newest } = this.#ground
      let [records, namespaces] = [0, 0]
      if (newest.time <= latest()) return { records, namespaces }
      for (const open of this.#namespaces.all()) {
        if (await this.#namespaces.redateHead(open)) namespaces++
        // A new time would lie after the end.
        if (open.head.head.body.ended !== undefined) continue
        // What others have lies ahead of this clock: it is wrong now, or theirs was as wrong. Then a new time could lose against theirs.
        if ((await storage.times(open.ns)).known > latest()) continue
        records += await this.#redateRecords(open)
      }
      if (records + namespaces > 0) await this.#lowerNewest()
      return { records, namespaces }
    })
  }

  async #redateRecords(open: OpenNamespace): Promise<number> {
    const { storage, identity, clock, latest, news, pause } = this.#ground
    // Loaded when a clock was wrong, which few ever are.
    const { redatedEntries } = await import('./redated-entry.ts')
    let redated = 0
    let isFull = false
    for (let since = 0; ; ) {
      const { known } = await storage.times(open.ns)
      const found = await storage.unknownFuture(open.ns, { after: latest(), by: identity.author, since, limit: REDATE_PAGE })
      const last = found.at(-1)
      if (last === undefined) break
      since = last.seq
      const entries = found.flatMap((record) => redatedEntries(open.scope, record, { identity, clock, known }))
      // The same contents take no more room than before: a full store takes them too.
      const fitted = await commitOr<readonly Fitted[], readonly Fitted[]>(
        () => storage.commit(open.ns, entries),
        async () => (await import('./full-store.ts')).commitWhatFits(storage, open.ns, entries, []),
      )
      const outcomes = fitted.filter((outcome) => outcome !== 'no-room')
      news.tellOf(open.id, outcomes)
      // What its user has written anew meanwhile lies further on.
      const count = outcomes.filter((outcome) => outcome !== undefined).length
      const isPageFull = outcomes.length < fitted.length
      isFull ||= isPageFull
      if (isPageFull && count === 0) break
      redated += count
      await pause()
    }
    if (isFull) throw fullError('what was written under a wrong clock could not be written anew')
    // Puts right how far the times of the namespace reach.
    if (redated > 0) await storage.future(open.ns, latest(), identity.author)
    return redated
  }

  /** Looks anew how far all times reach, so that where nothing lies ahead any more nothing is looked at again. */
  #lowerNewest(): Promise<void> {
    const { storage, newest } = this.#ground
    return newest.findAnew(async () => {
      for (const { ns, id } of this.#namespaces.all()) {
        newest.raise(this.#namespaces.open(id).head.head.at)
        newest.raise((await storage.times(ns)).newest)
      }
    })
  }
}
