import type { Connection } from '@libp2p/interface'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DirectLinks } from './direct-links.ts'

const HOUR = 60 * 60_000

async function newPeer(): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

/** A libp2p whose dials do what the test says, and that counts them. */
class Libp2pOfTest {
  readonly connections: Connection[] = []
  readonly dialled: string[] = []
  readonly peerId: PeerId
  answer: (peer: string) => Promise<void> = async () => undefined

  constructor(peerId: PeerId) {
    this.peerId = peerId
  }

  getConnections = (): Connection[] => this.connections

  dial = async (address: unknown): Promise<Connection> => {
    const peer = String(address).split('/p2p/').at(-1) ?? ''
    this.dialled.push(peer)
    await this.answer(peer)
    const connection = this.connect(peer)
    return connection
  }

  /** Ends the connections to a peer. */
  lose(peer: string): void {
    for (const connection of this.connections.splice(0).filter(({ remotePeer }) => remotePeer.toString() === peer)) links.lost(connection)
  }

  connect(peer: string, { limits }: { limits?: object } = {}): Connection {
    const connection = {
      remotePeer: { toString: () => peer },
      remoteAddr: multiaddr(`/ip4/127.0.0.1/udp/4000/webrtc-direct/p2p/${this.peerId.toString()}/p2p-circuit/webrtc`),
      status: 'open',
      multiplexer: '/webrtc',
      limits,
      timeline: { open: Date.now() },
      close: async () => undefined,
    } as unknown as Connection
    const shown = { ...connection, remoteAddr: { toString: () => '/p2p-circuit/webrtc' } } as unknown as Connection
    this.connections.push(shown)
    return shown
  }
}

let libp2p: Libp2pOfTest
let relay: Connection
let relays: readonly Connection[]
let found: readonly string[]
let links: DirectLinks
let wanted: Set<string>
let asked: string[]
beforeEach(async () => {
  vi.useFakeTimers()
  libp2p = new Libp2pOfTest(await newPeer())
  const relayId = await newPeer()
  relay = { remotePeer: relayId, remoteAddr: multiaddr(`/ip4/127.0.0.1/tcp/4000/p2p/${relayId.toString()}`), status: 'open' } as unknown as Connection
  relays = [relay]
  found = []
  asked = []
  wanted = new Set(['notes'])
  links = new DirectLinks({
    libp2p,
    wanted,
    relays: () => relays,
    find: async (_, ns) => {
      asked.push(ns)
      return found
    },
    onChange: () => undefined,
  })
})
afterEach(async () => {
  const stopping = links.stop()
  await vi.runOnlyPendingTimersAsync()
  await stopping
  vi.useRealTimers()
})

async function peersFound(count: number): Promise<readonly string[]> {
  found = await Promise.all(Array.from({ length: count }, async () => (await newPeer()).toString()))
  return found
}

describe('direct connections', () => {
  it('are made to who keeps the same namespace, and no more is asked or dialled then', async () => {
    const [peer = ''] = await peersFound(1)
    links.start()
    await vi.advanceTimersByTimeAsync(2000)
    expect(libp2p.dialled).toEqual([peer])
    expect(links.states.get(peer)).toEqual({ state: 'open', error: undefined })
    await vi.advanceTimersByTimeAsync(30_000)
    expect(libp2p.dialled).toEqual([peer])
    expect(asked).toEqual(['notes'])
  })

  it('are looked for at once when a namespace is opened', async () => {
    links.start()
    await vi.advanceTimersByTimeAsync(1000)
    wanted.add('more')
    links.look()
    await vi.advanceTimersByTimeAsync(10)
    expect(asked).toEqual(['notes', 'more'])
  })

  it('are eight at most, however many there are', async () => {
    await peersFound(30)
    links.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(new Set(libp2p.dialled).size).toBe(8)
  })

  it('are not made to a peer that dials us just now', async () => {
    const [peer = ''] = await peersFound(1)
    libp2p.connect(peer, { limits: { seconds: 120 } })
    links.start()
    await vi.advanceTimersByTimeAsync(5000)
    expect(libp2p.dialled).toEqual([])
  })

  it('to a peer that cannot be reached are tried fewer than a hundred times a day', async () => {
    const [peer = ''] = await peersFound(1)
    libp2p.answer = async () => {
      throw new Error('ICE failed')
    }
    links.start()
    await vi.advanceTimersByTimeAsync(24 * HOUR)
    expect(libp2p.dialled.length).toBeGreaterThan(20)
    expect(libp2p.dialled.length).toBeLessThan(100)
    expect(links.states.get(peer)).toEqual({ state: 'failed', error: 'ICE failed' })
  })

  it('are made again within seconds where one was lost, and looked for meanwhile', async () => {
    const [peer = ''] = await peersFound(1)
    links.start()
    await vi.advanceTimersByTimeAsync(20_000)
    libp2p.lose(peer)
    expect(links.states.get(peer)).toEqual({ state: 'trying', error: undefined })
    await vi.advanceTimersByTimeAsync(3000)
    expect(libp2p.dialled).toEqual([peer])
    await vi.advanceTimersByTimeAsync(5000)
    expect(libp2p.dialled).toEqual([peer, peer])
    expect(links.states.get(peer)).toEqual({ state: 'open', error: undefined })
  })

  it('are not made again to a peer that no relay knows any more: it has left', async () => {
    const [peer = ''] = await peersFound(1)
    links.start()
    await vi.advanceTimersByTimeAsync(20_000)
    libp2p.lose(peer)
    found = []
    await vi.advanceTimersByTimeAsync(8000)
    expect(links.states.get(peer)).toBeUndefined()
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(libp2p.dialled).toEqual([peer])
  })

  it('that are lost soon, again and again, are made less and less often', async () => {
    const [peer = ''] = await peersFound(1)
    libp2p.answer = async () => void setTimeout(() => libp2p.lose(peer), 1000)
    links.start()
    await vi.advanceTimersByTimeAsync(24 * HOUR)
    expect(libp2p.dialled.length).toBeGreaterThan(20)
    expect(libp2p.dialled.length).toBeLessThan(100)
  })

  it('are made through another relay where the one that told of a peer is gone', async () => {
    const other = { ...relay, remotePeer: await newPeer(), status: 'open' } as unknown as Connection
    const [peer = ''] = await peersFound(1)
    relays = [relay, other]
    links.start()
    await vi.advanceTimersByTimeAsync(20_000)
    Object.assign(other, { status: 'closed' })
    relays = [relay]
    libp2p.lose(peer)
    await vi.advanceTimersByTimeAsync(8000)
    expect(libp2p.dialled).toEqual([peer, peer])
  })

  it('are tried at once when the network is another one', async () => {
    await peersFound(1)
    libp2p.answer = async () => {
      throw new Error('ICE failed')
    }
    links.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    const before = libp2p.dialled.length
    links.wake()
    await vi.advanceTimersByTimeAsync(1000)
    expect(libp2p.dialled.length).toBe(before + 1)
  })
})
