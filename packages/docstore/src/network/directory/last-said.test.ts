import { createNetwork } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { TestRelay } from '../testing/test-relay.ts'
import { noteSaid, sinceOf } from './last-said.ts'

const MINUTE_MS = 60_000

/** Small values in memory. */
function meta() {
  const values = new Map<string, Uint8Array>()
  return {
    values,
    getMeta: async (key: string) => values.get(key),
    setMeta: async (key: string, value: Uint8Array | undefined) => {
      if (value !== undefined) values.set(key, value)
    },
  }
}

it('a relay that was away for a short time has been there since before, and after a long one it is new', async () => {
  const kept = meta()
  expect(await sinceOf(kept, 5000)).toBe(5000)
  await noteSaid(kept, { since: 5000, at: 9000 })
  expect(await sinceOf(kept, 9000 + 29 * MINUTE_MS)).toBe(5000)
  expect(await sinceOf(kept, 9000 + 30 * MINUTE_MS)).toBe(9000 + 30 * MINUTE_MS)
  for (const key of kept.values.keys()) kept.values.set(key, new Uint8Array([1]))
  expect(await sinceOf(kept, 7000)).toBe(7000)
})

it('a relay notes what it says', async () => {
  const relay = await TestRelay.start(createNetwork('test'))
  const since = async (): Promise<number | undefined> => (await relay.peer.network.directory()).find(({ isSelf }) => isSelf)?.since
  await expect.poll(since).toBeTypeOf('number')
  await expect.poll(() => sinceOf(relay.peer.replica, Date.now() + MINUTE_MS)).toBe(await since())
  await relay.close()
})
