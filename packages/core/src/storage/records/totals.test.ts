import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseFilter } from '../../query/index.ts'
import { addNamespace, put } from '../../testing/storage/fixtures.ts'
import { openNodeStorage } from '../open-node.ts'
import { openNodeDriver } from '../drivers/sqlite-node.ts'
import { SqliteStorage } from '../sqlite-storage.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docstore-totals-'))
  path = join(folder, 'docstore.sqlite')
})
afterEach(() => rm(folder, { recursive: true }))

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => put({ id: `${from + i}` }))

describe('a total', () => {
  it('that is wrong in the database is found and put right by a recount', async () => {
    const storage = openNodeStorage(path)
    const ns = await addNamespace(storage)
    await storage.commit(ns, numbered(0, 500))
    const right = await storage.total(ns)
    await storage.close()
    const driver = openNodeDriver(path)
    driver.exec('UPDATE totals SET sum = zeroblob(40)')
    driver.close()

    const damaged = openNodeStorage(path)
    expect(await damaged.total(ns)).not.toEqual(right)
    expect(await damaged.recount(ns)).toBe(false)
    expect(await damaged.total(ns)).toEqual(right)
    await damaged.close()
    const again = openNodeStorage(path)
    expect(await again.total(ns)).toEqual(right)
    expect(await again.recount(ns)).toBe(true)
    await again.close()
  })

  it('of documents that is wrong in the database is put right by a recount', async () => {
    const storage = openNodeStorage(path)
    const ns = await addNamespace(storage)
    await storage.commit(ns, [...numbered(0, 300), put({ id: 'a', collection: 'people' })])
    await storage.close()
    const driver = openNodeDriver(path)
    driver.exec("UPDATE collections SET documents = 7 WHERE collection = 'cities'; DELETE FROM collections WHERE collection = 'people'")
    driver.exec("INSERT INTO collections VALUES (1, 'none', 3)")
    driver.close()

    const damaged = openNodeStorage(path)
    expect(await damaged.recount(ns)).toBe(false)
    const right = [
      { collection: 'cities', documents: 300 },
      { collection: 'people', documents: 1 },
    ]
    expect(await damaged.collections(ns)).toEqual(right)
    await damaged.close()
    const again = openNodeStorage(path)
    expect(await again.overview(ns)).toMatchObject({ documents: 301, collections: right })
    expect(await again.recount(ns)).toBe(true)
    await again.close()
  })

  it('is read without the records that it counts', async () => {
    const storage = openNodeStorage(path)
    const ns = await addNamespace(storage)
    await storage.commit(ns, numbered(0, 1000))
    for (const one of numbered(990, 1040)) await storage.commit(ns, [one])
    const right = await storage.total(ns)
    await storage.close()

    const driver = openNodeDriver(path)
    let rows = 0
    const statements: string[] = []
    const counting = new SqliteStorage({
      ...driver,
      prepare: (sql) => {
        statements.push(sql)
        const statement = driver.prepare(sql)
        return {
          run: (...params) => statement.run(...params),
          get: (...params) => statement.get(...params),
          all: (...params) => statement.all(...params),
          each: (params, onRow) => statement.each(params, (row) => ++rows > 0 && onRow(row)),
          finalize: () => statement.finalize(),
        }
      },
    })
    expect(counting.total(ns)).toEqual(right)
    expect(rows).toBe(50)
    // So are the numbers of documents: no query reads any of them.
    expect(counting.count(ns, 'cities', parseFilter({}))).toBe(1040)
    expect(counting.collections(ns)).toEqual([{ collection: 'cities', documents: 1040 }])
    expect(rows).toBe(50)
    expect(statements.filter((sql) => sql.includes('count('))).toEqual([])
    counting.close()
  })
})
