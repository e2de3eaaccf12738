import { connect, type Socket } from 'node:net'
import { readEvent } from '@p2p-docstore/core/nostr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SettingValues } from '../../settings/setting.ts'
import { clientAddress } from './connection/client-address.ts'
import { PING_MS } from './limits.ts'
import { valuesLeft } from './query/subscribe.ts'
import { eventBy, startNostr, TestClient } from './testing/nostr-world.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(settings: SettingValues = {}) {
  const started = await startNostr(settings)
  cleanups.push(() => started.relay.close())
  const metric = async (name: string): Promise<number> =>
    Number(new RegExp(`^docstore_nostr_${name} (\\d+)$`, 'm').exec(await (await fetch(`${started.relay.ready.http}/metrics`)).text())?.[1])
  return { ...started, metric, port: Number(new URL(started.url).port) }
}

async function open(url: string, headers: Record<string, string> = {}): Promise<TestClient> {
  const client = await TestClient.open(url, headers)
  cleanups.push(() => client.close())
  return client
}

/** A WebSocket made by hand, which answers nothing by itself. */
async function rawSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  cleanups.push(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await new Promise((resolve) => socket.once('data', resolve))
  socket.resume()
  return socket
}

/** A frame of a client with a mask of zeros. */
function frame(opcode: number, payload: Buffer): Buffer {
  const length =
    payload.length < 126
      ? Buffer.of(0x80 | payload.length)
      : Buffer.from([0x80 | 127, ...Buffer.from(BigInt(payload.length).toString(16).padStart(16, '0'), 'hex')])
  return Buffer.concat([Buffer.of(0x80 | opcode), length, Buffer.alloc(4), payload])
}

describe('a relay among many clients', () => {
  it('row 20: lets go of one that does not answer pings, whatever it listens to, and of no other', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { url, port, metric } = await start()
    const alive = await open(url)
    await alive.request({ kinds: [1] })
    const dead = await rawSocket(port)
    const gone = new Promise((resolve) => dead.once('close', resolve))
    dead.write(frame(1, Buffer.from('["REQ","x",{"kinds":[1]}]')))
    await expect.poll(() => metric('subscriptions')).toBe(2)
    const ponged = new Promise((resolve) => alive.socket.once('ping', resolve))
    vi.advanceTimersByTime(PING_MS)
    await ponged
    // What is asked now is answered after the pong.
    await alive.request({ limit: 1 })
    vi.advanceTimersByTime(PING_MS)
    await gone
    await expect.poll(() => metric('clients')).toBe(1)
    expect(alive.closed).toBeUndefined()
  })

  it('row 25: goes by the address that a proxy of its operator tells, and by no other', () => {
    const from = (remoteAddress: string, forwarded: string | string[] | undefined, proxies: readonly string[]) =>
      clientAddress({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as never, proxies)
    expect(from('203.0.113.9', '198.51.100.1', [])).toBe('203.0.113.9')
    expect(from('::ffff:203.0.113.9', undefined, [])).toBe('203.0.113.9')
    expect(from('10.0.0.1', '198.51.100.1', ['10.0.0.1'])).toBe('198.51.100.1')
    // Whatever the client has written itself stands before.
    expect(from('10.0.0.1', '1.1.1.1, 198.51.100.1', ['10.0.0.1'])).toBe('198.51.100.1')
    expect(from('10.0.0.1', ['1.1.1.1, 198.51.100.1', '10.0.0.2'], ['10.0.0.1', '10.0.0.2'])).toBe('198.51.100.1')
    expect(from('10.0.0.1', ' , ', ['10.0.0.1'])).toBe('10.0.0.1')
  })

  it('row 25: and its limits hold for who forges one', async () => {
    const { url, metric } = await start({ connectionsPerAddress: 2, proxies: ['127.0.0.1'] })
    const one = { 'x-forwarded-for': '1.2.3.4, 198.51.100.1' }
    const first = await open(url, one)
    await first.request({ limit: 1 })
    await (await open(url, { 'x-forwarded-for': '5.6.7.8, 198.51.100.1' })).request({ limit: 1 })
    const third = await open(url, { 'x-forwarded-for': '9.9.9.9, 198.51.100.1' })
    third.send('REQ', 'x', {})
    expect(await third.hasClosed()).toBe(1013)
    await (await open(url, { 'x-forwarded-for': '198.51.100.2' })).request({ limit: 1 })
    expect(await metric('clients')).toBe(3)
    first.close()
    await expect.poll(() => metric('clients')).toBe(2)
    await (await open(url, one)).request({ limit: 1 })
  })

  it('row 31: slows a client down that asks without end, and answers others meanwhile', async () => {
    const { url } = await start({ requestsPerSecond: 1, requestsAtOnce: 100 })
    const [storm, other] = [await open(url), await open(url)]
    for (let i = 0; i < 300; i++) {
      storm.send('REQ', `${i}`, { kinds: [1], limit: 1 })
      storm.send('CLOSE', `${i}`)
    }
    storm.send('REQ', 'last', { limit: 1 })
    expect((await storm.next(([, of]) => of === 'last'))[2]).toMatch(/^rate-limited: /)
    expect((await other.request({ limit: 1 })).end[0]).toBe('EOSE')
    const { url: slow } = await start({ eventsPerSecond: 1, eventsAtOnce: 5 })
    const spammer = await open(slow)
    const answers: string[] = []
    for (let i = 0; i < 8; i++) answers.push((await spammer.publish(eventBy('spammer', { content: `${i}` })))[1])
    expect(answers.slice(0, 5)).toEqual(['', '', '', '', ''])
    expect(answers.at(-1)).toMatch(/^rate-limited: /)
  })

  it('does not slow down a key in whose name others send what it did not sign', async () => {
    const { url } = await start({ eventsPerSecond: 1, eventsAtOnce: 5 })
    for (let i = 0; i < 2; i++) {
      const forger = await open(url)
      for (let j = 0; j < 5; j++)
        expect((await forger.publish({ ...eventBy('alice', { content: `${i} ${j}` }), sig: '0'.repeat(128) }))[1]).toMatch(/signature is wrong/)
    }
    const [client, another] = [await open(url), await open(url)]
    for (let i = 0; i < 5; i++) expect(await client.publish(eventBy('alice', { content: `mine ${i}` }))).toEqual([true, ''])
    expect((await another.publish(eventBy('alice', { content: 'one more' })))[1]).toMatch(/^rate-limited: /)
  })

  it('leaves others room for filters while some take all that they can get', async () => {
    let listened = 0
    for (let clients = 0; clients < 2000; clients++) listened += valuesLeft(listened)
    expect(valuesLeft(0)).toBe(50_000)
    expect(listened).toBeLessThanOrEqual(1_000_000 + 2000 * 500)
    expect(valuesLeft(listened)).toBe(500)
    const { url, metric } = await start()
    const client = await open(url)
    for (const id of ['a', 'a', 'b']) {
      client.send('REQ', id, { kinds: [1, 2], '#t': ['x', 'y'], limit: 1 })
      await client.next(([type]) => type === 'EOSE')
    }
    expect(await metric('listened_values')).toBe(10)
    client.send('CLOSE', 'a')
    await client.request({ limit: 1 })
    expect(await metric('listened_values')).toBe(6)
    client.close()
    await expect.poll(() => metric('listened_values')).toBe(0)
  })

  it('row 31: is there for others while half-open sockets wait, and lets these go', async () => {
    const { url, port, relay } = await start()
    const half: Socket[] = []
    for (let i = 0; i < 150; i++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(i % 2 === 0 ? 'GET / HTTP/1.1\r\nUpgrade: websocket\r\n' : '')
      half.push(socket)
    }
    cleanups.push(() => half.forEach((socket) => socket.destroy()))
    for (let i = 0; i < 20; i++) await rawSocket(port)
    const client = await open(url)
    expect(await client.publish(eventBy('alice'))).toEqual([true, ''])
    expect((await fetch(`${relay.ready.http}/health`)).status).toBe(200)
  })

  it('answers whatever is no message by NOTICE, and lets go of who sends nothing else', async () => {
    const { url, port, metric } = await start()
    const client = await open(url)
    const bad = [
      '',
      '{',
      '[]',
      '{}',
      '7',
      'null',
      '["EVENT"]',
      '["REQ"]',
      '["REQ",7]',
      '["REQ",""]',
      '["WHAT","x"]',
      `["EVENT",${'['.repeat(100_000)}`,
      '["EVENT",null]',
      '["EVENT",[]]',
      '["AUTH",7]',
      '["CLOSE"]',
      '[["REQ"]]',
      '["NEG-OPEN"]',
      '["NEG-MSG","x"]',
    ]
    for (const text of bad) {
      client.socket.send(text)
      const [type, reason] = await client.next(() => true)
      expect([text.slice(0, 20), type]).toEqual([text.slice(0, 20), text.includes('NEG-MSG') ? 'NEG-ERR' : 'NOTICE'])
      expect(reason).toMatch(text.includes('NEG-MSG') ? /x/ : /^(invalid|unsupported): /)
    }
    client.socket.send(Buffer.from('[]'))
    expect((await client.next(() => true))[1]).toBe('invalid: messages are text')
    for (let i = 0; i < 100; i++) client.socket.send('nonsense')
    expect(await client.hasClosed()).toBe(1008)
    const large = await open(url)
    large.send('REQ', 'x', { limit: 1 })
    await large.next(([type]) => type === 'EOSE')
    large.socket.send('x'.repeat(5 * 1024 * 1024))
    expect(await large.hasClosed()).toBe(1009)
    const garbled = await rawSocket(port)
    const gone = new Promise((resolve) => garbled.once('close', resolve))
    garbled.write(frame(1, Buffer.of(0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d)))
    await gone
    await expect.poll(() => metric('clients')).toBe(0)
  })

  it('survives any frames in any state, and answers afterwards', async () => {
    const { url, metric } = await start({ requestsAtOnce: 100_000 })
    let seed = 7
    const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % n
    const values: readonly (() => unknown)[] = [
      () => null,
      () => '',
      () => 'x',
      () => 1e308,
      () => -1,
      () => [],
      () => ({}),
      () => [[]],
      () => ({ kinds: [1] }),
      () => ({ limit: 2 }),
      () => ({ '#e': ['x'.repeat(64)] }),
      () => ({ ids: ['0'.repeat(64)], kind: 1 }),
      () => '6100000200',
      () => '61'.repeat(random(200)),
      () => eventBy('fuzz', { content: `${random(99)}` }),
      () => ({ ...eventBy('fuzz'), sig: '0'.repeat(128) }),
      () => ({ ...eventBy('fuzz'), tags: [[null]] }),
      () => ({ ids: Array.from({ length: 1000 }, (_, i) => i.toString(16).padStart(64, '0')) }),
      () => ({ until: Number.MAX_SAFE_INTEGER, since: 0 }),
      () => '\ud800',
    ]
    const types = ['EVENT', 'REQ', 'CLOSE', 'COUNT', 'AUTH', 'NEG-OPEN', 'NEG-MSG', 'NEG-CLOSE', 'x', 7, null]
    for (let round = 0; round < 12; round++) {
      const client = await open(url)
      for (let i = 0; i < 80; i++) {
        const parts = Array.from({ length: random(4) }, () => values[random(values.length)]?.())
        const text = JSON.stringify([types[random(types.length)], random(3) === 0 ? values[random(values.length)]?.() : `id${random(3)}`, ...parts])
        client.socket.send(random(10) === 0 ? text.slice(0, random(text.length)) : text)
      }
      client.send('REQ', 'last', { limit: 1 })
      const ended = client.next(([, of]) => of === 'last').catch(() => undefined)
      await Promise.race([ended, client.hasClosed()])
      for (const [type, , event] of client.frames) if (type === 'EVENT') expect(readEvent(event).ok).toBe(true)
      client.close()
    }
    await expect.poll(() => metric('clients')).toBe(0)
    expect([await metric('subscriptions'), await metric('compared_events'), await metric('events_waiting')]).toEqual([0, 0, 0])
    expect((await (await open(url)).request({ limit: 1 })).end[0]).toBe('EOSE')
  })
})
