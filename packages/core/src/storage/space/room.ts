import { DocstoreError, errorCode } from '../../errors.ts'
import { type SqlDriver, SQLITE_FULL, storageError } from '../drivers/driver.ts'
import type { Statements } from '../statements.ts'

/**
 * Part of its limit that a database may have beyond it, for the way out, with at least so many pages. Tombstones in place of ordinary
 * documents need next to none of it; in place of the smallest ones that there can be, with the seals under which they travel, six tenths.
 */
const RESERVED_PART = 1
const MIN_RESERVED_PAGES = 256

/** What a record takes beside its content, bytes: an estimate, which only says when to look at the true size. */
const RECORD_BYTES = 600

/** Space on the disk that is kept for the way out. */
export interface DiskReserve {
  /** Gives it to the disk. False where there is nothing to give. */
  give(): boolean
  /** Takes it back, as far as that is possible. True where enough of it is there. */
  refill(): boolean
  /** What the disk has left beside it, bytes. */
  free(): number
}

/** Free space below which a disk counts as short, bytes: more than fills up between two looks at it. */
const SHORT_BYTES: number = 256 * 1024 * 1024
/** What is written between two looks, and what the log may owe to the database while the disk is short, bytes. */
const OWED_BYTES: number = 128 * 1024

/** What SQLite calls a database of which the end can be cut off. */
const INCREMENTAL = 2
/** Free pages that are given back in one transaction: a millisecond or two. */
const GIVEN_BACK_PAGES = 256
/** Free pages that are overwritten in one transaction. */
const OVERWRITTEN_PAGES = 32
/** The last free pages: taking them could make the file larger. */
const UNTOUCHED_PAGES = 3

/** What the room of a database follows from. */
export interface RoomInit {
  readonly maxBytes: number | undefined
  readonly reserve: DiskReserve | undefined
}

/**
 * The space of a database: what may grow stays within its limit, what makes room may go beyond it, and has the reserve of the disk. So there
 * is a way out, however full it is.
 */
export class Room {
  readonly #driver: SqlDriver
  readonly #statements: Statements
  readonly #reserve: DiskReserve | undefined
  readonly #maxPages: number | undefined
  readonly #pageBytes: number
  /** Whether the database may have more pages than its limit allows, so that every growing write has to look. */
  #isBeyond: boolean
  /** Whether the disk has the reserve. Nothing may grow until it is back. */
  #isGiven = false
  /** Whether the reserve was looked for since the database was opened; whoever only reads has no use for it. */
  #isMade = false
  /** Whether the disk was short at the last look, and the bytes that were stored since. */
  #isShort: boolean
  #estimate = 0
  /** Whether the log could not be emptied the last time because another connection read it. */
  #isRead = false
  /** Pages of the database when the log owed it nothing. */
  #settledPages: number

  constructor(driver: SqlDriver, statements: Statements, { maxBytes, reserve }: RoomInit) {
    this.#driver = driver
    this.#statements = statements
    this.#reserve = reserve
    this.#pageBytes = this.#number('page_size')
    this.#maxPages = maxBytes === undefined ? undefined : Math.ceil(maxBytes / this.#pageBytes)
    this.#settledPages = this.#number('page_count')
    this.#isShort = reserve !== undefined && reserve.free() < SHORT_BYTES
    this.#isBeyond = this.#maxPages !== undefined && this.#settledPages > this.#maxPages
    // A process that was killed while it overwrote free pages has left them in a table.
    if (statements.own("SELECT 1 FROM sqlite_schema WHERE name = 'overwriting'").get() !== undefined) this.freeing(() => undefined)
  }

  /** To be called inside a transaction that may grow, before it is committed. Throws `disk-full` where it lives on what is reserved. */
  assertWithin(): void {
    if (!this.#isBeyond || this.#maxPages === undefined) return
    const pages = this.#number('page_count')
    if (pages <= this.#maxPages) this.#isBeyond = false
    else if (pages - this.#number('freelist_count') > this.#maxPages) throw fullError('the size limit is reached')
  }

  /**
   * The same for the disk: it must have room for the log, and for copying it into the database. What could not be copied would take the
   * space of the log for good.
   */
  assertPayable(): void {
    if (this.#isGiven && !this.#takeBack()) throw fullError('the reserve for deletes is in use')
    if (!this.#isShort || this.#reserve === undefined) return
    if (this.#reserve.free() < 2 * this.#owedBytes() + OWED_BYTES) throw storageError(new Error('what is left is kept for deletes'), SQLITE_FULL)
  }

  /** Does a write that may grow, twice where `emptyLogAfter` says so. */
  growing<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      this.emptyLogAfter(error)
      return write()
    }
  }

  /**
   * To be called with the error of a write that may grow. On a full disk it empties the log, so that the write has another chance: what the
   * log has copied is free to be written over. Throws the error where that is not so.
   */
  emptyLogAfter(error: unknown): void {
    if (!isOutOfSpace(error) || this.#reserve === undefined || this.#reserve.free() >= SHORT_BYTES) throw error
    this.#isShort = true
    const isEmptied = this.#emptyLog()
    if (!this.#takeBack() || !isEmptied) throw error
  }

  /** Does a write that may grow beyond the limit, as far as deletes may, but not with the reserve of the disk. */
  beyondLimit<T>(write: () => T): T {
    try {
      return this.growing(write)
    } catch (error) {
      if (!isOutOfSpace(error) || this.#maxPages === undefined) throw error
    }
    this.#limit(true)
    try {
      return this.growing(write)
    } finally {
      this.#limit(false)
    }
  }

  /** Does a write that makes room, or that is needed to tell others of one. It is repeated with what is reserved where it finds no space. */
  withReserve<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      if (!isOutOfSpace(error)) throw error
    }
    this.#limit(true)
    try {
      return this.#maxPages === undefined ? this.#onDisk(write) : this.#within(write)
    } finally {
      this.#limit(false)
    }
  }

  #within<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      if (!isOutOfSpace(error)) throw error
      return this.#onDisk(write)
    }
  }

  /** The log is emptied first: what it has copied into the database is space for the write. */
  #onDisk<T>(write: () => T): T {
    this.#give()
    this.#checkpoint()
    return write()
  }

  /**
   * A write that drops a table or an index, as small as it can be: its pages are not overwritten as they become free, but after that, in parts
   * that the reserve can pay. Where even that finds no space they stay as they are until they are used again.
   */
  freeing<T>(write: () => T): T {
    const before = this.#number('freelist_count')
    this.#driver.exec('PRAGMA secure_delete = FAST')
    try {
      const result = this.withReserve(write)
      try {
        this.withReserve(() => this.#overwriteFree(this.#number('freelist_count') - before))
      } catch (error) {
        // What was written stands.
        if (!isOutOfSpace(error)) throw error
      }
      return result
    } finally {
      this.#driver.exec('PRAGMA secure_delete = ON')
    }
  }

  /** Whether the end of the file can be cut off: what was made before that was thought of has to be compacted once. */
  get canGiveBack(): boolean {
    return this.#number('auto_vacuum') === INCREMENTAL
  }

  /** What lies free in the database, bytes. */
  get freeBytes(): number {
    return this.#number('freelist_count') * this.#pageBytes
  }

  /** Does a write after which what it frees is not overwritten. */
  withoutOverwriting<T>(write: () => T): T {
    this.#driver.exec('PRAGMA secure_delete = FAST')
    try {
      return write()
    } finally {
      this.#driver.exec('PRAGMA secure_delete = ON')
    }
  }

  /** Gives some free pages back to the disk, a megabyte of them; whether there are more. */
  giveBack(): boolean {
    if (this.#number('freelist_count') > 0) this.#statements.own(`PRAGMA incremental_vacuum(${GIVEN_BACK_PAGES})`).all()
    return this.#number('freelist_count') > 0
  }

  /** SQLite hands out first what became free last, up to the pages that one page of its list names. */
  #overwriteFree(freed: number): void {
    // Each row takes a page beside its own, and some bytes there.
    const row = `zeroblob(${this.#pageBytes - 4})`
    try {
      this.#driver.exec('CREATE TABLE IF NOT EXISTS overwriting (zeros)')
      for (let left = freed + this.#pageBytes / 4; left > 0 && this.#checkpoint(); ) {
        const pages = Math.min(OVERWRITTEN_PAGES, this.#number('freelist_count') - UNTOUCHED_PAGES)
        if (pages <= 0) break
        const rows = Math.ceil((pages * 3) / 4)
        this.#driver.exec(
          `WITH RECURSIVE rows (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM rows WHERE i < ${rows}) INSERT INTO overwriting SELECT ${row} FROM rows`,
        )
        left -= rows
      }
    } finally {
      this.#driver.exec('DROP TABLE IF EXISTS overwriting')
    }
  }

  /** To be told what a commit has stored: where the disk is short, the log must not owe the database more than the reserve can pay. */
  stored(records: number, units: number): void {
    if (this.#reserve === undefined) return
    if (!this.#isMade) this.#isMade = this.#reserve.refill()
    this.#estimate += records * RECORD_BYTES + units
    if (this.#estimate < OWED_BYTES) return
    this.#estimate = 0
    this.#isShort = this.#reserve.free() < SHORT_BYTES
    if (this.#isShort && this.#owedBytes() >= OWED_BYTES) this.#checkpoint()
  }

  #owedBytes(): number {
    return Math.max(0, this.#number('page_count') - this.#settledPages) * this.#pageBytes
  }

  /** Copies the log into the database and empties it, and takes the reserve back. Throws `disk-full` where the log stays, `storage-busy` while others read it. */
  settle(): void {
    const isEmptied = this.#emptyLog()
    this.#takeBack()
    if (this.#isRead) throw new DocstoreError('storage-busy', 'The log cannot be emptied while another connection reads it')
    if (!isEmptied) throw fullError('the log cannot be emptied, so the bytes of what was deleted are still in it')
  }

  #emptyLog(): boolean {
    return this.#checkpoint() || (!this.#isRead && this.#give() && this.#checkpoint())
  }

  #give(): boolean {
    if (this.#reserve?.give() !== true) return false
    this.#isGiven = true
    return true
  }

  #takeBack(): boolean {
    if (this.#reserve === undefined) return true
    this.#isMade = this.#reserve.refill()
    this.#isGiven &&= !this.#isMade
    return !this.#isGiven
  }

  #checkpoint(): boolean {
    try {
      // This mode also gives the space of the log back to the disk.
      const row = this.#statements.own('PRAGMA wal_checkpoint(TRUNCATE)').get()
      this.#isRead = row?.['busy'] === 1
      if (this.#isRead) return false
      this.#settledPages = this.#number('page_count')
      this.#estimate = 0
      return true
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      return false
    }
  }

  #limit(isRaised: boolean): void {
    if (this.#maxPages === undefined) return
    const reserved = Math.max(MIN_RESERVED_PAGES, Math.ceil(this.#maxPages * RESERVED_PART))
    this.#driver.exec(`PRAGMA max_page_count = ${this.#maxPages + (isRaised ? reserved : 0)}`)
    // SQLite does not go below the pages that there are: growing writes count them themselves then.
    if (!isRaised) this.#isBeyond = this.#number('page_count') > this.#maxPages
  }

  #number(pragma: 'page_count' | 'page_size' | 'freelist_count' | 'auto_vacuum'): number {
    return Number(this.#statements.own(`PRAGMA ${pragma}`).get()?.[pragma])
  }
}

/** The error of a write that finds no room. */
export function fullError(why: string): DocstoreError {
  const error = new DocstoreError(
    'disk-full',
    `The disk is full, or the data has reached its size limit. Delete documents, free some space, or raise the limit; what was stored before is safe (${why})`,
  )
  decided.add(error)
  return error
}

/** Errors of a decision of ours, which more space would not change. */
const decided = new WeakSet<DocstoreError>()

/** Whether a write has failed for want of space, and not by a decision of ours. */
export function isOutOfSpace(error: unknown): boolean {
  return error instanceof DocstoreError && error.code === 'disk-full' && !decided.has(error)
}
