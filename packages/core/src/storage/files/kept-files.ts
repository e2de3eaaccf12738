import { UNWIPED } from '../records/meta-table.ts'
import type { StorageParts } from '../storage-parts.ts'
import { FileTables } from './file-tables.ts'

/** The files of a database, and what they leave behind when they go. */
export class KeptFiles {
  readonly #parts: StorageParts
  readonly tables: FileTables

  constructor(parts: StorageParts) {
    const { statements, transactions, room, mapping } = parts
    this.#parts = parts
    this.tables = new FileTables({
      statements,
      growing: (work, bytes) => {
        transactions.growing(work)
        room.stored(0, bytes)
      },
      shrinking: (work) => transactions.reserved(work),
      clearing: (work) => this.#clearing(work),
      giveBack: () => this.#giveBack(),
      onRead: () => mapping.fileRead(),
    })
  }

  /**
   * Removes blocks. To overwrite them would write all of a file twice; where the end of the database can be cut off, they are left as they are in free
   * pages, which `#giveBack` fills with what lies behind them, or cuts off. That this is to be done is noted with them.
   */
  #clearing(work: () => boolean): boolean {
    const { transactions, room, meta } = this.#parts
    if (!room.canGiveBack) return transactions.reserved(work)
    return room.withoutOverwriting(() =>
      transactions.reserved(() => {
        const hasRemoved = work()
        if (hasRemoved) meta.write(UNWIPED, Uint8Array.of(1))
        return hasRemoved
      }),
    )
  }

  #giveBack(): boolean {
    const { transactions, room, meta } = this.#parts
    if (meta.get(UNWIPED) === undefined) return false
    if (room.withReserve(() => room.giveBack())) return true
    room.settle()
    transactions.reserved(() => meta.write(UNWIPED, undefined))
    return false
  }
}
