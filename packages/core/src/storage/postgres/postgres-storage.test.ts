import { afterAll, beforeAll, describe } from 'vitest'
import { newPostgres, type PostgresServer, postgresPrograms } from '../../testing/postgres/server.ts'
import { type OpenStorage, storageContract } from '../../testing/storage-contract.ts'
import { openPostgresStorage, parseDatabaseUrl, storageOn } from './open-postgres.ts'
import { PostgresDriver } from './postgres-driver.ts'

describe.skipIf(postgresPrograms() === undefined)('with a server', () => {
  let server: PostgresServer
  let driver: PostgresDriver
  let clear: string

  beforeAll(async () => {
    server = await newPostgres()
    await server.start()
    await (await openPostgresStorage(server.url)).close()
    driver = await PostgresDriver.open({ ...parseDatabaseUrl(server.url), onNews: () => undefined }, 10_000)
    const tables = driver.prepare("SELECT tablename FROM pg_tables WHERE schemaname = 'docstore' AND tablename <> 'docstore'").all()
    clear = tables.map(({ tablename }) => `DELETE FROM ${String(tablename)}`).join('; ')
  })
  afterAll(async () => {
    await driver.end()
    await server[Symbol.asyncDispose]()
  })

  // One connection for all: a storage forgets everything when it is closed, and another one reads it from the tables.
  const open: OpenStorage = async () => {
    driver.exec(clear)
    let storage = storageOn(driver, {}, { channel: 'contract', isConnected: () => true, end: async () => undefined })
    return {
      storage,
      reopen: async () => {
        await storage.close()
        storage = storageOn(driver, {}, { channel: 'contract', isConnected: () => true, end: async () => undefined })
        return storage
      },
      cleanup: async () => storage.close(),
    }
  }
  storageContract('PostgreSQL', open, 'postgres')
})
