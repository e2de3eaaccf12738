import { CAN_EXPIRE } from '../schema.ts'
import type { LaterRecords, StoredRecord } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'

/** Hybrid time at which the first record expires: an index has them in order. */
const NEXT_EXPIRY = `SELECT min(exp) AS exp FROM records WHERE ${CAN_EXPIRE}`

/** What takes records away without others in their place. */
export class Removals {
  readonly #parts: StorageParts

  constructor(parts: StorageParts) {
    this.#parts = parts
  }

  laterRecords(ns: number, which: LaterRecords): StoredRecord[] {
    const { only } = which
    return only === undefined ? this.#parts.records.later(ns, which) : this.#parts.records.at(ns, which, only)
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
    return transactions.makingRoom(remove, which.limit, ns)
  }

  nextExpiry(): number | undefined {
    const exp = this.#parts.statements.own(NEXT_EXPIRY).get()?.['exp']
    return typeof exp === 'number' ? exp : undefined
  }
}
