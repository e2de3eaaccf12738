import { createDocstore } from 'p2p-docstore'
import { Relay as Client } from 'nostr-tools/relay'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { useWebSocketImplementation } from 'nostr-tools/relay'
import type { Relay } from '../../relay.ts'
import { eventBy, keyOf, startNostr, TestClient } from './testing/nostr-world.ts'

useWebSocketImplementation(WebSocket)

let relay: Relay
let url: string
beforeAll(async () => {
  ;({ relay, url } = await startNostr())
})
afterAll(() => relay.close())

it('takes what nostr-tools publishes, and gives it to who asks and who listens', async () => {
  const [alice, bob] = [await Client.connect(url), await Client.connect(url)]
  const first = eventBy('alice', { content: 'first' })
  await alice.publish(first as never)
  const heard: string[] = []
  const eose = Promise.withResolvers<void>()
  const subscription = bob.subscribe([{ authors: [keyOf('alice').key] }], {
    onevent: ({ content }) => heard.push(content),
    oneose: () => eose.resolve(),
  })
  await eose.promise
  expect(heard).toEqual(['first'])
  await alice.publish(eventBy('alice', { content: 'second' }) as never)
  await expect.poll(() => heard).toEqual(['first', 'second'])
  subscription.close()
  await alice.publish(eventBy('alice', { content: 'third' }) as never)
  expect(heard).toEqual(['first', 'second'])
  alice.close()
  bob.close()
})

it('has peers and clients at one URL, and says what it is to who asks for that', async () => {
  const guest = await createDocstore({ data: 'memory', join: relay.ready.join })
  expect(await guest.network?.connected({ timeoutMs: 60_000 })).toBe(1)
  const { WebSocket: Plain } = await import('ws')
  const silent = new Plain(url)
  await new Promise((resolve) => silent.once('open', resolve))
  const client = await TestClient.open(url)
  expect((await client.request({ kinds: [1], limit: 1 })).end[0]).toBe('EOSE')
  const page = await fetch(relay.ready.http)
  expect(page.headers.get('content-type')).not.toContain('nostr')
  const information = await fetch(relay.ready.http, { headers: { accept: 'application/nostr+json' } })
  expect([information.status, information.headers.get('content-type'), information.headers.get('access-control-allow-origin')]).toEqual([
    200,
    'application/nostr+json; charset=utf-8',
    '*',
  ])
  expect(await information.json()).toMatchObject({ supported_nips: expect.arrayContaining([1, 11, 42, 67, 77]) })
  silent.terminate()
  client.close()
  await guest.close()
})
