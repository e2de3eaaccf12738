import { createNetwork, type PeerDescriptor } from '@p2p-docstore/core'
import { ALL_PARTS, PLACEMENT_TIMES } from '@p2p-docstore/core/placement'
import { describe, expect, it } from 'vitest'
import { type ListedRelay, PlacementView } from './placement-view.ts'

const network = createNetwork('test', { nonce: new Uint8Array(16) })
const START = 1_800_000_000_000
const { eligibleAfterMs, outAfterMs } = PLACEMENT_TIMES
const ns = network.id

function relay(n: number, change: Partial<PeerDescriptor> = {}): ListedRelay {
  const by = Uint8Array.of(0xed, 0x01, ...new Uint8Array(32).fill(n))
  const told = { identity: null, addresses: [], origin: null, services: ['relay', 'storage', 'keeps-owned'], limits: {}, links: [] }
  const times = { since: START - eligibleAfterMs, at: START, expires: START + outAfterMs * 2 }
  return { peer: `peer ${n}`, descriptor: { v: 1, t: 'peer', net: network.cid, by, ...told, ...times, ...change } }
}

/** A view of these relays, at a time that the test sets. */
function viewOf(relays: readonly ListedRelay[]) {
  const clock = { now: START }
  return { clock, view: new PlacementView({ network, relays: () => relays, now: () => clock.now }) }
}

describe('who owns what, as a peer sees it', () => {
  it('is three of five relays, and what others of them have does not stay there', () => {
    const { view } = viewOf([1, 2, 3, 4, 5].map((n) => relay(n)))
    const owners = view.owners(ns)
    expect([view.isPlaced, owners.length, new Set(owners).size]).toEqual([true, 3, 3])
    for (const n of [1, 2, 3, 4, 5]) expect(view.staysAt(`peer ${n}`, ns)).toEqual(owners.includes(`peer ${n}`) ? ALL_PARTS : undefined)
    expect(view.owners('nonsense')).toEqual([])
  })

  it('is nobody in particular where relays keep everything, or are no more than copies', () => {
    const everything = [1, 2, 3, 4, 5].map((n) => relay(n, { services: ['relay', 'storage'] }))
    for (const relays of [everything, [1, 2, 3].map((n) => relay(n)), []]) {
      const { view } = viewOf(relays)
      expect([view.isPlaced, view.isAtWork, view.staysAt('peer 1', ns)]).toEqual([false, false, ALL_PARTS])
    }
  })

  it('leaves what a relay has that keeps everything, among others that do not', () => {
    const { view } = viewOf([1, 2, 3, 4, 5].map((n) => relay(n, n === 1 ? { services: ['relay', 'storage'] } : {})))
    expect([view.isPlaced, view.staysAt('peer 1', ns)]).toEqual([true, ALL_PARTS])
  })

  it('changes when a relay was silent for too long, though nothing new is heard, and stays the same object until then', () => {
    const { view, clock } = viewOf([1, 2, 3, 4].map((n) => relay(n, n === 4 ? { at: START - 60_000 } : {})))
    const before = view.placement
    clock.now = START + outAfterMs - 60_001
    expect([view.isPlaced, view.placement === before]).toEqual([true, true])
    clock.now = START + outAfterMs - 60_000 + 2000
    expect(view.isPlaced).toBe(false)
  })

  it('needs everybody where one drains, who owns nothing then', () => {
    const { view } = viewOf([1, 2, 3, 4].map((n) => relay(n, n === 4 ? { services: ['relay', 'storage', 'draining'] } : {})))
    expect([view.isAtWork, view.isPlaced, view.owners(ns).includes('peer 4')]).toEqual([true, false, false])
  })

  it('leaves out relays that keep what they are asked to', () => {
    const { view } = viewOf([1, 2, 3, 4].map((n) => relay(n, n === 4 ? { services: ['relay', 'storage', 'keeps-asked'] } : {})))
    expect([view.placement.members.length, view.isPlaced]).toEqual([3, false])
  })
})
