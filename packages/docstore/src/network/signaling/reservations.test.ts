import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { createNetwork, type Network as Descriptor } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TestPeer, type TestPeerOptions } from '../testing/test-peer.ts'
import { TestRelay, type TestRelayOptions } from '../testing/test-relay.ts'

let descriptor: Descriptor
const cleanups: (() => Promise<void>)[] = []
beforeEach(() => {
  descriptor = createNetwork('test')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()))
})

async function relay(options?: TestRelayOptions): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

async function client(relays: readonly TestRelay[], options?: TestPeerOptions): Promise<TestPeer> {
  const started = await TestPeer.start(descriptor, { relays: relays.map(({ origin }) => origin), ...options })
  cleanups.push(() => started.close())
  return started
}

/** Places that a relay has given. */
const taken = (one: TestRelay): number | undefined => one.libp2p.services.places?.taken

describe('places at a relay', () => {
  it('are there for more peers than libp2p would take by default, and are free again as soon as a peer has left', async () => {
    const home = await relay()
    const clients = await Promise.all(Array.from({ length: 20 }, () => client([home])))
    await expect.poll(() => Promise.all(clients.map((one) => one.hasReservation()))).toEqual(clients.map(() => true))
    expect(taken(home)).toBe(20)
    await Promise.all(clients.slice(0, 15).map(({ network }) => network.close()))
    await expect.poll(() => taken(home)).toBe(5)
    expect(home.libp2p.services.places?.refused).toBe(0)
  })

  it('make a peer reachable through the relay, over a connection that is limited', async () => {
    const home = await relay()
    const [a, b] = await Promise.all([client([home]), client([home])])
    await expect.poll(() => Promise.all([a, b].map((one) => one.hasReservation()))).toEqual([true, true])
    const address = b.libp2p.getMultiaddrs().find((one) => one.toString().includes('/p2p-circuit'))
    if (address === undefined) throw new Error('b has no address')
    const connection = await a.libp2p.dial(address)
    expect(connection.remotePeer.toString()).toBe(b.id)
    expect(connection.limits).toBeDefined()
    await expect.poll(async () => (await a.network.peers()).find(({ id }) => id === b.id)?.via).toBe('relay')
  })

  it('last for as long as they are renewed in time, and end when they are not', async () => {
    const real = AbortSignal.timeout.bind(AbortSignal)
    const terms: AbortController[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      if (ms !== 30 * 60_000) return real(ms)
      const term = new AbortController()
      terms.push(term)
      return term.signal
    })
    const home = await relay()
    const guest = await client([home])
    await expect.poll(() => guest.hasReservation()).toBe(true)
    const renew = async (): Promise<void> => {
      const stream = await guest.libp2p.dialProtocol(home.libp2p.peerId, RELAY_V2_HOP_CODEC)
      const answered = new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
      // A request for a place: one field, `type`, that is `RESERVE`.
      stream.send(Uint8Array.of(2, 8, 0))
      await answered
    }
    await renew()
    await renew()
    expect(terms).toHaveLength(3)
    for (const term of terms.slice(0, 2)) term.abort()
    expect(taken(home)).toBe(1)
    terms[2]?.abort()
    expect(taken(home)).toBe(0)
  })

  it('run out without an error for who comes then; they get one when another peer leaves', async () => {
    const full = await relay({ places: 1 })
    const first = await client([full])
    await expect.poll(() => first.hasReservation()).toBe(true)
    const second = await client([full])
    await expect.poll(() => full.libp2p.services.places?.refused).toBeGreaterThan(0)
    expect(await second.network.peers()).toMatchObject([{ state: 'connected', reservation: false, error: undefined }])
    await first.network.close()
    await expect.poll(() => second.hasReservation()).toBe(true)
  })

  it('are kept at every relay of a peer, and those of one relay do not depend on the others', async () => {
    const [one, two] = await Promise.all([relay(), relay()])
    const both = await client([one, two])
    const reservations = async (): Promise<unknown> => (await both.network.peers()).map(({ reservation }) => reservation)
    await expect.poll(reservations).toEqual([true, true])
    await two.stop()
    await expect.poll(reservations).toEqual([true, false])
    await two.restart()
    await expect.poll(reservations).toEqual([true, true])
  })

  it.each(['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'])('are given again when the relay comes back, over %s', async (address) => {
    const home = await relay({ listen: [address] })
    const clients = await Promise.all([client([home]), client([home]), client([home])])
    const connected = clients.map(() => true)
    await expect.poll(() => Promise.all(clients.map((one) => one.hasReservation()))).toEqual(connected)
    await home.stop()
    await expect.poll(() => Promise.all(clients.map((one) => one.network.connected({ timeoutMs: 0 })))).toEqual(clients.map(() => 0))
    await home.restart()
    await expect.poll(() => Promise.all(clients.map((one) => one.hasReservation()))).toEqual(connected)
    expect(taken(home)).toBe(3)
  })

  it('are asked for from the first connection on, where the relay was away when the peer began', async () => {
    const home = await relay()
    await home.stop()
    const early = await client([home])
    await expect.poll(async () => (await early.network.peers())[0]?.error).toMatch(/does not answer/)
    await home.restart()
    await expect.poll(() => early.hasReservation()).toBe(true)
  })
})
