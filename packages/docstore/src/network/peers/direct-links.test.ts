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

  connect(peer: string, { limits }: { limits?: object } = {}): Connection {
    const connection = {
      remotePeer: { toString: () => peer },
      remoteAddr: multiaddr(`/ip4/127.0.0.1/udp/4000/webrtc-direct/p2p/${this.peerId.toString()}/p2p-circuit/webrtc`),
      status: 'open',
      multiplexer: '/webrtc',
      limits,
      close: async () => undefined,
    } as unknown as Connection
    const shown = { ...connection, remoteAddr: { toString: () => '/p2p-circuit/webrtc' } } as unknown as Connection
    this.connections.push(shown)
    return shown
  }
}

let libp2p: Libp2pOfTest
let relay: Connection
let found: readonly string[]
let links: DirectLinks
let wanted: Set<string>
let asked: string[]
beforeEach(async () => {
  vi.useFakeTimers()
  libp2p = new Libp2pOfTest(await newPeer())
  const relayId = await newPeer()
  relay = { remotePeer: relayId, remoteAddr: multiaddr(`/ip4/127.0.0.1/tcp/4000/p2p/${relayId.toString()}`), status: 'open' } as unknown as Connection
  found = []
  asked = []
  wanted = new Set(['notes'])
  links = new DirectLinks({
    libp2p,
    wanted,
    relays: () => [relay],
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
