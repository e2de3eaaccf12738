import { createNetwork, type Network } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { inTurn, shuffled } from '../in-turn.ts'
import { DescribedPeer } from '../testing/described-peer.ts'
import { Directory } from './directory.ts'
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
  it('are stored where they were reached, however many others are listed', async () => {
    const { directory, honest } = await flooded(100)
    const meta = new Meta()
    await storeDirectory(meta, directory, { relays: [], reached: new Map([[honest.id, 7]]) })
    const next = new Directory({ network, isConnected: () => false })
    const { relays, reached } = await loadDirectory(meta, next, network)
    expect(relays.map(({ peer }) => peer)).toEqual([honest.id])
    expect([...reached]).toEqual([[honest.id, 7]])
    expect(next.relays()).toHaveLength(1)
    // It is not listed any more.
    expect((await storeDirectory(meta, { relays: () => [] }, { relays, reached })).relays).toHaveLength(1)
  })

  it('are stored where none was reached, as many as there is room for', async () => {
    const { directory } = await flooded(100)
    expect((await storeDirectory(new Meta(), directory, { relays: [], reached: new Map() })).relays).toHaveLength(64)
  })

  it('are tried in turn of who told of them', async () => {
    const { directory, honest } = await flooded(100)
    expect(inTurn(shuffled(directory.relaysBySource().map(shuffled))).slice(0, 2)).toContain(honest.id)
  })
})
