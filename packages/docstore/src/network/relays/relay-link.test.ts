import { createServer, type Server } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createNetwork, Ledger } from '@p2p-docstore/core'
import { afterAll, describe, type ExpectStatic, it, vi } from 'vitest'
import { RelayLink } from './relay-link.ts'
import { joinedRelay } from './relay-source.ts'
import { RelayWays } from './relay-ways.ts'
import { syncProtocol } from '../sync/streams.ts'
import { Attacker } from '../testing/attacker.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestProxy } from '../testing/test-proxy.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { WellKnownServer } from '../testing/well-known-server.ts'
import { HELLO_TIMEOUT_MS } from '../limits.ts'

const descriptor = createNetwork('test')
const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor)
  cleanups.push(() => started.close())
  return started
}

async function peer(...relays: readonly string[]): Promise<TestPeer> {
  const started = await TestPeer.start(descriptor, { relays })
  cleanups.push(() => started.close())
  return started
}

async function wellKnown(say: Parameters<typeof WellKnownServer.start>[1]): Promise<string> {
  const started = await WellKnownServer.start(descriptor, say)
  cleanups.push(() => started.stop())
  return started.origin
}

/** A relay whose web server takes requests and does not answer them. */
const withoutHttp = (): Promise<string> => wellKnown(() => undefined)

/** A relay whose peer port takes connections and says nothing. */
async function withoutHandshake(): Promise<string> {
  const server = await new Promise<Server>((resolve) => {
    const started = createServer().listen(0, '127.0.0.1', () => resolve(started))
  })
  cleanups.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  return wellKnown(() => ({ peer, addresses: [`/ip4/127.0.0.1/tcp/${address.port}/p2p/${peer}`] }))
}

/** A relay that takes the greeting and never answers it. */
async function withoutGreeting(): Promise<string> {
  const silent = await Attacker.start(descriptor, ['/ip4/127.0.0.1/tcp/0'])
  await silent.libp2p.handle(syncProtocol(descriptor.id), (stream) => stream.addEventListener('message', () => undefined))
  cleanups.push(() => silent.libp2p.stop())
  return wellKnown(() => ({ peer: silent.libp2p.peerId.toString(), addresses: silent.libp2p.getMultiaddrs().map(String) }))
}

// So long that what does not wait for it is done long before, on a slow machine too.
vi.mock('../limits.ts', async (original) => ({ ...(await original<object>()), HELLO_TIMEOUT_MS: 30_000 }))

// They wait for what is silent, side by side.
describe.concurrent('relays that are silent', () => {
  it('are noticed, and do not delay what another relay gives', async ({ expect }) => {
    const healthy = await relay()
    const gone = await relay()
    await gone.stop()
    const silent = await Promise.all([withoutHttp(), withoutHandshake(), withoutGreeting()])
    const all = [healthy.origin, gone.origin, ...silent]
    const reader = await peer(...all)

    const { id } = await healthy.peer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await healthy.peer.replica.write(id, 'docs', [{ id: 'one', content: '{"_id":"one"}' }])
    const began = performance.now()
    const report = await reader.network.sync(id, { timeoutMs: 60_000 })
    // Each of the silent ones takes at least so long to be given up.
    expect(performance.now() - began).toBeLessThan(HELLO_TIMEOUT_MS)
    expect(report).toMatchObject({ received: 1, peers: [healthy.peer.id] })
    expect(await reader.network.reach({ timeoutMs: 20_000 })).toBe(1)

    const errors = async (): Promise<unknown> => (await reader.network.peers()).map(({ errorCode }) => errorCode)
    const unreachable = all.slice(1, -1).map(() => 'relay-unreachable')
    await expect.poll(errors).toEqual([undefined, ...unreachable, 'no-answer'])
  })

  it('count as one where two addresses lead to the same relay', async ({ expect }) => {
    const home = await relay()
    const alias = await wellKnown(() => ({ peer: home.peer.id, addresses: home.libp2p.getMultiaddrs().map(String) }))
    const writer = await peer(home.origin, alias)
    await expect.poll(async () => (await writer.network.peers()).map(({ state }) => state)).toEqual(['connected', 'connected'])
    const { id } = await writer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    expect((await writer.network.sync(id, { timeoutMs: 60_000 })).peers).toEqual([home.peer.id])
    const twoCopies = writer.network.delivered(id, { copies: 2, seq: 0, timeoutMs: 100 })
    await expect(twoCopies).rejects.toMatchObject({ code: 'not-delivered', details: { copies: 1 } })
  })

  it('are reached where they were last when only their web server is gone', async ({ expect }) => {
    const home = await relay()
    const guest = await peer(home.origin)
    expect(await guest.network.connected({ timeoutMs: 60_000 })).toBe(1)
    await home.stopHttp()
    for (const connection of home.libp2p.getConnections()) connection.abort(new Error('a test'))
    await expect.poll(() => guest.network.connected({ timeoutMs: 0 })).toBe(0)
    expect(await guest.network.connected({ timeoutMs: 60_000 })).toBe(1)
  })

  it('keep nobody waiting who closes the store', async ({ expect }) => {
    const silent = await Promise.all([withoutHttp(), withoutHandshake(), withoutGreeting()])
    const leaving = await TestPeer.start(descriptor, { relays: silent })
    const began = performance.now()
    await leaving.close()
    expect(performance.now() - began).toBeLessThan(HELLO_TIMEOUT_MS)
  })
})

describe.concurrent('a connection that broke without a word', () => {
  /** A link to a relay behind a line that can break. */
  async function link(expect: ExpectStatic): Promise<{ one: RelayLink; proxy: TestProxy }> {
    const home = await relay()
    const port = Number(home.libp2p.getMultiaddrs()[0]?.toString().split('/')[4])
    const proxy = await TestProxy.start(port)
    cleanups.push(() => proxy.close())
    const origin = await wellKnown(() => ({ peer: home.peer.id, addresses: [`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${home.peer.id}`] }))
    const { libp2p, replica } = await peer()
    const one = new RelayLink({
      libp2p,
      replica,
      networkId: descriptor.id,
      role: 'peer',
      source: joinedRelay({ replica, networkId: descriptor.id, origin, listed: () => [] }),
      ways: new RelayWays(replica),
      ledgerOf: () => new Ledger(),
      wanted: new Set(),
      onPeer: () => undefined,
      onSync: () => undefined,
    })
    cleanups.push(() => one.stop())
    one.start()
    await expect.poll(() => one.isConnected).toBe(true)
    return { one, proxy }
  }

  it('is noticed within half a minute, and made anew', async ({ expect }) => {
    const { one, proxy } = await link(expect)
    const { session } = one
    proxy.freeze()
    await expect.poll(() => one.isConnected).toBe(false)
    proxy.thaw()
    await expect.poll(() => one.isConnected && one.session !== session).toBe(true)
  })

  it('is noticed within seconds when the machine wakes, and made anew at once', async ({ expect }) => {
    const { one, proxy } = await link(expect)
    proxy.freeze()
    one.wake()
    await expect.poll(() => one.isConnected).toBe(false)
    proxy.thaw()
    one.wake()
    await expect.poll(() => one.isConnected).toBe(true)
    const { session } = one
    one.wake()
    await one.untilSession(AbortSignal.timeout(60_000))
    expect(one.session).toBe(session)
  })
})
