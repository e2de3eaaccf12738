import type { NostrEvent } from '@p2p-docstore/core/nostr'
import { publishOne, PublishStatus, request } from '@welshman/net'
import { Relay as ApplesauceRelay, SyncDirection } from 'applesauce-relay'
import { SimplePool, useWebSocketImplementation } from 'nostr-tools/pool'
import { finalizeEvent, verifyEvent } from 'nostr-tools/pure'
import { nip77 } from 'nostr-tools'
import { Relay as ToolsRelay } from 'nostr-tools/relay'
import { createRxNostr, createRxForwardReq, createRxBackwardReq } from 'rx-nostr'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Relay } from '../../relay.ts'
import { eventBy, keyOf, startNostr } from './testing/nostr-world.ts'

useWebSocketImplementation(WebSocket)

let relay: Relay
let url: string
let notes: readonly NostrEvent[]
beforeAll(async () => {
  const started = await startNostr({ requestsAtOnce: 100_000 })
  ;({ relay, url } = started)
  notes = Array.from({ length: 120 }, (_, i) => eventBy('author', { content: `note ${i}`, created_at: 1_700_000_000 + i }))
  await started.events.put(notes, { isVerified: true })
})
afterAll(() => relay.close())

const newestFirst = (): readonly string[] => notes.map(({ id }) => id).toReversed()
const author = keyOf('author').key

it('nostr-tools: a pool publishes, gets a list, listens, shows a key, counts, searches and compares', async () => {
  const pool = new SimplePool()
  const found = await pool.querySync([url], { authors: [author], kinds: [1] })
  expect(found.map(({ id }) => id).toSorted()).toEqual(newestFirst().toSorted())
  const protectedNote = eventBy('pooled', { tags: [['-']] })
  const sign = async (template: Parameters<typeof finalizeEvent>[0]) => finalizeEvent(template, keyOf('pooled').secret)
  await Promise.all(pool.publish([url], protectedNote as never, { onauth: sign }))
  expect(await pool.get([url], { ids: [protectedNote.id] })).toMatchObject({ id: protectedNote.id })
  pool.destroy()

  const one = await ToolsRelay.connect(url)
  expect(await one.count([{ authors: [author], kinds: [1] }], {})).toBe(120)
  const searched = Promise.withResolvers<string[]>()
  const ids: string[] = []
  one.subscribe([{ search: 'note 17' }], { onevent: ({ id }) => ids.push(id), oneose: () => searched.resolve(ids) })
  expect(await searched.promise).toEqual([notes[17]?.id])
  const storage = new nip77.NegentropyStorageVector()
  const own = eventBy('other')
  for (const { created_at, id } of [...notes.slice(20), own]) storage.insert(created_at, id)
  storage.seal()
  const [have, need] = [new Set<string>(), new Set<string>()]
  const done = Promise.withResolvers<string | undefined>()
  const sync = new nip77.NegentropySync(
    one,
    storage,
    { kinds: [1], authors: [author, own.pubkey] },
    { onhave: (id) => have.add(id), onneed: (id) => need.add(id), onclose: done.resolve },
  )
  await sync.start()
  expect(await done.promise).toBeUndefined()
  expect([[...have], [...need].toSorted()]).toEqual([
    [own.id],
    notes
      .slice(0, 20)
      .map(({ id }) => id)
      .toSorted(),
  ])
  one.close()
})

it('applesauce-relay publishes, requests, listens and syncs', async () => {
  const one = new ApplesauceRelay(url)
  const published = await one.publish(eventBy('sauce') as never)
  expect(published).toMatchObject({ ok: true })
  const ids: string[] = []
  await new Promise<void>((resolve, reject) =>
    one.request({ authors: [author], kinds: [1] }).subscribe({ next: ({ id }) => ids.push(id), complete: resolve, error: reject }),
  )
  expect(ids).toEqual(newestFirst())
  const here = notes.slice(0, 100) as never[]
  const brought: string[] = []
  await new Promise<void>((resolve, reject) =>
    one
      .sync(here, { authors: [author], kinds: [1] }, SyncDirection.RECEIVE)
      .subscribe({ next: ({ id }) => brought.push(id), complete: resolve, error: reject }),
  )
  expect(brought.toSorted()).toEqual(
    notes
      .slice(100)
      .map(({ id }) => id)
      .toSorted(),
  )
  expect(await one.getSupported()).toEqual(expect.arrayContaining([1, 77]))
  one.close()
})

it('welshman publishes and requests', async () => {
  const published = await publishOne({ event: eventBy('welsh') as never, relay: url })
  expect(published.status).toBe(PublishStatus.Success)
  const found = await request({ relays: [url], filters: [{ authors: [author], kinds: [1] }], autoClose: true })
  expect(found.map(({ id }) => id).toSorted()).toEqual(newestFirst().toSorted())
})

it('rx-nostr requests, listens and sends', async () => {
  const rx = createRxNostr({ verifier: async (event) => verifyEvent(event), websocketCtor: WebSocket })
  rx.setDefaultRelays([url])
  const back = createRxBackwardReq()
  const ids: string[] = []
  const over = Promise.withResolvers<void>()
  rx.use(back).subscribe({ next: ({ event }) => ids.push(event.id), complete: over.resolve })
  back.emit({ authors: [author], kinds: [1], limit: 50 })
  back.over()
  await over.promise
  expect(ids.toSorted()).toEqual(newestFirst().slice(0, 50).toSorted())
  const forward = createRxForwardReq()
  const heard: string[] = []
  rx.use(forward).subscribe(({ event }) => heard.push(event.id))
  forward.emit({ authors: [keyOf('rx').key] })
  const event = eventBy('rx')
  await new Promise<void>((resolve, reject) =>
    rx.send(event as never).subscribe({ next: ({ ok, notice }) => (ok ? resolve() : reject(new Error(notice))), error: reject }),
  )
  await expect.poll(() => heard).toEqual([event.id])
  rx.dispose()
})
