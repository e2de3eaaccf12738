import * as dagCbor from '@ipld/dag-cbor'
import { createNetwork } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Misconduct } from './misconduct.ts'
import { Attacker, ended } from '../testing/attacker.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

/** A frame as the protocol has it. */
function frameOf(message: Readonly<Record<string, unknown>>): Uint8Array {
  const bytes = dagCbor.encode(message)
  return Uint8Array.of(bytes.length, ...bytes)
}

describe('misconduct', () => {
  it('is forgiven in time, and leads to a refusal for a while where it goes on', () => {
    let now = 0
    const refusals: string[] = []
    const misconduct = new Misconduct({ now: () => now })
    misconduct.onRefusal((peer, misdeed) => refusals.push(`${peer} ${misdeed}`))
    const minutes = (count: number): number => count * 60_000
    for (let i = 0; i < 20; i++) {
      now += minutes(3)
      misconduct.note('careless', 'malformed')
    }
    expect(misconduct.refuses('careless')).toBe(false)
    for (let i = 0; i < 3; i++) misconduct.note('hostile', 'malformed')
    expect(misconduct.refuses('hostile')).toBe(false)
    misconduct.note('hostile', 'forged-records')
    expect(refusals).toEqual(['hostile forged-records'])
    expect(misconduct.refuses('hostile')).toBe(true)
    expect(misconduct.refused).toBe(1)
    now += minutes(10)
    expect(misconduct.refuses('hostile')).toBe(false)
    expect(Object.fromEntries(misconduct.counts)).toEqual({ malformed: 23, 'forged-records': 1 })
  })

  it('is remembered of so many peers only', () => {
    const misconduct = new Misconduct()
    const offend = (peer: string): void => {
      for (let i = 0; i < 5; i++) misconduct.note(peer, 'malformed')
    }
    offend('first')
    offend('second')
    for (let i = 0; i < 9_999; i++) misconduct.note(`peer ${i}`, 'slow-frame')
    expect(misconduct.refuses('first')).toBe(false)
    expect(misconduct.refuses('second')).toBe(true)
  })
})

describe('a peer of the network that', () => {
  const descriptor = createNetwork('test')
  let relay: TestRelay
  let attacker: Attacker
  let honest: TestPeer
  beforeEach(async () => {
    relay = await TestRelay.start(descriptor)
    ;[attacker, honest] = await Promise.all([Attacker.start(descriptor), TestPeer.start(descriptor, { relays: [relay.origin] })])
    await honest.network.connected({ timeoutMs: 60_000 })
  })
  afterEach(async () => {
    // Whatever happened, others were not disturbed.
    const { id } = await honest.replica.createNamespace({ name: 'notes', write: 'owner' })
    expect((await honest.network.sync(id, { timeoutMs: 60_000 })).peers).toEqual([relay.peer.id])
    await Promise.all([attacker.libp2p.stop(), honest.close(), relay.close()])
  })

  const addresses = () => relay.libp2p.getMultiaddrs()
  const counts = () => Object.fromEntries(relay.libp2p.services.doorkeeper.misconduct.counts)
  const connections = () => relay.libp2p.getConnections(attacker.libp2p.peerId)

  it.each<[string, Uint8Array, string]>([
    ['a frame of noise', Uint8Array.of(0x80, 0x08, ...Uint8Array.from({ length: 1024 }, (_, i) => 7919 * (i + 1))), 'malformed'],
    ['a frame of 32 GiB', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f), 'too-large'],
    ['a frame that is no map', Uint8Array.of(3, 1, 2, 3), 'malformed'],
    ['an unknown request', frameOf({ t: 'erase' }), 'malformed'],
    ['empty frames', new Uint8Array(1000), 'malformed'],
    ['a request before the greeting', frameOf({ t: 'list', after: '' }), 'no-hello'],
    ['a greeting of another network', frameOf({ t: 'hello', v: 1, net: 'bafy', role: 'peer', clock: 0, epoch: 'ab' }), 'wrong-network'],
  ])('sends %s loses the stream, and is refused when it goes on', async (_, bytes, misdeed) => {
    const connection = await attacker.connect(addresses())
    for (let i = 0; i < 5; i++) await ended(await attacker.send(connection, bytes))
    await ended(connection)
    expect(counts()).toEqual({ [misdeed]: 5 })
    await expect(attacker.connect(addresses()).then(ended)).resolves.toBeUndefined()
    await expect.poll(() => relay.libp2p.services.doorkeeper.misconduct.refused).toBe(1)
    expect(connections()).toEqual([])
  })

  const hello = frameOf({ t: 'hello', v: 1, net: descriptor.id, role: 'peer', clock: 0, epoch: 'ab' })
  it('opens a hundred streams is served eight of them at most, and is refused', async () => {
    const connection = await attacker.connect(addresses())
    // Streams in the first moment of a connection would end it at once.
    await attacker.send(connection, hello)
    await Promise.allSettled(Array.from({ length: 100 }, () => attacker.send(connection, hello)))
    await ended(connection)
    expect(counts()['too-many-streams']).toBeGreaterThanOrEqual(20)
  })

  it('opens one connection after the other keeps the newest four, and is refused when it goes on', async () => {
    const all = []
    for (let i = 0; i < 10; i++) all.push(await attacker.connect(addresses()))
    await expect.poll(() => connections().length).toBe(4)
    expect(all.map(({ status }) => status === 'open')).toEqual(all.map((_, i) => i >= 6))
    for (let i = 0; i < 25; i++) await attacker.connect(addresses()).catch(() => undefined)
    await expect.poll(() => connections().length).toBe(0)
    // Attempts that end before they are connections are not counted.
    expect(counts()['too-many-connections']).toBeGreaterThanOrEqual(10)
  })
})
