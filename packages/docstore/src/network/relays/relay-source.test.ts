import { createNetwork } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
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

const signal = AbortSignal.timeout(20_000)

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
    expect(await addresses(false)).toEqual([BEFORE])
    await server.stop()
    await expect(addresses(false)).rejects.toMatchObject({ code: 'relay-unreachable' })
    expect(await addresses(true)).toEqual([BEFORE])
    listed.set(PEER, [BEFORE, NOW])
    expect(await addresses(true)).toEqual([NOW, BEFORE])
    expect(await addresses(false)).toEqual([NOW])
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
