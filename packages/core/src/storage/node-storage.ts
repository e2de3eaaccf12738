/// <reference types="node" />
import { errorCode } from '../errors.ts'
import { letIn } from './beside-node.ts'
import type { SqlDriver } from './drivers/driver.ts'
import type { ReadersDoor } from './queries/reader-thread-node.ts'
import { LOCK_OUT } from './schema.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import type { SqliteStorageOptions } from './sqlite-parts.ts'
import { writeWholeFile } from './whole-file-node.ts'

/** A storage in Node: it has files, and can let other connections of its process read. */
export class NodeStorage extends SqliteStorage implements ReadersDoor {
  readonly #driver: SqlDriver
  readonly #isReadOnly: boolean
  #readers = 0
  #isClosed = false

  constructor(driver: SqlDriver, options?: SqliteStorageOptions, isReadOnly: boolean = false) {
    super(driver, options, isReadOnly)
    this.#driver = driver
    this.#isReadOnly = isReadOnly
  }

  /** Lets other connections of this process read, where it was opened `withReaders`. Transactions take some ten microseconds longer then. */
  letReadersIn(): void {
    if (this.#readers === 0) letIn(this.#driver)
    this.#readers++
  }

  keepReadersOut(): void {
    if (--this.#readers > 0 || this.#isClosed) return
    try {
      this.#driver.exec(LOCK_OUT)
    } catch (error) {
      // Somebody has not gone yet: writes must not fail for that.
      letIn(this.#driver)
      if (errorCode(error) !== 'data-in-use') throw error
    }
  }

  override async backup(path: string): Promise<void> {
    // Says so where it was closed.
    this.isInPlace()
    // In one go, for a copy in steps fails where this connection writes between them.
    await writeWholeFile(path, (part) => {
      // It refuses to make the other file too. What is copied was opened so that it cannot be written.
      if (this.#isReadOnly) this.#driver.exec('PRAGMA query_only = OFF')
      try {
        const statement = this.#driver.prepare('VACUUM INTO ?')
        statement.run(part)
        statement.finalize()
      } finally {
        if (this.#isReadOnly) this.#driver.exec('PRAGMA query_only = ON')
      }
    })
  }

  override close(): void {
    this.#isClosed = true
    super.close()
  }
}
