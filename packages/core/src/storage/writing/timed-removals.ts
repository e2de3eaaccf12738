import { ExpiredRecords } from '../records/expired-records.ts'
import { type ForgottenPage, ForgottenSlots } from '../records/forgotten-slots.ts'
import type { ExpiredDocument, ForgetRange } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'

/** What goes because its time has come: documents that expire, and what is left of those that are long gone. */
export class TimedRemovals {
  readonly #parts: StorageParts

  constructor(parts: StorageParts) {
    this.#parts = parts
  }

  async expire(now: number, limit: number): Promise<ExpiredDocument[]> {
    const expired = await this.#expired()
    return this.#parts.transactions.makingRoom(() => expired.erase(now, limit), limit)
  }

  async takeBackExpired(latest: number, limit: number): Promise<readonly number[]> {
    const expired = await this.#expired()
    return this.#parts.transactions.makingRoom(() => expired.takeBack(latest, limit), limit)
  }

  async #expired(): Promise<ExpiredRecords> {
    return new ExpiredRecords({ ...this.#parts, edited: await this.#parts.late.loadedEdits() })
  }

  async forgetDeleted(ns: number, which: ForgetRange): Promise<ForgottenPage> {
    const slots = await this.#forgotten()
    const page = this.#parts.transactions.makingRoom(() => slots.forget(ns, which), which.limit, ns)
    this.#parts.forgotten.changed()
    return page
  }

  async giveUp(ns: number, seqs: readonly number[], before: number): Promise<number> {
    const slots = await this.#forgotten()
    const removed = this.#parts.transactions.makingRoom(() => slots.giveUp(ns, seqs, before), seqs.length, ns)
    this.#parts.forgotten.changed()
    return removed
  }

  async #forgotten(): Promise<ForgottenSlots> {
    return new ForgottenSlots({ ...this.#parts, edited: await this.#parts.late.loadedEdits() })
  }
}
