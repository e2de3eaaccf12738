import type { SqlDriver } from './drivers/driver.ts'
import { numberOf, prepareSchema } from './schema.ts'
import type { CompactStep } from './space/compacting.ts'
import { SqlStorage } from './sql-storage.ts'
import { sqliteParts, type SqliteParts, type SqliteStorageOptions } from './sqlite-parts.ts'

/** The storage contract on SQLite, whichever driver reaches it. */
export class SqliteStorage extends SqlStorage {
  readonly #parts: SqliteParts

  constructor(driver: SqlDriver, options: SqliteStorageOptions = {}, isReadOnly = false) {
    if (!isReadOnly) prepareSchema(driver, options)
    const parts = sqliteParts(driver, options)
    super(parts, isReadOnly)
    this.#parts = parts
  }

  override setMeta(key: string, value: Uint8Array | undefined, { flushed = false }: { readonly flushed?: boolean } = {}): void {
    const { driver, meta } = this.#parts
    if (!flushed) return meta.set(key, value)
    const before = numberOf(driver, 'PRAGMA synchronous')
    driver.exec('PRAGMA synchronous = FULL')
    try {
      meta.set(key, value)
    } finally {
      driver.exec(`PRAGMA synchronous = ${before}`)
    }
  }

  async findDamage(): Promise<readonly string[]> {
    // Loaded when somebody asks: few do.
    const { damageIn } = await import('./damage.ts')
    return damageIn(this.#parts.statements)
  }

  async compactSome(): Promise<CompactStep> {
    // Loaded when somebody asks: few do.
    const { compactSome } = await import('./space/compacting.ts')
    const { statements, room } = this.#parts
    statements.assertOpen()
    const step = room.withReserve(() => compactSome(statements, room))
    if (step.left === 0) room.settle()
    return step
  }

  rebuildIndexes(): void {
    this.#parts.transactions.reserved(() => this.#parts.driver.exec('REINDEX'))
  }

  close(): void {
    this.end()
  }

  scrub(): void {
    this.isInPlace()
    // secure_delete has zeroed the bytes in the pages; the write-ahead log still holds the pages as they were. What SQLite moved to
    // another page before it was deleted can leave a copy in the free part of the old page until that is used again. After many
    // random deletions that is about one document in a thousand, and one word in some hundreds of a small text index; only VACUUM, or
    // dropping the index, removes these.
    this.#parts.room.settle()
    this.#parts.records.madeRoom()
  }
}
