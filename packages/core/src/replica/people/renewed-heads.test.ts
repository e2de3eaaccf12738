import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeFromMs } from '../../model/clock.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { ids, put, World } from '../../testing/people-world.ts'
import type { TestPeer } from '../../testing/test-peer.ts'

const words = new Uint8Array(32).fill(7)

let world: World
let relay: TestPeer
let ada: TestPeer
let ns: string
beforeEach(async () => {
  world = new World()
  relay = await world.peer('relay')
  ada = await world.peer('ada', { recovery: identityFromSeed(words).author })
  ns = await ada.createNamespace('anyone')
  ada.dial(relay)
})
afterEach(async () => {
  await world.close()
})

async function device(name: string): Promise<TestPeer> {
  const peer = await world.device(name, ada)
  peer.want(ns)
  peer.dial(relay)
  await world.settle()
  return peer
}

/** What somebody is told who comes only now. */
async function late(...wanted: readonly string[]): Promise<TestPeer> {
  const peer = await world.peer('late')
  for (const one of wanted) peer.want(one)
  peer.dial(relay)
  await world.settle(300_000)
  return peer
}

const revocation = (by: TestPeer, of: TestPeer) => ({ type: 'revoke', key: of.identity.author, until: timeFromMs(by.now()), void: true }) as const
const titles = async (peer: TestPeer, ...of: readonly string[]) => Promise.all(of.map(async (one) => (await peer.replica.namespace(one))?.name))

it('a namespace that a device made, or changed, while revocations counted that are void since is there for who comes later', async () => {
  const [thief, third, fourth] = [await device('thief'), await device('third'), await device('fourth')]
  for (const one of [ada, fourth]) await thief.replica.changePerson(revocation(thief, one))
  await world.settle(300_000)
  const made = await third.createNamespace('anyone')
  third.want(made)
  await third.replica.changeHead(ns, { title: 'changed' })
  await put(third, made, 'x')
  await world.settle(300_000)
  await ada.replica.actAsRecovery(words, revocation(ada, thief))
  await world.settle(300_000)
  expect((await third.replica.personFacts())?.epoch).toBe(1)
  const peer = await late(made, ns)
  expect(await titles(peer, made, ns)).toEqual(['anyone', 'changed'])
  expect(await ids(peer, made)).toEqual(['x'])
})

it('a device that is new takes the head of such a namespace, and writes it anew, where the one that made it is gone', async () => {
  const [thief, third, fourth] = [await device('thief'), await device('third'), await device('fourth')]
  for (const one of [ada, fourth]) await thief.replica.changePerson(revocation(thief, one))
  await world.settle(300_000)
  const made = await third.createNamespace('anyone')
  third.want(made)
  await put(third, made, 'x')
  await world.settle(300_000)
  await third.stop()
  await ada.replica.actAsRecovery(words, revocation(ada, thief))
  ada.want(made)
  await world.settle(300_000)
  expect(await ids(ada, made)).toEqual(['x'])
  expect(await titles(await late(made), made)).toEqual(['anyone'])
})

it('where a revoked device wrote the last head of a namespace that only another device has, that one writes it anew', async () => {
  const [thief, third] = [await device('thief'), await device('third')]
  const other = await third.createNamespace('anyone')
  for (const one of [third, thief]) one.want(other)
  await put(third, other, 'x')
  await world.settle(300_000)
  await thief.replica.changeHead(other, { title: 'stolen' })
  await world.settle(300_000)
  expect(await titles(third, other)).toEqual(['stolen'])
  await ada.replica.changePerson(revocation(ada, thief))
  await world.settle(300_000)
  const peer = await late(other)
  expect(await titles(peer, other)).toEqual(['anyone'])
  expect(await ids(peer, other)).toEqual(['x'])
})

it('a namespace stays split that a device has split which was revoked since: relays have given up by it what they do not own', async () => {
  const [thief, third] = [await device('thief'), await device('third')]
  const other = await third.createNamespace('anyone')
  for (const one of [third, thief]) one.want(other)
  await world.settle(300_000)
  await thief.replica.changeHead(other, { title: 'stolen', split: 4 })
  await world.settle(300_000)
  await ada.replica.changePerson(revocation(ada, thief))
  await world.settle(300_000)
  expect(await (await late(other)).replica.namespace(other)).toMatchObject({ name: 'anyone', split: 4 })
})
