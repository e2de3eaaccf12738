import type { ExpiredDocument, ForgetRange, LaterRecords, NamespaceMove, StoredRecord } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'

/** Hybrid time at which the first record expires: an index has them in order. */
const NEXT_EXPIRY = 'SELECT min(exp) AS exp FROM records WHERE exp IS NOT NULL AND erased IS NULL AND kh IS NULL'

/** What takes records away, or to another namespace, without a record in their place. */
export class Removals {
  readonly #parts: StorageParts

  constructor(parts: StorageParts) {
    this.#parts = parts
  }

  laterRecords(ns: number, which: LaterRecords): StoredRecord[] {
    const found = this.#parts.records.later(ns, which)
    const { only } = which
    return only === undefined ? found : found.filter(({ seq }) => only.includes(seq))
  }

  removeLater(ns: number, which: LaterRecords): number {
    const { records, references, totals, transactions, late } = this.#parts
    const remove = (): number => {
      const found = this.laterRecords(ns, which)
      for (const record of found) records.remove(ns, record)
      if (found.length === 0) return 0
      references.removed(ns, found)
      // Where all go, nothing is left to be shown in another way.
      if ((which.after >= 0 || which.only !== undefined) && late.edited !== undefined) {
        late.edited.showAnew(ns, found)
        references.committed(ns, [], late.edited.takeShown())
      }
      totals.storeNow(ns)
      return found.length
    }
    return transactions.makingRoom(remove, which.limit)
  }

  async move(moves: readonly NamespaceMove[], meta: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    // Loaded when somebody moves: few ever do.
    const { moveRecords } = await import('../records/moved-records.ts')
    const { statements, records, seals, references, totals, transactions, late, meta: table } = this.#parts
    for (const { ns } of moves) await late.keepHistory(ns, false)
    transactions.reserved(() => {
      for (const move of moves) {
        const { ns, cid, genesis, head, signature } = move
        // Positions go on from where they are, also where the last record is forgotten.
        totals.lastSeq(ns)
        statements
          .own('UPDATE namespaces SET cid = ?, genesis = ?, head = ?, signature = ?, known = 0 WHERE ns = ?')
          .run(cid, genesis, head, signature, ns)
        // Under its new id nothing of it was ever anywhere.
        statements.own('DELETE FROM forgotten WHERE ns = ?').run(ns)
        moveRecords({ records, seals, references, history: late.history }, move)
        totals.recount(ns)
      }
      for (const [key, value] of meta) table.write(key, value)
    })
  }

  nextExpiry(): number | undefined {
    const exp = this.#parts.statements.own(NEXT_EXPIRY).get()?.['exp']
    return typeof exp === 'number' ? exp : undefined
  }

  async expire(now: number, limit: number): Promise<readonly ExpiredDocument[]> {
    const expired = await this.#parts.late.expiredRecords()
    return this.#parts.transactions.makingRoom(() => expired.erase(now, limit), limit)
  }

  async takeBackExpired(latest: number, limit: number): Promise<readonly number[]> {
    const expired = await this.#parts.late.expiredRecords()
    return this.#parts.transactions.makingRoom(() => expired.takeBack(latest, limit), limit)
  }

  async forgetDeleted(ns: number, which: ForgetRange): Promise<{ readonly next: number | undefined; readonly removed: number }> {
    const slots = await this.#parts.late.forgottenSlots()
    const page = this.#parts.transactions.makingRoom(() => slots.forget(ns, which), which.limit)
    this.#parts.forgotten.changed()
    return page
  }

  async giveUp(ns: number, seqs: readonly number[], before: number): Promise<number> {
    const slots = await this.#parts.late.forgottenSlots()
    const removed = this.#parts.transactions.makingRoom(() => slots.giveUp(ns, seqs, before), seqs.length)
    this.#parts.forgotten.changed()
    return removed
  }
}
