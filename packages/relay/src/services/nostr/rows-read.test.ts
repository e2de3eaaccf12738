import type { NostrEvent, ReplicaNostr } from '@p2p-docstore/core/nostr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Relay } from '../../relay.ts'
import { MapNostr } from './testing/map-nostr.ts'
import { clear, eventBy, keyOf, nowSeconds, startNostr, TestClient } from './testing/nostr-world.ts'

let relay: Relay
let url: string
let store: ReplicaNostr
/** Makes ids of each test others: what was taken away does not come back. */
let batch = 0
const clients: TestClient[] = []
beforeAll(async () => {
  ;({ relay, url, events: store } = await startNostr({ maxLimit: 60, defaultLimit: 30, subscriptions: 5 }))
})
afterAll(() => relay.close())
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await clear(store)
  batch++
})

async function open(): Promise<TestClient> {
  const client = await TestClient.open(url)
  clients.push(client)
  return client
}

/** Events that nobody signed: what is read was checked when it was written. */
function made(count: number, fields: (i: number) => Partial<NostrEvent> = () => ({})): readonly NostrEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const id = ((i + 1).toString(16).padStart(8, '0') + batch.toString(16).padStart(8, '0')).padEnd(64, 'a')
    return { id, pubkey: keyOf('alice').key, created_at: 1_700_000_000 + i, kind: 1, tags: [], content: '', sig: '0'.repeat(128), ...fields(i) }
  })
}

const ids = (events: readonly NostrEvent[]): readonly string[] => events.map(({ id }) => id)

describe('who asks for stored events', () => {
  it('row 1: gets all of them page by page, however small the pages of the relay are, and hears when there are no more', async () => {
    const all = made(171)
    await store.put(all, { isVerified: true })
    const client = await open()
    const found = new Set<string>()
    let until: number | undefined
    for (;;) {
      const { events, end } = await client.request({ kinds: [1], limit: 1000, ...(until === undefined ? {} : { until }) })
      for (const { id } of events) found.add(id)
      if (JSON.stringify(end[2]) === '["finish"]') break
      expect(end[2]).toEqual(['more'])
      until = (events.at(-1)?.created_at ?? 0) - 1
    }
    expect(found).toEqual(new Set(ids(all)))
  })

  it('row 2: gets all events of the last second of a page', async () => {
    await store.put(
      made(150, (i) => ({ created_at: i < 5 ? 1_700_000_001 : 1_700_000_000 })),
      { isVerified: true },
    )
    const client = await open()
    const { events, end } = await client.request({ kinds: [1] })
    expect([events.length, end[2]]).toEqual([150, ['finish']])
    const limited = await client.request({ kinds: [1], limit: 10 })
    expect([limited.events.length, limited.end[2]]).toEqual([10, ['more']])
  })

  it('row 3: and asks for none hears the end at once, and then new ones', async () => {
    await store.put(made(3), { isVerified: true })
    const [reader, writer] = [await open(), await open()]
    const { events, end, id } = await reader.request({ kinds: [1], limit: 0 })
    expect([events, end]).toEqual([[], ['EOSE', id]])
    const event = eventBy('bob')
    await writer.publish(event)
    expect(await reader.next(([type]) => type === 'EVENT')).toEqual(['EVENT', id, event])
  })

  it('row 4: hears exactly one end for each request, whatever is asked', async () => {
    await store.put(made(100), { isVerified: true })
    const client = await open()
    const filters: readonly unknown[] = [
      {},
      { kinds: [1] },
      { ids: [] },
      { kinds: 3 },
      { kind: 3 },
      { ids: ['short'] },
      { limit: -1 },
      { limit: 1e99 },
      { limit: 0 },
      { since: 'x' },
      { '#e': [1] },
      { '#ee': ['a'] },
      { until: 0 },
      { search: 'x' },
      { search: 7 },
      [],
      null,
      'x',
      7,
      { authors: Array(11_000).fill('a'.repeat(64)) },
      { kinds: [70_000] },
      { '#t': ['a', 'a'] },
      { limit: 3, kinds: [1] },
    ]
    const ends = new Map<string, number>()
    for (let round = 0; round < 40; round++) {
      const asked = filters.map((_filter, i) => `${round} ${i}`)
      // Within what may be open at once.
      for (const [i, id] of asked.entries()) {
        client.send('REQ', id, ...(i % 7 === 3 ? [filters[i], { kinds: [1], limit: 2 }] : [filters[i]]))
        const [type] = await client.next(([type, of]) => (type === 'EOSE' || type === 'CLOSED') && of === id)
        ends.set(id, 1)
        if (type === 'EOSE') client.send('CLOSE', id)
      }
    }
    client.send('REQ', 'last', { limit: 0 })
    await client.next(([type, of]) => type === 'EOSE' && of === 'last')
    expect(client.frames.filter(([type]) => type === 'EOSE' || type === 'CLOSED')).toEqual([])
    expect(ends.size).toBe(40 * filters.length)
  })

  it('row 4: hears it also where 10,000 subscriptions are opened and closed at once, and the relay keeps none of them', async () => {
    const { url: alone, relay: own } = await startNostr({ requestsAtOnce: 100_000 })
    const client = await TestClient.open(alone)
    for (let i = 0; i < 10_000; i++) {
      client.send('REQ', `${i}`, { kinds: [1], limit: 1 })
      if (i % 2 === 0) client.send('CLOSE', `${i}`)
    }
    const answered = async (): Promise<number> =>
      new Set(client.frames.filter(([type]) => type === 'EOSE' || type === 'CLOSED').map(([, id]) => id)).size
    await expect.poll(answered).toBeGreaterThanOrEqual(5000)
    const metrics = await (await fetch(`${own.ready.http}/metrics`)).text()
    expect(Number(/docstore_nostr_subscriptions (\d+)/.exec(metrics)?.[1])).toBeLessThanOrEqual(100)
    client.close()
    await own.close()
  })

  it('row 5: finds what was answered with OK before it asked, and what it has sent itself just now', async () => {
    const [writer, reader] = [await open(), await open()]
    for (let i = 0; i < 20; i++) {
      const event = eventBy('alice', { content: `${i}`, tags: [['t', `topic ${i}`]] })
      await writer.publish(event)
      const others = await reader.request({ '#t': [`topic ${i}`], limit: 1 })
      expect(ids(others.events)).toEqual([event.id])
      reader.send('CLOSE', others.id)
      const own = eventBy('bob', { content: `${i}`, tags: [['t', `own ${i}`]] })
      writer.send('EVENT', own)
      const found = await writer.request({ '#t': [`own ${i}`] })
      expect(ids(found.events)).toEqual([own.id])
      writer.send('CLOSE', found.id)
    }
  })

  it('row 16: gets events of one second by rising id, each time alike', async () => {
    await store.put(made(100, () => ({ created_at: 1_700_000_000 })).toReversed(), { isVerified: true })
    const client = await open()
    const expected = ids(made(10))
    for (let i = 0; i < 3; i++) {
      const { events, id } = await client.request({ kinds: [1], limit: 10 })
      expect(ids(events)).toEqual(expected)
      client.send('CLOSE', id)
    }
  })

  it('row 17: gets each event once, however many tags and filters find it', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e'].map((name) => keyOf(name).key)
    await store.put(
      made(3, () => ({ tags: keys.map((key) => ['p', key]) })),
      { isVerified: true },
    )
    const client = await open()
    const { events, id } = await client.request({ '#p': keys }, { kinds: [1] }, { authors: [keyOf('alice').key] })
    expect(ids(events)).toEqual(ids(made(3)).toReversed())
    const event = eventBy('alice', { tags: keys.map((key) => ['p', key]) })
    await (await open()).publish(event)
    await client.request({ ids: ['f'.repeat(64)] })
    expect(ids(client.take(id))).toEqual([event.id])
  })

  it('gets what several filters find in one order, as the simplest store has it', async () => {
    const all = made(120, (i) => ({ kind: i % 4, created_at: 1_700_000_000 + (i % 11), tags: i % 3 === 0 ? [['t', 'x']] : [] }))
    const oracle = new MapNostr()
    for (const one of [store, oracle])
      await one.put(
        all.map((event) => ({ ...event, kind: event.kind === 0 || event.kind === 3 ? 7 : event.kind })),
        { isVerified: true },
      )
    const client = await open()
    const { events } = await client.request({ kinds: [7], limit: 20 }, { '#t': ['x'], limit: 25 }, { kinds: [1], since: 1_700_000_004, limit: 5 })
    const expected = new Map<string, NostrEvent>()
    for (const [filter, limit] of [
      [{ kinds: [7] }, 20],
      [{ tags: { t: ['x'] } }, 25],
      [{ kinds: [1], since: 1_700_000_004 }, 5],
    ] as const)
      for (const { id } of (await oracle.page(filter, { limit })).events) expected.set(id, oracle.events.get(id) as NostrEvent)
    expect(ids(events)).toEqual(ids([...expected.values()].toSorted((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1))))
  })

  it('row 18, 19: does not get more than the relay allows, and is refused what the relay does not know', async () => {
    await store.put(made(200), { isVerified: true })
    const client = await open()
    expect((await client.request({ limit: 60 })).events.length).toBe(60)
    expect((await client.request({ limit: 61 })).events.length).toBe(60)
    expect((await client.request({})).events.length).toBe(30)
    expect((await client.request({ kind: 3 })).end).toMatchObject(['CLOSED', expect.anything(), 'unsupported: filters have no "kind" here'])
    // Three are open.
    await client.request({ limit: 0 })
    await client.request({ limit: 0 })
    expect((await client.request({ limit: 0 })).end[2]).toBe('rate-limited: too many subscriptions, 6>5')
    client.send('REQ', 'x'.repeat(65), {})
    expect((await client.next(([type]) => type === 'NOTICE'))[1]).toMatch(/^invalid: REQ has an id of 1 to 64/)
    client.send('REQ', 'y', ...Array.from({ length: 51 }, () => ({ kinds: [1] })))
    expect((await client.next(([type, of]) => type === 'CLOSED' && of === 'y'))[2]).toBe('invalid: too many filters, 51>50')
  })

  it('row 21: and reads slowly gets everything, and the relay holds little of it', async () => {
    const all = made(4000, () => ({ content: 'x'.repeat(4000) }))
    const { url: alone, relay: own, events } = await startNostr({ maxLimit: 10_000 })
    await events.put(all, { isVerified: true })
    const client = await TestClient.open(alone)
    client.socket.pause()
    client.send('REQ', 'all', { limit: 10_000 })
    const waiting = async (): Promise<number> => {
      const metrics = await (await fetch(`${own.ready.http}/metrics`)).text()
      return Number(/docstore_nostr_waiting_bytes (\d+)/.exec(metrics)?.[1])
    }
    // It stops at half a MiB and the page of 200 events that was on its way.
    await expect.poll(waiting).toBeGreaterThan(512 * 1024)
    expect(await waiting()).toBeLessThan(512 * 1024 + 200 * 5000)
    client.socket.resume()
    await client.next(([type]) => type === 'EOSE')
    expect(new Set(ids(client.take('all')))).toEqual(new Set(ids(all)))
    client.close()
    await own.close()
  })

  it('gets large events, and the answers to several requests at once, as it reads them', async () => {
    const all = made(30, () => ({ kind: 9, content: 'x'.repeat(100_000) }))
    await store.put(all, { isVerified: true })
    const client = await open()
    client.socket.pause()
    for (const id of ['a', 'b', 'c', 'd']) client.send('REQ', id, { kinds: [9], limit: 60 })
    client.send('REQ', 'e', { kinds: [9], limit: 30 }, { kinds: [8] })
    client.socket.resume()
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      expect(await client.next(([type, of]) => type === 'EOSE' && of === id)).toEqual(['EOSE', id, ['finish']])
      expect(new Set(ids(client.take(id)))).toEqual(new Set(ids(all)))
    }
  })

  it('hears new events that arrive meanwhile once, after the stored ones', async () => {
    await store.put(made(50), { isVerified: true })
    const [reader, writer] = [await open(), await open()]
    const sent: string[] = []
    for (let i = 0; i < 10; i++) {
      const event = eventBy('carol', { content: `${i}`, created_at: nowSeconds() - i })
      sent.push(event.id)
      writer.send('EVENT', event)
      if (i === 5) reader.send('REQ', 'live', { authors: [keyOf('carol').key, keyOf('alice').key] })
    }
    await expect.poll(() => reader.frames.filter(([type, of]) => type === 'EVENT' && of === 'live').length).toBeGreaterThanOrEqual(30)
    await expect
      .poll(() =>
        new Set(ids(reader.frames.filter(([type]) => type === 'EVENT').map(([, , event]) => event as NostrEvent))).isSupersetOf(new Set(sent)),
      )
      .toBe(true)
    const heard = ids(reader.take('live'))
    expect(new Set(heard).size).toBe(heard.length)
  })
})

describe('COUNT', () => {
  it('counts each event once, with registers where NIP-45 has a place for them, and says CLOSED where it does not', async () => {
    const follows = Array.from({ length: 40 }, (_, i) =>
      eventBy(`follower ${i}`, { kind: 3, tags: [['p', keyOf('alice').key]], created_at: 1_700_000_000 + i }),
    )
    await store.put(follows, { isVerified: true })
    const client = await open()
    const counted = async (...filters: unknown[]): Promise<unknown> => {
      client.send('COUNT', 'c', ...filters)
      return (await client.next(([type, of]) => (type === 'COUNT' || type === 'CLOSED') && of === 'c'))[2]
    }
    const { computeOffset, newHll, feedEvent, hllEncode } = (await import('nostr-tools/nip45')) as unknown as Record<
      string,
      (...of: unknown[]) => never
    >
    const registers = newHll?.() as unknown
    for (const event of follows) feedEvent?.(registers, event, computeOffset?.(keyOf('alice').key))
    expect(await counted({ kinds: [3], '#p': [keyOf('alice').key] })).toEqual({ count: 40, hll: hllEncode?.(registers) })
    expect(await counted({ kinds: [3] })).toEqual({ count: 40 })
    expect(await counted({ kinds: [3] }, { '#p': [keyOf('alice').key] }, { kinds: [1] })).toEqual({ count: 40 })
    expect(await counted({ kind: 3 })).toBe('unsupported: filters have no "kind" here')
  })
})
