import { describe, expect } from 'vitest'
import { sha256 } from '#crypto'
import { errorCode } from '../../errors.ts'
import { blockCid, type FileKey } from '../../files/file-cid.ts'
import type { FileStorage, NewBlock } from '../../storage/files/file-storage.ts'
import type { Storage } from '../../storage/storage.ts'
import { addNamespace, FAIL, put } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'

/** A block whose bytes say its name often, so that they can be looked for in files. */
function block(name: string): NewBlock {
  const bytes = new TextEncoder().encode(`${name} `.repeat(4000))
  return { digest: sha256(bytes), bytes }
}

/** A file of one piece. */
function keyOf({ digest, bytes }: NewBlock): FileKey {
  return { cid: blockCid({ level: 0 }, digest).toString(), size: bytes.length }
}

const naming = ({ cid, size }: FileKey, { id = cid, at = 1 } = {}) => put({ collection: 'files', id, at, fields: { size } })
const forgetting = ({ cid }: FileKey, { id = cid, at = 2 } = {}) => put({ collection: 'files', id, at, fields: null })

async function clearAll(files: FileStorage): Promise<void> {
  while (await files.clear(2));
  while (await files.giveBack());
}

/** Files, their blocks, and what keeps them. */
export function filesContract(open: OpenStorage): void {
  const test = testOn(open)

  async function opened(storage: Storage): Promise<{ ns: number; files: FileStorage }> {
    return { ns: await addNamespace(storage), files: await storage.files() }
  }

  describe('files', () => {
    test('are named by documents of the collection files, by the end of their id and their size', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const key = keyOf(block('a'))
      expect(await files.named(ns, key.cid)).toBeUndefined()
      await storage.commit(ns, [naming(key, { id: `ada/${key.cid}` })])
      expect(await files.named(ns, key.cid)).toEqual({ ...key, id: `ada/${key.cid}`, state: 'partial' })
      expect(await files.named(ns + 1, key.cid)).toBeUndefined()
      const plain = [
        put({ collection: 'files', id: 'notes', fields: { size: 1 } }),
        put({ collection: 'files', id: keyOf(block('b')).cid, fields: { size: '1' } }),
        put({ collection: 'files', id: keyOf(block('c')).cid, fields: { size: -1 } }),
        put({ collection: 'files', id: keyOf(block('d')).cid, fields: {} }),
        put({ collection: 'docs', id: keyOf(block('e')).cid, fields: { size: 1 } }),
      ]
      await storage.commit(ns, plain)
      for (const name of ['b', 'c', 'd', 'e']) expect(await files.named(ns, keyOf(block(name)).cid)).toBeUndefined()
    })

    test('hold blocks, which are stored once, and go with the last document of all namespaces', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const other = await addNamespace(storage, 'other')
      const [a, b] = [block('a'), block('b')]
      const key = keyOf(a)
      await storage.commit(ns, [naming(key), naming(key, { id: `again/${key.cid}` })])
      await storage.commit(other, [naming(key)])
      await files.store(key, [a, b, a])
      expect(await files.block(b.digest)).toEqual(b.bytes)
      await storage.commit(ns, [forgetting(key), forgetting(key, { id: `again/${key.cid}` })])
      await clearAll(files)
      expect(await files.named(ns, key.cid)).toBeUndefined()
      expect(await files.block(a.digest)).toEqual(a.bytes)
      await storage.commitShrinking(other, [forgetting(key)])
      expect(await files.block(a.digest), 'before a bit of it is removed').toBeUndefined()
      expect(await storage.hasFilesToClear()).toBe(true)
      await clearAll(files)
      expect(await storage.hasFilesToClear()).toBe(false)
      expect(await files.hold(await named(storage, ns, a), [a.digest, b.digest])).toEqual([false, false])
    })

    test('share blocks with others, which keep theirs', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const [a, b, both] = [block('a'), block('b'), block('both')]
      await storage.commit(ns, [naming(keyOf(a)), naming(keyOf(b))])
      await files.store(keyOf(a), [a, both])
      await files.store(keyOf(b), [b])
      expect(await files.hold(keyOf(b), [both.digest, block('none').digest])).toEqual([true, false])
      await storage.commit(ns, [forgetting(keyOf(a))])
      await clearAll(files)
      expect(await files.block(both.digest)).toEqual(both.bytes)
      expect(await files.block(a.digest)).toBeUndefined()
    })

    test('follow their document to another size, and stay as they are where it changes otherwise', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const a = block('a')
      const key = keyOf(a)
      await storage.commit(ns, [naming(key)])
      await files.store(key, [a])
      await files.setState(key, 'whole')
      await storage.commit(ns, [put({ collection: 'files', id: key.cid, at: 2, fields: { size: key.size, name: 'a.txt' } })])
      expect(await files.named(ns, key.cid)).toMatchObject({ size: key.size, state: 'whole' })
      await storage.commit(ns, [naming({ ...key, size: 5 }, { at: 3 })])
      expect(await files.named(ns, key.cid)).toMatchObject({ size: 5, state: 'partial' })
      await clearAll(files)
      expect(await files.block(a.digest)).toBeUndefined()
    })

    test('of several sizes under one CID are that which can be', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const key = keyOf(block('a'))
      await storage.commit(ns, [naming({ ...key, size: 5 }, { id: `liar/${key.cid}` })])
      await storage.commit(ns, [naming(key)])
      expect(await files.named(ns, key.cid)).toMatchObject({ size: 5 })
      await files.setState({ ...key, size: 5 }, 'bad')
      expect(await files.named(ns, key.cid)).toMatchObject({ size: key.size, state: 'partial' })
    })

    test('that are not whole are listed with the namespaces that name them, one page after the other', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const other = await addNamespace(storage, 'other')
      const keys = ['a', 'b', 'c', 'd'].map((name) => keyOf(block(name)))
      const [a, b, c, d] = keys as [FileKey, FileKey, FileKey, FileKey]
      for (const key of keys) await storage.commit(ns, [naming(key), naming(key, { id: `again/${key.cid}` })])
      await storage.commit(other, [naming(c)])
      await storage.commit(ns, [forgetting(d), forgetting(d, { id: `again/${d.cid}` })])
      await files.setState(b, 'whole')
      await files.upload('upload', [block('e')], 1)
      const first = await files.partial(0, 1)
      expect(first).toMatchObject([{ ...a, ns }])
      expect(await files.partial(first[0]?.file ?? 0, 10)).toMatchObject([
        { ...c, ns },
        { ...c, ns: other },
      ])
    })

    test('kept for what is no document stay as they are until it lets go of them, shown to nobody meanwhile', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const [a, b] = [block('a'), block('b')]
      for (const one of [a, b]) {
        await storage.commit(ns, [naming(keyOf(one))])
        await files.store(keyOf(one), [one])
      }
      await files.setState(keyOf(a), 'whole')
      await files.keepFor('thing', [keyOf(a), keyOf(block('not here'))])
      await files.keepFor('thing', [keyOf(a)])
      await files.keepFor('thing2', [keyOf(b)])
      await storage.commit(ns, [forgetting(keyOf(a)), forgetting(keyOf(b))])
      await clearAll(files)
      expect([await files.named(ns, keyOf(a).cid), await files.block(a.digest), await files.partial(0, 10)]).toEqual([undefined, undefined, []])
      await storage.commit(ns, [naming(keyOf(a), { at: 3 })])
      expect(await files.named(ns, keyOf(a).cid)).toMatchObject({ state: 'whole' })
      expect(await files.block(a.digest)).toEqual(a.bytes)
      await files.letGo('thing')
      await files.letGo('thing2')
      await clearAll(files)
      expect(await files.block(a.digest)).toEqual(a.bytes)
      await storage.commit(ns, [naming(keyOf(b), { at: 3 })])
      expect(await files.hold(keyOf(b), [b.digest])).toEqual([false])
    })

    test('change nothing where the commit that names them fails', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const key = keyOf(block('a'))
      expect(await caught(() => storage.commit(ns, [naming(key), FAIL]))).not.toBe('done')
      expect(await files.named(ns, key.cid)).toBeUndefined()
      await storage.commit(ns, [naming(key)])
      expect(await caught(() => storage.commit(ns, [forgetting(key), FAIL]))).not.toBe('done')
      expect(await files.named(ns, key.cid)).toMatchObject(key)
      expect(await storage.hasFilesToClear()).toBe(false)
    })

    test('that nothing names are unknown', async ({ storage }) => {
      const { files } = await opened(storage)
      const a = block('a')
      expect(await caught(() => files.store(keyOf(a), [a]))).toBe('not-found')
      expect(await caught(() => files.hold(keyOf(a), [a.digest]))).toBe('not-found')
      expect(await files.block(a.digest)).toBeUndefined()
    })
  })

  describe('uploads', () => {
    test('keep their blocks for a file until they are let go, and show them to nobody', async ({ storage }) => {
      const { ns, files } = await opened(storage)
      const [a, b] = [block('a'), block('b')]
      await files.upload('upload', [a], 10)
      await files.upload('upload', [a, b], 20)
      expect(await files.block(a.digest)).toBeUndefined()
      expect(await files.block(a.digest, true)).toEqual(a.bytes)
      await storage.commit(ns, [naming(keyOf(a))])
      expect(await files.hold(keyOf(a), [a.digest])).toEqual([true])
      await files.endUploads({ before: 20 })
      await clearAll(files)
      expect(await files.block(b.digest, true)).toEqual(b.bytes)
      await files.endUploads({ name: 'upload' })
      await clearAll(files)
      expect(await files.block(b.digest, true)).toBeUndefined()
      expect(await files.block(a.digest)).toEqual(a.bytes)
    })

    test('of before are there after opening again', async (opened) => {
      const a = block('a')
      await (await opened.storage.files()).upload('upload', [a], 10)
      const storage = await opened.reopen()
      expect(await storage.hasFilesToClear()).toBe(true)
      expect(await (await storage.files()).block(a.digest, true)).toEqual(a.bytes)
    })
  })

  test('removed blocks are gone from the disk once it was scrubbed, those of a removal that was cut short too', async (opened) => {
    if (opened.files === undefined) return
    const { ns, files } = { ns: await addNamespace(opened.storage), files: await opened.storage.files() }
    const secrets = ['needle', 'thread', 'button'].map(block)
    const key = keyOf(secrets[0] ?? block(''))
    await opened.storage.commit(ns, [naming(key)])
    await files.store(key, secrets)
    await opened.storage.commit(ns, [forgetting(key)])
    await files.clear(1)
    const storage = await opened.reopen()
    expect(await storage.hasFilesToClear()).toBe(true)
    await clearAll(await storage.files())
    await storage.scrub()
    const disk = (await opened.files()).map((bytes) => new TextDecoder('latin1').decode(bytes)).join('')
    for (const name of ['needle', 'thread', 'button']) expect(disk.includes(name)).toBe(false)
  })

  test('the space of removed blocks goes back to the disk, also where the process ended in between', async (opened) => {
    if (opened.files === undefined) return
    const { ns, files } = { ns: await addNamespace(opened.storage), files: await opened.storage.files() }
    const sizeOf = async (): Promise<number> => (await opened.files?.())?.reduce((sum, { length }) => sum + length, 0) ?? 0
    const large = Array.from({ length: 8 }, (_, i) => block(`needle ${i} `.repeat(6)))
    const key = keyOf(large[0] ?? block(''))
    await opened.storage.commit(ns, [naming(key)])
    await opened.storage.scrub()
    const before = await sizeOf()
    await files.store(key, large)
    await opened.storage.commit(ns, [naming(keyOf(block('other'))), forgetting(key)])
    while (await files.clear(2));
    const storage = await opened.reopen()
    expect(await storage.hasFilesToClear()).toBe(true)
    await clearAll(await storage.files())
    expect(await storage.hasFilesToClear()).toBe(false)
    await storage.scrub()
    expect((await sizeOf()) - before).toBeLessThan(64 * 1024)
    const disk = (await opened.files()).map((bytes) => new TextDecoder('latin1').decode(bytes)).join('')
    expect(disk.includes('needle')).toBe(false)
  })
}

/** A file that holds nothing yet. */
async function named(storage: Storage, ns: number, { bytes }: NewBlock): Promise<FileKey> {
  const key = keyOf(block(`fresh ${bytes.length}`))
  await storage.commit(ns, [naming(key)])
  return key
}

async function caught(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'done'
  } catch (error) {
    return errorCode(error)
  }
}
