import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storageContract } from '../testing/storage-contract.ts'
import { openNodeStorage } from './open-node.ts'
import { openWebStorage } from './open-web.ts'

storageContract('SQLite of Node, in a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-storage-'))
  const path = join(folder, 'docstore.sqlite')
  let storage = openNodeStorage(path)
  return {
    storage,
    reopen: async () => {
      await storage.close()
      storage = openNodeStorage(path)
      return storage
    },
    files: async () => Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name)))),
    cleanup: async () => {
      await storage.close()
      await rm(folder, { recursive: true })
    },
  }
})

storageContract('SQLite of Node, in memory', async () => {
  const storage = openNodeStorage(':memory:')
  return { storage, reopen: async () => storage, cleanup: async () => storage.close() }
})

storageContract('SQLite as WebAssembly, in memory', async () => {
  const storage = await openWebStorage('memory')
  return { storage, reopen: async () => storage, cleanup: async () => storage.close() }
})
