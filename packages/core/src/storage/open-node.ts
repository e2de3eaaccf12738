/// <reference types="node" />
import { openNodeDriver } from './sqlite-node.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import type { Durability } from './schema.ts'
import type { Storage } from './storage.ts'

/** Opens or makes a database in Node. `path` is a file, or `:memory:` to keep nothing. */
export function openNodeStorage(path: string, options: { durability?: Durability } = {}): Storage {
  const driver = openNodeDriver(path)
  try {
    return new SqliteStorage(driver, options)
  } catch (error) {
    driver.close()
    throw error
  }
}
