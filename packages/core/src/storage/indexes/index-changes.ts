import { DocstoreError, errorCode } from '../../errors.ts'
import type { QueryScope } from '../../query/index.ts'
import type { Leftover } from '../space/leftovers.ts'
import { isOutOfSpace, type Room } from '../space/room.ts'
import type { IndexInfo, IndexKind } from '../storage.ts'
import type { Transactions } from '../writing/transactions.ts'
import type { RecordTableInit } from '../records/record-table.ts'
import { checkPaths } from './declared-indexes.ts'

/** What indexes come and go with. */
export interface IndexChangesInit {
  readonly indexes: RecordTableInit['indexes']
  readonly texts: RecordTableInit['texts']
  readonly transactions: Transactions
  readonly room: Pick<Room, keyof Room>
  /** To be called when indexes have come or gone. */
  readonly onChanged: () => void
}

/** Makes indexes, drops them, and makes those anew that had to give way. */
export class IndexChanges {
  readonly #init: IndexChangesInit

  constructor(init: IndexChangesInit) {
    this.#init = init
  }

  /** To be called when the database is opened. */
  look(): void {
    const { indexes, transactions } = this.#init
    if (!indexes.needsLook) return
    try {
      transactions.growing(() => indexes.look())
    } catch (error) {
      // Without space for that, queries do without these indexes until the next start.
      if (errorCode(error) !== 'disk-full') throw error
    }
  }

  create(ns: number, collection: string, paths: readonly string[], { text = false }: IndexKind = {}): void {
    const { indexes, texts, transactions, onChanged } = this.#init
    checkPaths(paths)
    transactions.growing(() => (text ? texts : indexes).create(ns, collection, paths), ns)
    onChanged()
  }

  drop(ns: number, collection: string, paths: readonly string[], { text = false }: IndexKind = {}): boolean {
    const { transactions, room, onChanged } = this.#init
    const indexes = text ? this.#init.texts : this.#init.indexes
    try {
      return transactions.reserved(() => indexes.drop(ns, collection, paths), ns)
    } catch (error) {
      if (!isOutOfSpace(error)) throw error
    } finally {
      onChanged()
    }
    // An index that goes makes room, but overwriting it in one transaction needs a log of its size.
    const leftovers: Leftover[] = []
    const isDropped = room.freeing(() => transactions.atomically(() => indexes.drop(ns, collection, paths, leftovers), 'makes room', ns))
    onChanged()
    transactions.clear(leftovers)
    return isDropped
  }

  list(ns: number, collection: string): IndexInfo[] {
    const text = this.#init.texts.of(ns, collection)
    const declared = this.#init.indexes.list(ns, collection).map((fields) => ({ fields, text: false }))
    return text === undefined ? declared : [...declared, { fields: text.paths, text: true }]
  }

  /** The text index of a collection, if it has one, for queries. */
  text(ns: number, collection: string): QueryScope['text'] {
    const index = this.#init.texts.of(ns, collection)
    return index && { ...index, makeReady: () => index.isGivenUp && this.#remakeText(ns, collection) }
  }

  #remakeText(ns: number, collection: string): void {
    try {
      this.#init.transactions.growing(() => this.#init.texts.remake(ns, collection), ns)
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      throw new DocstoreError(
        'disk-full',
        'The text index of this collection was given up so that documents could be deleted on a full disk, and there is no room yet to make it again. Free some space',
        { cause: error },
      )
    }
  }
}
