import { UNWIPED } from '../records/meta-table.ts'
import { CACHE_BYTES, trimCache } from '../schema.ts'
import type { StorageParts } from '../storage-parts.ts'
import { FileTables } from './file-tables.ts'

/** Blocks belong to no namespace. */
const NONE = 0

/** The files of a database, and what they leave behind when they go. */
export class KeptFiles {
  readonly #parts: StorageParts
  readonly tables: FileTables
  /** Bytes of blocks that were stored since the cache was trimmed. */
  #cached = 0

  constructor(parts: StorageParts) {
    const { statements, transactions, room, mapping } = parts
    this.#parts = parts
    this.tables = new FileTables({
      statements,
      growing: (work, bytes) => {
        transactions.growing(work, NONE)
        room.stored(0, bytes)
        this.#stored(bytes)
      },
      shrinking: (work) => transactions.reserved(work, NONE),
      clearing: (work) => this.#clearing(work),
      giveBack: () => this.#giveBack(),
      onRead: () => mapping.fileRead(),
    })
  }

  /** A file that passes through leaves no more in the cache than that: it would push documents out, and nobody reads it from there. */
  #stored(bytes: number): void {
    this.#cached += bytes
    if (this.#cached < CACHE_BYTES) return
    this.#cached = 0
    trimCache(this.#parts.driver, this.#parts.cacheBytes)
  }

  /**
   * Removes blocks. To overwrite them would write all of a file twice; where the end of the database can be cut off, they are left as they are in free
   * pages, which `#giveBack` fills with what lies behind them, or cuts off. That this is to be done is noted with them.
   */
  #clearing(work: () => boolean): boolean {
    const { transactions, room, meta } = this.#parts
    if (!room.canGiveBack) return transactions.reserved(work, NONE)
    return room.withoutOverwriting(() =>
      transactions.reserved(() => {
        const hasRemoved = work()
        if (hasRemoved) meta.write(UNWIPED, Uint8Array.of(1))
        return hasRemoved
      }, NONE),
    )
  }

  #giveBack(): boolean {
    const { transactions, room, meta } = this.#parts
    if (meta.get(UNWIPED) === undefined) return false
    if (room.withReserve(() => room.giveBack())) return true
    room.settle()
    transactions.reserved(() => meta.write(UNWIPED, undefined), NONE)
    return false
  }
}
