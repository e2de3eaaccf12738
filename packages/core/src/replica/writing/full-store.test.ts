/// <reference types="node" />
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorCode } from '../../errors.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { StorageOptions } from '../../storage/schema.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'

const MIB = 2 ** 20
const TEXT = 'x'.repeat(560)

/** A store with one namespace, and what is written into it. */
class FullStore {
  readonly path: string
  readonly #options: StorageOptions
  replica: LocalReplica
  ns = ''
  #next = 0

  private constructor(path: string, options: StorageOptions, replica: LocalReplica) {
    this.path = path
    this.#options = options
    this.replica = replica
  }

  static async open(folder: string, options: StorageOptions): Promise<FullStore> {
    const path = join(folder, 'docstore.db')
    const store = new FullStore(path, options, await openReplica(openNodeStorage(path, options)))
    store.ns = (await store.replica.createNamespace({ name: 'notes', write: 'owner' })).id
    return store
  }

  async reopen(): Promise<void> {
    await this.replica.close()
    this.replica = await openReplica(openNodeStorage(this.path, this.#options))
  }

  put(id: string, text: string = TEXT): Promise<unknown> {
    return this.replica.write(this.ns, 'docs', [{ id, content: JSON.stringify({ _id: id, text }) }])
  }

  delete(id: string): Promise<unknown> {
    return this.replica.write(this.ns, 'docs', [{ id, content: null }])
  }

  /** Puts documents one by one until none fits in; gives their ids. */
  async fill(text: string = TEXT): Promise<string[]> {
    const ids: string[] = []
    for (;;) {
      const id = `n${this.#next++}`
      try {
        await this.put(id, text)
      } catch (error) {
        if (errorCode(error) !== 'disk-full') throw error
        return ids
      }
      ids.push(id)
    }
  }

  /** Puts documents, twenty at a time, until none fits in; gives their ids. */
  async fillMany(fields: (i: number) => Record<string, unknown>): Promise<string[]> {
    const ids: string[] = []
    for (;;) {
      const many = Array.from({ length: 20 }, () => `m${this.#next++}`)
      const writes = many.map((id, i) => ({ id, content: JSON.stringify({ _id: id, ...fields(ids.length + i) }) }))
      try {
        await this.replica.write(this.ns, 'docs', writes)
      } catch (error) {
        if (errorCode(error) !== 'disk-full') throw error
        return ids
      }
      ids.push(...many)
    }
  }

  search(words: string): Promise<number> {
    return this.replica.count(this.ns, 'docs', { $text: { $search: words } })
  }

  /** Lets everything be signed and sent. */
  async send(): Promise<void> {
    for (let since = 0, more = true; more; ) ({ seq: since, more } = await this.replica.batchSince(this.ns, since, { maxBytes: 192 * 1024 }))
  }

  count(): Promise<number> {
    return this.replica.count(this.ns, 'docs', {})
  }
}

let folder: string
let store: FullStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-full-'))
})
afterEach(async () => {
  await store.replica.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a store at maxBytes', () => {
  it.each([
    [560, MIB],
    [0, MIB / 4],
  ])('lets everything go, documents of %i characters, signed and sent', async (length, maxBytes) => {
    store = await FullStore.open(folder, { maxBytes })
    const ids = await store.fill('x'.repeat(length))
    await store.send()
    for (const id of ids) await store.delete(id)
    await store.send()
    expect(await store.count()).toBe(0)
    await store.reopen()
    expect(await store.count()).toBe(0)
    expect(statSync(store.path).size).toBeLessThan(1.7 * maxBytes)
  })

  it('takes smaller versions, also many in one call, and no larger ones', async () => {
    store = await FullStore.open(folder, { maxBytes: MIB })
    const ids = await store.fill()
    await store.put(String(ids[0]), 'short')
    const smaller = ids.slice(1, 400).map((id) => ({ id, content: JSON.stringify({ _id: id, text: 'short' }) }))
    await store.replica.write(store.ns, 'docs', smaller)
    expect(await store.replica.count(store.ns, 'docs', { text: 'short' })).toBe(400)
    await store.fill()
    // Larger than the pages that are free in the end, however the others are packed.
    const larger = { id: String(ids[0]), content: JSON.stringify({ _id: ids[0], text: 'x'.repeat(50_000) }) }
    await expect(store.replica.write(store.ns, 'docs', [{ id: String(ids[1]), content: null }, larger])).rejects.toMatchObject({ code: 'disk-full' })
    // All of one call or nothing.
    expect(await store.replica.get(store.ns, 'docs', String(ids[1]))).toBeDefined()
  })

  it('lets a delete go that shares its transaction with a put that fails', async () => {
    store = await FullStore.open(folder, { maxBytes: MIB })
    const [first = '', second = ''] = await store.fill()
    const big = 'x'.repeat(100_000)
    const settled = await Promise.allSettled([store.put('new', big), store.delete(first), store.put('newer', big), store.delete(second)])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await store.replica.get(store.ns, 'docs', first)).toBeUndefined()
  })

  it('uses again what was freed, as often as it is freed, and stays in its limit', async () => {
    store = await FullStore.open(folder, { maxBytes: MIB })
    for (let round = 0; round < 3; round++) {
      const ids = await store.fill()
      expect(ids.length).toBeGreaterThan(100)
      for (const id of ids) await store.delete(id)
    }
    expect(statSync(store.path).size).toBeLessThan(1.5 * MIB)
  })

  it('opens again, remembers what it has to, and finds content, without room for anything', async () => {
    store = await FullStore.open(folder, { maxBytes: MIB })
    const ids = await store.fill()
    await store.fill('')
    await store.reopen()
    await store.replica.setMeta('relays', new Uint8Array(1000))
    await store.send()
    expect(await store.replica.checkSummaries()).toEqual([])
    expect(await store.replica.content('baguqeerasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea')).toBeUndefined()
    await store.delete(String(ids[0]))
    await expect(store.replica.setMeta('doctor', new Uint8Array(MIB))).rejects.toMatchObject({ code: 'disk-full' })
  })
})

function system(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: 'ignore' })
}

/** A disk of so many bytes; `undefined` where this user may not mount one. */
function smallDisk(at: string, mib: number): (() => void) | undefined {
  try {
    system('mount', '-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', at)
    return () => system('umount', at)
  } catch {
    return undefined
  }
}

const probe = mkdtempSync(join(tmpdir(), 'docstore-disk-'))
const unmountProbe = smallDisk(probe, 1)
unmountProbe?.()
rmSync(probe, { recursive: true })

/** Takes what is left of a disk. */
function takeRest(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const bytes of [64 * 1024, 4096, 1]) for (;;) if (writeSync(file, new Uint8Array(bytes)) < bytes) break
  } catch {
    // It is full.
  } finally {
    closeSync(file)
  }
}

/** How many free pages of a database hold some text (sqlite.org/fileformat.html#the_freelist). */
function freePagesWith(text: string, path: string): number {
  const file = readFileSync(path)
  const pageAt = (page: number): Buffer => file.subarray((page - 1) * 4096, page * 4096)
  let written = 0
  let free = 0
  for (let trunk = file.readUInt32BE(32); trunk !== 0; trunk = pageAt(trunk).readUInt32BE(0)) {
    const leaves = pageAt(trunk).readUInt32BE(4)
    free += leaves
    for (let i = 0; i < leaves; i++) if (pageAt(pageAt(trunk).readUInt32BE(8 + 4 * i)).includes(text)) written++
  }
  expect(free).toBeGreaterThan(100)
  return written
}

describe.skipIf(unmountProbe === undefined)('a full disk (skipped where no tmpfs can be mounted)', () => {
  let unmount: (() => void) | undefined
  beforeEach(() => {
    unmount = smallDisk(folder, 5)
  })
  afterEach(async () => {
    await store.replica.close()
    unmount?.()
  })

  it('lets everything go, uses again what was freed, and closes', async () => {
    store = await FullStore.open(folder, {})
    const text = 'x'.repeat(2500)
    const ids = await store.fill(text)
    takeRest(join(folder, 'rest'))
    for (const id of ids) await store.delete(id)
    await store.send()
    expect(await store.count()).toBe(0)
    expect((await store.fill(text)).length).toBeGreaterThan(500)
    await store.reopen()
    expect(await store.count()).toBeGreaterThan(500)
  })

  it('that another program has filled leaves a way out, and the reserve is there again when it has room', async () => {
    store = await FullStore.open(folder, {})
    const ids = Array.from({ length: 1500 }, (_, i) => `a${i}`)
    for (const id of ids) await store.put(id)
    await store.reopen()
    const reserve = `${store.path}-reserve`
    expect(statSync(reserve).size).toBe(512 * 1024)
    takeRest(join(folder, 'rest'))
    await expect(store.put('more', 'x'.repeat(100_000))).rejects.toMatchObject({ code: 'disk-full' })
    await store.put(String(ids[0]), 'short')
    for (const id of ids.slice(1)) await store.delete(id)
    expect(await store.count()).toBe(1)
    unlinkSync(join(folder, 'rest'))
    await store.put('more', 'x'.repeat(100_000))
    await store.reopen()
    expect(statSync(reserve).size).toBe(512 * 1024)
  })

  it('lets smaller versions in and deletes go where words are indexed, one by one, and finds what there is', async () => {
    store = await FullStore.open(folder, {})
    await store.replica.createIndex(store.ns, 'docs', ['text'], { text: true })
    const ids = await store.fillMany((i) => ({ text: `w${i % 977} tea ${'lorem ipsum '.repeat(80)}` }))
    expect(await store.search('lorem')).toBe(ids.length)
    for (const id of ids.slice(0, 300)) await store.put(id, 'short')
    expect([await store.search('short'), await store.search('lorem')]).toEqual([300, ids.length - 300])
    for (const id of ids.slice(100, 500)) await store.delete(id)
    await store.put(String(ids[0]), 'long')
    await store.reopen()
    expect([await store.search('short'), await store.search('long'), await store.search('lorem')]).toEqual([99, 1, ids.length - 500])
  })

  it('lets texts go of which each word has a page of its own in the index; that is made again when somebody searches', async () => {
    store = await FullStore.open(folder, {})
    await store.replica.createIndex(store.ns, 'docs', ['text'], { text: true })
    const words = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, i) => `w${(((from + i) * 7919) % 20_011).toString(36)}`).join(' ')
    // The first text has words of every page.
    const ids = await store.fillMany((i) => ({ text: i === 0 ? words(0, 8000) : words(i * 1000, i * 1000 + 1000) }))
    takeRest(join(folder, 'rest'))
    for (const id of ids.slice(0, 20)) await store.delete(id)
    expect(await store.count()).toBe(ids.length - 20)
    await expect(store.search(words(20_000, 20_001))).rejects.toMatchObject({ code: 'disk-full' })
    for (const id of ids.slice(20, -20)) await store.delete(id)
    unlinkSync(join(folder, 'rest'))
    const last = ids.length * 1000 - 1
    expect(await store.search(words(last, last + 1))).toBeGreaterThan(0)
    for (const id of ids.slice(-20)) await store.delete(id)
    expect(await store.search(words(last, last + 1))).toBe(0)
  })

  it('lets a document go of which each value in an array has a page of its own in the index', async () => {
    store = await FullStore.open(folder, {})
    await store.replica.createIndex(store.ns, 'docs', ['tags'])
    const tags = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `t${(((from + i) * 7919) % 20_011).toString(36)}`)
    const ids = await store.fillMany((i) => ({ tags: i === 0 ? tags(0, 8000) : tags(i * 100, 100) }))
    takeRest(join(folder, 'rest'))
    for (const id of ids.slice(0, 20)) await store.delete(id)
    const all = await store.replica.count(store.ns, 'docs', {})
    expect(all).toBe(ids.length - 20)
    expect(await store.replica.count(store.ns, 'docs', { tags: { $gte: 't' } })).toBe(all)
    expect(await store.replica.checkSummaries()).toEqual([])
  })

  it.each([
    ['of words', ['text'], true],
    ['of fields', ['text'], false],
    ['of what lies in arrays', ['tags'], false],
  ])('lets an index %s be dropped that is larger than the reserve, and nothing of it stays', async (_, paths, text) => {
    store = await FullStore.open(folder, {})
    await store.replica.createIndex(store.ns, 'docs', paths, { text })
    const marked = (i: number): string => `mark${((i * 7919) % 20_011).toString(36)}`
    await store.fillMany((i) => ({
      text: Array.from({ length: 60 }, (_, k) => marked(i * 60 + k)).join(' '),
      tags: Array.from({ length: 20 }, (_, k) => marked(i * 20 + k)),
    }))
    takeRest(join(folder, 'rest'))
    expect(await store.replica.dropIndex(store.ns, 'docs', paths, { text })).toBe(true)
    expect(await store.replica.indexes(store.ns, 'docs')).toEqual([])
    const before = await store.count()
    await store.reopen()
    expect(freePagesWith('mark', store.path)).toBeLessThan(5)
    expect((await store.fill()).length).toBeGreaterThan(200)
    expect(await store.count()).toBeGreaterThan(before)
  })

  it('does not keep a store from being closed or opened', async () => {
    store = await FullStore.open(folder, {})
    const [id = ''] = await store.fill()
    await store.delete(id)
    takeRest(join(folder, 'rest'))
    await store.reopen()
    expect(await store.count()).toBeGreaterThan(1000)
  })
})
