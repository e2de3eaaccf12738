import { createNetwork, type Network } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { DescribedPeer } from '../testing/described-peer.ts'
import { Directory } from './directory.ts'
import { orderRelays } from './relay-order.ts'
import { loadDirectory, storeDirectory } from './stored-directory.ts'

const network: Network = createNetwork('stored')

/** A directory with one honest relay that a friend told of, and so many that a flooder made up. */
async function flooded(count: number) {
  const directory = new Directory({ network, isConnected: () => false })
  const honest = new DescribedPeer(network)
  await directory.add(honest.entry({ services: ['relay'] }), 'friend')
  for (let n = 0; n < count; n++) await directory.add(new DescribedPeer(network).entry({ services: ['relay'], at: Date.now() + 1000 }), 'flooder')
  return { directory, honest }
}

class Meta {
  value: Uint8Array | undefined
  setMeta = async (_: string, value: Uint8Array | undefined): Promise<void> => {
    this.value = value
  }
  getMeta = async (): Promise<Uint8Array | undefined> => this.value
}

describe('relays of the directory', () => {
  it('are stored where they were reached, before some of the others, however many are listed', async () => {
    const { directory, honest } = await flooded(100)
    const meta = new Meta()
    await storeDirectory(meta, directory, { relays: [], reached: new Map([[honest.id, 7]]) })
    const next = new Directory({ network, isConnected: () => false })
    const { relays, reached } = await loadDirectory(meta, next, network)
    expect(relays).toHaveLength(17)
    expect(relays[0]?.peer).toBe(honest.id)
    expect([...reached]).toEqual([[honest.id, 7]])
    expect(next.relays()).toHaveLength(17)
    // It is not listed any more.
    const nothing = { relays: () => [], relaysBySource: () => [] }
    expect((await storeDirectory(meta, nothing, { relays, reached })).relays[0]?.peer).toBe(honest.id)
  })

  it('are stored that a reached one is connected to, however many others it tells of', async () => {
    const directory = new Directory({ network, isConnected: () => false })
    const [joined, other] = [new DescribedPeer(network), new DescribedPeer(network)]
    await directory.add(joined.entry({ services: ['relay'], links: [{ peer: other.key.author, via: 'tcp' }] }), joined.id)
    for (let n = 0; n < 300; n++) await directory.add(new DescribedPeer(network).entry({ services: ['relay'] }), joined.id)
    await directory.add(other.entry({ services: ['relay'] }), joined.id)
    const { relays } = await storeDirectory(new Meta(), directory, { relays: [], reached: new Map([[joined.id, 7]]) })
    expect(relays.slice(0, 2).map(({ peer }) => peer)).toEqual([joined.id, other.id])
    expect(relays).toHaveLength(17)
  })

  it('leave room for those that were only heard of where many were reached, and those reached last stay', async () => {
    const { directory } = await flooded(100)
    const reached = new Map(
      directory
        .relays()
        .map(({ peer }, n) => [peer, n + 1])
        .slice(0, 64) as [string, number][],
    )
    const { relays } = await storeDirectory(new Meta(), directory, { relays: [], reached })
    expect(relays).toHaveLength(64)
    expect(relays.slice(0, 48).map(({ peer }) => peer)).toEqual([...reached.keys()].toReversed().slice(0, 48))
    expect(relays.slice(48).some(({ peer }) => reached.has(peer))).toBe(false)
  })

  it('are stored where none was reached, as many as there is room for', async () => {
    const { directory } = await flooded(100)
    expect((await storeDirectory(new Meta(), directory, { relays: [], reached: new Map() })).relays).toHaveLength(64)
  })

  it('are tried in turn of who told of them', async () => {
    const { directory, honest } = await flooded(100)
    expect(orderRelays({ directory, former: [], isReached: () => false }).slice(0, 2)).toContain(honest.id)
  })
})
