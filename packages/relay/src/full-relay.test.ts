import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
import { afterEach, expect, it } from 'vitest'
import { type Relay, startRelay } from './relay.ts'

const MIB = 2 ** 20

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(data: string): Promise<Relay> {
  const one = await startRelay({ data, port: 0, maxBytes: MIB })
  cleanups.push(() => one.close())
  return one
}

it('a full relay says so, starts again, takes deletes, and goes on by itself once there is room', async () => {
  const data = mkdtempSync(join(tmpdir(), 'docstore-full-relay-'))
  cleanups.push(() => rmSync(data, { recursive: true, force: true }))
  const first = await relay(data)
  const store = await createDocstore({ join: first.ready.join })
  cleanups.push(() => store.close())
  const notes = await store.namespaces.create({ name: 'notes' })
  await notes.putMany(Array.from({ length: 1000 }, (_, n) => ({ _id: `${n}`, text: 'x'.repeat(2000) })))

  const isRefused = async (): Promise<boolean> => (await notes.status()).peers.some((peer) => peer.lastRefusal === 'quota' && peer.refused > 0)
  await expect.poll(isRefused).toBe(true)
  await expect(notes.delivered({ timeoutMs: 500 })).rejects.toMatchObject({ code: 'not-delivered', details: { reason: 'quota' } })
  expect(await store.doctor()).toContainEqual(expect.objectContaining({ check: 'copies', fault: 'quota' }))

  const kept = await (await first.store.namespaces.open(notes.id)).find({}, { limit: 10_000 }).toArray()
  await first.close()
  const again = await relay(data)
  const there = await again.store.namespaces.open(notes.id)
  expect(await there.count()).toBe(kept.length)
  // All but a hundred go, first those that the relay has.
  const held = new Set(kept.map(({ _id }) => _id))
  const ids = Array.from({ length: 1000 }, (_, n) => `${n}`).toSorted((a, b) => Number(held.has(b)) - Number(held.has(a)))
  for (const id of ids.slice(0, 900)) await notes.delete(id)
  expect(await notes.delivered({ timeoutMs: 30_000 })).toHaveLength(1)
  expect(await there.count()).toBe(100)
  expect((await there.status()).root).toBe((await notes.status()).root)
})
