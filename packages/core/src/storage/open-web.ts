import { DocstoreError } from '../errors.ts'
import { openPool } from './drivers/opfs-pool.ts'
import { checkOwner, type Durability, SCHEMA_VERSION } from './schema.ts'
import { loadWebSqlite, webDriver } from './drivers/sqlite-web.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import type { SqlDriver } from './drivers/driver.ts'
import type { Storage } from './storage.ts'

/** A page of the private file system is dearer to read than one that an operating system has cached. */
const CACHE_BYTES: number = 64 * 1024 * 1024

const NAME = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Opens or makes a database in a browser; call it in a dedicated worker. `name` tells the databases of one origin apart;
 * `memory` keeps nothing and works everywhere. Throws `no-opfs` where the browser offers no private files, and `data-in-use` while
 * another tab has it open.
 */
export async function openWebStorage(name: string, options: { durability?: Durability } = {}): Promise<Storage> {
  if (!NAME.test(name)) throw new DocstoreError('bad-name', 'The name of a store has 1 to 64 letters, digits, "_" or "-"')
  const driver = name === 'memory' ? await openMemoryDriver() : await openPoolDriver(name)
  try {
    // Loaded where they are needed: most databases are of this version, and most tabs are closed before anybody edits a field.
    // For himself before the first read: a log cannot be read otherwise where there is no shared memory.
    driver.exec('PRAGMA locking_mode = EXCLUSIVE')
    const version = checkOwner(driver)
    const migrations = version > 0 && version < SCHEMA_VERSION ? (await import('./migrations.ts')).MIGRATIONS : []
    const storage = new SqliteStorage(driver, { cacheBytes: CACHE_BYTES, migrations, ...options })
    if (storage.hasEdits) await storage.readyForEdits()
    return storage
  } catch (error) {
    driver.close()
    throw error
  }
}

async function openMemoryDriver(): Promise<SqlDriver> {
  const web = await loadWebSqlite()
  return webDriver(web, new web.sqlite.oo1.DB(':memory:'))
}

async function openPoolDriver(name: string): Promise<SqlDriver> {
  const web = await loadWebSqlite()
  const { pool, release } = await openPool(web.sqlite, name)
  try {
    return webDriver(web, new pool.OpfsSAHPoolDb('/docstore.sqlite'), release)
  } catch (error) {
    release()
    throw error
  }
}
