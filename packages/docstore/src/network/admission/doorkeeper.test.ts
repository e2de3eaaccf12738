import type { Identify } from '@libp2p/identify'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2pEvents, Peer, PeerId } from '@libp2p/interface'
import { TypedEventEmitter } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createNetwork } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Admission } from './admission.ts'
import { Doorkeeper, type DoorkeeperComponents } from './doorkeeper.ts'
import { Misconduct } from './misconduct.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

const log = Object.assign(() => undefined, { error: () => undefined })

describe('a doorkeeper', () => {
  let met: PeerId[]
  let connected: PeerId[]
  let inTable: PeerId | undefined
  let doorkeeper: Doorkeeper
  beforeEach(async () => {
    vi.useFakeTimers()
    met = await Promise.all(Array.from({ length: 3 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
    connected = met.slice(0, 1)
    inTable = met[1]
    const components = {
      events: new TypedEventEmitter<Libp2pEvents>(),
      logger: { forComponent: () => log },
      connectionManager: { getConnections: (peer?: PeerId) => connected.filter((one) => peer?.equals(one) === true) as unknown as Connection[] },
      peerStore: {
        all: async () => met.map((id) => ({ id, tags: new Map(id === inTable ? [['kad-peer', { value: 1 }]] : []) }) as unknown as Peer),
        delete: async (id: PeerId) => {
          met = met.filter((one) => !one.equals(id))
        },
      },
      identify: { identify: async () => undefined },
      registrar: { getMiddleware: () => [], handle: async () => undefined },
    } as unknown as DoorkeeperComponents
    const meta = { getMeta: async () => undefined, setMeta: async () => undefined, listMeta: async () => [] }
    const admission = await Admission.open({ network: createNetwork('notes'), peer: 'me', role: 'peer', meta })
    doorkeeper = new Doorkeeper(components, { misconduct: new Misconduct(), admission, addressBook: { allows: () => true }, fullAt: 100 })
    await doorkeeper.start()
  })
  afterEach(() => {
    doorkeeper.stop()
    vi.useRealTimers()
  })

  it('forgets peers that have left, so that a relay does not remember everyone who ever came, unless Kademlia tells others of them', async () => {
    await vi.advanceTimersByTimeAsync(9 * 60_000)
    expect(met).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(met).toEqual([...connected, inTable])
  })
})

describe('a guest of whom the first stream is lost', () => {
  it('is asked once more who it is, and stays', async () => {
    const network = createNetwork('notes')
    const relay = await TestRelay.start(network)
    const peer = await TestPeer.start(network)
    try {
      const { identify } = peer.libp2p.services as unknown as { identify: Pick<Identify, 'identify'> }
      const real = identify.identify.bind(identify)
      let asked = 0
      const answered = new Promise((resolve, reject) => {
        identify.identify = (connection, options) => {
          if (asked++ === 0) return lost(options?.signal)
          const answer = real(connection, options)
          answer.then(resolve, reject)
          return answer
        }
      })
      const connection = await peer.libp2p.dial(relay.libp2p.getMultiaddrs())
      await answered
      expect(asked).toBe(2)
      expect(connection.status).toBe('open')
    } finally {
      await Promise.all([peer.close(), relay.close()])
    }
  })

  it('is shown out where it does not answer on another either', async () => {
    const network = createNetwork('notes')
    const relay = await TestRelay.start(network)
    const peer = await TestPeer.start(network)
    try {
      const { identify } = peer.libp2p.services as unknown as { identify: Pick<Identify, 'identify'> }
      identify.identify = (_, options) => lost(options?.signal)
      const connection = await peer.libp2p.dial(relay.libp2p.getMultiaddrs())
      await new Promise((resolve) => connection.addEventListener('close', resolve, { once: true }))
      expect(peer.libp2p.services.doorkeeper.guestOf(connection)).toBeDefined()
    } finally {
      await Promise.all([peer.close(), relay.close()])
    }
  })
})

/** What nobody answers. */
function lost(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
}
