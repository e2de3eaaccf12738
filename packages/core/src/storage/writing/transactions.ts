import { DocstoreError, errorCode } from '../../errors.ts'
import type { SqlDriver } from '../drivers/driver.ts'
import { MAX_GIVEN } from '../history/limits.ts'
import type { LateParts } from '../late-parts.ts'
import type { AuthorTable } from '../records/author-table.ts'
import type { ForgottenTimes } from '../records/forgotten-times.ts'
import type { Times } from '../records/times.ts'
import type { Totals } from '../records/totals.ts'
import type { RecordTableInit } from '../records/record-table.ts'
import { clearSome, type Leftover } from '../space/leftovers.ts'
import { isOutOfSpace, type Room } from '../space/room.ts'
import type { Statements } from '../statements.ts'

/** What a full disk may take at a time at the price of a text index: more of them may need too much by themselves. */
const MAX_RECORDS_BEFORE_TEXT = 32

/** What transactions run on, and what has to hear of those that fail. */
export interface TransactionsInit {
  readonly driver: SqlDriver
  readonly statements: Statements
  readonly room: Pick<Room, keyof Room>
  readonly authors: AuthorTable
  readonly totals: Totals
  readonly times: Times
  readonly forgotten: ForgottenTimes
  readonly indexes: RecordTableInit['indexes']
  readonly texts: RecordTableInit['texts']
  readonly late: LateParts
  /** Whether the file of the database is still where it was opened. */
  readonly isInPlace: () => boolean
  /**
   * Begins a transaction that changes one namespace, by its number, or perhaps any; 0 where it changes none that is here. Where other processes write too, it
   * waits for those that change the same.
   */
  readonly begin?: ((ns: number | undefined) => void) | undefined
  /** To be called when a text index is given up. */
  readonly onTextsGone: () => void
}

/** Transactions, by what they do where the limit or the disk is reached. */
export class Transactions {
  readonly #init: TransactionsInit
  #isGone = false

  constructor(init: TransactionsInit) {
    this.#init = init
  }

  /** Looks whether the file is in its place. Where it is not, transactions fail until it is. */
  isInPlace(): boolean {
    this.#init.statements.assertOpen()
    this.#isGone = !this.#init.isInPlace()
    return !this.#isGone
  }

  /** A transaction that may make the database larger. */
  growing<T>(work: () => T, ns?: number): T {
    const { room, texts } = this.#init
    try {
      return this.atomically(work, 'grows', ns)
    } catch (error) {
      room.emptyLogAfter(error)
      return this.atomically(() => texts.withoutMerging(work), 'grows', ns)
    }
  }

  /** A transaction that other peers need to learn of a delete. */
  sealing(work: () => void, ns: number): void {
    this.#init.room.beyondLimit(() => this.atomically(work, 'seals', ns))
  }

  /** A transaction that makes room, or adds little to what is there. */
  reserved<T>(work: () => T, ns?: number): T {
    return this.#init.room.withReserve(() => this.atomically(work, 'makes room', ns))
  }

  /**
   * The same for records that others take the place of. Where it is indexes that need too much, these give way: what lies in arrays is taken
   * out of them afterwards, bit by bit, text indexes are not merged meanwhile, and, for the sake of a few records, given up.
   */
  makingRoom<T>(work: () => T, records: number, ns?: number): T {
    const { texts, indexes } = this.#init
    try {
      return this.reserved(work, ns)
    } catch (error) {
      if (!isOutOfSpace(error) || (texts.changed.length === 0 && !indexes.hasArrays)) throw error
    }
    const leftovers: Leftover[] = []
    const lightly = (): T => this.reserved(() => indexes.leaving(leftovers, () => texts.withoutMerging(work)), ns)
    const result = this.#orWithoutTexts(lightly, records)
    this.clear(leftovers)
    return result
  }

  /** What documents were before gives way to what they are. */
  orWithoutHistory<T>(write: () => T): T {
    for (let given = 0; ; given++) {
      try {
        return write()
      } catch (error) {
        if (errorCode(error) !== 'disk-full' || given === MAX_GIVEN || !this.#givesHistory()) throw error
      }
    }
  }

  #givesHistory(): boolean {
    const { history } = this.#init.late
    try {
      return history !== undefined && this.reserved(() => history.giveUp())
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      return false
    }
  }

  #orWithoutTexts<T>(write: () => T, records: number): T {
    const { room, texts, onTextsGone } = this.#init
    try {
      return write()
    } catch (error) {
      if (!isOutOfSpace(error) || texts.changed.length === 0 || records > MAX_RECORDS_BEFORE_TEXT) throw error
    }
    const tables = texts.changed
    room.freeing(() => this.atomically(() => texts.giveUp(tables), 'makes room'))
    onTextsGone()
    return write()
  }

  /** Takes away what a write has left, in transactions that the reserve can pay. What stays where it cannot does no harm. */
  clear(leftovers: readonly Leftover[]): void {
    try {
      for (const leftover of leftovers) while (this.reserved(() => clearSome(this.#init.statements, leftover)));
    } catch (error) {
      if (!isOutOfSpace(error)) throw error
    }
  }

  /** One transaction, tried once. */
  atomically<T>(work: () => T, kind: 'grows' | 'seals' | 'makes room', ns?: number): T {
    const { statements, room, indexes, texts, late, begin } = this.#init
    // What is written to a file that was deleted is gone with this process.
    if (this.#isGone && !this.isInPlace()) throw dataGone()
    if (begin === undefined) statements.own('BEGIN IMMEDIATE').run()
    try {
      begin?.(ns)
      texts.began()
      const result = work()
      late.history?.store()
      if (kind === 'grows') room.assertWithin()
      if (kind !== 'makes room') room.assertPayable()
      statements.own('COMMIT').run()
      indexes.committed()
      return result
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  /** Forgets what is known of the tables: they are others now. */
  forget(): void {
    const { authors, totals, times, forgotten, indexes, texts, late } = this.#init
    authors.rolledBack()
    totals.rolledBack()
    times.changed()
    late.edited?.rolledBack()
    late.history?.rolledBack()
    forgotten.changed()
    indexes.rolledBack()
    texts.rolledBack()
  }

  #rollback(): void {
    const { driver } = this.#init
    this.forget()
    try {
      if (driver.inTransaction()) driver.exec('ROLLBACK')
    } catch {
      // What made the transaction fail is the better error; SQLite rolls back what is left when the file is opened again.
    }
  }
}

function dataGone(): DocstoreError {
  return new DocstoreError(
    'data-missing',
    'The file of the database was deleted or replaced while it is open. What is in it can be saved as long as this process runs: docstore relay backup FILE',
  )
}
