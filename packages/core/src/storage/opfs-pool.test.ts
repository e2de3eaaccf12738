import type { SAHPoolUtil, Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import { afterEach, expect, it, vi } from 'vitest'
import { openPool } from './opfs-pool.ts'

afterEach(() => vi.unstubAllGlobals())

/** A browser whose private files are refused in this way. */
function refusing(name: string): Sqlite3Static {
  class FileHandle {
    createSyncAccessHandle(): void {}
  }
  vi.stubGlobal('FileSystemFileHandle', FileHandle)
  const request = async (_name: string, _options: object, work: () => Promise<void>): Promise<void> => work()
  vi.stubGlobal('navigator', { storage: {}, locks: { request } })
  const installOpfsSAHPoolVfs = async (): Promise<SAHPoolUtil> => {
    throw new DOMException('refused', name)
  }
  const sqlite: Partial<Sqlite3Static> = { installOpfsSAHPoolVfs }
  return sqlite as Sqlite3Static
}

it.each([
  ['SecurityError', 'Firefox in a private window'],
  ['UnknownError', 'WebKit in an ephemeral session'],
  ['NotSupportedError', 'WebKitGTK, which has the method and no files behind it'],
  ['NotAllowedError', 'a frame of another site'],
])('says that there are no private files where they are refused by %s: %s', async (name) => {
  await expect(openPool(refusing(name), 'refused')).rejects.toMatchObject({ code: 'no-opfs' })
})

it('says that the storage failed where the reason is another one', async () => {
  await expect(openPool(refusing('DataError'), 'refused')).rejects.toMatchObject({ code: 'storage-failed' })
})
