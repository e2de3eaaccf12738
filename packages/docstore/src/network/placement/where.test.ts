import { createNetwork, type PeerDescriptor } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { whereIs } from './where.ts'

const network = createNetwork('test', { nonce: new Uint8Array(16) })
const NOW = 1_800_000_000_000
const HOUR_MS = 60 * 60_000
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function relay(n: number, change: Partial<PeerDescriptor> = {}) {
  const by = Uint8Array.of(0xed, 0x01, ...new Uint8Array(32).fill(n))
  const told = { identity: null, addresses: [], origin: null, services: ['relay', 'storage'], limits: {}, links: [] }
  const descriptor: PeerDescriptor = {
    v: 1,
    t: 'peer',
    net: network.cid,
    by,
    ...told,
    since: NOW - HOUR_MS,
    at: NOW,
    expires: NOW + HOUR_MS,
    ...change,
  }
  return { peer: `peer ${n}`, descriptor }
}

const ns = network.id
const init = { network, find: () => [], own: undefined, now: NOW }
const { signal } = new AbortController()

describe('where a namespace lies', () => {
  it('is the same for everybody who knows the same relays: three of those that store and are there long enough', async () => {
    const relays = [1, 2, 3, 4, 5].map((n) => relay(n))
    const young = relay(6, { since: NOW })
    const signalling = relay(7, { services: ['relay', 'signaling'] })
    const found = await whereIs(ns, { ...init, relays: [...relays, young, signalling] }, signal)
    const again = await whereIs(ns, { ...init, relays: relays.toReversed() }, signal)
    expect(found).toEqual(again)
    expect(found).toMatchObject({ everywhere: false, copies: 0, wanted: 3, others: [] })
    expect(new Set(found.owners.map(({ peer }) => peer)).size).toBe(3)
  })

  it('counts as copies what owners say to keep, and nothing else', async () => {
    const relays = [1, 2, 3, 4, 5].map((n) => relay(n))
    const { owners } = await whereIs(ns, { ...init, relays }, signal)
    const isOwner = (peer: string): boolean => owners.some((owner) => owner.peer === peer)
    const stranger = relays.map(({ peer }) => peer).find((peer) => !isOwner(peer)) ?? ''
    const find = (): Promise<string[]>[] => [Promise.resolve([owners[1]?.peer ?? '', stranger]), Promise.resolve([stranger])]
    const found = await whereIs(ns, { ...init, relays, find }, signal)
    expect(found).toMatchObject({ copies: 1, wanted: 3, others: [stranger] })
    expect(found.owners.map(({ has }) => has)).toEqual([false, true, false])
  })

  it('is everywhere while there are few relays, those included that have just come', async () => {
    const found = await whereIs(ns, { ...init, relays: [relay(1), relay(2, { since: NOW })], own: 'peer 2' }, signal)
    expect(found).toMatchObject({ everywhere: true, copies: 1, wanted: 2 })
    await expect(whereIs('nonsense', { ...init, relays: [] }, signal)).rejects.toMatchObject({ code: 'bad-namespace-id' })
  })

  it('is told by the relays themselves', async () => {
    const started = await TestRelay.start(network)
    cleanups.push(() => started.close())
    const peer = await TestPeer.start(network, { relays: [started.origin] })
    cleanups.push(() => peer.close())
    const { id } = await peer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await peer.network.delivered(id, { copies: 1, seq: 0, timeoutMs: 60_000 })
    const where = () => peer.network.where({ ns: id, timeoutMs: 60_000 })
    const relayId = started.peer.id
    await expect.poll(where).toMatchObject({ everywhere: true, owners: [{ peer: relayId, has: true }], copies: 1, wanted: 1 })
    expect(await started.peer.network.where({ ns: id, timeoutMs: 60_000 })).toMatchObject({ copies: 1, wanted: 1 })
  })
})
