import { afterAll, describe, expect, it } from 'vitest'
import { cdp } from 'vitest/browser'
import { errorCode } from '../errors.ts'
import { addNamespace, put, sealOver, version } from '../testing/storage/fixtures.ts'
import { readStoreFiles, removeStoreFiles } from '../testing/storage/opfs-files.ts'
import { StorageWorker } from '../testing/storage/worker-storage.ts'
import { storageContract } from '../testing/storage-contract.ts'

const worker = new StorageWorker()
afterAll(() => worker.terminate())
let stores = 0

storageContract('SQLite as WebAssembly, in private files', async () => {
  const name = `contract-${++stores}`
  let storage = await worker.open(name)
  return {
    storage,
    reopen: async () => {
      await storage.close()
      storage = await worker.open(name)
      return storage
    },
    files: async () => readStoreFiles(name),
    cleanup: async () => {
      await storage.close()
      await removeStoreFiles(name)
    },
  }
})

describe('private files', () => {
  it('belong to one worker at a time, which goes on unharmed while others try', async () => {
    const storage = await worker.open('shared')
    const ns = await addNamespace(storage)
    await storage.commit(ns, [put({ id: 'before' })])
    const other = new StorageWorker()
    await expect(other.open('shared').catch(errorCode)).resolves.toBe('data-in-use')
    await expect(worker.open('shared').catch(errorCode)).resolves.toBe('data-in-use')
    await storage.commit(ns, [put({ id: 'after' })])
    await storage.close()
    const next = await other.open('shared')
    expect((await next.recordsSince(ns, 0, 10)).map(({ id }) => id)).toEqual(['before', 'after'])
    await next.close()
    other.terminate()
  })

  it('keep what was acknowledged when the worker is killed', async () => {
    for (let round = 1; round <= 3; round++) {
      const doomed = new StorageWorker()
      const storage = await doomed.open('killed')
      const ns = await addNamespace(storage)
      const before = await storage.lastSeq(ns)
      await storage.commit(
        ns,
        Array.from({ length: 200 }, (_, i) => put({ id: `${round}/${i}` })),
      )
      await storage.commit(ns, [put({ id: `${round}/single` })])
      // Under way when it dies: all of it arrives or nothing.
      const late = Array.from({ length: 500 }, (_, i) => put({ id: `${round}/late/${i}` }))
      void Promise.resolve(storage.commit(ns, late)).catch(() => undefined)
      doomed.terminate()
      const survivor = new StorageWorker()
      const again = await survivor.open('killed')
      const stored = (await again.lastSeq(ns)) - before
      expect([201, 701]).toContain(stored)
      expect(await again.recordsSince(ns, before, 1000)).toHaveLength(stored)
      await again.close()
      survivor.terminate()
    }
  })

  it('are scrubbed when they are opened after a kill', async () => {
    const doomed = new StorageWorker()
    const storage = await doomed.open('scrubbed')
    const ns = await addNamespace(storage)
    const secret = version({ fields: { text: 'the secret text' } })
    await storage.commit(ns, [put({ fields: { text: 'the secret text' } })], { seals: [sealOver([secret])] })
    await storage.commit(ns, [put({ at: 2, fields: null })])
    doomed.terminate()
    const again = await worker.open('scrubbed')
    for (const bytes of await readStoreFiles('scrubbed')) expect(new TextDecoder('latin1').decode(bytes)).not.toContain('the secret text')
    await again.close()
  })

  it('say disk-full where the browser grants no more space, and go on when it does', async () => {
    const storage = await worker.open('full')
    const ns = await addNamespace(storage)
    const { usage = 0 } = await navigator.storage.estimate()
    await setQuota(usage + 8 * 1024 * 1024)
    const bulk = (n: number) => Array.from({ length: 20 }, (_, i) => put({ id: `${n}/${i}`, fields: { pad: 'x'.repeat(100_000) } }))
    let commits = 0
    let code = ''
    while (code === '' && commits < 20) {
      code = await Promise.resolve(storage.commit(ns, bulk(commits))).then(() => '', errorCode)
      if (code === '') commits++
    }
    await setQuota(undefined)
    expect(code).toBe('disk-full')
    expect(await storage.lastSeq(ns)).toBe(commits * 20)
    expect(await storage.recordsSince(ns, 0, 1000)).toHaveLength(commits * 20)
    await storage.commit(ns, bulk(commits))
    expect(await storage.lastSeq(ns)).toBe((commits + 1) * 20)
    await storage.close()
  })

  it('need a worker, and a name that can be a folder', async () => {
    const { openWebStorage } = await import('./open-web.ts')
    await expect(openWebStorage('../up').catch(errorCode)).resolves.toBe('bad-name')
    const storage = await openWebStorage('memory')
    expect(await storage.namespaces()).toEqual([])
    await storage.close()
  })
})

/** Sets how much this origin may keep, bytes; `undefined` for what the browser grants by itself. */
async function setQuota(bytes: number | undefined): Promise<void> {
  const quota = bytes === undefined ? {} : { quotaSize: bytes }
  await cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin, ...quota })
}
