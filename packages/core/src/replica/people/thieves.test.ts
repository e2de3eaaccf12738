import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeFromMs } from '../../model/clock.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { signAct, signDevice } from '../../model/people/act.ts'
import { equalBytes, toHex } from '../../model/bytes.ts'
import { addDevice, ids, put, shuffled, World } from '../../testing/people-world.ts'
import type { TestPeer } from '../../testing/test-peer.ts'
import type { LogParcel, NamespaceBytes } from '../types.ts'

const recovery = identityFromSeed(new Uint8Array(32).fill(7))
const none = new Uint8Array()

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  await world.close()
})

/** Five peers that hold a namespace of a person, in which anybody may write, and the phone of that person, which is stolen and alone from then on. */
async function fiveAndThief(): Promise<{
  readonly ns: string
  readonly ada: TestPeer
  readonly five: readonly TestPeer[]
  readonly thief: TestPeer
}> {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('anyone')
  ada.dial(relay)
  const others: TestPeer[] = []
  for (const name of ['bob', 'carl', 'dora']) {
    const other = await world.peer(name)
    other.dial(relay)
    other.want(ns)
    others.push(other)
  }
  const thief = await world.device('phone', ada)
  thief.want(ns)
  thief.dial(relay)
  await put(ada, ns, 'of ada')
  await world.settle()
  await put(thief, ns, 'of the phone')
  await world.settle()
  await thief.stop()
  return { ns, ada, five: [relay, ada, ...others], thief }
}

async function personOf(peer: TestPeer): Promise<LogParcel> {
  const { log } = (await peer.replica.person()) ?? {}
  if (log === undefined) throw new Error('no person')
  return log
}

it('what a thief with one device writes is refused by five peers once another device has revoked it, whatever time he says, and what was there stands', async () => {
  const { ns, ada, five, thief } = await fiveAndThief()
  await ada.replica.changePerson({ type: 'revoke', key: thief.identity.author, until: timeFromMs(ada.now()), void: true })
  await put(thief, ns, 'late')
  await thief.replica.changeHead(ns, { title: 'stolen' })
  thief.setClock(-3_600_000)
  await put(thief, ns, 'dated back')
  await world.settle()
  const { batch } = await thief.replica.batchSince(ns, 0, { maxBytes: 100_000 })
  const head = await thief.replica.exportNamespace(ns)
  const log = await personOf(thief)
  for (const { replica } of five) {
    await replica.importActs(ns, [log])
    const accepted = await replica.accept(ns, batch ?? none)
    if ('refused' in accepted) throw new Error(accepted.refused)
    expect(accepted.results.filter((result) => result === 'revoked')).toHaveLength(3)
    expect(accepted.results).not.toContain('stored')
    expect(await replica.importNamespace(head?.genesis ?? none, head?.head ?? none, head?.signature ?? none)).toEqual({ refused: 'revoked' })
  }
  await world.settle()
  for (const peer of five) {
    expect(await ids(peer, ns)).toEqual(['of ada', 'of the phone'])
    expect((await peer.replica.namespace(ns))?.name).toBe('anyone')
  }
})

it('a thief who is faster, revokes all other devices and adds his own, loses all the same to who has the recovery words', async () => {
  const { ns, ada, five, thief } = await fiveAndThief()
  const his = identityFromSeed(world.random.bytes(32))
  await addDevice(thief.replica, his, 'of the thief')
  await thief.replica.changePerson({ type: 'revoke', key: ada.identity.author, until: 0, void: true })
  await thief.start()
  await world.settle()
  const stolen = await personOf(thief)
  for (const peer of five) expect(toHex((await peer.replica.logsDigest(ns)) ?? none)).toBe(toHex((await thief.replica.logsDigest(ns)) ?? none))
  await expect(put(ada, ns, 'ada again')).rejects.toMatchObject({ code: 'revoked' })

  const cid = parseCid(DAG_CBOR, (await ada.replica.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  const seed = world.random.bytes(32)
  const device = identityFromSeed(seed)
  const at = timeFromMs(ada.now())
  const added = signAct({ log: cid, parents: [], at, do: { type: 'add', key: device.author, label: '', proof: signDevice(cid, device) } }, recovery)
  const found = await world.peer('found', { log: { ...stolen, acts: [...stolen.acts, added] } }, seed)
  found.want(ns)
  found.dial(five[0] ?? ada)
  await world.settle()
  const revocation = { type: 'revoke', key: thief.identity.author, until: timeFromMs(found.now()), void: true } as const
  await found.replica.addToPerson([signAct({ log: cid, parents: [added.hash], at: timeFromMs(found.now()), do: revocation }, recovery)])
  await world.settle(300_000)
  const facts = await found.replica.personFacts()
  const acting = (facts?.devices ?? []).filter(({ until }) => until === undefined).map(({ key }) => toHex(key))
  // What he did to others was not before he was removed: the laptop was never revoked, and his own device never added.
  expect(acting.toSorted()).toEqual([ada.identity.author, device.author].map(toHex).toSorted())
  await put(ada, ns, 'ada again')
  await put(found, ns, 'found again')
  await expect(put(thief, ns, 'late')).rejects.toMatchObject({ code: 'revoked' })
  await world.settle(300_000)
  // What the laptop wrote was void for as long as the thief's word counted, and is back everywhere.
  for (const peer of [...five, found]) expect(await ids(peer, ns)).toEqual(['ada again', 'found again', 'of ada', 'of the phone'])
  expect(await ada.replica.pending(ns)).toEqual([])
})

it('what two devices wrote until they ended each other, apart, stands for everybody', async () => {
  const { ns, ada, five, thief } = await fiveAndThief()
  await put(thief, ns, 'before')
  for (const [one, other] of [
    [ada, thief],
    [thief, ada],
  ] as const)
    await one.replica.changePerson({ type: 'revoke', key: other.identity.author, until: timeFromMs(one.now()), void: true })
  await thief.start()
  await world.settle(300_000)
  const fresh = await world.peer('fresh')
  fresh.want(ns)
  fresh.dial(five[0] ?? ada)
  await world.settle()
  for (const peer of [...five, thief, fresh]) expect(await ids(peer, ns)).toEqual(['before', 'of ada', 'of the phone'])
  for (const peer of [ada, thief]) await expect(put(peer, ns, 'later')).rejects.toMatchObject({ code: 'revoked' })
})

it('a device that a thief has revoked and that has heard of it comes back with the words, and nothing is lost', async () => {
  const { ns, ada, five, thief } = await fiveAndThief()
  const third = await world.device('tablet', ada)
  await world.settle()
  await thief.start()
  await world.settle()
  for (const { identity } of [third, ada])
    await thief.replica.changePerson({ type: 'revoke', key: identity.author, until: timeFromMs(thief.now()), void: true })
  await world.settle()
  await expect(put(ada, ns, 'ada again')).rejects.toMatchObject({ code: 'revoked' })
  const revocation = { type: 'revoke', key: thief.identity.author, until: timeFromMs(ada.now()), void: true } as const
  await ada.replica.actAsRecovery(new Uint8Array(32).fill(7), revocation)
  const { devices } = (await ada.replica.personFacts()) ?? {}
  const acting = (devices ?? []).filter(({ until }) => until === undefined).map(({ key }) => toHex(key))
  expect(acting.toSorted()).toEqual([ada, third].map(({ identity }) => toHex(identity.author)).toSorted())
  await put(ada, ns, 'ada again')
  await world.settle(300_000)
  for (const peer of [...five, thief]) expect(await ids(peer, ns)).toEqual(['ada again', 'of ada', 'of the phone'])
  expect(await ada.replica.pending(ns)).toEqual([])
})

it('a third device, or one that the words let in, undoes what a thief revoked of late, and not what was revoked long before', async () => {
  const { ns, ada, five, thief } = await fiveAndThief()
  const seed = world.random.bytes(32)
  const old = await world.device('old', ada)
  await world.settle()
  await thief.start()
  await world.settle()
  const cid = parseCid(DAG_CBOR, (await ada.replica.person())?.id ?? '')
  const { parents, devices } = (await thief.replica.personFacts()) ?? {}
  const via = devices?.find(({ key }) => equalBytes(key, thief.identity.author))?.via
  if (cid === undefined || parents === undefined || via === undefined) throw new Error('no person')
  const at = timeFromMs(thief.now() - 31 * 86_400_000)
  const lost = { type: 'revoke', key: old.identity.author, until: at, void: true } as const
  await thief.replica.addToPerson([signAct({ log: cid, parents, via, at, do: lost }, thief.identity)])
  await thief.replica.changePerson({ type: 'revoke', key: ada.identity.author, until: timeFromMs(thief.now()), void: true })
  await world.settle(300_000)
  const found = await world.peer('found', undefined, seed)
  await found.replica.restorePerson(await personOf(thief), { seed: new Uint8Array(32).fill(7), label: 'found' })
  found.want(ns)
  found.dial(five[0] ?? ada)
  await world.settle()
  await found.replica.changePerson({ type: 'revoke', key: thief.identity.author, until: timeFromMs(found.now()), void: true })
  await world.settle(300_000)
  const facts = await found.replica.personFacts()
  const acting = (facts?.devices ?? []).filter(({ until }) => until === undefined).map(({ key }) => toHex(key))
  expect(acting.toSorted()).toEqual([ada, found].map(({ identity }) => toHex(identity.author)).toSorted())
  for (const peer of [...five, found]) expect(await ids(peer, ns)).toEqual(['of ada', 'of the phone'])
})

it('a device that stays revoked ends no other one with the words, whose documents would be lost', async () => {
  const { ns, ada, thief } = await fiveAndThief()
  const third = await world.device('tablet', ada)
  third.want(ns)
  third.dial(ada)
  await world.settle()
  await ada.replica.changePerson({ type: 'revoke', key: third.identity.author, until: timeFromMs(ada.now()), void: true })
  await world.settle()
  const revocation = { type: 'revoke', key: thief.identity.author, until: timeFromMs(third.now()), void: true } as const
  await expect(third.replica.actAsRecovery(new Uint8Array(32).fill(7), revocation)).rejects.toMatchObject({ code: 'not-allowed' })
})

it('heads and acts of former times that are shown again, in whatever order, change nothing', async () => {
  const { ns, ada, five, thief } = await fiveAndThief()
  const heads: NamespaceBytes[] = []
  const logs: LogParcel[] = []
  const note = async (peer: TestPeer): Promise<void> => {
    const bytes = await peer.replica.exportNamespace(ns)
    if (bytes !== undefined && !heads.some(({ head }) => equalBytes(head, bytes.head))) heads.push(bytes)
    const { acts, ...log } = await personOf(peer)
    const known = new Set(logs.flatMap((one) => one.acts.map(({ bytes: act }) => toHex(act))))
    for (const act of acts) if (!known.has(toHex(act.bytes))) logs.push({ ...log, acts: [act] })
  }
  const changes: readonly (readonly [TestPeer, () => Promise<unknown>])[] = [
    [ada, () => ada.replica.changeHead(ns, { title: 'first of ada' })],
    ...[1, 2, 3].map((n): [TestPeer, () => Promise<unknown>] => [thief, () => thief.replica.changeHead(ns, { title: `stolen ${n}` })]),
    [thief, () => addDevice(thief.replica, identityFromSeed(new Uint8Array(32).fill(99)), 'of the thief')],
    [ada, () => ada.replica.changeHead(ns, { title: 'second of ada' })],
    [ada, () => ada.replica.changePerson({ type: 'revoke', key: thief.identity.author, until: timeFromMs(ada.now()), void: true })],
    [ada, () => ada.replica.changeHead(ns, { title: 'last of ada' })],
  ]
  await note(ada)
  for (const [peer, change] of changes) {
    await change()
    await note(peer)
    await world.settle(1000)
  }
  await thief.start()
  await world.settle(300_000)
  const [last] = heads.slice(-1)
  const digest = await ada.replica.logsDigest(ns)
  const play = async (peer: TestPeer): Promise<void> => {
    const all = shuffled([...heads, ...logs], world.random)
    for (const one of all) {
      if ('log' in one) await peer.replica.importActs(ns, [one])
      else await peer.replica.importNamespace(one.genesis, one.head, one.signature)
    }
  }
  expect(heads.length + logs.length).toBeGreaterThanOrEqual(11)
  for (let order = 0; order < 1000; order++) {
    const peer = five[order % five.length] ?? ada
    await play(peer)
    expect((await peer.replica.exportNamespace(ns))?.head).toEqual(last?.head)
    expect(await peer.replica.logsDigest(ns)).toEqual(digest)
  }
  // Who has nothing takes them in any order, as often as it takes.
  for (let order = 0; order < 20; order++) {
    const fresh = await world.peer(`fresh ${order}`)
    for (let again = 0; again < 6; again++) {
      for (const { genesis } of heads.slice(0, 1)) for (const one of shuffled(logs, world.random)) await fresh.replica.importActs(ns, [one], genesis)
      await play(fresh)
    }
    expect((await fresh.replica.exportNamespace(ns))?.head).toEqual(last?.head)
    expect(await fresh.replica.logsDigest(ns)).toEqual(digest)
  }
})

it('a device that one let in behind a revocation of its own ends with it, and nothing that it wrote is lost', async () => {
  const { ns, ada, five, thief: phone } = await fiveAndThief()
  await phone.start()
  const old = await world.device('old', ada)
  await world.settle()
  await phone.replica.changePerson({ type: 'revoke', key: old.identity.author, until: timeFromMs(phone.now()), void: true })
  const later = await world.device('new', phone)
  later.want(ns)
  later.dial(five[0] ?? ada)
  await world.settle()
  await put(later, ns, 'of the new one')
  await world.settle(300_000)
  // What the phone revoked of late is undone, so what lies behind that cannot be before its end.
  await ada.replica.changePerson({ type: 'revoke', key: phone.identity.author, until: await ada.replica.cutTime(), void: true })
  await world.settle(300_000)
  const { devices } = (await ada.replica.personFacts()) ?? {}
  const acting = (devices ?? []).filter(({ until }) => until === undefined).map(({ key }) => toHex(key))
  expect(acting.toSorted()).toEqual([ada, old].map(({ identity }) => toHex(identity.author)).toSorted())
  for (const peer of five) expect(await ids(peer, ns)).toEqual(['of ada', 'of the new one', 'of the phone'])
})
