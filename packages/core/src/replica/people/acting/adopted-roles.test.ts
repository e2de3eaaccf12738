import { afterEach, beforeEach, expect, it } from 'vitest'
import { toHex } from '../../../model/bytes.ts'
import { timeFromMs } from '../../../model/clock.ts'
import { identityFromSeed } from '../../../model/keys/identity.ts'
import type { RoleAct } from '../../../model/people/act-content.ts'
import { ids, put, World } from '../../../testing/people-world.ts'
import type { TestPeer } from '../../../testing/test-peer.ts'

const words = new Uint8Array(32).fill(7)
const DAY_MS = 86_400_000

let world: World
let relay: TestPeer
let ada: TestPeer
let phone: TestPeer
let bob: TestPeer
let ns: string
beforeEach(async () => {
  world = new World()
  relay = await world.peer('relay')
  ada = await world.peer('ada', { recovery: identityFromSeed(words).author })
  ns = await ada.createNamespace('members')
  ada.dial(relay)
  phone = await joined(await world.device('phone', ada))
  bob = await somebody('bob', 9)
})
afterEach(async () => {
  await world.close()
})

async function joined(peer: TestPeer): Promise<TestPeer> {
  peer.want(ns)
  peer.dial(relay)
  await world.settle()
  return peer
}

async function somebody(name: string, seed: number): Promise<TestPeer> {
  return joined(await world.peer(name, { recovery: identityFromSeed(new Uint8Array(32).fill(seed)).author }))
}

const who = async (peer: TestPeer): Promise<Uint8Array> => (await peer.replica.personFacts())?.digest ?? peer.identity.author

async function say(by: TestPeer, act: RoleAct): Promise<void> {
  await by.replica.changeRoles(ns, act)
  await world.settle()
}

async function grant(by: TestPeer, to: TestPeer, role: 'write' | 'manage' = 'write'): Promise<void> {
  await say(by, { type: 'grant', to: await who(to), role, from: timeFromMs(by.now()) })
}

async function revoke(by: TestPeer, of: TestPeer): Promise<void> {
  await by.replica.changePerson({ type: 'revoke', key: of.identity.author, until: await by.replica.cutTime(), void: true })
  await world.settle(300_000)
}

it('roles that a device gave hold, and what members wrote by them stands, after it was revoked with all that it signed', async () => {
  await grant(phone, bob)
  await put(bob, ns, 'of bob')
  await world.settle()
  await revoke(ada, phone)
  await put(bob, ns, 'of bob, later')
  await world.settle()
  for (const peer of [relay, ada, bob]) expect(await ids(peer, ns)).toEqual(['of bob', 'of bob, later'])
})

it('so do those that the device of a manager gave', async () => {
  await grant(ada, bob, 'manage')
  const tablet = await joined(await world.device('tablet', bob))
  const carl = await somebody('carl', 10)
  await grant(tablet, carl)
  await put(carl, ns, 'of carl')
  await world.settle()
  await revoke(bob, tablet)
  for (const peer of [relay, ada, carl]) expect(await ids(peer, ns)).toEqual(['of carl'])
})

it('who had their role taken away by it long ago does not get it back, and who had of late does', async () => {
  const carl = await somebody('carl', 10)
  for (const one of [bob, carl]) await grant(ada, one)
  for (const one of [bob, carl]) await put(one, ns, `of ${one.name}`)
  await world.settle()
  await say(phone, { type: 'dismiss', who: await who(bob), until: timeFromMs(phone.now()) })
  for (const peer of world.peers) await peer.stop()
  await world.settle(31 * DAY_MS)
  for (const peer of world.peers) await peer.start()
  await world.settle()
  await say(phone, { type: 'dismiss', who: await who(carl), until: 0, void: true })
  expect(await ids(relay, ns)).toEqual(['of bob'])
  await revoke(ada, phone)
  const open = (await ada.replica.members(ns)).filter(({ until }) => until === undefined).map((one) => one.who)
  expect(open).toEqual([(await carl.replica.person())?.id])
  for (const peer of [relay, ada]) expect(await ids(peer, ns)).toEqual(['of bob', 'of carl'])
  await expect(put(bob, ns, 'later')).rejects.toMatchObject({ code: 'not-allowed' })
})

it('also where the device that says so was revoked by it, and acts again by the words alone', async () => {
  await grant(phone, bob)
  await put(bob, ns, 'of bob')
  await world.settle()
  await phone.replica.changePerson({ type: 'revoke', key: ada.identity.author, until: 0, void: true })
  await world.settle(300_000)
  const revocation = { type: 'revoke', key: phone.identity.author, until: timeFromMs(ada.now()), void: true } as const
  await ada.replica.actAsRecovery(words, revocation)
  await world.settle(300_000)
  for (const peer of [relay, ada, bob]) expect(await ids(peer, ns)).toEqual(['of bob'])
  expect(toHex((await relay.replica.logsDigest(ns)) ?? words)).toBe(toHex((await ada.replica.logsDigest(ns)) ?? new Uint8Array()))
})

it('what a device said of roles after the time up to which it is believed, is not said again, whoever revokes it', async () => {
  await grant(phone, bob)
  await put(bob, ns, 'of bob')
  await world.settle()
  const until = await ada.replica.cutTime()
  await world.settle(600_000)
  const carl = await somebody('carl', 10)
  await grant(phone, carl)
  await put(carl, ns, 'of carl')
  await world.settle()
  const revocation = { type: 'revoke', key: phone.identity.author, until, void: true } as const
  await ada.replica.actAsRecovery(words, revocation)
  await world.settle(300_000)
  for (const peer of [relay, ada, bob]) expect(await ids(peer, ns)).toEqual(['of bob'])
})

it('in a namespace that the revoking device does not have another one gives them again, and nothing that the thief adds later', async () => {
  const other = await ada.createNamespace('anyone')
  const tablet = await world.device('tablet', ada)
  tablet.want(other)
  tablet.dial(relay)
  await world.settle()
  await grant(phone, bob)
  await put(bob, ns, 'of bob')
  await world.settle()
  await phone.stop()
  // Under times before that, once the phone is out.
  const carl = await somebody('carl', 10)
  const granted = { type: 'grant', to: await who(carl), role: 'write', from: 0 } as const
  await phone.replica.changeRoles(ns, granted)
  await ada.stop()
  await revoke(tablet, phone)
  expect(await ids(relay, ns)).toEqual([])
  await ada.start()
  await world.settle(300_000)
  await phone.start()
  await world.settle(300_000)
  for (const peer of [relay, ada, bob]) {
    expect(await ids(peer, ns)).toEqual(['of bob'])
    const holding = (await peer.replica.members(ns)).filter(({ until, from }) => until === undefined && from > 0)
    expect(holding.map((one) => one.who)).toEqual([(await bob.replica.person())?.id])
  }
})
