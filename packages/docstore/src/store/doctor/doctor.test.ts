import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createNetwork, networkToText, openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { createDocstore } from 'p2p-docstore'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { answerGreeting, type HelloRefusal, helloProtocol, refusal } from '../../network/admission/hello.ts'
import { syncProtocol } from '../../network/sync/streams.ts'
import { TestPeer } from '../../network/testing/test-peer.ts'
import { TestRelay, type TestRelayOptions } from '../../network/testing/test-relay.ts'
import type { Network, PeerStatus } from '../../network/types.ts'
import type { Diagnosis } from './diagnosis.ts'
import { diagnose } from './doctor.ts'

const descriptor = createNetwork('doctor')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(options?: TestRelayOptions): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

/** What the doctor of a new peer finds that knows a relay by this origin, once it was tried. */
async function findingsAt(origin: string): Promise<readonly Diagnosis[]> {
  const peer = await TestPeer.start(descriptor, { relays: [origin] })
  cleanups.push(() => peer.close())
  await peer.network.reach({ timeoutMs: 60_000 })
  return diagnose(peer.replica, peer.network)
}

/** What it finds where a relay stands like this. */
async function findingsOf(...peers: readonly Partial<PeerStatus>[]): Promise<readonly Diagnosis[]> {
  const replica = await openReplica(openNodeStorage(':memory:'), { network: descriptor.bytes })
  cleanups.push(() => replica.close())
  const all = peers.map(
    (peer): PeerStatus => ({
      id: peer.origin ?? 'peer',
      via: undefined,
      role: 'relay',
      state: 'connecting',
      origin: undefined,
      error: 'The last attempt failed',
      errorCode: undefined,
      reservation: false,
      ...peer,
    }),
  )
  const network: Partial<Network> = { isRelay: async () => false, peers: async () => all, on: () => () => undefined }
  return diagnose(replica, network as Network)
}

/** A server that says that it is a relay of the network, with this in its answer. */
async function wellKnown({ network = descriptor, addresses = [] as readonly string[], date = new Date() } = {}): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('date', date.toUTCString())
    response.end(JSON.stringify({ network: network.id, descriptor: networkToText(network), peer: 'somebody', addresses }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const faultsOf = (found: readonly Diagnosis[]): unknown[] => found.filter(({ ok }) => !ok).map(({ check, fault }) => [check, fault])

describe('the doctor', () => {
  it('finds nothing where all is well', async () => {
    const home = await relay()
    const found = await findingsAt(home.origin)
    expect(found.map(({ check, ok, fault, fix }) => [check, ok, fault, fix])).toEqual(
      ['storage', 'damage', 'summaries', 'relay', 'clock', 'connection', 'reservation'].map((check) => [check, true, null, '']),
    )
  })

  it('says what to do about everything that it finds', async () => {
    const found = await findingsOf({ origin: 'http://127.0.0.1:1' }, { role: 'peer', direct: 'failed' })
    for (const { ok, message, fix } of found.filter((one) => !one.ok)) {
      expect(ok).toBe(false)
      expect(message).toMatch(/^[A-Z]/)
      expect(fix).toMatch(/^[A-Z]/)
    }
  })

  it('names a relay that is unreachable, once', async () => {
    const gone = await relay()
    await gone.stop()
    expect(faultsOf(await findingsAt(gone.origin))).toEqual([['relay', 'relay-unreachable']])
  })

  it('names a relay of which only the web server answers', async () => {
    const found = await findingsAt(await wellKnown({ addresses: ['/ip4/127.0.0.1/tcp/1'] }))
    expect(faultsOf(found)).toEqual([['connection', 'relay-unreachable']])
    expect(found.at(-1)?.message).toContain('at /ip4/127.0.0.1/tcp/1')
    expect(faultsOf(await findingsAt(await wellKnown()))).toEqual([['connection', 'no-address']])
  })

  it('names a relay of another network', async () => {
    const origin = await wellKnown({ network: createNetwork('elsewhere') })
    expect(faultsOf(await findingsAt(origin))).toEqual([['relay', 'other-network']])
  })

  it.each<HelloRefusal>(['other-network', 'other-version', 'relay-full', 'not-invited', 'invitation-expired', 'invitation-revoked'])(
    'names what a relay answers to the greeting: %s',
    async (code) => {
      const home = await relay()
      const protocol = helloProtocol(descriptor.id)
      await home.libp2p.unhandle(protocol)
      await home.libp2p.handle(protocol, async (stream, connection) => {
        const judge = async (): Promise<never> => {
          throw refusal(code)
        }
        await answerGreeting(stream, connection, { judge, own: judge, onRefusal: () => undefined }).catch(() => connection.close())
      })
      expect(faultsOf(await findingsAt(home.origin))).toEqual([['connection', code]])
    },
  )

  it('names what greets and does not sync', async () => {
    const home = await relay()
    await home.libp2p.unhandle(syncProtocol(descriptor.id))
    expect(faultsOf(await findingsAt(home.origin))).toEqual([['connection', 'not-a-relay']])
  })

  it('names a relay that lets in and does not answer', async () => {
    const home = await relay()
    await home.libp2p.unhandle(syncProtocol(descriptor.id))
    await home.libp2p.handle(syncProtocol(descriptor.id), (stream) => stream.addEventListener('message', () => undefined))
    const peer = await TestPeer.start(descriptor, { relays: [home.origin] })
    cleanups.push(() => peer.close())
    await expect.poll(async () => (await peer.network.peers())[0]?.isLetIn).toBe(true)
    expect(faultsOf(await diagnose(peer.replica, peer.network))).toEqual([['connection', 'no-answer']])
    // And so it stays when the time to answer is over.
    await expect.poll(async () => (await peer.network.peers())[0]?.errorCode).toBe('no-answer')
  })

  it('names a relay that gives no place', async () => {
    const home = await relay({ places: 0 })
    expect(faultsOf(await findingsAt(home.origin))).toEqual([['reservation', 'no-reservation']])
  })

  it('names a clock that is off', async () => {
    const origin = await wellKnown({ date: new Date(Date.now() - 120_000) })
    const found = await findingsOf({ origin, state: 'connected', reservation: true })
    expect(faultsOf(found)).toEqual([['clock', 'clock-skew']])
    expect(found.find(({ check }) => check === 'clock')?.message).toMatch(/1[12]\d s ahead of/)
  })

  it('names space that is used up, in Node and in a browser', async () => {
    await using store = await createDocstore({ maxBytes: 400_000, network: 'off' })
    const notes = await store.namespaces.create({ name: 'notes' })
    const fill = async (): Promise<never> => {
      for (;;) await notes.put({ body: 'x'.repeat(20_000) })
    }
    await expect(fill()).rejects.toMatchObject({ code: 'disk-full' })
    expect(faultsOf(await store.doctor())).toContainEqual(['storage', 'quota'])

    vi.stubGlobal('navigator', { storage: { estimate: async () => ({ usage: 97, quota: 100 }) } })
    expect(faultsOf(await findingsOf())).toEqual([
      ['storage', 'quota'],
      ['relay', 'no-relay'],
    ])
  })

  it('names direct connections that failed, and none where one came about', async () => {
    const origin = await wellKnown()
    const home = { origin, state: 'connected', reservation: true } as const
    expect(faultsOf(await findingsOf(home, { role: 'peer', direct: 'failed' }, { role: 'peer', direct: 'open' }))).toEqual([['direct', 'ice-failed']])
    expect(faultsOf(await findingsOf(home, { role: 'peer', direct: 'trying' }, { role: 'peer', direct: 'open' }))).toEqual([])
  })
})

describe('the doctor of a page', () => {
  const page = (href: string): void => void vi.stubGlobal('location', { href })

  it('names a relay without https, where the page came over https', async () => {
    page('https://docs.example/')
    expect(faultsOf(await findingsOf({ origin: 'http://relay.example:8080' }))).toEqual([['relay', 'insecure-websocket']])
  })

  it('names a relay that has https for its page, and only insecure addresses for peers', async () => {
    page('https://docs.example/')
    const tcp = ['/ip4/192.168.1.7/tcp/8081', '/ip4/192.168.1.7/tcp/8082/ws']
    expect(faultsOf(await findingsOf({ origin: await wellKnown({ addresses: tcp }) }))).toEqual([['connection', 'insecure-websocket']])
    const addresses = [...tcp, '/dns/relay.example/tcp/443/tls/ws']
    expect(faultsOf(await findingsOf({ origin: await wellKnown({ addresses }) }))).toEqual([['connection', 'relay-unreachable']])
  })

  it('names a relay that tells the internet addresses of its own network', async () => {
    const answer = { network: descriptor.id, descriptor: networkToText(descriptor), peer: 'somebody', addresses: ['/ip4/10.0.0.7/tcp/8081'] }
    vi.stubGlobal('fetch', async () => Response.json(answer))
    expect(faultsOf(await findingsOf({ origin: 'https://relay.example' }))).toEqual([['connection', 'private-address']])
    expect(faultsOf(await findingsOf({ origin: 'http://10.0.0.7:8080' }))).toEqual([['connection', 'relay-unreachable']])
  })

  it('names a relay of the network around it that the browser does not let the page reach', async () => {
    page('http://docs.example/')
    expect(faultsOf(await findingsOf({ origin: 'http://127.0.0.1:1' }))).toEqual([['relay', 'private-address']])
  })
})
