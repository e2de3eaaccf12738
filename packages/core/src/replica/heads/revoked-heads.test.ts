import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeFromMs } from '../../model/clock.ts'
import { cidOf, DAG_CBOR } from '../../model/encoding/cid.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { type SignedAct, signAct } from '../../model/people/act.ts'
import { World } from '../../testing/people-world.ts'
import type { TestPeer } from '../../testing/test-peer.ts'
import type { LogParcel } from '../types.ts'

const recovery = identityFromSeed(new Uint8Array(32).fill(7))

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  await world.close()
})

/** A relay with a namespace of ada's, whose phone signed the last head of it. */
async function headOfPhone(): Promise<{ readonly ns: string; readonly relay: TestPeer; readonly ada: TestPeer; readonly phone: TestPeer }> {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('anyone')
  await ada.replica.changeHead(ns, { title: 'of ada' })
  ada.dial(relay)
  await world.settle()
  const phone = await world.device('phone', ada)
  phone.want(ns)
  phone.dial(relay)
  await world.settle()
  await phone.replica.changeHead(ns, { title: 'of the phone' })
  await world.settle()
  expect((await relay.replica.namespace(ns))?.name).toBe('of the phone')
  return { ns, relay, ada, phone }
}

/** The log of a person, and with it what the recovery words say of a device at a place where nobody acts for them. */
async function revokedByWords(of: TestPeer, device: TestPeer, until: number, isVoid: boolean): Promise<LogParcel> {
  const { log } = (await of.replica.person()) ?? {}
  const tips = (await of.replica.personFacts())?.parents
  if (log === undefined || tips === undefined) throw new Error('no person')
  const change = { type: 'revoke', key: device.identity.author, until, ...(isVoid && { void: true as const }) } as const
  const revocation: SignedAct = signAct({ log: cidOf(DAG_CBOR, log.log), parents: tips, at: timeFromMs(of.now()), do: change }, recovery)
  return { ...log, acts: [...log.acts, revocation] }
}

async function newcomer(name: string, ns: string, relay: TestPeer): Promise<TestPeer> {
  const peer = await world.peer(name)
  peer.want(ns)
  peer.dial(relay)
  await world.settle(300_000)
  return peer
}

it.each([
  { revoked: 'whole', isVoid: true, name: 'of ada' },
  { revoked: 'from now on', isVoid: false, name: 'of the phone' },
])(
  'while nobody acts for the owner, peers pass the last head on that counts, and none that the revoked device writes later: $revoked',
  async ({ isVoid, name }) => {
    const { ns, relay, ada, phone } = await headOfPhone()
    const late = await newcomer('late', ns, relay)
    await Promise.all([ada.stop(), phone.stop()])
    await world.settle(1000)
    const log = await revokedByWords(ada, phone, timeFromMs(ada.now()) - 1, isVoid)
    await world.settle(1000)
    await phone.replica.changeHead(ns, { title: 'stolen' })
    const stolen = await phone.replica.exportNamespace(ns)
    if (stolen === undefined) throw new Error('no namespace')
    await relay.replica.importActs(ns, [log])
    await world.settle(300_000)
    const peers = [relay, late, await newcomer('later', ns, relay)]
    for (const { replica } of peers) {
      expect((await replica.namespace(ns))?.name).toBe(name)
      expect(await replica.importNamespace(stolen.genesis, stolen.head, stolen.signature)).toEqual({ refused: 'revoked' })
    }
    const heads = await Promise.all(peers.map(async ({ replica }) => (await replica.exportNamespace(ns))?.head))
    expect(heads).toEqual([heads[0], heads[0], heads[0]])
  },
)

it('a head that counts once more, as its revocation is void, is the one again that wins', async () => {
  const { ns, relay, ada, phone } = await headOfPhone()
  await Promise.all([ada.stop(), phone.stop()])
  // A thief has the laptop: it revokes the phone, until the words end the laptop.
  const { log } = (await phone.replica.person()) ?? {}
  if (log === undefined) throw new Error('no person')
  const at = timeFromMs(ada.now())
  const parents = (await ada.replica.personFacts())?.parents ?? []
  const cid = cidOf(DAG_CBOR, log.log)
  const theft = signAct({ log: cid, parents, at, do: { type: 'revoke', key: phone.identity.author, until: 0, void: true } }, ada.identity)
  await relay.replica.importActs(ns, [{ ...log, acts: [...log.acts, theft] }])
  expect((await relay.replica.namespace(ns))?.name).toBe('of ada')
  const end = signAct({ log: cid, parents, at, do: { type: 'revoke', key: ada.identity.author, until: at } }, recovery)
  await relay.replica.importActs(ns, [{ ...log, acts: [...log.acts, end] }])
  expect((await relay.replica.namespace(ns))?.name).toBe('of the phone')
})

it('who knows that the device was revoked that signed a head says so to whom it has it from, and a device that acts for the owner writes the next one', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: recovery.author })
  const ns = await ada.createNamespace('anyone')
  ada.dial(relay)
  await world.settle()
  const phone = await world.device('phone', ada)
  phone.want(ns)
  phone.dial(relay)
  await world.settle()
  await ada.stop()
  const log = await revokedByWords(phone, ada, 0, true)
  const bob = await world.peer('bob')
  const bytes = await relay.replica.exportNamespace(ns)
  await bob.replica.importActs(ns, [log], bytes?.genesis)
  bob.want(ns)
  bob.dial(relay)
  await world.settle(300_000)
  for (const { replica } of [relay, phone]) expect((await replica.ownerLog(bytes?.genesis ?? new Uint8Array()))?.tips).toHaveLength(1)
  const head = (await bob.replica.exportNamespace(ns))?.head
  expect(head).toBeDefined()
  expect(head).not.toEqual(bytes?.head)
  for (const { replica } of [relay, phone]) expect((await replica.exportNamespace(ns))?.head).toEqual(head)
})
