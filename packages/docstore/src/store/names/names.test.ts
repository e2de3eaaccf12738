import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createNetwork, identityFromSeed, openReplica, type Replica } from '@p2p-docstore/core'
import { LEASE_MS, RENEWAL_MS } from '@p2p-docstore/core/people/names'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestPeer } from '../../network/testing/test-peer.ts'
import { TestRelay } from '../../network/testing/test-relay.ts'
import { NameBook } from './name-book.ts'

const DAY_MS = 24 * 60 * 60_000
const seed = new Uint8Array(32).fill(60)
const network = createNetwork('names', { names: { authorities: [identityFromSeed(seed).author], quorum: 1 } })
/** The clock of all of them. */
let now = Date.UTC(2026, 0, 1)
const closing = new AbortController()
let relay: TestRelay
let alice: Person
let bob: Person

interface Person {
  readonly peer: TestPeer
  readonly book: NameBook
  readonly id: string
}

async function open(init: { readonly identity?: Uint8Array; readonly recovery?: Uint8Array }): Promise<Replica> {
  const { identity, recovery } = init
  return openReplica(openNodeStorage(':memory:'), {
    network: network.bytes,
    aside: false,
    now: () => now,
    ...(identity && { identity }),
    ...(recovery && { person: { recovery } }),
  })
}

async function bookOf(replica: Replica, peer?: TestPeer, username?: string): Promise<NameBook> {
  const info = await replica.info()
  return new NameBook({
    replica,
    network: peer?.network,
    info: () => info,
    usernameOf: async () => username,
    closing: closing.signal,
    now: () => now,
    anyHost: true,
  })
}

async function person(fill: number): Promise<Person> {
  const replica = await open({ recovery: identityFromSeed(new Uint8Array(32).fill(fill)).author })
  const peer = await TestPeer.start(network, { replica, relays: [relay.origin], now: () => now })
  await peer.network.connected({ timeoutMs: 60_000 })
  return { peer, book: await bookOf(replica, peer), id: (await replica.person())?.id ?? '' }
}

beforeAll(async () => {
  relay = await TestRelay.start(network, { replica: await open({ identity: seed }), now: () => now })
  ;[alice, bob] = [await person(61), await person(62)]
})
afterAll(async () => {
  closing.abort()
  await Promise.all([alice.peer.close(), bob.peer.close()])
  await relay.close()
})

const untilOf = async (name: string): Promise<number> => Date.parse((await alice.book.show(name, {})).until ?? '')

describe('names', () => {
  it('are told of a person, and found by who is offline then', async () => {
    await alice.book.claim('alice', {})
    await alice.book.claim('second', {})
    expect((await bob.book.of(alice.id, {})).map(({ name }) => name)).toEqual(['alice', 'second'])
    expect(await bob.book.of(bob.id, {})).toEqual([])
    const offline = await bookOf(bob.peer.replica)
    expect(await offline.person('@Alice', {})).toBe(alice.id)
    await expect(offline.person('@third', {})).rejects.toMatchObject({ code: 'unknown-name' })
    await expect(offline.claim('third', {})).rejects.toMatchObject({ code: 'offline' })
    await expect(offline.show('alice@example.org', {})).rejects.toThrow('docstore profile show')
    await alice.book.release('second', {})
    expect((await bob.book.of(alice.id, {})).map(({ name }) => name)).toEqual(['alice'])
  })

  it('are three at most', async () => {
    for (const name of ['two', 'three']) await alice.book.claim(name, {})
    await expect(alice.book.claim('four', {})).rejects.toMatchObject({ code: 'too-many-names' })
    for (const name of ['two', 'three']) await alice.book.release(name, {})
  })

  it('are renewed in their last 60 days, and not before, by whoever opens the data', async () => {
    const before = await untilOf('alice')
    expect(before).toBe(now + LEASE_MS)
    now += LEASE_MS - RENEWAL_MS - DAY_MS
    await alice.book.keepUp()
    expect(await untilOf('alice')).toBe(before)
    now += 2 * DAY_MS
    await alice.book.keepUp()
    expect(await untilOf('alice')).toBe(now + LEASE_MS)
    // What was given up is not.
    expect(await alice.book.show('second', {})).not.toMatchObject({ state: 'held' })
  })

  it('that run out while nobody of theirs is there are got back by the next one who opens the data, in the quarantine too', async () => {
    now += LEASE_MS + 40 * DAY_MS
    expect(await bob.book.show('alice', {})).toMatchObject({ state: 'quarantine', last: alice.id })
    await alice.book.keepUp()
    expect(await untilOf('alice')).toBe(now + LEASE_MS)
  })

  it('run out where nobody renews them, and come free for others in the end', async () => {
    now += LEASE_MS + DAY_MS
    expect(await bob.book.show('alice', {})).toMatchObject({ state: 'grace', person: alice.id })
    // Where the clock jumps, the directory is empty for a while, and nobody knows that it is the authority who refuses.
    await expect(bob.book.claim('alice', { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'name-taken' })
    now += 30 * DAY_MS
    expect(await bob.book.show('alice', {})).toMatchObject({ state: 'quarantine', last: alice.id })
    await expect(bob.book.claim('alice', { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'name-quarantined' })
    now += 90 * DAY_MS
    expect(await bob.book.claim('alice', {})).toMatchObject({ state: 'held', person: bob.id })
    expect(await alice.book.show('alice', {})).toMatchObject({ person: bob.id })
  })
})

describe('names of domains', () => {
  it('stand for the person where the domain and the person both say so', async () => {
    const server = createServer((_request, response) => response.end(JSON.stringify({ names: { alice: alice.id } })))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const name = `alice@127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      expect(await (await bookOf(bob.peer.replica, bob.peer, name)).person(name, {})).toBe(alice.id)
      const oneSided = await bookOf(bob.peer.replica, bob.peer, 'alice')
      await expect(oneSided.person(name, {})).rejects.toMatchObject({ code: 'unknown-name', message: expect.stringContaining(alice.id) as string })
      await expect(oneSided.person(`bob${name.slice(5)}`, {})).rejects.toMatchObject({ code: 'unknown-name' })
    } finally {
      server.close()
    }
  })
})
