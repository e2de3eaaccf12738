import * as dagCbor from '@ipld/dag-cbor'
import type { Connection, Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { createNetwork } from '@p2p-docstore/core'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { helloProtocol } from './hello.ts'
import { syncProtocol } from '../sync/streams.ts'
import { ended } from '../testing/attacker.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

const TCP = '/ip4/127.0.0.1/tcp/0'
const network = createNetwork('notes')
const HELLO = { v: 1, versions: [1], role: 'peer', identity: null, member: null }

/** libp2p without anything of ours: what it says, the test says. */
function bare(listen: readonly string[] = []): Promise<Libp2p> {
  return createLibp2p({ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()], addresses: { listen: [...listen] } })
}

describe('a peer that is greeted', () => {
  let relay: TestRelay
  let outsider: Libp2p
  let connection: Connection
  beforeEach(async () => {
    relay = await TestRelay.start(network)
    outsider = await bare()
    // So that it is not found out by that it speaks nothing of ours.
    await outsider.handle(`/docstore/${network.id}/id/1.0.0`, () => undefined)
    connection = await outsider.dial(relay.libp2p.getMultiaddrs())
  })
  afterEach(async () => {
    await outsider.stop()
    await relay.close()
  })

  const refusals = (): Record<string, number> => Object.fromEntries(relay.libp2p.services.doorkeeper.refusals)

  async function answerTo(frame: Uint8Array): Promise<Readonly<Record<string, unknown>>> {
    const frames = lpStream(await connection.newStream(helloProtocol(network.id)))
    await frames.write(frame)
    return dagCbor.decode((await frames.read({ signal: AbortSignal.timeout(60_000) })).subarray())
  }

  it('answers with who it is, and lets the other side in', async () => {
    expect(await answerTo(dagCbor.encode({ ...HELLO, later: 'fields are for later versions' }))).toMatchObject({ v: 1, versions: [1], role: 'relay' })
    expect(connection.status).toBe('open')
    expect(refusals()).toEqual({})
  })

  it.each<[string, unknown, string]>([
    ['of a later version', { ...HELLO, versions: [7, 8] }, 'other-version'],
    ['in a later form', { v: 2, anything: true }, 'other-version'],
    ['without a role', { ...HELLO, role: 'king' }, 'bad-hello'],
    ['with a voucher that is none', { ...HELLO, identity: Uint8Array.of(1, 2, 3) }, 'bad-hello'],
    ['that is a number', 7, 'bad-hello'],
  ])('refuses by name a greeting %s', async (_, hello, code) => {
    expect(await answerTo(dagCbor.encode(hello))).toMatchObject({ v: 1, error: code })
    await ended(connection)
    expect(refusals()).toEqual({ [code]: 1 })
  })

  it.each<[string, Uint8Array]>([
    ['garbage', Uint8Array.of(0xff, 0, 1, 2, 3)],
    ['too much', new Uint8Array(9000)],
  ])('ends a connection on which the greeting is %s', async (_, frame) => {
    await answerTo(frame).catch(() => undefined)
    await ended(connection)
    expect(refusals()).toEqual({ 'bad-hello': 1 })
  })

  it('holds what comes before the greeting, little of it, and ends the connection when none comes', async () => {
    const streams = await Promise.all(Array.from({ length: 6 }, () => connection.newStream(syncProtocol(network.id))))
    // More than waits at once is refused at once.
    await expect.poll(() => streams.filter(({ status }) => status === 'open').length).toBe(4)
    const [flood] = streams.filter(({ status }) => status === 'open')
    if (flood === undefined) throw new Error('no stream is left')
    for (let sent = 0; sent < 80 && flood.status === 'open'; sent++) flood.send(new Uint8Array(1024))
    await expect.poll(() => flood.status).not.toBe('open')
    expect(await relay.peer.network.peers()).toEqual([])
    await ended(connection)
    expect(refusals()).toEqual({ 'no-hello': 1 })
  })
})

describe('a peer that greets', () => {
  let peer: TestPeer
  let other: Libp2p
  beforeEach(async () => {
    ;[peer, other] = await Promise.all([TestPeer.start(network), bare([TCP])])
  })
  afterEach(async () => {
    await Promise.all([peer.close(), other.stop()])
  })

  async function refusal(): Promise<unknown> {
    const connection = await peer.libp2p.dial(other.getMultiaddrs())
    await ended(connection)
    return peer.libp2p.services.doorkeeper.refusalOf(connection)
  }

  it('is told where it is: at something else', async () => {
    expect(await refusal()).toMatchObject({ code: 'other-network' })
  })

  it('waits five seconds for an answer', async () => {
    await other.handle([helloProtocol(network.id), `/docstore/${network.id}/id/1.0.0`], () => undefined)
    expect(await refusal()).toMatchObject({ code: 'no-hello' })
  })

  it('takes no reason that it does not know', async () => {
    await other.handle(helloProtocol(network.id), async (stream) => {
      await lpStream(stream).write(dagCbor.encode({ v: 1, error: 'because', message: 'Because' }))
    })
    await other.handle(`/docstore/${network.id}/id/1.0.0`, () => undefined)
    expect(await refusal()).toMatchObject({ code: 'bad-hello' })
  })
})

describe('a relay that is full', () => {
  it('says so to newcomers, and keeps those that it has', async () => {
    const relay = await TestRelay.start(network, { fullAt: 1 })
    const first = await TestPeer.start(network, { relays: [relay.origin] })
    await expect.poll(async () => (await first.network.peers())[0]?.state).toBe('connected')
    const second = await TestPeer.start(network, { relays: [relay.origin] })
    await expect.poll(async () => (await second.network.peers())[0]).toMatchObject({ state: 'connecting', errorCode: 'relay-full' })
    expect((await first.network.peers())[0]?.state).toBe('connected')
    await Promise.all([first.close(), second.close()])
    await relay.close()
  })
})

describe('two networks whose peers know the addresses of both', () => {
  it('stay apart: no topic, no protocol and no document of one is seen in the other', async () => {
    const two = createNetwork('other notes')
    const relays = await Promise.all([TestRelay.start(network), TestRelay.start(two)])
    const peers = await Promise.all([TestPeer.start(network), TestPeer.start(two)])
    for (const [index, relay] of relays.entries()) {
      await relay.peer.replica.createNamespace({ name: `of ${index}`, write: 'anyone' })
      relay.libp2p.services.pubsub.subscribe(`/docstore/shared`)
    }
    const refused: unknown[] = []
    for (const from of [...relays, ...peers]) {
      for (const to of relays) {
        if (from.libp2p.peerId.equals(to.libp2p.peerId)) continue
        const connection = await from.libp2p.dial(to.libp2p.getMultiaddrs())
        const { doorkeeper } = from.libp2p.services
        await expect.poll(() => doorkeeper.guestOf(connection) ?? doorkeeper.refusalOf(connection)).toBeDefined()
        if (doorkeeper.guestOf(connection) === undefined) refused.push((doorkeeper.refusalOf(connection) as { code?: string }).code)
      }
    }
    // Each relay at the other one, each peer at the other network's.
    expect(refused.filter((code) => code === 'other-network' || code === 'connection-lost')).toHaveLength(4)
    for (const [index, { libp2p, peer }] of relays.entries()) {
      const [own, foreign] = [peers[index], peers[1 - index]]
      if (own === undefined || foreign === undefined) throw new Error('a peer is missing')
      expect((await peer.network.peers()).map(({ id }) => id)).toEqual([own.id])
      expect(libp2p.services.pubsub.getSubscribers('/docstore/shared')).toEqual([])
      expect(libp2p.getConnections().flatMap(({ remotePeer }) => (remotePeer.equals(foreign.libp2p.peerId) ? [foreign.id] : []))).toEqual([])
      expect((await peer.replica.namespaces()).map(({ name }) => name)).toEqual([`of ${index}`])
    }
    await Promise.all(peers.map((one) => one.close()))
    await Promise.all(relays.map((one) => one.close()))
  })
})
