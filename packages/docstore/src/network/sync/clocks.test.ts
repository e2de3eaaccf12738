import { createNetwork, identityFromSeed, openReplica, type Replica, timeFromMs } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, describe, expect, it } from 'vitest'
import { Docstore } from '../../store/docstore.ts'
import { diagnose } from '../../store/doctor/doctor.ts'
import type { Namespace } from '../../store/namespace.ts'
import { Invitations } from '../admission/invitations.ts'
import { readNetwork } from '../admission/read-network.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { ownParts } from '../../sharing/shared-parts.ts'

const DAY_MS = 86_400_000
const FAR_MS = 400 * DAY_MS
const descriptor = createNetwork('clocks')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A clock that is wrong by so much. */
class WrongClock {
  aheadMs = 0
  readonly now = (): number => Date.now() + this.aheadMs
}

async function relay(aheadMs = 0, options: { replica?: Replica } = {}): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor, { now: () => Date.now() + aheadMs, ...options })
  cleanups.push(() => started.close())
  return started
}

/** A store at relays, with a clock that the test sets; `replica` is of a process before. */
async function storeAt(relays: readonly TestRelay[], clock: WrongClock, replica?: Replica) {
  const peer = await TestPeer.start(descriptor, {
    relays: relays.map(({ origin }) => origin),
    now: clock.now,
    ...(replica === undefined ? {} : { replica }),
  })
  const store = await Docstore.of(
    ownParts({ replica: peer.replica, network: peer.network, libp2p: peer.libp2p, isRelay: async () => false, close: () => peer.close() }),
  )
  cleanups.push(() => store.close())
  await expect.poll(async () => (await store.clock()).relays.length).toBe(relays.length)
  return { store, peer }
}

async function namesHeld(namespace: Namespace): Promise<unknown> {
  const { synced, held } = await namespace.status()
  return { synced, held }
}

describe('one put under a clock that is days ahead', () => {
  it('holds up nothing, is told, and arrives once the clock was set right', async () => {
    const home = await relay()
    const clock = new WrongClock()
    const { store } = await storeAt([home], clock)
    const n = await store.namespaces.create({ name: 'notes', write: 'anyone' })
    await n.put({ _id: 's', v: 1 })
    await n.delivered()
    expect(await store.clock()).toMatchObject({ state: 'right', wrong: [] })
    const told: string[] = []
    store.on('clock', ({ state }) => told.push(state))

    clock.aheadMs = FAR_MS
    await n.put({ _id: 's', v: 2 })
    // At once, not when the time is over: waiting would be in vain.
    await expect(n.delivered({ timeoutMs: 30_000 })).rejects.toMatchObject({
      code: 'not-delivered',
      details: { copies: 0, reason: 'future', held: 1 },
    })
    expect(told).toEqual(['disputed'])
    expect((await store.clock()).aheadMs / DAY_MS).toBeCloseTo(400)
    expect(await namesHeld(n)).toMatchObject({ held: { records: 1, reason: 'future', until: expect.any(Number) } })
    expect(await store.doctor()).toContainEqual(
      expect.objectContaining({ check: 'held', fault: 'held-back', message: expect.stringContaining('1 record') }),
    )

    clock.aheadMs = 0
    await n.put({ _id: 't', v: 1 })
    expect(await n.delivered()).toEqual([home.peer.id])
    await expect.poll(() => home.peer.replica.get(n.id, 'docs', 's')).toBe('{"_id":"s","v":2}')
    await expect
      .poll(() => namesHeld(n))
      .toEqual({
        synced: true,
        held: { records: 0, reason: undefined, until: undefined, mendable: 0 },
      })
    await n.put({ _id: 's', v: 3 })
    await n.delivered()
    expect(await home.peer.replica.get(n.id, 'docs', 's')).toBe('{"_id":"s","v":3}')
    expect((await home.peer.replica.summary(n.id)).root).toBe((await n.status()).root)
    expect(told.at(-1)).toBe('right')
  })

  it('without a network arrives with the first greeting after a restart, with the namespace that was made then', async () => {
    const storage = openNodeStorage(':memory:')
    const clock = new WrongClock()
    const open = (): Promise<Replica> => openReplica(storage, { network: descriptor.bytes, now: clock.now })
    let replica = await open()
    clock.aheadMs = FAR_MS
    const { id } = await replica.createNamespace({ name: 'notes', write: 'owner' })
    await replica.write(id, 'docs', [{ id: 's', content: '{"_id":"s","v":1}' }])
    clock.aheadMs = 0
    replica = await open()
    await replica.write(id, 'docs', [{ id: 's', content: '{"_id":"s","v":2}' }])
    const home = await relay()
    const { store } = await storeAt([home], clock, replica)
    const n = await store.namespaces.open(id)
    await n.delivered()
    expect(await home.peer.replica.get(id, 'docs', 's')).toBe('{"_id":"s","v":2}')
    expect((await n.status()).held.records).toBe(0)
  })

  it('that somebody with as wrong a clock took keeps its time, is named, and holds up nothing', async () => {
    const [wrong, clock] = [await relay(FAR_MS), new WrongClock()]
    clock.aheadMs = FAR_MS
    const { store, peer } = await storeAt([wrong], clock)
    const n = await store.namespaces.create({ name: 'notes', write: 'anyone' })
    await n.put({ _id: 's', v: 1 })
    expect(await n.delivered()).toEqual([wrong.peer.id])
    clock.aheadMs = 0
    const homes = [await relay(), await relay()]
    for (const { origin } of homes) await peer.network.addRelay(origin)
    await expect.poll(async () => (await store.clock()).state).toBe('right')
    expect((await store.clock()).wrong).toEqual([wrong.peer.id])
    await n.put({ _id: 't', v: 1 })
    expect(await n.delivered({ copies: 3 })).toHaveLength(3)
    expect(await wrong.peer.replica.get(n.id, 'docs', 's')).toBe('{"_id":"s","v":1}')
    await expect.poll(async () => (await n.status()).held).toMatchObject({ records: 1, reason: 'future', mendable: 0 })
  })
})

it('a role that is given under a clock that is ahead is refused where that is known, and else is at no relay until it was set right', async () => {
  const home = await relay()
  const clock = new WrongClock()
  const { store, peer } = await storeAt([home], clock)
  const n = await store.namespaces.create({ name: 'club', write: 'members' })
  await n.put({ _id: 'a' })
  expect(await n.delivered()).toEqual([home.peer.id])
  const { did, author } = identityFromSeed(new Uint8Array(32).fill(9))
  clock.aheadMs = FAR_MS
  await expect.poll(async () => (await store.clock()).state).toMatch(/^(wrong|disputed)$/)
  await expect(n.grant(did, 'write')).rejects.toMatchObject({ code: 'clock-skew' })
  await expect(n.revoke(did)).rejects.toMatchObject({ code: 'clock-skew' })
  expect(await n.members()).toEqual([])
  // As where no relay had told its time yet.
  await peer.replica.changeRoles(n.id, { type: 'grant', to: author, role: 'write', from: timeFromMs(clock.now()) })
  await expect(n.delivered()).rejects.toMatchObject({ code: 'not-delivered', details: { copies: 0, reason: 'future', held: 1 } })
  expect(await home.peer.replica.members(n.id)).toEqual([])
  clock.aheadMs = 0
  await n.put({ _id: 'b' })
  await expect.poll(async () => (await home.peer.replica.members(n.id)).map(({ who }) => who)).toEqual([did])
  await expect.poll(async () => (await n.status()).held.records).toBe(0)
  expect(await n.delivered()).toEqual([home.peer.id])
})

describe('a relay whose own clock is wrong', () => {
  it('is told from one that cannot be reached, where others agree with ours', async () => {
    const relays = [await relay(), await relay(-FAR_MS)]
    const { peer } = await storeAt(relays, new WrongClock())
    const found = (await diagnose(peer.replica, peer.network)).filter(({ ok }) => !ok)
    expect(found.map(({ check, fault }) => [check, fault])).toEqual([['clock', 'relay-clock']])
    expect(found[0]?.message).toBe(
      `The relay at ${relays[1]?.origin} answers, but its clock is wrong: 400 days behind the one here, and most others disagree with it`,
    )
  })

  it('is our own that is wrong, where most agree with each other', async () => {
    const clock = new WrongClock()
    clock.aheadMs = FAR_MS
    const { peer, store } = await storeAt([await relay(), await relay()], clock)
    expect(await store.clock()).toMatchObject({ state: 'wrong', wrong: [] })
    const found = (await diagnose(peer.replica, peer.network)).filter(({ ok }) => !ok)
    expect(found.map(({ check, fault }) => [check, fault])).toEqual([
      ['clock', 'own-clock'],
      ['clock', 'own-clock'],
    ])
  })

  it('of a day behind takes records of now when its time comes, and is sent those of before it at once', async () => {
    const { store } = await storeAt([await relay(), await relay(-DAY_MS)], new WrongClock())
    const n = await store.namespaces.create({ name: 'notes' })
    await n.put({ _id: 'a' })
    expect(await n.delivered()).toHaveLength(1)
    await expect
      .poll(async () => (await n.status()).peers.map(({ state, lastRefusal }) => `${state} ${lastRefusal}`).toSorted())
      .toEqual(['failed future', 'live undefined'])
    expect((await n.status()).synced).toBe(true)
  })
})

it('an invitation that expires is not made by a clock with which the relays disagree', async () => {
  const clock = new WrongClock()
  const replica = await openReplica(openNodeStorage(':memory:'), { networkName: 'club', admission: 'invite', now: clock.now })
  const club = readNetwork((await replica.info()).network.descriptor)
  const home = await TestRelay.start(club, { replica: await guestReplica(club, replica) })
  cleanups.push(() => home.close())
  const peer = await TestPeer.start(club, { replica, relays: [home.origin], now: clock.now })
  cleanups.push(() => peer.close())
  await expect.poll(async () => (await peer.network.clock()).state).toBe('right')
  const invitations = new Invitations({ replica, network: peer.network })
  await invitations.create({ expires: Date.now() + DAY_MS })
  clock.aheadMs = 30 * DAY_MS
  // Told anew, as with every write.
  const { id } = await replica.createNamespace({ name: 'notes', write: 'owner' })
  await peer.network.want(id)
  await replica.write(id, 'docs', [{ id: 'a', content: '{"_id":"a"}' }])
  await expect.poll(async () => (await peer.network.clock()).state).toBe('disputed')
  await expect(invitations.create({ expires: Date.now() + 31 * DAY_MS })).rejects.toMatchObject({ code: 'clock-skew' })
  await invitations.create()
})

/** Data of a relay that the club has invited. */
async function guestReplica(club: ReturnType<typeof readNetwork>, host: Replica): Promise<Replica> {
  const { rememberInvitation } = await import('../admission/invitation.ts')
  const guest = await openReplica(openNodeStorage(':memory:'), { network: club.bytes })
  const { invitation } = await new Invitations({ replica: host, network: undefined }).create()
  await rememberInvitation(guest, invitation, club, (await guest.info()).identity)
  return guest
}
