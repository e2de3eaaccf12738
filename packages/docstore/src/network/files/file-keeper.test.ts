import type { Replica } from '@p2p-docstore/core'
import { DocstoreError } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FetchedFile, FileFetcher } from './file-fetcher.ts'
import { FileKeeper } from './file-keeper.ts'
import { MAX_KEPT_AT_ONCE } from './limits.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** A relay whose documents name so many files, and a network in which some have them. */
function relay(names: readonly string[]) {
  const partial = new Set(names)
  const asked: string[] = []
  const has = new Set<string>()
  const errors: unknown[] = []
  const scene = { running: 0, most: 0, code: 'file-unavailable' as 'file-unavailable' | 'disk-full', hold: Promise.resolve() }
  const replica = {
    partialFiles: async (after: number, limit: number) =>
      names
        .map((cid, i) => ({ ns: 'ns', cid, size: 1, position: i + 1 }))
        .filter(({ cid, position }) => position > after && partial.has(cid))
        .slice(0, limit),
    file: async (_: string, cid: string) => ({ cid, size: 1, id: cid, state: partial.has(cid) ? 'partial' : 'whole' }),
  } as unknown as Replica
  const fetcher = {
    fetch: async ({ cid }: FetchedFile) => {
      asked.push(cid)
      scene.most = Math.max(scene.most, ++scene.running)
      await scene.hold
      scene.running--
      if (!has.has(cid)) throw new DocstoreError(scene.code, 'planned')
      partial.delete(cid)
    },
  } as unknown as FileFetcher
  const keeper = new FileKeeper({ replica, fetcher, onWhole: () => undefined, onError: (error) => errors.push(error) })
  return { keeper, asked, has, partial, errors, scene }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('a relay that keeps files', () => {
  it('fetches all, a few at a time', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `f${i}`)
    const { keeper, has, partial, scene, asked, errors } = relay(names)
    for (const name of names) has.add(name)
    keeper.start()
    await pass(60_000)
    expect(partial.size).toBe(0)
    expect(asked.toSorted()).toEqual(names.toSorted())
    expect(scene.most).toBeLessThanOrEqual(MAX_KEPT_AT_ONCE)
    expect(errors).toEqual([])
    await keeper.stop()
  })

  it('asks more and more rarely for what nobody has', async () => {
    const { keeper, asked } = relay(['none'])
    keeper.start()
    await pass(60_000)
    const first = asked.length
    await pass(60 * 60_000)
    expect(first).toBeGreaterThanOrEqual(5)
    expect(asked.length - first).toBeLessThanOrEqual(15)
    await keeper.stop()
  })

  it('asks at once when somebody says to have it, or comes who may', async () => {
    const { keeper, asked, has, partial } = relay(['none'])
    keeper.start()
    await pass(60 * 60_000)
    const before = asked.length
    keeper.came('other')
    await pass(100)
    expect(asked.length).toBe(before)
    keeper.came('ns')
    await pass(100)
    expect(asked.length).toBe(before + 1)
    keeper.came()
    await pass(100)
    expect(asked.length).toBe(before + 2)
    has.add('none')
    keeper.offered('ns', 'none')
    await pass(100)
    expect(partial.size).toBe(0)
    await keeper.stop()
  })

  it('comes to a file that somebody has behind any number that nobody has', async () => {
    const names = [...Array.from({ length: 1200 }, (_, i) => `none${i}`), 'there']
    const { keeper, has, partial } = relay(names)
    has.add('there')
    keeper.start()
    await pass(40_000)
    expect(partial.has('there')).toBe(false)
    await keeper.stop()
  })

  it('fetches nothing for a while where its store is full', async () => {
    const { keeper, asked, scene, has, partial } = relay(['a', 'b', 'c', 'd', 'e', 'f'])
    scene.code = 'disk-full'
    keeper.start()
    await pass(50_000)
    expect(asked.length).toBeLessThanOrEqual(MAX_KEPT_AT_ONCE)
    for (const name of partial) has.add(name)
    await pass(10 * 60_000)
    expect(partial.size).toBe(0)
    await keeper.stop()
  })
})
