import { createNetwork } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPeer } from './testing/test-peer.ts'
import { TestRelay, type TestRelayOptions } from './testing/test-relay.ts'

const descriptor = createNetwork('test')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(options: TestRelayOptions): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

async function guestOf(...relays: readonly TestRelay[]): Promise<TestPeer> {
  const guest = await TestPeer.start(descriptor, { relays: relays.map(({ origin }) => origin) })
  cleanups.push(() => guest.close())
  await guest.network.connected({ timeoutMs: 60_000 })
  return guest
}

async function stateOf({ network }: TestPeer, ns: string): Promise<readonly string[]> {
  return (await network.namespaceStatus(ns)).peers.map(({ state }) => state)
}

describe('a relay that offers some services', () => {
  it('is asked for no documents where it keeps none, takes none, and does not count as a copy', async () => {
    const gate = await relay({ services: ['signaling'] })
    const guest = await guestOf(gate)
    const { id } = await guest.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await guest.replica.write(id, 'docs', [{ id: 'one', content: '{"_id":"one"}' }])
    const delivered = guest.network.delivered(id, { copies: 1, seq: 1, timeoutMs: 300 })
    await expect(delivered).rejects.toMatchObject({ code: 'not-delivered' })
    expect(await stateOf(guest, id)).toEqual(['declined'])
    expect(gate.peer.network.rendezvous.peersOf(id)).toEqual([])
    expect(await gate.peer.replica.namespaceIds()).toEqual([])
    expect(await guest.network.peers()).toMatchObject([{ state: 'connected', services: ['signaling'] }])
  })

  it('is told who keeps what where it helps peers find each other, and gives a place only where it offers one', async () => {
    const gate = await relay({ services: ['signaling', 'discovery'] })
    const board = await relay({ services: ['discovery'] })
    const guest = await guestOf(gate, board)
    const { id } = await guest.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await guest.network.want(id)
    await expect.poll(() => gate.peer.network.rendezvous.peersOf(id)).toEqual([guest.id])
    expect(await gate.peer.replica.namespaceIds()).toEqual([])
    const places = async () => (await guest.network.peers()).map(({ reservation, services }) => [services, reservation])
    await expect.poll(places).toEqual([
      [['signaling', 'discovery'], true],
      [['discovery'], false],
    ])
    expect(board.libp2p.getProtocols()).not.toContain('/libp2p/circuit/relay/0.2.0/hop')
  })

  it('leaves the copies to one that keeps documents, which everybody finds by its descriptor', async () => {
    const vault = await relay({ services: ['storage', 'directory'] })
    const gate = await relay({ services: ['signaling', 'directory'], relays: [vault.origin] })
    const guest = await guestOf(gate)
    const { id } = await guest.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await guest.replica.write(id, 'docs', [{ id: 'one', content: '{"_id":"one"}' }])
    expect(await guest.network.delivered(id, { copies: 1, seq: 1, timeoutMs: 60_000 })).toEqual([vault.peer.id])
    expect(await gate.peer.replica.namespaceIds()).toEqual([])
  })
})
