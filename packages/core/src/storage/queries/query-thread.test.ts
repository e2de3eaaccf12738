import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseFilter } from '../../query/index.ts'
import { addNamespace, author, put, query } from '../../testing/storage/fixtures.ts'
import { signerOf } from '../../testing/storage/plans.ts'
import { openNodeStorage } from '../open-node.ts'
import type { Asker } from './query-queue.ts'
import { QueryThread } from './query-thread-node.ts'
import type { StoredQuery } from '../storage.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-aside-'))
const path = join(folder, 'docstore.db')
const storage = openNodeStorage(path, { withReaders: true })
const thread = new QueryThread(path, storage)
let ns = 0
let writes = 0
afterAll(async () => {
  await thread.close()
  await storage.close()
  rmSync(folder, { recursive: true })
})

const asker = (signal = new AbortController().signal): Asker => ({ host: 'here', signal })
const find = async (asked: Partial<StoredQuery>, who = asker()) =>
  thread.find(ns, 'cities', { ...query({}), limit: 10, maxMs: 60_000, maxRows: 1_000_000, ...asked }, who)
const bounded = (pattern: string): Partial<StoredQuery> => ({ filter: parseFilter({ text: pattern }) })
const write = async (id: string, fields: Record<string, unknown>): Promise<unknown> =>
  storage.commit(ns, [put({ id, at: ++writes, fields })], { sealWith: signerOf({ kind: 'sign', by: author('ada') }) })

beforeAll(async () => {
  ns = await addNamespace(storage)
  const cities = Array.from({ length: 3000 }, (_, i) => put({ id: `c${i}`, at: 1, fields: { text: 'x'.repeat(50), n: i } }))
  await storage.commit(ns, cities, { sealWith: signerOf({ kind: 'sign', by: author('ada') }) })
})

describe('queries in a thread of their own', () => {
  it('see what was written before them, with indexes and totals as they are then', async () => {
    await write('new', { n: 'first' })
    expect((await find({ filter: parseFilter({ n: 'first' }) })).contents).toHaveLength(1)
    await storage.createIndex(ns, 'cities', ['n'])
    // From a value to one in an array, which only what the index knows of its field makes findable.
    await write('new', { n: ['second', 'third'] })
    const { contents, seq, total } = await find({ filter: parseFilter({ n: 'third' }), withTotal: true })
    expect(contents).toEqual([await storage.get(ns, 'cities', 'new')])
    expect({ seq, total }).toEqual({ seq: await storage.lastSeq(ns), total: 1 })
    expect((await find({ limit: 1, withTotal: true })).total).toBe(3001)
  })

  it('leave this thread free: many of them run while it goes on', async () => {
    let turns = 0
    const count = setInterval(() => turns++, 1)
    const all = Promise.all(Array.from({ length: 8 }, () => find(bounded('none'))))
    await write('meanwhile', { n: 1 })
    expect(await storage.get(ns, 'cities', 'meanwhile')).toBeDefined()
    await all
    clearInterval(count)
    expect(turns).toBeGreaterThan(0)
  })

  it('end when they have used up what they may', async () => {
    await expect(find({ ...bounded('none'), maxRows: 2000 })).rejects.toMatchObject({ code: 'too-slow', message: expect.stringContaining('2000') })
    await expect(find({ ...bounded('none'), maxMs: 0 })).rejects.toMatchObject({ code: 'too-slow', message: expect.stringContaining('0 ms') })
    // What an index answers looks at few.
    expect((await find({ filter: parseFilter({ n: 17 }), maxRows: 2000 })).contents).toHaveLength(1)
  })

  it('end when nobody waits for them any more', async () => {
    const gone = new AbortController()
    const slow = find({ filter: parseFilter({ $or: Array.from({ length: 100 }, (_, i) => ({ [`a${i}`]: { $exists: true } })) }) }, asker(gone.signal))
    const next = find({ limit: 1 })
    gone.abort()
    await expect(slow).rejects.toThrow()
    expect((await next).contents).toHaveLength(1)
  })

  it('keep nobody from taking deleted bytes off the disk, nor let another owner in', async () => {
    await find({ limit: 1 })
    expect(() => openNodeStorage(path)).toThrow(expect.objectContaining({ code: 'data-in-use' }))
    expect(() => openNodeStorage(path, { withReaders: true })).toThrow(expect.objectContaining({ code: 'data-in-use' }))
    await thread.quiet(async () => storage.scrub())
    expect(() => openNodeStorage(path, { withReaders: true })).toThrow(expect.objectContaining({ code: 'data-in-use' }))
  })
})
