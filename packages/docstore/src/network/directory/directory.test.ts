import { createNetwork, createRevocation, createSeed, createVoucher, identityFromSeed, type Network, packSigned, sha256 } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { DescribedPeer } from '../testing/described-peer.ts'
import { Directory } from './directory.ts'
import type { PackedEntry } from './messages.ts'

const network: Network = createNetwork('directory')
const now = Date.now()
/** An eighth of what there is room for: what is to be seen is the same. */
const ROOM = { max: 512, maxNonRelays: 384 }

/** A directory whose clock stands at `clock.now`, with these peers connected. */
function openDirectory({ connected = [], of = network }: { connected?: readonly string[]; of?: Network } = {}) {
  const clock = { now }
  const online = new Set(connected)
  const directory = new Directory({ network: of, isConnected: (peer) => online.has(peer), now: () => clock.now, ...ROOM })
  return { directory, clock, online }
}

/** So many peers that nobody ever met. */
function fakes(count: number, services: readonly string[] = []): PackedEntry[] {
  return Array.from({ length: count }, () => new DescribedPeer(network).entry({ at: now, services }))
}

describe('Directory', () => {
  it('lists what peers say of themselves, the newest of each, whatever the order', async () => {
    const { directory } = openDirectory()
    const peer = new DescribedPeer(network)
    const [older, newer] = [peer.entry({ at: now, services: ['relay'] }), peer.entry({ at: now + 1, services: [] })]
    expect(await directory.add(newer, 'a')).toBe('new')
    expect(await directory.add(older, 'b')).toBe('superseded')
    expect(await directory.add(newer, 'b')).toBe('same')
    expect(directory.peers().map(({ peer, isRelay, at }) => ({ peer, isRelay, at }))).toEqual([{ peer: peer.id, isRelay: false, at: now + 1 }])
    expect(directory.relays()).toEqual([])
  })

  it('ends with one of two of the same time, whatever the order', async () => {
    const peer = new DescribedPeer(network)
    const two = [peer.entry({ at: now, since: 1 }), peer.entry({ at: now, since: 2 })]
    const roots = []
    for (const order of [two, two.toReversed()]) {
      const { directory } = openDirectory()
      for (const entry of order) await directory.add(entry, 'a')
      roots.push(directory.tree.root())
    }
    expect(roots[0]).toBe(roots[1])
  })

  it('forgets descriptors when their time is over', async () => {
    const { directory, clock } = openDirectory()
    const [brief, long] = [new DescribedPeer(network), new DescribedPeer(network)]
    await directory.add(brief.entry({ at: now, expires: now + 1000 }), 'a')
    await directory.add(long.entry({ at: now, expires: now + 5000 }), 'a')
    expect(directory.expire()).toBe(now + 1000)
    clock.now = now + 1000
    expect(directory.peers().map(({ peer }) => peer)).toEqual([long.id])
    expect(directory.expire()).toBe(now + 5000)
    expect(directory.tree.size).toBe(1)
    clock.now = now + 5000
    expect(directory.expire()).toBeUndefined()
    expect(directory.tree.size).toBe(0)
  })

  it('refuses what is forged, of another network, over, or of a time to come', async () => {
    const { directory } = openDirectory()
    const peer = new DescribedPeer(network)
    const { kind, packed } = peer.entry({ at: now })
    const forged = packed.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    expect(await directory.add({ kind, packed: forged }, 'a')).toBe('bad-signature')
    expect(await directory.add(new DescribedPeer(createNetwork('another')).entry({ at: now }), 'a')).toBe('wrong-network')
    expect(await directory.add(peer.entry({ at: now - 1000, expires: now }), 'a')).toBe('expired')
    expect(await directory.add(peer.entry({ at: now + 6 * 60_000, expires: now + 7 * 60_000 }), 'a')).toBe('future')
    expect(await directory.add({ kind, packed: new Uint8Array(10_000) }, 'a')).toBe('too-large')
    expect(directory.tree.size).toBe(0)
  })

  it('says who runs a peer where that one vouches for it, and believes no other peer that they do', async () => {
    const { directory } = openDirectory()
    const person = identityFromSeed(createSeed())
    const [peer, thief] = [new DescribedPeer(network), new DescribedPeer(network)]
    const identity = packSigned(createVoucher(network.cid, peer.id, person))
    expect(await directory.add(peer.entry({ at: now, identity }), 'a')).toBe('new')
    expect(directory.peer(peer.id)?.identity).toBe(person.did)
    expect(await directory.add(thief.entry({ at: now, identity }), 'a')).toBe('bad-signature')
  })

  it('keeps revocations that an authority signed, for ever', async () => {
    const authority = identityFromSeed(createSeed())
    const invited = createNetwork('invited', { admission: 'invite', authorities: [authority.author] })
    const { directory, clock } = openDirectory({ of: invited })
    const certificate = sha256('a certificate')
    const heard: string[] = []
    directory.onEntry(({ kind }) => heard.push(kind))
    const packed = packSigned(createRevocation(invited.cid, certificate, now, authority))
    const forged = packSigned(createRevocation(invited.cid, certificate, now, identityFromSeed(createSeed())))
    expect(await directory.add({ kind: 'revocation', packed: forged }, 'a')).toBe('not-allowed')
    expect(await directory.add({ kind: 'revocation', packed }, 'a')).toBe('new')
    clock.now += 1e12
    directory.expire()
    expect(directory.revocations().map(({ revocation }) => revocation.certificate)).toEqual([certificate])
    expect(heard).toEqual(['revocation'])
  })

  it('keeps who is honest, and relays and peers that are connected, when somebody brings more peers that do not exist than there is room for', async () => {
    const neighbour = new DescribedPeer(network)
    const relay = new DescribedPeer(network)
    const { directory } = openDirectory({ connected: [neighbour.id, relay.id] })
    const honest = Array.from({ length: 25 }, () => new DescribedPeer(network))
    for (const peer of honest) await directory.add(peer.entry({ at: now }), relay.id)
    for (const entry of fakes(625)) await directory.add(entry, 'attacker')
    await directory.add(neighbour.entry({ at: now }), neighbour.id)
    await directory.add(relay.entry({ at: now, services: ['relay'] }), 'somebody')
    for (const entry of fakes(625, ['relay'])) await directory.add(entry, 'attacker')
    const listed = new Set(directory.peers().map(({ peer }) => peer))
    for (const peer of [...honest, neighbour, relay]) expect(listed.has(peer.id)).toBe(true)
    expect(listed.size).toBe(ROOM.max)
    expect(directory.tree.size).toBe(ROOM.max)
    // Who comes later finds room all the same, at the attacker's expense.
    const late = new DescribedPeer(network)
    expect(await directory.add(late.entry({ at: now }), relay.id)).toBe('new')
  })

  it('keeps what a connected peer says of itself, though others were first to tell', async () => {
    const neighbour = new DescribedPeer(network)
    const { directory } = openDirectory({ connected: [neighbour.id] })
    const entry = neighbour.entry({ at: now })
    for (const source of ['one', 'two', 'three', 'four', neighbour.id]) await directory.add(entry, source)
    for (const source of ['one', 'two', 'three', 'four']) for (const fake of fakes(100)) await directory.add(fake, source)
    for (const fake of fakes(7)) await directory.add(fake, 'somebody')
    expect(directory.peer(neighbour.id)).toBeDefined()
  })

  it('counts an honest peer among those who brought an entry, though four others were first', async () => {
    const { directory } = openDirectory()
    const honest = new DescribedPeer(network)
    const flooding = ['one', 'two', 'three', 'four']
    for (const source of flooding) for (const fake of fakes(2)) await directory.add(fake, source)
    for (const source of [...flooding, 'honest']) await directory.add(honest.entry({ at: now }), source)
    for (const source of flooding) for (const fake of fakes(100)) await directory.add(fake, source)
    for (let i = 0; i < 7; i++) await directory.add(new DescribedPeer(network).entry({ at: now }), 'honest')
    expect(directory.peer(honest.id)).toBeDefined()
  })

  it('forgets what it took while its clock was ahead, as soon as the peer says something now', async () => {
    const { directory, clock } = openDirectory()
    const peer = new DescribedPeer(network)
    clock.now = now + 3_600_000
    await directory.add(peer.entry({ at: clock.now }), 'a')
    clock.now = now
    expect(await directory.add(peer.entry({ at: now }), 'a')).toBe('newer')
    expect(directory.peer(peer.id)?.at).toBe(now)
  })

  it('has room for relays however many peers there are', async () => {
    const { directory } = openDirectory()
    for (const entry of fakes(ROOM.maxNonRelays + 10)) await directory.add(entry, 'a')
    expect(directory.peers().length).toBe(ROOM.maxNonRelays)
    expect(await directory.add(new DescribedPeer(network).entry({ at: now, services: ['relay'] }), 'a')).toBe('new')
  })

  it('gives nobody another share for coming again under another name', async () => {
    const { directory } = openDirectory()
    const honest = Array.from({ length: 7 }, () => new DescribedPeer(network))
    for (const peer of honest) await directory.add(peer.entry({ at: now }), 'relay')
    for (const name of ['one', 'two', 'three', 'four']) {
      for (const entry of fakes(190)) await directory.add(entry, name)
      directory.leave(name)
    }
    const listed = new Set(directory.peers().map(({ peer }) => peer))
    expect(honest.every(({ id }) => listed.has(id))).toBe(true)
    expect(await directory.add(new DescribedPeer(network).entry({ at: now }), 'relay')).toBe('new')
  })
})
