import type { ReplicaNostr } from '@p2p-docstore/core/nostr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Relay } from '../../relay.ts'
import { eventBy, keyOf, nowSeconds, startNostr, TestClient } from './testing/nostr-world.ts'

let relay: Relay
let url: string
let store: ReplicaNostr
const clients: TestClient[] = []
beforeAll(async () => {
  ;({ relay, url, events: store } = await startNostr({ eventBytes: 20_000, tags: 100 }))
})
afterAll(() => relay.close())
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

async function open(): Promise<TestClient> {
  const client = await TestClient.open(url)
  clients.push(client)
  return client
}

describe('who publishes', () => {
  it('rows 12, 13, 14: deletes by coordinate what there was, and nothing else, and it does not come back', async () => {
    const client = await open()
    const article = eventBy('author', { kind: 30_023, tags: [['d', 'one']], created_at: 1_700_000_000 })
    const note = eventBy('author', { created_at: 1_700_000_000 })
    const deletion = eventBy('author', { kind: 5, tags: [['a', `30023:${keyOf('author').key}:one`]], created_at: 1_700_000_010 })
    for (const event of [article, note, deletion]) expect(await client.publish(event)).toEqual([true, ''])
    const { events, id } = await client.request({ authors: [keyOf('author').key] })
    expect(events.map(({ id }) => id)).toEqual([deletion.id, note.id])
    client.send('CLOSE', id)
    expect(await client.publish(article)).toEqual([false, expect.stringMatching(/^blocked: deleted/)])
    const newer = eventBy('author', { kind: 30_023, tags: [['d', 'one']], created_at: 1_700_000_020 })
    expect(await client.publish(newer)).toEqual([true, ''])
    expect((await client.request({ kinds: [30_023] })).events).toEqual([newer])
  })

  it('row 15: of two versions of one second the lower id stays, in whatever order they come', async () => {
    const client = await open()
    const versions = ['a', 'b', 'c', 'd']
      .map((content) => eventBy('profile', { kind: 0, content, created_at: 1_700_000_000 }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    for (const event of [versions[2], versions[0], versions[1], versions[3]]) await client.publish(event)
    expect((await client.request({ kinds: [0] })).events).toEqual(versions.slice(0, 1))
    expect(await client.publish(versions[1])).toEqual([true, expect.stringMatching(/^duplicate: /)])
  })

  it('row 26: hears how large an event may be, and a list may be large', async () => {
    const client = await open()
    const follows = (count: number) => Array.from({ length: count }, (_, i) => ['p', (i + 1).toString(16).padStart(64, '0')])
    expect(await client.publish(eventBy('fan', { kind: 3, tags: follows(1600) }))).toEqual([true, ''])
    expect(await client.publish(eventBy('fan', { kind: 3, tags: follows(10_000) }))).toEqual([
      false,
      expect.stringMatching(/^invalid: too large for kind 3, 7\d+>122880 bytes$/),
    ])
    expect(await client.publish(eventBy('fan', { kind: 1, tags: follows(101) }))).toEqual([false, 'invalid: too many tags for kind 1, 101>100'])
    expect(await client.publish(eventBy('fan', { content: 'x'.repeat(20_000) }))).toEqual([
      false,
      expect.stringMatching(/^invalid: too large for kind 1, 20\d+>20000 bytes$/),
    ])
    expect(await client.publish(eventBy('fan', { kind: 3, tags: follows(11_000).map(([p, key = '']) => [p ?? '', key]) }))).toEqual([
      false,
      expect.stringMatching(/^invalid: too many tags/),
    ])
    expect(await client.publish({ ...eventBy('fan', { kind: 3 }), content: 'x'.repeat(2_000_000) })).toEqual([
      false,
      expect.stringMatching(/^invalid: too large, 2\d+>1048576 bytes$/),
    ])
  })

  it('row 34: cannot repost what is protected, nor publish what is of somebody else', async () => {
    const client = await open()
    const inner = eventBy('alice', { tags: [['-']] })
    for (const kind of [6, 16])
      expect(await client.publish(eventBy('bob', { kind, content: JSON.stringify(inner) }))).toEqual([
        false,
        expect.stringMatching(/^blocked: the event in this repost/),
      ])
    const hidden = JSON.stringify(inner).replace('"-"', String.raw`"\u002d"`)
    expect((await client.publish(eventBy('bob', { kind: 6, content: hidden })))[0]).toBe(false)
    expect(await client.publish(eventBy('bob', { kind: 6, content: JSON.stringify(eventBy('alice')) }))).toEqual([true, ''])
    expect(await client.publish(eventBy('bob', { kind: 6, content: 'no "-" JSON' }))).toEqual([true, ''])
  })

  it('hears what is wrong with an event, by its id', async () => {
    const client = await open()
    const event = eventBy('alice')
    const fault = async (wrong: unknown): Promise<unknown> => (await client.publish(wrong))[1]
    expect(await fault({ ...event, content: 'changed' })).toBe('invalid: the id is not that of this event')
    expect(await fault({ ...event, sig: eventBy('bob').sig })).toBe('invalid: the signature is wrong')
    // A flag of nostr-tools that says that it was checked is no more than a field.
    expect(await fault({ ...eventBy('carol'), sig: event.sig, verified: true })).toBe('invalid: the signature is wrong')
    expect(await fault({ ...event, kind: '1' })).toBe('invalid: this is no event of NIP-01')
    expect(await fault({ ...event, created_at: 1.5 })).toBe('invalid: this is no event of NIP-01')
    expect(await fault(eventBy('alice', { created_at: nowSeconds() + 3600 }))).toMatch(/^invalid: created_at lies too far ahead/)
    expect(await fault(eventBy('alice', { tags: [['expiration', `${nowSeconds() - 10}`]] }))).toBe('invalid: the event has expired')
    expect(await fault(eventBy('alice', { kind: 62, tags: [['relay', 'wss://elsewhere.example']] }))).toMatch(/^invalid: this request to vanish/)
    expect(await fault(eventBy('alice', { kind: 22_242 }))).toMatch(/^invalid: events of kind 22242/)
    expect(await client.publish(event)).toEqual([true, ''])
    expect(await client.publish(event)).toEqual([true, expect.stringMatching(/^duplicate: /)])
    expect(JSON.parse((await store.page({ ids: [event.id] }, { limit: 1 })).events[0]?.json ?? '')).toEqual(event)
  })

  it('vanishes where this relay is named, and everywhere', async () => {
    for (const [name, named] of [
      ['here', url],
      ['all', 'ALL_RELAYS'],
    ] as const) {
      const client = await open()
      const note = eventBy(name, { created_at: 1_700_000_000 })
      await client.publish(note)
      const vanish = eventBy(name, { kind: 62, tags: [['relay', named]] })
      expect(await client.publish(vanish)).toEqual([true, ''])
      expect((await client.request({ authors: [keyOf(name).key], kinds: [1] })).events).toEqual([])
      expect(await client.publish(note)).toEqual([false, expect.stringMatching(/^blocked: its author has vanished/)])
    }
  })

  it('is heard live only with events that are not kept', async () => {
    const [reader, writer] = [await open(), await open()]
    const { id } = await reader.request({ kinds: [20_001] })
    const event = eventBy('alice', { kind: 20_001, content: 'typing "…"', tags: [['d', 'room']] })
    expect(await writer.publish(event)).toEqual([true, ''])
    expect(await reader.next(([type]) => type === 'EVENT')).toEqual(['EVENT', id, event])
    expect(await store.known([event.id])).toEqual([false])
  })

  it('gets an answer for each of many events that are sent without waiting, good and bad ones and the same again', async () => {
    const client = await open()
    const events = Array.from({ length: 600 }, (_, i) => {
      const event = eventBy(`many ${i % 7}`, { content: `${i % 500}`, created_at: 1_700_000_000 })
      return i % 50 === 0 ? { ...event, sig: event.sig.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) } : event
    })
    for (const event of events) client.send('EVENT', event)
    const answers = (): readonly (readonly unknown[])[] => client.frames.filter(([type]) => type === 'OK')
    await expect.poll(() => answers().length).toBe(600)
    expect(answers().filter(([, , isTaken]) => isTaken === false).length).toBe(12)
  })
})
