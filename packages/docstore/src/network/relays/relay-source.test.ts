import { createNetwork } from '@p2p-docstore/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AddressRange } from '../transport/address-range.ts'
import { joinedRelay, listedRelay } from './relay-source.ts'
import { WellKnownServer } from '../testing/well-known-server.ts'

const network = createNetwork('test')
const PEER = '12D3KooWGVs6JnVZAbCEeMtfLnDMvKmuBh91ZuAtCVK9sWMWzE7o'
const BEFORE = `/ip4/127.0.0.1/tcp/1001/p2p/${PEER}`
const NOW = `/ip4/127.0.0.1/tcp/2002/p2p/${PEER}`

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Small values in memory. */
function meta() {
  const values = new Map<string, Uint8Array>()
  return {
    getMeta: async (key: string) => values.get(key),
    setMeta: async (key: string, value: Uint8Array | undefined) => {
      if (value === undefined) values.delete(key)
      else values.set(key, value)
    },
  }
}

const signal = new AbortController().signal

describe('a relay that was joined', () => {
  it('is looked for where the directory has it, then where it was, when its web server is gone', async () => {
    const server = await WellKnownServer.start(network, () => ({ peer: PEER, addresses: [BEFORE] }))
    cleanups.push(() => server.stop())
    const listed = new Map<string, readonly string[]>()
    const relay = joinedRelay({
      replica: meta(),
      networkId: network.id,
      origin: server.origin,
      listed: (peer) => listed.get(peer) ?? [],
    })
    const addresses = async (orLast: boolean): Promise<readonly string[]> => (await relay.addresses({ orLast, signal })).map(String)
    // It takes WebSockets where its page is, whether it says so or not.
    const door = server.origin.replace(/^http:\/\/([\d.]+):(\d+)$/, `/ip4/$1/tcp/$2/ws/p2p/${PEER}`)
    expect(await addresses(false)).toEqual([BEFORE, door])
    await server.stop()
    await expect(addresses(false)).rejects.toMatchObject({ code: 'relay-unreachable' })
    expect(await addresses(true)).toEqual([BEFORE])
    listed.set(PEER, [BEFORE, NOW])
    expect(await addresses(true)).toEqual([NOW, BEFORE])
    expect(await addresses(false)).toEqual([NOW])
  })
})

describe('a relay that tells where it is on its own machine', () => {
  /** Asks at an origin of another name for the server of this test. */
  async function told(origin: string, addresses: readonly string[]): Promise<readonly string[]> {
    const server = await WellKnownServer.start(network, () => ({ peer: PEER, addresses }))
    cleanups.push(() => server.stop(), vi.unstubAllGlobals)
    const real = fetch
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => real(url.replace(origin, server.origin), init))
    const relay = joinedRelay({ replica: meta(), networkId: network.id, origin, listed: () => [] })
    return (await relay.addresses({ orLast: false, signal })).map(String)
  }
  const DOCKER = `/ip4/172.17.0.1/udp/8083/webrtc-direct/p2p/${PEER}`
  const PUBLIC = `/ip4/93.184.216.34/tcp/1001/p2p/${PEER}`

  it('is not looked for on the machine of whoever comes from elsewhere, nor in networks around it', async () => {
    expect(await told('http://10.77.0.1:8080', [BEFORE, DOCKER, PUBLIC])).toEqual([DOCKER, PUBLIC, `/ip4/10.77.0.1/tcp/8080/ws/p2p/${PEER}`])
    expect(await told('https://relay.example', [BEFORE, DOCKER, PUBLIC])).toEqual([PUBLIC, `/dns/relay.example/tcp/443/tls/ws/p2p/${PEER}`])
    expect(await told('http://localhost:8080', [BEFORE, DOCKER])).toEqual([BEFORE, DOCKER, `/dns/localhost/tcp/8080/ws/p2p/${PEER}`])
  })

  it('is looked for where it says all the same when it says nothing else', async () => {
    const door = `/dns/home.example/tcp/8080/ws/p2p/${PEER}`
    expect(await told('http://home.example:8080', [DOCKER, 'nonsense'])).toEqual([DOCKER, door])
    expect(await told('http://home.example:8080', [])).toEqual([door])
  })
})

describe('a relay of the directory', () => {
  const LOCAL = `/ip4/192.168.1.7/tcp/1001/p2p/${PEER}`
  const PUBLIC = `/ip4/93.184.216.34/tcp/1001/p2p/${PEER}`

  it('is dialled only where it leads outward from here', async () => {
    const dialled = async (all: readonly string[], here: AddressRange): Promise<readonly string[]> =>
      (
        await listedRelay(
          PEER,
          () => all,
          () => here,
        ).addresses({ orLast: true, signal })
      ).map(String)
    expect(await dialled([BEFORE, LOCAL, PUBLIC], 'loopback')).toEqual([BEFORE, LOCAL, PUBLIC])
    expect(await dialled([BEFORE, LOCAL, PUBLIC], 'private')).toEqual([LOCAL, PUBLIC])
    expect(await dialled([BEFORE, LOCAL, PUBLIC], 'public')).toEqual([PUBLIC])
    await expect(dialled([BEFORE, LOCAL], 'public')).rejects.toMatchObject({ code: 'private-address' })
    await expect(dialled([], 'public')).rejects.toMatchObject({ code: 'no-address' })
    await expect(dialled(['nonsense'], 'public')).rejects.toMatchObject({ code: 'no-address' })
  })
})
