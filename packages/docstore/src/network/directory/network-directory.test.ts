import { createNetwork } from '@p2p-docstore/core'
import { describe, expect, it, vi } from 'vitest'
import { DescribedPeer } from '../testing/described-peer.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { askFind, directoryProtocol, openDirectory } from './directory-protocol.ts'

const COMPARE = { compareMs: 1000 }

/** Peer ids that a peer's directory lists, in order. */
async function listed({ network }: TestPeer): Promise<readonly string[]> {
  return (await network.directory()).map(({ peer }) => peer).sort()
}

async function untilListed(peer: TestPeer, ids: readonly string[], timeout = 15_000): Promise<void> {
  await vi.waitFor(async () => expect(await listed(peer)).toEqual(ids.toSorted()), { timeout, interval: 50 })
}

/** A network of relays in a line: each knows the one before it, and nobody else. */
async function line(count: number) {
  const network = createNetwork('line')
  const relays: TestRelay[] = []
  for (let i = 0; i < count; i++) {
    const relay = await TestRelay.start(network, { directory: COMPARE })
    const before = relays.at(-1)
    if (before !== undefined) await relay.peer.network.addRelay(before.origin)
    relays.push(relay)
  }
  return { network, relays, close: () => Promise.all(relays.map((relay) => relay.close())) }
}

describe('the directory of a network', () => {
  it('lists every relay of a line at every end, with what they say of themselves', async () => {
    const { relays, close } = await line(4)
    const [first, , , last] = relays
    if (first === undefined || last === undefined) throw new Error('no relays')
    const ids = relays.map(({ peer }) => peer.id)
    for (const { peer } of relays) await untilListed(peer, ids)
    await first.peer.network.describe({ origin: first.origin, services: ['gateway'], limits: { places: 7 } })
    await vi.waitFor(
      async () => {
        const entry = (await last.peer.network.directory()).find(({ peer }) => peer === first.peer.id)
        expect(entry).toMatchObject({ role: 'relay', origin: first.origin, services: ['relay', 'gateway'], limits: { places: 7 }, isSelf: false })
        expect(entry?.identity).toBe((await first.peer.replica.info()).identity)
        expect(entry?.addresses).toEqual(first.libp2p.getMultiaddrs().map((address) => address.toString().replace(/\/p2p\/.*/, '')))
      },
      { timeout: 10_000, interval: 50 },
    )
    await close()
  })

  it('lists a peer that wishes so until it is gone for long, and no other', async () => {
    const network = createNetwork('peers')
    const relay = await TestRelay.start(network, { directory: COMPARE })
    const shy = await TestPeer.start(network, { relays: [relay.origin], directory: COMPARE })
    const open = await TestPeer.start(network, { relays: [relay.origin], listed: true, directory: { ...COMPARE, lifeMs: 3000 } })
    for (const peer of [relay.peer, shy, open]) await untilListed(peer, [relay.peer.id, open.id])
    const seen = (await shy.network.directory()).find(({ peer }) => peer === open.id)
    expect(seen).toMatchObject({ role: 'peer', services: [], connected: false, via: undefined })
    // Longer than its first words hold: it says them again.
    const before = seen?.expires ?? 0
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(before), { timeout: 5000 })
    expect(await listed(shy)).toContain(open.id)
    await open.close()
    await untilListed(shy, [relay.peer.id])
    await untilListed(relay.peer, [relay.peer.id])
    await Promise.all([shy.close(), relay.close()])
  })

  it('says who is connected to whom, and how', async () => {
    const { relays, close } = await line(2)
    const [first, second] = relays
    if (first === undefined || second === undefined) throw new Error('no relays')
    await vi.waitFor(
      async () => {
        const entry = (await first.peer.network.directory()).find(({ peer }) => peer === second.peer.id)
        expect(entry?.links).toEqual([{ peer: first.peer.id, via: 'tcp' }])
        expect(entry).toMatchObject({ connected: true, via: 'tcp' })
      },
      { timeout: 25_000, interval: 100 },
    )
    await close()
  })

  it('knows the relays of the last time when it starts again', async () => {
    const network = createNetwork('again')
    const [relay, other] = [await TestRelay.start(network), await TestRelay.start(network)]
    await other.peer.network.addRelay(relay.origin)
    await untilListed(relay.peer, [relay.peer.id, other.peer.id])
    await other.close()
    await relay.stop()
    await relay.restart()
    expect(await listed(relay.peer)).toContain(other.peer.id)
    await relay.close()
  })

  it('answers who keeps a namespace, with nobody where it does not know', async () => {
    const network = createNetwork('find')
    const relay = await TestRelay.start(network)
    const peer = await TestPeer.start(network, { relays: [relay.origin] })
    const { id } = await peer.replica.createNamespace({ name: 'notes', write: 'owner' })
    const connection = await peer.libp2p.dial(relay.libp2p.getMultiaddrs())
    expect(await askFind(connection, network.id, id, AbortSignal.timeout(60_000))).toMatchObject({ relays: [], peers: [] })
    await Promise.all([peer.close(), relay.close()])
  })

  it('refuses a peer that passes on what is forged', async () => {
    const network = createNetwork('forgers')
    const relay = await TestRelay.start(network)
    const peer = await TestPeer.start(network)
    const connection = await peer.libp2p.dial(relay.libp2p.getMultiaddrs())
    const directory = await openDirectory(connection, network.id, AbortSignal.timeout(60_000))
    const honest = new DescribedPeer(network)
    expect(await directory.put([honest.entry()])).toBe(1)
    const forged = Array.from({ length: 5 }, () => {
      const { kind, packed } = new DescribedPeer(network).entry()
      packed[packed.length - 1] = (packed.at(-1) ?? 0) ^ 1
      return { kind, packed }
    })
    await directory.put(forged).catch(() => undefined)
    await expect.poll(() => connection.status).not.toBe('open')
    expect(relay.libp2p.services.doorkeeper.misconduct.counts.get('forged-entries')).toBe(5)
    expect(await listed(relay.peer)).toEqual([relay.peer.id, honest.id].sort())
    await Promise.all([peer.close(), relay.close()])
  })

  it('ends a stream that brings garbage', async () => {
    const network = createNetwork('garbage')
    const relay = await TestRelay.start(network)
    const peer = await TestPeer.start(network)
    const connection = await peer.libp2p.dial(relay.libp2p.getMultiaddrs())
    const stream = await connection.newStream(directoryProtocol(network.id))
    stream.send(Uint8Array.of(3, 0xff, 0xff, 0xff))
    await expect.poll(() => relay.libp2p.services.doorkeeper.misconduct.counts.get('malformed')).toBe(1)
    await Promise.all([peer.close(), relay.close()])
  })
})
