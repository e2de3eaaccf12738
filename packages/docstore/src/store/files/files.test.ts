import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createDocstore,
  type Docstore,
  type DocstoreOptions,
  type FileProgress,
  type FileSource,
  type Namespace,
  type StoredFile,
} from '../../index-node.ts'
import { handNamespace } from '../../testing/hand-over.ts'

const MIB = 1024 * 1024
const stores: Docstore[] = []
const folders: string[] = []

async function open(options: DocstoreOptions = {}): Promise<Docstore> {
  const store = await createDocstore({ network: 'off', ...options })
  stores.push(store)
  return store
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'docstore-files-'))
  folders.push(made)
  return made
}

async function notes(write: 'owner' | 'author' = 'owner'): Promise<Namespace> {
  return (await open()).namespaces.create({ name: 'notes', write })
}

afterEach(async () => {
  for (const store of stores.splice(0).toReversed()) await store.close()
  for (const made of folders.splice(0)) await rm(made, { recursive: true })
})

/** Bytes of which no two pieces are alike. */
function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4))
  let word = seed
  for (let i = 0; i < words.length; i++) words[i] = word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
  return new Uint8Array(words.buffer, 0, length)
}

async function fileOf(namespace: Namespace, cid: string, range?: { start?: number; end?: number }): Promise<StoredFile> {
  const file = await namespace.getFile(cid, { range })
  if (file === undefined) throw new Error('There is no such file')
  return file
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

describe('putFile and getFile', () => {
  it('give back what was put, with what it is called', async () => {
    const namespace = await notes()
    const bytes = bytesOf(3 * MIB + 17)
    const told: FileProgress[] = []
    const { cid, bytes: size } = await namespace.putFile(bytes, { name: 'a.bin', type: 'application/x-test', onProgress: (step) => told.push(step) })
    expect(size).toBe(bytes.length)
    expect(told.at(-1)).toEqual({ bytes: bytes.length, total: bytes.length })
    expect(told.length).toBeGreaterThan(2)
    const file = await fileOf(namespace, cid)
    expect(file).toMatchObject({ cid, size, name: 'a.bin', type: 'application/x-test' })
    expect(equal(await file.bytes(), bytes)).toBe(true)
    expect(await namespace.collection('files').get(cid)).toEqual({ _id: cid, name: 'a.bin', type: 'application/x-test', size })
    expect(await namespace.listFiles()).toEqual([{ cid, name: 'a.bin', type: 'application/x-test', bytes: size, here: true }])
  })

  it('take bytes in every form, cut in any way, and find that they are the same', async () => {
    const namespace = await notes()
    const bytes = bytesOf(600_000)
    const path = join(await folder(), 'picture.png')
    await writeFile(path, bytes)
    async function* inOdds(): AsyncGenerator<Uint8Array> {
      for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 3) % 99_991) yield bytes.subarray(at, at + step)
    }
    const sources: readonly FileSource[] = [
      bytes,
      bytes.buffer,
      new Blob([bytes]),
      new Blob([bytes]).stream(),
      inOdds(),
      [bytes.subarray(0, 1), new Uint8Array(), bytes.subarray(1)],
      path,
    ]
    const cids = new Set<string>()
    for (const source of sources) cids.add((await namespace.putFile(source)).cid)
    expect(cids.size).toBe(1)
    expect(await namespace.listFiles()).toMatchObject([{ name: 'picture.png', type: 'image/png', bytes: 600_000 }])
    const { cid } = await namespace.putFile(new File(['hello world\n'], 'a.txt', { type: 'text/plain' }))
    expect(cid).toBe('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
    expect(await fileOf(namespace, cid)).toMatchObject({ name: 'a.txt', type: 'text/plain', size: 12 })
  })

  it('keep a file of no bytes', async () => {
    const namespace = await notes()
    const { cid } = await namespace.putFile(new Uint8Array(), { name: 'empty' })
    expect(cid).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
    const file = await fileOf(namespace, cid)
    expect((await file.bytes()).length).toBe(0)
    expect(await namespace.listFiles()).toMatchObject([{ here: true, bytes: 0 }])
  })

  it('read a range, in pieces, as a stream and as a Blob', async () => {
    const namespace = await notes()
    const bytes = bytesOf(9 * MIB)
    const { cid } = await namespace.putFile(bytes, { type: 'video/mp4' })
    for (const [start, end] of [
      [0, 1],
      [262_143, 262_145],
      [1_000_000, 8_999_999],
      [5 * MIB, 20 * MIB],
      [9 * MIB, 9 * MIB],
    ] as const)
      expect(equal(await (await fileOf(namespace, cid, { start, end })).bytes(), bytes.subarray(start, end))).toBe(true)
    const file = await fileOf(namespace, cid, { start: MIB })
    const pieces: Uint8Array[] = []
    for await (const piece of file.stream()) pieces.push(piece)
    expect(equal(Buffer.concat(pieces), bytes.subarray(MIB))).toBe(true)
    expect(Math.max(...pieces.map(({ length }) => length))).toBe(262_144)
    const blob = await file.blob()
    expect([blob.type, blob.size]).toEqual(['video/mp4', 8 * MIB])
  })

  it('find nothing where no document names the file', async () => {
    const namespace = await notes()
    expect(await namespace.getFile('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')).toBeUndefined()
    expect(await namespace.deleteFile('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')).toBe(false)
    expect(await namespace.listFiles()).toEqual([])
  })

  it('say what is wrong with what they are given, and store nothing then', async () => {
    const namespace = await notes()
    const text: unknown[] = ['no bytes']
    expect(await codeOf(namespace.putFile(text as Uint8Array[]))).toBe('bad-source')
    expect(await codeOf(namespace.putFile(5 as unknown as Uint8Array))).toBe('bad-source')
    expect(await codeOf(namespace.putFile(join(await folder(), 'none')))).toBe('no-file')
    expect(await codeOf(namespace.putFile(await folder()))).toBe('no-file')
    expect(await codeOf(namespace.putFile(bytesOf(1), { name: '' }))).toBe('bad-option')
    expect(await codeOf(namespace.putFile(bytesOf(1), { type: 'x'.repeat(300) }))).toBe('bad-option')
    expect(await codeOf(namespace.putFile(bytesOf(1), { nam: 'x' } as never))).toBe('bad-option')
    expect(await codeOf(namespace.getFile('nonsense'))).toBe('bad-cid')
    const { cid } = await namespace.putFile(bytesOf(1))
    expect(await codeOf(namespace.getFile(cid, { range: { start: -1 } }))).toBe('bad-option')
    expect(await namespace.listFiles()).toHaveLength(1)
  })

  it('refuse what is too large as soon as that is known', async () => {
    const namespace = await notes()
    const large = Object.defineProperty(new Blob(), 'size', { value: 2 ** 30 + 1 })
    expect(await codeOf(namespace.putFile(large))).toBe('file-too-large')
    async function* endless(): AsyncGenerator<Uint8Array> {
      const piece = new Uint8Array(16 * MIB)
      for (;;) yield piece
    }
    // Alike pieces are stored once, so this takes no space.
    expect(await codeOf(namespace.putFile(endless()))).toBe('file-too-large')
    expect(await namespace.listFiles()).toEqual([])
  })

  it('end with the signal, whatever the source does, and leave nothing behind', async () => {
    const store = await open()
    const namespace = await store.namespaces.create({ name: 'notes' })
    const controller = new AbortController()
    async function* stuck(): AsyncGenerator<Uint8Array> {
      yield bytesOf(2 * MIB)
      controller.abort(new Error('enough'))
      await new Promise<never>(() => undefined)
    }
    await expect(namespace.putFile(stuck(), { signal: controller.signal })).rejects.toThrow('enough')
    expect(await namespace.listFiles()).toEqual([])
    const { cid } = await namespace.putFile(bytesOf(2 * MIB))
    const reading = new AbortController()
    const file = await namespace.getFile(cid, { signal: reading.signal })
    reading.abort(new Error('stop'))
    await expect(file?.bytes()).rejects.toThrow('stop')
  })

  it('are for those who may write, which is known before anything is read', async () => {
    const store = await open()
    const other = await open()
    const { id } = await store.namespaces.create({ name: 'notes' })
    const there = await other.namespaces.open(id)
    const unread = { [Symbol.iterator]: () => expect.unreachable('The source is not read') }
    expect(await codeOf(there.putFile(unread))).toBe('unknown-namespace')
    const guest = await open({ descriptor: store.info.network.descriptor })
    await handNamespace(store.replica, guest.replica, id)
    expect(await codeOf((await guest.namespaces.open(id)).putFile(unread))).toBe('not-allowed')
  })

  it('name files by author where each has their own documents', async () => {
    const namespace = await notes('author')
    const { cid } = await namespace.putFile(bytesOf(10), { name: 'mine' })
    expect(await namespace.listFiles()).toMatchObject([{ cid, name: 'mine', here: true }])
    expect((await fileOf(namespace, cid)).name).toBe('mine')
    expect(await namespace.deleteFile(cid)).toBe(true)
    expect(await namespace.getFile(cid)).toBeUndefined()
  })
})

it('a file whose document is edited stays, and goes with it', async () => {
  const store = await open()
  const namespace = await store.namespaces.create({ name: 'notes' })
  const { cid } = await namespace.putFile(bytesOf(MIB), { name: 'a.bin' })
  const documents = namespace.collection('files')
  await documents.update(cid, { $set: { name: 'b.bin', 'seen.by': 'ada' } })
  expect(await namespace.listFiles()).toMatchObject([{ cid, name: 'b.bin', here: true }])
  expect(equal(await (await fileOf(namespace, cid)).bytes(), bytesOf(MIB))).toBe(true)
  await documents.update(cid, { $set: { size: 5 } })
  expect(await codeOf((await fileOf(namespace, cid)).bytes())).toBe('bad-file')
  await documents.update(cid, { $set: { size: MIB } })
  await namespace.putFile(bytesOf(MIB), { name: 'c.bin' })
  expect(await namespace.listFiles()).toMatchObject([{ cid, name: 'c.bin', here: true }])
  await namespace.deleteFile(cid)
  await expect.poll(() => store.replica.block(cid)).toBeUndefined()
  expect(await namespace.listFiles()).toEqual([])
})

it.each(['owner', 'author'] as const)('a file that is put again keeps its name, its type and fields of the user (%s)', async (write) => {
  const namespace = await notes(write)
  const bytes = bytesOf(100)
  const { cid } = await namespace.putFile(bytes, { name: 'a.png', type: 'image/png' })
  const files = namespace.collection('files')
  await files.update(cid, { $set: { caption: 'Oslo' } })
  await namespace.putFile(bytes)
  expect(await files.get(cid)).toMatchObject({ name: 'a.png', type: 'image/png', caption: 'Oslo', size: 100 })
  await namespace.putFile(bytes, { name: 'b.png' })
  expect(await files.get(cid)).toMatchObject({ name: 'b.png', type: 'image/png', caption: 'Oslo', size: 100 })
  expect((await namespace.listFiles()).length).toBe(1)
})

describe('a deleted file', () => {
  it('is gone for readers, and its blocks with it, but for those of other files', async () => {
    const store = await open()
    const namespace = await store.namespaces.create({ name: 'notes' })
    const other = await store.namespaces.create({ name: 'other' })
    const bytes = bytesOf(2 * MIB)
    const { cid } = await namespace.putFile(bytes)
    await other.putFile(bytes)
    const { cid: longer } = await namespace.putFile(new Blob([bytes, bytesOf(MIB, 2)]))
    const file = await fileOf(namespace, cid)
    expect(await namespace.deleteFile(cid)).toBe(true)
    expect(await namespace.getFile(cid)).toBeUndefined()
    expect(await codeOf(file.bytes())).toBe('not-found')
    expect(equal(await (await fileOf(other, cid)).bytes(), bytes)).toBe(true)
    expect((await (await fileOf(namespace, longer)).bytes()).length).toBe(3 * MIB)
    await other.deleteFile(cid)
    await namespace.deleteFile(longer)
    await expect.poll(() => store.replica.block(cid)).toBeUndefined()
  })

  it('can be put again at once', async () => {
    const namespace = await notes()
    const bytes = bytesOf(4 * MIB)
    for (let round = 0; round < 5; round++) {
      const { cid } = await namespace.putFile(bytes)
      if (round < 4) await namespace.deleteFile(cid)
      else expect(equal(await (await fileOf(namespace, cid)).bytes(), bytes)).toBe(true)
    }
  })
})

it('files outlive the program, and two programs on one folder share them', async () => {
  const data = await folder()
  const one = await open({ data })
  const { id } = await one.namespaces.create({ name: 'notes' })
  const { cid } = await (await one.namespaces.open(id)).putFile(bytesOf(MIB), { name: 'a' })
  const two = await open({ data })
  expect(two.isOwner).toBe(false)
  const there = await two.namespaces.open(id)
  expect(equal(await (await fileOf(there, cid)).bytes(), bytesOf(MIB))).toBe(true)
  const { cid: second } = await there.putFile(bytesOf(3 * MIB, 7))
  await one.close()
  expect(equal(await (await fileOf(there, second)).bytes(), bytesOf(3 * MIB, 7))).toBe(true)
  await two.close()
  const three = await open({ data })
  expect(await (await three.namespaces.open(id)).listFiles()).toHaveLength(2)
})

it('a full store says so, takes documents away all the same, and has room again when a file is deleted', async () => {
  const data = await folder()
  const store = await open({ data, maxBytes: 6 * MIB })
  const namespace = await store.namespaces.create({ name: 'notes' })
  const { cid } = await namespace.putFile(bytesOf(3 * MIB))
  expect(await codeOf(namespace.putFile(bytesOf(5 * MIB, 2)))).toBe('disk-full')
  expect(await namespace.listFiles()).toHaveLength(1)
  expect(await namespace.deleteFile(cid)).toBe(true)
  await expect.poll(() => codeOf(namespace.putFile(bytesOf(4 * MIB, 3)))).toBe('no error')
})
