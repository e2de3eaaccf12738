import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { openNodeDriver } from '../drivers/sqlite-node.ts'
import { SqliteStorage } from '../sqlite-storage.ts'

const MIB = 1024 * 1024

it('a file that is stored takes no more of a large cache than a peer keeps, and the documents of a small file stay there', async () => {
  const driver = openNodeDriver(':memory:')
  const limits: number[] = []
  const exec = driver.exec.bind(driver)
  driver.exec = (sql) => {
    exec(sql)
    limits.push(...[...sql.matchAll(/cache_size = -(\d+)/g)].map(([, kibibytes]) => Number(kibibytes) / 1024))
  }
  const storage = new SqliteStorage(driver, { cacheBytes: 64 * MIB })
  const files = await storage.files()
  const upload = async (pieces: number, seed: string): Promise<void> => {
    const blocks = Array.from({ length: pieces }, (_, i) => ({ digest: sha256(`${seed}${i}`), bytes: new Uint8Array(MIB) }))
    await files.upload(seed, blocks, 0)
  }
  await upload(7, 'small')
  expect(limits).toEqual([64])
  await upload(1, 'rest')
  expect(limits).toEqual([64, 8, 64])
  storage.close()
})
