import { afterEach, beforeEach, expect, it } from 'vitest'
import { errorCode } from '../../errors.ts'
import { timeFromMs } from '../../model/clock.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { signAct, signDevice } from '../../model/people/act.ts'
import { ids, put, World } from '../../testing/people-world.ts'
import type { TestPeer } from '../../testing/test-peer.ts'
import type { LocalReplica } from '../local-replica.ts'

const none = new Uint8Array()
const recovery = identityFromSeed(new Uint8Array(32).fill(7))

const conflictsAt = async ({ replica }: TestPeer, ns: string) => (await replica.conflicts(ns, 'notes', { limit: 100 })).conflicts

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  await world.close()
})

it('a namespace of a person travels with their log, and every device of theirs writes there', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('owner')
  await put(ada, ns, 'first')
  ada.dial(relay)
  await world.settle()
  expect(await ids(relay, ns)).toEqual(['first'])
  const phone = await world.device('phone', ada)
  phone.want(ns)
  phone.dial(relay)
  await world.settle()
  await put(phone, ns, 'second', 2)
  await world.settle()
  for (const peer of world.peers) expect(await ids(peer, ns)).toEqual(['first', 'second'])
  expect((await relay.replica.namespace(ns))?.owner).toBe((await ada.replica.person())?.id)
  expect(world.peers.flatMap(({ failures }) => failures)).toEqual([])
})

it('what a revoked device wrote later goes everywhere, and what it wrote before stands', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('owner')
  ada.dial(relay)
  await world.settle()
  const phone = await world.device('phone', ada)
  phone.want(ns)
  phone.dial(relay)
  await world.settle()
  await put(phone, ns, 'before')
  await world.settle()
  const until = timeFromMs(ada.now())
  await world.settle(1000)
  world.wires.partition('ada', 'relay')
  await put(phone, ns, 'after')
  await world.settle()
  expect(await ids(relay, ns)).toEqual(['after', 'before'])
  await ada.replica.changePerson({ type: 'revoke', key: phone.identity.author, until })
  world.wires.heal()
  await world.settle()
  for (const peer of world.peers) expect(await ids(peer, ns)).toEqual(['before'])
  await expect(put(phone, ns, 'again').then(() => 'written', errorCode)).resolves.toBe('revoked')
})

it('where everything of a stolen device is void, the one that revokes it writes what was there again', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('owner')
  ada.dial(relay)
  await world.settle()
  const phone = await world.device('phone', ada)
  phone.want(ns)
  phone.dial(relay)
  await world.settle()
  await put(phone, ns, 'kept', 1)
  await put(phone, ns, 'gone', 1)
  await phone.replica.write(ns, 'notes', [{ id: 'gone', content: null }])
  await world.settle()
  await ada.replica.changePerson({ type: 'revoke', key: phone.identity.author, until: timeFromMs(ada.now()), void: true })
  await world.settle()
  for (const peer of world.peers) {
    expect(await ids(peer, ns)).toEqual(['kept'])
    expect((await peer.replica.getVersion(ns, 'notes', 'kept'))?.content).toBe('{"_id":"kept","n":1}')
    expect((await peer.replica.summary(ns)).root).toBe((await ada.replica.summary(ns)).root)
  }
})

it("a thief's head loses to those of the next epoch, however high its number, and says nothing once he is revoked", async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('owner')
  await ada.replica.changeHead(ns, { title: 'of ada' })
  ada.dial(relay)
  await world.settle()
  const thief = await world.device('thief', ada)
  thief.want(ns)
  thief.dial(relay)
  await world.settle()
  const until = timeFromMs(ada.now())
  await world.settle(1000)
  for (let i = 0; i < 5; i++) await thief.replica.changeHead(ns, { title: `of the thief ${i}` })
  await world.settle()
  expect((await relay.replica.namespace(ns))?.name).toBe('of the thief 4')
  expect((await ada.replica.namespace(ns))?.name).toBe('of the thief 4')
  const stolen = await thief.replica.exportNamespace(ns)
  world.wires.partition('thief', 'relay')
  await ada.replica.changePerson({ type: 'revoke', key: thief.identity.author, until })
  await world.settle()
  for (const peer of [ada, relay]) {
    expect((await peer.replica.namespace(ns))?.name).toBe('of ada')
    expect(await peer.replica.importNamespace(stolen?.genesis ?? none, stolen?.head ?? none, stolen?.signature ?? none)).toEqual({
      refused: 'revoked',
    })
  }
  await thief.replica.changeHead(ns, { title: 'of the thief again' })
  world.wires.heal()
  await world.settle(300_000)
  for (const peer of world.peers) expect((await peer.replica.namespace(ns))?.name).toBe('of ada')
})

it('all devices lost: the recovery key adds a new one, revokes the thief, and everything that stood is there', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('owner')
  await put(ada, ns, 'kept', 1)
  ada.dial(relay)
  await world.settle()
  const { id, log } = (await ada.replica.person()) ?? {}
  const cid = parseCid(DAG_CBOR, id ?? '')
  if (log === undefined || cid === undefined) throw new Error('no person')
  await world.settle(1000)
  const seed = world.random.bytes(32)
  const device = identityFromSeed(seed)
  const added = signAct(
    { log: cid, parents: [], at: timeFromMs(ada.now()), do: { type: 'add', key: device.author, label: 'new', proof: signDevice(cid, device) } },
    recovery,
  )
  const found = await world.peer('found', { log: { ...log, acts: [added] } }, seed)
  found.want(ns)
  found.dial(relay)
  await world.settle()
  expect(await ids(found, ns)).toEqual(['kept'])
  const revoked = signAct(
    {
      log: cid,
      parents: [added.hash],
      at: timeFromMs(found.now()),
      do: { type: 'revoke', key: ada.identity.author, until: timeFromMs(found.now()), void: true },
    },
    recovery,
  )
  await found.replica.addToPerson([revoked])
  await put(found, ns, 'new', 2)
  await world.settle()
  for (const peer of world.peers) expect(await ids(peer, ns)).toEqual(['kept', 'new'])
  await expect(put(ada, ns, 'again').then(() => 'written', errorCode)).resolves.toBe('revoked')
  await found.replica.changeHead(ns, { title: 'found again' })
  await world.settle()
  for (const peer of world.peers) expect((await peer.replica.namespace(ns))?.name).toBe('found again')
})

it('in a namespace of members those write who have a role, on every peer alike, and no more once they were dismissed', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const eve = await world.peer('eve', { recovery: recovery.author })
  const key = await world.peer('key')
  const ns = await ada.createNamespace('members')
  for (const peer of [ada, eve, key]) {
    peer.want(ns)
    peer.dial(relay)
  }
  await put(ada, ns, 'of the owner')
  await world.settle()
  for (const peer of [eve, key]) await expect(put(peer, ns, 'mine').then(() => 'written', errorCode)).resolves.toBe('not-allowed')
  const person = (await eve.replica.person())?.log.log ?? none
  const from = timeFromMs(ada.now())
  await ada.replica.changeRoles(ns, { type: 'grant', to: person, role: 'manage', from })
  await world.settle()
  await put(eve, ns, 'of a manager')
  await eve.replica.changeRoles(ns, { type: 'grant', to: key.identity.author, role: 'write', from })
  await world.settle()
  await put(key, ns, 'of a key')
  await world.settle()
  for (const peer of world.peers) expect(await ids(peer, ns)).toEqual(['of a key', 'of a manager', 'of the owner'])
  const until = timeFromMs(ada.now())
  await world.settle(1000)
  world.wires.partition('eve', 'relay')
  await ada.replica.changeRoles(ns, { type: 'dismiss', who: person, until })
  await put(eve, ns, 'too late')
  await world.settle()
  world.wires.heal()
  await world.settle()
  for (const peer of world.peers) {
    expect(await ids(peer, ns)).toEqual(['of a key', 'of a manager', 'of the owner'])
    expect((await peer.replica.summary(ns)).root).toBe((await relay.replica.summary(ns)).root)
    expect(await peer.replica.logsDigest(ns)).toEqual(await relay.replica.logsDigest(ns))
  }
  const { hash } = (await relay.storage.recordsSince(1, 0, 10)).find(({ id }) => id === 'of a key') ?? { hash: none }
  await ada.replica.changeRoles(ns, { type: 'remove', records: [hash] })
  await world.settle()
  for (const peer of world.peers) expect(await ids(peer, ns)).toEqual(['of a manager', 'of the owner'])
})

it('whoever erases takes away what all their devices wrote, what lost too, and nothing of others', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const bob = await world.peer('bob')
  const ns = await ada.createNamespace('anyone')
  ada.dial(relay)
  await world.settle()
  const phone = await world.device('phone', ada)
  for (const peer of [phone, bob]) {
    peer.want(ns)
    peer.dial(relay)
  }
  await world.settle()
  await put(ada, ns, 'of ada')
  await put(phone, ns, 'of phone')
  await put(bob, ns, 'of bob')
  await put(bob, ns, 'changed')
  await world.settle()
  await phone.stop()
  await put(phone, ns, 'both', 1)
  await phone.replica.update(ns, 'notes', { id: 'changed', changes: { $set: { n: 7 } } })
  await world.settle(1000)
  await put(bob, ns, 'both', 2)
  await bob.replica.update(ns, 'notes', { id: 'changed', changes: { $set: { n: 8 } } })
  await phone.start()
  await world.settle()
  expect((await conflictsAt(bob, ns)).map(({ id }) => id).toSorted()).toEqual(['both', 'changed'])
  const erased = { documents: 0, conflicts: 0, edits: 0 }
  const end = await ada.replica.lastSeq(ns)
  for (let since: number | undefined = 0; since !== undefined && since < end; ) {
    const page: Awaited<ReturnType<LocalReplica['eraseOwn']>> = await ada.replica.eraseOwn(ns, since)
    erased.documents += page.documents
    erased.conflicts += page.conflicts
    erased.edits += page.edits
    since = page.next
  }
  expect(erased).toEqual({ documents: 2, conflicts: expect.any(Number), edits: 0 })
  await world.settle()
  for (const peer of world.peers) {
    expect(await ids(peer, ns)).toEqual(['both', 'changed', 'of bob'])
    // That it was to be gone; of what it said there is nothing left.
    expect((await conflictsAt(peer, ns)).map(({ content }) => content)).toEqual([null])
  }
  expect(world.peers.flatMap(({ failures }) => failures)).toEqual([])
})

it('a conflict that a person lost is settled by who saw it', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const bob = await world.peer('bob')
  const ns = await ada.createNamespace('anyone')
  ada.dial(relay)
  bob.want(ns)
  bob.dial(relay)
  await world.settle()
  await ada.stop()
  await put(ada, ns, 'both', 1)
  await world.settle(1000)
  await put(bob, ns, 'both', 2)
  await ada.start()
  await world.settle()
  const rows = await conflictsAt(bob, ns)
  expect(rows).toHaveLength(1)
  await bob.replica.write(ns, 'notes', [{ id: 'both', content: '{"_id":"both","n":3}', settles: rows }])
  await world.settle()
  for (const peer of world.peers) expect(await conflictsAt(peer, ns)).toEqual([])
})
