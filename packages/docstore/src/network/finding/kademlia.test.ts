import { stop } from '@libp2p/interface'
import { createNetwork } from '@p2p-docstore/core'
import { Key } from 'interface-datastore'
import { afterEach, describe, expect, it } from 'vitest'
import { kademliaProtocol } from './kademlia-protocol.ts'
import { ProviderRecords } from './provider-records.ts'
import { TestPeer } from '../testing/test-peer.ts'

const descriptor = createNetwork('test')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(options: Parameters<typeof TestPeer.start>[1] = {}): Promise<TestPeer> {
  const peer = await TestPeer.start(descriptor, options)
  cleanups.push(() => peer.close())
  return peer
}

const relay = (): Promise<TestPeer> => start({ role: 'relay', storage: 'asked', listen: ['/ip4/127.0.0.1/tcp/0'] })

function kademlia({ libp2p }: TestPeer) {
  const { kademlia: one } = libp2p.services
  if (one === undefined) throw new Error('no Kademlia')
  return one
}

describe('Kademlia', () => {
  it('finds the relays that keep a namespace along a line of relays of which each knows the next', async () => {
    const relays = await Promise.all(Array.from({ length: 6 }, relay))
    for (const [index, one] of relays.entries()) {
      const next = relays[index + 1]
      if (next !== undefined) await one.libp2p.dial(next.libp2p.getMultiaddrs())
    }
    const [first, , , , fifth, last] = relays
    if (first === undefined || fifth === undefined || last === undefined) throw new Error('six relays')
    await expect.poll(() => relays.every((one) => kademlia(one).size === 5)).toBe(true)
    const { id } = await fifth.replica.createNamespace({ name: 'notes', write: 'anyone' })
    expect(await kademlia(fifth).provide(id, AbortSignal.timeout(60_000))).toBeGreaterThan(0)

    // A peer that knows only the relay at the other end; it loads Kademlia now.
    const peer = await start()
    await peer.libp2p.dial(first.libp2p.getMultiaddrs())
    // A search does not wait for long until somebody who is connected has said that it can be asked.
    await expect.poll(async () => (await peer.libp2p.peerStore.get(first.libp2p.peerId)).protocols).toContain(kademliaProtocol(descriptor.id))
    expect(kademlia(peer).size).toBe(0)
    expect(await kademlia(peer).find(id, AbortSignal.timeout(60_000))).toEqual([fifth.id])
    expect(peer.libp2p.getProtocols()).not.toContain(kademliaProtocol(descriptor.id))
    expect(await kademlia(last).find(id, AbortSignal.timeout(60_000))).toEqual([fifth.id])
  })

  it('finds nothing where nobody is, soon', async () => {
    const alone = await start()
    const { id } = await alone.replica.createNamespace({ name: 'notes', write: 'anyone' })
    // Long before the time that it may take.
    const signal = AbortSignal.timeout(60_000)
    expect(await kademlia(alone).find(id, signal)).toEqual([])
    expect(signal.aborted).toBe(false)
  })

  it('stops while it is being loaded', async () => {
    const peer = await start()
    const { id } = await peer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    const search = kademlia(peer).find(id, AbortSignal.timeout(60_000))
    await stop(kademlia(peer))
    expect(await search).toEqual([])
  })
})

describe('what Kademlia remembers', () => {
  const key = (ns: string, peer: string): Key => new Key(`/dht/provider/${ns}/${peer}`)
  const all = (records: ProviderRecords, ns: string): string[] =>
    Array.from(records._all({ prefix: `/dht/provider/${ns}` }), (pair) => pair.key.toString())

  it('is who keeps which namespace, by namespace', () => {
    const records = new ProviderRecords('me')
    for (const peer of ['a', 'b']) records.put(key('n', peer), new Uint8Array([1]))
    records.put(key('m', 'a'), new Uint8Array([2]))
    records.put(key('n', 'a'), new Uint8Array([3]))
    expect(all(records, 'n')).toEqual(['/dht/provider/n/b', '/dht/provider/n/a'])
    expect(records.get(key('n', 'a'))).toEqual(new Uint8Array([3]))
    records.delete(key('n', 'a'))
    expect([records.has(key('n', 'a')), records.size]).toEqual([false, 2])
    expect(() => records.get(key('n', 'a'))).toThrow('Nobody')
  })

  it('is nothing else', () => {
    const records = new ProviderRecords('me')
    expect(() => records.put(new Key('/dht/record/abc'), new Uint8Array())).toThrow('no values')
    expect(() => records.has(new Key('/dht/record/abc'))).toThrow('no values')
  })

  it('is what this peer said of itself, however much others say, and a bounded number of peers for a namespace', () => {
    const records = new ProviderRecords('me', 100)
    for (let n = 0; n < 50; n++) records.put(key(`n${n}`, 'me'), new Uint8Array())
    for (let n = 0; n < 1000; n++) records.put(key('n0', `one-${n}`), new Uint8Array())
    expect(all(records, 'n0')).toHaveLength(33)
    for (let n = 0; n < 1000; n++) records.put(key(`m${n}`, `other-${n}`), new Uint8Array())
    expect(records.size).toBe(150)
    expect(Array.from({ length: 50 }, (_, n) => records.has(key(`n${n}`, 'me')))).not.toContain(false)
  })

  it('is not only the many who say little: of a relay that keeps much a part stays', () => {
    const records = new ProviderRecords('me', 1000)
    for (let n = 0; n < 500; n++) records.put(key(`n${n}`, 'honest'), new Uint8Array())
    for (let n = 0; n < 1000; n++) records.put(key(`m${n}`, `flood-${n}`), new Uint8Array())
    expect(records.size).toBe(1000)
    expect(Array.from({ length: 500 }, (_, n) => records.has(key(`n${n}`, 'honest'))).filter(Boolean).length).toBeGreaterThan(400)
  })

  it('stays bounded, and who says much displaces itself', () => {
    const records = new ProviderRecords('me', 100)
    for (let n = 0; n < 10; n++) records.put(key(`honest-${n}`, 'honest'), new Uint8Array())
    for (let n = 0; n < 10_000; n++) records.put(key(`n${n}`, `flood-${n % 5}`), new Uint8Array())
    expect(records.size).toBe(100)
    expect(Array.from({ length: 10 }, (_, n) => records.has(key(`honest-${n}`, 'honest')))).not.toContain(false)
    expect(records.has(key('n9999', 'flood-4'))).toBe(true)
  })
})
