import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm, truncate, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseFilter } from '../query/index.ts'
import { seededRandom } from '../testing/random.ts'
import { addNamespace, author, put, query } from '../testing/storage/fixtures.ts'
import { signerOf } from '../testing/storage/plans.ts'
import { openNodeStorage } from './open-node.ts'
import { openNodeDriver } from './drivers/sqlite-node.ts'
import type { Storage } from './storage.ts'

const WRITER = fileURLToPath(new URL('../testing/storage/writer-node.ts', import.meta.url))
const SHARED = 200
const ADDED = 100

/** Lets a process write until it has acknowledged so many writes, and kills it. Gives what it acknowledged. */
async function writeAndKill(path: string, run: string, writes: number, durability: string): Promise<string[]> {
  const child = spawn(process.execPath, ['--conditions=@p2p-docstore/source', '--no-warnings', WRITER, path, run, durability], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === writes) child.kill('SIGKILL')
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
  expect(child.signalCode).toBe('SIGKILL')
  return acknowledged
}

function checkIntegrity(path: string): void {
  const driver = openNodeDriver(path)
  expect(driver.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  // Every seal counts the records under it; every array entry belongs to a record.
  expect(driver.prepare('SELECT seal, live, (SELECT count(*) FROM records r WHERE r.seal = s.seal) AS n FROM seals s WHERE live <> n').all()).toEqual(
    [],
  )
  expect(driver.prepare('SELECT rid FROM array_entries WHERE rid NOT IN (SELECT rid FROM records)').all()).toEqual([])
  driver.close()
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-crash-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function lastBulk(storage: Storage, ns: number): Promise<string> {
  const { contents } = await storage.find(ns, 'cities', query({ _id: 'shared/0' }))
  const document: unknown = JSON.parse(contents[0] ?? '{}')
  return typeof document === 'object' && document !== null && 'bulk' in document ? String(document.bulk) : ''
}

describe('a process that is killed while it writes', () => {
  for (const durability of ['normal', 'full', 'read'] as const) {
    it(`loses nothing that it acknowledged and leaves no bulk half done, durability ${durability}`, async () => {
      await withFolder(async (folder) => {
        const path = join(folder, 'docstore.sqlite')
        const random = seededRandom({ normal: 16, full: 17, read: 19 }[durability])
        for (let round = 1; round <= (durability === 'read' ? 2 : 5); round++) {
          const run = `run${round}`
          const acknowledged = await writeAndKill(path, run, 20 + random.below(120), durability)
          const storage = openNodeStorage(path)
          const ns = await addNamespace(storage)
          for (const line of acknowledged) {
            const [kind = '', n = ''] = line.split(' ')
            const ids = kind === 'single' ? [`${run}/single/${n}`] : Array.from({ length: ADDED }, (_, i) => `${run}/${n}/${i}`)
            for (const id of ids) expect(await storage.get(ns, 'cities', id), `${line}: ${id}`).toBeDefined()
          }
          const bulk = await lastBulk(storage, ns)
          const number = Number(bulk.split('/')[1])
          const bulks = acknowledged.filter((line) => line.startsWith('bulk')).length
          expect([bulks, bulks + 1]).toContain(number)
          expect(await storage.count(ns, 'cities', parseFilter({ bulk, _id: { $lt: 'shared/~', $gte: 'shared/' } }))).toBe(SHARED)
          expect(await storage.count(ns, 'cities', parseFilter({ tags: bulk }))).toBe(SHARED + ADDED)
          expect(await storage.get(ns, 'cities', `${run}/${number + 1}/0`)).toBeUndefined()
          expect(await storage.recount(ns)).toBe(true)
          await storage.close()
          checkIntegrity(path)
        }
      })
    }, 120_000)
  }
})

describe('a log whose end is missing', () => {
  it('loses whole commits, the last ones, and nothing else', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'docstore.sqlite')
      const storage = openNodeStorage(path)
      const ns = await addNamespace(storage)
      const commits = 40
      const size = 20
      for (let n = 1; n <= commits; n++) {
        const shared = Array.from({ length: size }, (_, i) => put({ id: `shared/${i}`, at: n, fields: { bulk: n, pad: 'x'.repeat(n * 20) } }))
        await storage.commit(ns, [...shared, put({ id: `own/${n}`, at: n })], { sealWith: signerOf({ kind: 'sign', by: author('ada') }) })
      }
      const random = seededRandom(18)
      const seen = new Set<number>()
      for (let round = 0; round < 25; round++) {
        const copy = join(folder, `copy-${round}.sqlite`)
        await copyFile(path, copy)
        await copyFile(`${path}-wal`, `${copy}-wal`)
        const { size: logBytes } = await stat(`${copy}-wal`)
        // The schema and the namespace are at the start.
        await truncate(`${copy}-wal`, Math.floor(logBytes * (0.2 + 0.8 * random.next())))
        const damaged = openNodeStorage(copy)
        const kept = (await damaged.lastSeq(ns)) / (size + 1)
        expect(Number.isInteger(kept)).toBe(true)
        expect(await damaged.count(ns, 'cities', parseFilter({ bulk: kept }))).toBe(size)
        expect(await damaged.get(ns, 'cities', `own/${kept}`)).toBeDefined()
        expect(await damaged.get(ns, 'cities', `own/${kept + 1}`)).toBeUndefined()
        expect(await damaged.recount(ns)).toBe(true)
        await damaged.close()
        checkIntegrity(copy)
        seen.add(kept)
      }
      expect(seen.size).toBeGreaterThan(5)
      await storage.close()
    })
  })
})
