import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NostrEvent } from '@p2p-docstore/core/nostr'
import { afterEach, expect, it } from 'vitest'
import { eventBy, keyOf, TestClient } from '../../packages/relay/src/services/nostr/testing/nostr-world.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'nostr-e2e-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function relay(data: string, join?: string): Promise<RelayChild & { readonly client: TestClient }> {
  const child = await startRelayChild(data, { services: ['default', 'nostr'], ...(join === undefined ? {} : { join }) })
  cleanups.push(() => child.kill())
  const client = await TestClient.open(child.ready.http.replace('http', 'ws'))
  cleanups.push(() => client.close())
  return Object.assign(child, { client })
}

async function idsAt(client: TestClient): Promise<readonly string[]> {
  const { events, id } = await client.request({ limit: 5000 })
  client.send('CLOSE', id)
  return events.map(({ id }) => id).toSorted()
}

/** What a comparison with nobody tells: all ids in their order. */
async function comparedAt(client: TestClient): Promise<unknown> {
  client.send('NEG-OPEN', 'all', {}, '6100000200')
  const [, , message] = await client.next(([type, of]) => type === 'NEG-MSG' && of === 'all')
  client.send('NEG-CLOSE', 'all')
  return message
}

it('rows 24, 29: what one relay has answered with OK survives its SIGKILL, and its disk, and what was deleted meanwhile is gone everywhere', async () => {
  const [here, there] = [folder(), folder()]
  const first = await relay(here)
  const second = await relay(there, first.ready.text)
  const events: readonly NostrEvent[] = Array.from({ length: 300 }, (_, i) =>
    eventBy(`author ${i % 3}`, { content: `${i}`, created_at: 1_700_000_000 + i }),
  )
  const ids = events.map(({ id }) => id).toSorted()
  const live = await second.client.request({ kinds: [1], limit: 0 })
  const answers = await Promise.all(events.map((event) => first.client.publish(event)))
  await first.kill()
  expect(answers.filter(([isTaken]) => !isTaken)).toEqual([])

  const again = await relay(here)
  expect(await idsAt(again.client)).toEqual(ids)
  await expect.poll(() => idsAt(second.client)).toEqual(ids)
  // Who listens at one hears what was published at the other.
  await expect
    .poll(
      () =>
        new Set(second.client.frames.filter(([type, of]) => type === 'EVENT' && of === live.id).map(([, , event]) => (event as NostrEvent).id)).size,
    )
    .toBe(300)

  await again.kill()
  const deletion = eventBy('author 0', {
    kind: 5,
    tags: events
      .filter((_, i) => i % 3 === 0)
      .slice(0, 50)
      .map(({ id }) => ['e', id]),
  })
  const vanish = eventBy('author 1', { kind: 62, tags: [['relay', 'ALL_RELAYS']] })
  for (const event of [deletion, vanish]) expect(await second.client.publish(event)).toEqual([true, ''])
  const left = await idsAt(second.client)
  expect(left.length).toBe(300 - 50 - 100 + 2)
  const third = await relay(here)
  await expect.poll(() => idsAt(third.client)).toEqual(left)
  expect(await comparedAt(third.client)).toEqual(await comparedAt(second.client))
  expect(await third.client.publish(events[1])).toEqual([false, expect.stringMatching(/^blocked: /)])

  await third.kill()
  rmSync(here, { recursive: true })
  expect(await idsAt(second.client)).toEqual(left)
  expect((await second.client.request({ authors: [keyOf('author 1').key], kinds: [1] })).events).toEqual([])
})
