import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NostrEvent, ReplicaNostr } from '@p2p-docstore/core/nostr'
import { afterEach, expect, it } from 'vitest'
import { EVENT_TIME, testAuthor } from '../../core/src/testing/nostr-events.ts'
import { type Relay, startRelay } from './relay.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'docstore-nostr-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function relay(data: string, options: { readonly join?: string } = {}): Promise<Relay & { readonly nostr: ReplicaNostr }> {
  const one = await startRelay({ data, port: 0, ...options })
  cleanups.push(() => one.close())
  // As the service does it.
  const nostr = await one.store.replica.nostr()
  await one.store.network?.want(nostr.namespace)
  return Object.assign(one, { nostr })
}

const idsOf = async (nostr: ReplicaNostr): Promise<string[]> => (await nostr.page({}, { limit: 1000 })).events.map(({ id }) => id)
const [alice, bob] = [testAuthor('alice'), testAuthor('bob')]
const notes = (author: typeof alice, count: number): NostrEvent[] => Array.from({ length: count }, (_, i) => author.sign({ content: `note ${i}` }))

it('two relays have the same events without anybody naming their namespace, after a partition and deletions too', async () => {
  const [here, there] = [folder(), folder()]
  const first = await relay(here)
  const second = await relay(there, { join: first.ready.join })
  const [ofAlice, ofBob] = [notes(alice, 30), notes(bob, 30)]
  expect(new Set(await first.nostr.put([...ofAlice, ...ofBob]))).toEqual(new Set(['stored']))
  await expect.poll(() => idsOf(second.nostr)).toEqual(await idsOf(first.nostr))
  await second.close()

  const tags = ofBob.slice(0, 20).map(({ id }) => ['e', id])
  const wish = alice.sign({ kind: 62, created_at: EVENT_TIME + 1, tags: [['relay', 'ALL_RELAYS']] })
  await first.nostr.put([bob.sign({ kind: 5, created_at: EVENT_TIME + 1, tags }), wish])
  expect(await first.nostr.count({ kinds: [1] })).toBe(10)
  const apart = await relay(there, { join: first.ready.join })
  await apart.nostr.put([bob.sign({ content: 'new' }), alice.sign({ content: 'too late' })])
  await expect
    .poll(async () => [await idsOf(first.nostr), await idsOf(apart.nostr)].map((ids) => ids.join()))
    .toSatisfy(([one, other]: string[]) => one === other && one?.split(',').length === 13)
  const roots = await Promise.all([first, apart].map(({ store, nostr }) => store.replica.summary(nostr.namespace)))
  expect(roots[0]?.root).toBe(roots[1]?.root)
  // What is gone is not taken again, and holds nothing up.
  expect(await apart.nostr.put(ofAlice.slice(0, 2))).toEqual(['vanished', 'vanished'])
  const last = bob.sign({ content: 'last' })
  await apart.nostr.put([last])
  await expect.poll(() => idsOf(first.nostr)).toContain(last.id)
  expect((await idsOf(first.nostr)).sort()).toEqual((await idsOf(apart.nostr)).sort())
})
