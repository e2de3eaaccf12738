import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DocstoreError, errorCode } from '../errors.ts'
import { RECORDS_PER_SEAL } from '../model/limits.ts'
import { parseFilter } from '../query/index.ts'
import { addNamespace, author, entry, idsOf, put, query, sealOver, snapshot, version } from '../testing/storage/fixtures.ts'
import { signerOf } from '../testing/storage/plans.ts'
import { openNodeStorage } from './open-node.ts'
import type { SqlDriver } from './drivers/driver.ts'
import { openNodeDriver } from './drivers/sqlite-node.ts'
import { SqliteStorage } from './sqlite-storage.ts'

async function withFile(work: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-disk-'))
  try {
    await work(join(folder, 'docstore.sqlite'), folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function failure(work: () => unknown, what = 'it'): Promise<DocstoreError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof DocstoreError) return error
    throw error
  }
  throw new Error(`${what} did not fail`)
}

/** Lets the database grow by so many pages. */
function leaveSpace(driver: SqlDriver, pages: number): void {
  const { page_count: count } = driver.prepare('PRAGMA page_count').get() ?? {}
  driver.exec(`PRAGMA max_page_count = ${Number(count) + pages}`)
}

describe('a full disk', () => {
  const more = Array.from({ length: 20 }, (_, i) => `tag ${i}`)
  const bulk = (from: number) =>
    Array.from({ length: 300 }, (_, i) => put({ id: `${from + i}`, fields: { tags: ['x', `${i}`, ...more], pad: 'x'.repeat(300) } }))

  it('stops writes with disk-full and nothing else; with space they go on', async () => {
    await withFile(async (path) => {
      const driver = openNodeDriver(path)
      const storage = new SqliteStorage(driver)
      const ns = await addNamespace(storage)
      storage.commit(ns, [put({ id: 'lyon', fields: { tags: 'x' } })])
      storage.commit(ns, bulk(0), { sealWith: signerOf({ kind: 'sign', by: author('ada') }) })
      const before = await snapshot(storage, ns)
      const big = new Uint8Array(100_000)
      const writes = {
        bulk: () => storage.commit(ns, bulk(1000)),
        'new author': () => storage.commit(ns, [put({ id: 'a', by: author('bob') }), ...bulk(1000)]),
        single: () => storage.commit(ns, [put({ at: 2, fields: { text: 'x'.repeat(100_000) } })]),
        index: () => storage.createIndex(ns, 'cities', ['tags']),
        'text index': () => storage.createIndex(ns, 'cities', ['pad', 'tags'], { text: true }),
        meta: () => storage.setMeta('big', big),
        namespace: () => storage.saveNamespace({ cid: 'big', genesis: big, head: big, signature: big }),
        seal: () => storage.attachSeal(ns, [1], { ...sealOver([version()]), hashes: big }),
      }
      for (const pages of [1, 4, 10]) {
        leaveSpace(driver, pages)
        for (const [name, write] of Object.entries(writes)) {
          expect((await failure(write, `${name}, ${pages} pages left`)).code).toBe('disk-full')
          expect(await snapshot(storage, ns), `${name}, ${pages} pages left`).toEqual(before)
          expect(driver.inTransaction()).toBe(false)
        }
      }
      expect(await idsOf(storage, ns, query({ tags: '7' }))).toEqual(['7'])
      storage.scrub()

      leaveSpace(driver, 100_000)
      for (const write of Object.values(writes)) write()
      expect(await idsOf(storage, ns, query({ tags: '7' }, { sort: { _id: 1 } }))).toEqual(['1007', '7'])
      storage.close()
      const again = openNodeStorage(path)
      expect(await idsOf(again, ns, query({ tags: '7' }, { sort: { _id: 1 } }))).toEqual(['1007', '7'])
      await again.close()
    })
  })

  it('leaves the log as it is, and says so, where nothing can be reserved', async () => {
    await withFile(async (path) => {
      const driver = openNodeDriver(path)
      let isFull = true
      const emptyLog = (): undefined => {
        if (isFull) throw new DocstoreError('disk-full', 'planned')
      }
      const prepare: SqlDriver['prepare'] = (sql) => {
        const statement = driver.prepare(sql)
        return sql.includes('wal_checkpoint') ? { ...statement, run: emptyLog, get: emptyLog } : statement
      }
      const storage = new SqliteStorage({ ...driver, prepare })
      expect((await failure(() => storage.scrub())).code).toBe('disk-full')
      isFull = false
      storage.scrub()
      storage.close()
    })
  })

  it('tries once to index contents, until there may be room again', async () => {
    await withFile(async (path) => {
      const driver = openNodeDriver(path)
      let tries = 0
      const prepare: SqlDriver['prepare'] = (sql) => {
        if (!sql.startsWith('CREATE INDEX IF NOT EXISTS records_by_content')) return driver.prepare(sql)
        const fail = (): never => {
          tries++
          throw new DocstoreError('disk-full', 'planned')
        }
        return { run: fail, get: fail, all: fail, each: fail, finalize: () => undefined }
      }
      const storage = new SqliteStorage({ ...driver, prepare })
      const ns = await addNamespace(storage)
      const written = version({ id: 'lyon' })
      storage.commit(ns, [entry(written)])
      const digest = written.digest ?? new Uint8Array()
      for (let i = 0; i < 3; i++) expect(storage.documentByDigest(digest)?.content).toBe(written.content)
      expect(tries).toBe(1)
      storage.scrub()
      for (let i = 0; i < 3; i++) storage.documentByDigest(digest)
      expect(tries).toBe(2)
      storage.close()
    })
  })

  it('stops a commit as a whole where words are indexed, and the index stays true', async () => {
    await withFile(async (path) => {
      const driver = openNodeDriver(path)
      const storage = new SqliteStorage(driver)
      const ns = await addNamespace(storage)
      storage.createIndex(ns, 'cities', ['tags'], { text: true })
      storage.commit(ns, bulk(0))
      const before = await snapshot(storage, ns)
      const find = (search: string) => idsOf(storage, ns, query({ $text: { $search: search } }, { sort: { _id: 1 } }))
      for (const pages of [0, 1, 2, 4, 8, 16, 32]) {
        storage.scrub()
        leaveSpace(driver, pages)
        expect((await failure(() => storage.commit(ns, [...bulk(1000), ...bulk(100)]), `${pages} pages left`)).code).toBe('disk-full')
        expect(await snapshot(storage, ns), `${pages} pages left`).toEqual(before)
        expect(storage.count(ns, 'cities', parseFilter({ $text: { $search: '"tag 7"' } }))).toBe(300)
        expect(await find('"257"')).toEqual(['257'])
      }
      leaveSpace(driver, 100_000)
      storage.commit(ns, [...bulk(1000), put({ id: '257', at: 2, fields: null })])
      expect(await find('257')).toEqual(['1257'])
      driver.exec("INSERT INTO text_1 (text_1) VALUES ('integrity-check')")
      storage.close()
    })
  })
})

it('a table of free pages that a killed process was overwriting goes when the file is opened', async () => {
  await withFile(async (path) => {
    await openNodeStorage(path).close()
    const tables = (driver: SqlDriver): unknown => driver.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'overwriting'").get()?.['n']
    const killed = openNodeDriver(path)
    killed.exec('CREATE TABLE overwriting (zeros); INSERT INTO overwriting VALUES (zeroblob(1000000))')
    expect(tables(killed)).toBe(1)
    killed.close()
    await openNodeStorage(path).close()
    const after = openNodeDriver(path)
    expect(tables(after)).toBe(0)
    after.close()
  })
})

describe('what lies on the disk', () => {
  it('has two seals of bulk writes to a page', async () => {
    await withFile(async (path) => {
      const driver = openNodeDriver(path)
      const storage = new SqliteStorage(driver)
      const ns = await addNamespace(storage)
      const documents = Array.from({ length: 10 * RECORDS_PER_SEAL }, (_, i) => put({ id: `${i}` }))
      storage.commit(ns, documents, { sealWith: signerOf({ kind: 'sign', by: author('ada') }) })
      expect(driver.prepare('SELECT count(*) AS seals FROM seals').get()).toEqual({ seals: 10 })
      expect(driver.prepare("SELECT count(*) AS pages FROM dbstat WHERE name = 'seals' AND pagetype = 'leaf'").get()).toEqual({ pages: 5 })
      storage.close()
    })
  })
})

describe('a file that is not ours', () => {
  it('of a newer version is refused and left as it is', async () => {
    await withFile(async (path, folder) => {
      const storage = openNodeStorage(path)
      await addNamespace(storage)
      await storage.close()
      const driver = openNodeDriver(path)
      driver.exec('PRAGMA user_version = 999')
      driver.close()
      const before = await readFile(path)
      const error = await failure(() => openNodeStorage(path))
      expect(error.code).toBe('data-too-new')
      expect(error.message).toContain('Update the program')
      expect(await readFile(path)).toEqual(before)
      expect(await readdir(folder)).toEqual(['docstore.sqlite'])
    })
  })

  it('of another program is refused and left as it is', async () => {
    for (const sql of [
      'CREATE TABLE notes (text)',
      'PRAGMA application_id = 7',
      'PRAGMA user_version = 1',
      'CREATE TABLE t (a); PRAGMA journal_mode = WAL',
    ]) {
      await withFile(async (path, folder) => {
        const driver = openNodeDriver(path)
        driver.exec(sql)
        driver.close()
        const before = await readFile(path)
        const error = await failure(() => openNodeStorage(path))
        expect(error.code, sql).toBe('data-corrupt')
        expect(error.message).toContain('another program')
        expect(await readFile(path)).toEqual(before)
        expect(await readdir(folder)).toEqual(['docstore.sqlite'])
      })
    }
  })

  it('that is no database at all is refused and left as it is', async () => {
    await withFile(async (path, folder) => {
      const text = 'my shopping list\n'.repeat(300)
      await writeFile(path, text)
      expect((await failure(() => openNodeStorage(path))).code).toBe('data-corrupt')
      expect(await readFile(path, 'utf8')).toBe(text)
      expect(await readdir(folder)).toEqual(['docstore.sqlite'])
    })
  })

  it('cannot be where there is no folder, and the error says which path', async () => {
    await withFile(async (_, folder) => {
      const path = join(folder, 'missing', 'docstore.sqlite')
      const error = await failure(() => openNodeStorage(path))
      expect(error.code).toBe('storage-failed')
      expect(error.message).toContain('cannot be opened')
      expect(error.message).toContain(path)
      expect((await failure(() => openNodeStorage(folder))).code).toBe('storage-failed')
    })
  })

  it('but empty becomes ours', async () => {
    await withFile(async (path) => {
      await writeFile(path, '')
      const storage = openNodeStorage(path)
      expect(await addNamespace(storage)).toBe(1)
      await storage.close()
    })
  })
})

describe('a damaged file', () => {
  it('says data-corrupt', async () => {
    await withFile(async (path) => {
      const storage = openNodeStorage(path)
      const ns = await addNamespace(storage)
      await storage.commit(
        ns,
        Array.from({ length: 500 }, (_, i) => put({ id: `${i}`, fields: { pad: 'x'.repeat(200) } })),
      )
      await storage.close()
      const bytes = await readFile(path)
      bytes.fill(0xff, 4096)
      await writeFile(path, bytes)
      const error = await failure(async () => {
        const damaged = openNodeStorage(path)
        await damaged.recordsSince(ns, 0, 1000)
      })
      expect(error.code).toBe('data-corrupt')
    })
  })
})

describe('a file that is in use', () => {
  it('is refused in the same process and in another; who has it goes on', async () => {
    await withFile(async (path) => {
      const storage = openNodeStorage(path)
      const ns = await addNamespace(storage)
      const second = new URL('../testing/storage/opener-node.ts', import.meta.url)
      const openElsewhere = () =>
        spawnSync(process.execPath, ['--conditions=@p2p-docstore/source', '--no-warnings', fileURLToPath(second), path], {
          encoding: 'utf8',
        }).stdout.trim()
      for (let i = 0; i < 3; i++) {
        expect((await failure(() => openNodeStorage(path))).code).toBe('data-in-use')
        expect(openElsewhere()).toBe('data-in-use')
        await storage.commit(ns, [put({ id: `${i}` })])
      }
      expect(await storage.recordsSince(ns, 0, 10)).toHaveLength(3)
      await storage.close()
      expect(openElsewhere()).toBe('opened')
      const again = openNodeStorage(path)
      expect(await again.recordsSince(ns, 0, 10)).toHaveLength(3)
      await again.close()
    })
  })

  it('is refused as soon as another has made it, before it wrote anything', async () => {
    await withFile(async (path) => {
      const storage = openNodeStorage(path)
      expect(errorCode(await failure(() => openNodeStorage(path)))).toBe('data-in-use')
      await storage.close()
    })
  })
})
