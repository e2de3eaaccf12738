import { acceptableFrom } from '../../model/clock.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import { newestActed } from '../people/acting/newest-acted.ts'
import type { OwnActs } from '../people/acting/own-acts.ts'
import { Turns } from '../turns.ts'
import type { FutureRecords, Redated, ReplicaTimes } from '../types.ts'

/** What lies in the future, and how it gets a right time. */
export class Redating implements ReplicaTimes {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #ownActs: () => Promise<OwnActs>
  readonly #turns = new Turns()

  constructor(ground: ReplicaGround, { namespaces, ownActs }: { readonly namespaces: Namespaces; readonly ownActs: () => Promise<OwnActs> }) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#ownActs = ownActs
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
      const { storage, latest, newest, people } = this.#ground
      const isActAhead = people.loaded !== undefined && (await newestActed(storage)) > latest()
      const acts = isActAhead ? await (await this.#ownActs()).redateActs() : 0
      if (newest.time <= latest()) return { records: 0, namespaces: 0, acts }
      // Loaded when a clock was wrong, which few ever are.
      const { redateAll } = await import('./redate-records.ts')
      return { ...(await redateAll(this.#ground, this.#namespaces)), acts }
    })
  }
}
