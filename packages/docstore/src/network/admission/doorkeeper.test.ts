import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2pEvents, Peer, PeerId } from '@libp2p/interface'
import { TypedEventEmitter } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createNetwork } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Admission } from './admission.ts'
import { Doorkeeper, type DoorkeeperComponents } from './doorkeeper.ts'
import { Misconduct } from './misconduct.ts'

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
