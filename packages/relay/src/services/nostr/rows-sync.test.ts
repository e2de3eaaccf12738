import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NostrEvent, ReplicaNostr } from '@p2p-docstore/core/nostr'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createLog } from '../../log.ts'
import type { Relay } from '../../relay.ts'
import { mirror, type MirrorProgress } from './mirror/mirror.ts'
import { MapNostr } from './testing/map-nostr.ts'
import { eventBy, startNostr, TestClient } from './testing/nostr-world.ts'
import { Verifier } from './verify/verifier.ts'

let relay: Relay
let url: string
let store: ReplicaNostr
let all: readonly NostrEvent[]
const verifier = new Verifier(1, createLog({ level: 'silent' }))
const cleanups: (() => unknown)[] = []
beforeAll(async () => {
  ;({ relay, url, events: store } = await startNostr({ negentropyEvents: 5000, maxLimit: 40, defaultLimit: 40, requestsAtOnce: 100_000 }))
  // Many of one second, so that pages end within it.
  all = Array.from({ length: 300 }, (_, i) =>
    eventBy(`author ${i % 5}`, { content: `${i}`, created_at: 1_700_000_000 + Math.floor(i / 25), tags: [['t', i % 2 === 0 ? 'even' : 'odd']] }),
  )
  await store.put(all, { isVerified: true })
})
afterAll(async () => {
  await relay.close()
  await verifier.stop()
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function mapNostr(): MapNostr {
  const nostr = new MapNostr()
  nostr.verifyWith(verifier.verify)
  return nostr
}

const idsOf = (events: Iterable<NostrEvent>): ReadonlySet<string> => new Set([...events].map(({ id }) => id))

describe('NIP-77', () => {
  it('row 22: answers what makes no sense, or comes out of order, by NEG-ERR, and goes on with others', async () => {
    const client = await TestClient.open(url)
    cleanups.push(() => client.close())
    const answer = async (id: string): Promise<readonly unknown[]> => client.next(([type, of]) => type.startsWith('NEG-') && of === id)
    for (const message of ['', 'zz', '6', '61', '6100', '610001', '61000002ff', '00'.repeat(50), '61'.repeat(4000)]) {
      client.send('NEG-OPEN', 'bad', {}, message)
      const [type, , reason] = await answer('bad')
      if (message === '61') expect([type, reason]).toEqual(['NEG-MSG', '61'])
      else expect([message.slice(0, 20), type, reason]).toEqual([message.slice(0, 20), 'NEG-ERR', 'invalid: this is no message of negentropy'])
    }
    client.send('NEG-MSG', 'none', '6100000200')
    expect(await answer('none')).toEqual(['NEG-ERR', 'none', 'closed: there is no comparison of this id'])
    client.send('NEG-OPEN', 'x', { kind: 1 }, '6100000200')
    expect((await answer('x'))[2]).toMatch(/^unsupported: /)
    client.send('NEG-OPEN', 'x', {})
    expect((await answer('x'))[2]).toMatch(/^invalid: /)
    client.send('NEG-CLOSE', 'never')
    // Opened again and again, also while the set is read: it is the last one that is answered.
    for (let i = 0; i < 20; i++) client.send('NEG-OPEN', 'again', i === 19 ? { kinds: [1] } : { ids: [] }, '6100000200')
    const [type, , message] = await client.next(([type, of, text]) => type === 'NEG-MSG' && of === 'again' && String(text).length > 100)
    expect([type, String(message).length]).toEqual(['NEG-MSG', 2 * (1 + 2 + 1 + 2) + 300 * 64])
    for (let i = 0; i < 12; i++) client.send('NEG-OPEN', `n${i}`, {}, '6100000200')
    expect(await client.next(([type, of]) => type === 'NEG-ERR' && of === 'n11')).toEqual(['NEG-ERR', 'n11', 'blocked: too many comparisons, 9>8'])
    client.send('NEG-OPEN', 'n0', {}, 'ff')
    await client.next(([type, of]) => type === 'NEG-ERR' && of === 'n0')
    expect((await client.request({ limit: 1 })).events.length).toBe(1)
    expect(await (await fetch(`${relay.ready.http}/metrics`)).text()).toContain('docstore_nostr_compared_events 2')
  })

  it('row 23: refuses with the id of the comparison what is too much', async () => {
    const { relay: small, url: smallUrl, events } = await startNostr({ negentropyEvents: 100 })
    cleanups.push(() => small.close())
    await events.put(all.slice(0, 101), { isVerified: true })
    const client = await TestClient.open(smallUrl)
    cleanups.push(() => client.close())
    client.send('NEG-OPEN', 'much', {}, '6100000200')
    expect(await client.next(([type]) => type === 'NEG-ERR')).toEqual(['NEG-ERR', 'much', 'blocked: too many query results'])
    client.send('NEG-OPEN', 'less', { '#t': ['odd'] }, '6100000200')
    expect((await client.next(([type]) => type === 'NEG-MSG'))[1]).toBe('less')
    // One client does not take the place of all.
    client.send('NEG-OPEN', 'other', { '#t': ['even'] }, '6100000200')
    expect((await client.next(([, of]) => of === 'other'))[2]).toMatch(/^error: too much is compared/)
    client.send('NEG-CLOSE', 'less')
    client.send('NEG-OPEN', 'other', { '#t': ['even'] }, '6100000200')
    expect((await client.next(([, of]) => of === 'other'))[0]).toBe('NEG-MSG')
  })
})

describe('a mirror', () => {
  it('brings no request to vanish that was made to the other relay alone', async () => {
    const there = mapNostr()
    const [note, gone] = [eventBy('bob', { content: 'stays' }), eventBy('eve', { content: 'goes' })]
    const asks = [
      eventBy('bob', { kind: 62, tags: [['relay', 'wss://there.example']] }),
      eventBy('eve', { kind: 62, tags: [['relay', 'ALL_RELAYS']] }),
    ]
    await there.put(asks)
    const { relay: foreign, url: foreignUrl } = await startNostr({}, there)
    cleanups.push(() => foreign.close())
    const { relay: own, events: here } = await startNostr()
    cleanups.push(() => own.close())
    await here.put([note, gone])
    const done = await mirror({ url: foreignUrl, nostr: here, filter: { kinds: [62] } })
    expect(done.outcomes).toEqual({ stored: 1, elsewhere: 1 })
    expect(await here.known([note.id, asks[0]?.id ?? ''])).toEqual([true, false])
    expect(await here.count({ authors: [note.pubkey] })).toBe(1)
    expect(await here.count({ authors: [gone.pubkey], kinds: [1] })).toBe(0)
  })

  it('row 32: brings what is there, sends what is here, and has nothing to do the second time', async () => {
    const here = mapNostr()
    const own = Array.from({ length: 70 }, (_, i) => eventBy('own', { content: `${i}`, created_at: 1_700_000_000 + i, tags: [['t', 'own']] }))
    await here.put([...all.slice(0, 200), ...own])
    const told: MirrorProgress[] = []
    const done = await mirror({ url, nostr: here, filter: { kinds: [1] }, direction: 'both', onProgress: (progress) => told.push(progress) })
    expect(done).toMatchObject({
      by: 'compare',
      missing: 100,
      fetched: 100,
      stored: 100,
      sent: 70,
      taken: 70,
      lostCount: 0,
      outcomes: { stored: 100 },
    })
    expect(told.at(-1)).toMatchObject({ by: 'compare', fetched: 100 })
    expect(idsOf(here.events.values())).toEqual(idsOf([...all, ...own]))
    expect(await store.count({ tags: { t: ['own'] } })).toBe(70)
    const again = await mirror({ url, nostr: here, direction: 'both' })
    expect(again).toMatchObject({ by: 'compare', missing: 0, fetched: 0, sent: 0 })
    const part = mapNostr()
    expect(await mirror({ url, nostr: part, filter: { tags: { t: ['even'] } } })).toMatchObject({ missing: 150, stored: 150 })
  })

  it('row 23: reads page by page where it is refused, by NEG-ERR, CLOSED or NOTICE, and goes on where it was broken off', async () => {
    for (const refusal of ['NEG-ERR', 'CLOSED', 'NOTICE'] as const) {
      const foreign = await startForeign((socket, frame) => {
        const [type, id] = frame
        if (type === 'NEG-OPEN')
          socket.send(JSON.stringify(refusal === 'NOTICE' ? ['NOTICE', 'ERROR: bad msg: unknown cmd'] : [refusal, id, 'blocked: no']))
        return type !== 'NEG-OPEN'
      })
      const here = mapNostr()
      const done = await mirror({ url: foreign, nostr: here, filter: { tags: { t: ['even', 'odd'] } } })
      expect([refusal, done.by, done.stored]).toEqual([refusal, 'page', 300])
      expect(idsOf(here.events.values())).toEqual(idsOf(all))
      const rest = mapNostr()
      await mirror({ url: foreign, nostr: rest, filter: { tags: { t: ['even', 'odd'] } }, until: 1_700_000_004 })
      expect(idsOf(rest.events.values())).toEqual(idsOf(all.filter(({ created_at }) => created_at <= 1_700_000_004)))
    }
  })

  it('row 23: and where nothing is said at all', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    cleanups.push(() => vi.useRealTimers())
    const foreign = await startForeign((_socket, [type]) => {
      // As long as it takes to give up.
      if (type === 'NEG-OPEN') setImmediate(() => vi.advanceTimersByTime(30_000))
      return type !== 'NEG-OPEN'
    })
    const here = mapNostr()
    expect(await mirror({ url: foreign, nostr: here, filter: { kinds: [1], authors: [all[0]?.pubkey ?? ''] } })).toMatchObject({
      by: 'page',
      stored: 60,
      reason: 'it does not answer',
    })
  })

  it('says what the other side did not give, and stores nothing that is forged', async () => {
    const hidden = all[7]
    const forged = all[9]
    const foreign = await startForeign((socket, frame, pass) => {
      pass((answer) => {
        const [type, , event] = answer
        if (type !== 'EVENT') return answer
        const { id } = event as NostrEvent
        return id === hidden?.id ? undefined : id === forged?.id ? [...answer.slice(0, 2), { ...(event as NostrEvent), content: 'forged' }] : answer
      })
      return frame.length > 0 && socket.readyState === 1
    })
    const here = mapNostr()
    const done = await mirror({ url: foreign, nostr: here, filter: { tags: { t: ['even', 'odd'] } } })
    expect(done).toMatchObject({ missing: 300, fetched: 299, stored: 298, lost: [hidden?.id], outcomes: { stored: 298, malformed: 1 } })
  })

  it('says why there is none', async () => {
    const nostr = new MapNostr()
    await expect(mirror({ url: 'https://relay.example', nostr })).rejects.toMatchObject({ code: 'bad-url' })
    await expect(mirror({ url: 'ws://127.0.0.1:9', nostr })).rejects.toMatchObject({ code: 'connection-lost' })
    await expect(mirror({ url, nostr, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})

type Frame = readonly unknown[]
type Change = (answer: Frame) => Frame | undefined

/** A relay before ours that does things its own way: what `on` says no to is not passed on, and answers can be changed. */
async function startForeign(on: (socket: WebSocket, frame: Frame, pass: (change: Change) => void) => boolean): Promise<string> {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  server.on('connection', (socket) => {
    let change: Change = (answer) => answer
    const behind = TestClient.open(url).then(({ socket: inner }) => {
      inner.on('message', (data: Buffer) => {
        const changed = change(JSON.parse(data.toString()) as Frame)
        if (changed !== undefined) socket.send(JSON.stringify(changed))
      })
      socket.on('close', () => inner.terminate())
      return inner
    })
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame
      if (on(socket, frame, (one) => (change = one))) void behind.then((inner) => inner.send(data.toString()))
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const client of server.clients) client.terminate()
    http.close()
  })
  return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
}
