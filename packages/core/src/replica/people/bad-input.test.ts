import { sha256 } from '#crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { errorCode } from '../../errors.ts'
import { compareBytes, equalBytes } from '../../model/bytes.ts'
import { timeFromMs } from '../../model/clock.ts'
import { type CID, DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { type Identity, identityFromSeed } from '../../model/keys/identity.ts'
import { decodeGenesis, decodeHead, type SignedHead, signHead } from '../../model/namespace/namespace.ts'
import type { ActContent } from '../../model/people/act-content.ts'
import { type SignedAct, signAct } from '../../model/people/act.ts'
import { identityFor } from '../../model/people/author.ts'
import { ids, put, shuffled, World } from '../../testing/people-world.ts'
import type { TestPeer } from '../../testing/test-peer.ts'

const words = new Uint8Array(32).fill(7)
const [recovery, stranger, forged] = [7, 50, 51].map((n) => identityFromSeed(new Uint8Array(32).fill(n))) as [Identity, Identity, Identity]
const none = new Uint8Array()

let world: World
let ada: TestPeer
let thief: TestPeer
let bob: TestPeer
let five: readonly TestPeer[]
let ns: string
let person: CID
beforeEach(async () => {
  world = new World()
  const relay = await world.peer('relay')
  ada = await world.peer('ada', { recovery: recovery.author })
  ns = await ada.createNamespace('members')
  ada.dial(relay)
  const others: TestPeer[] = []
  for (const name of ['bob', 'carl', 'dora']) others.push(await joined(await world.peer(name, { recovery: stranger.author }), relay))
  thief = await joined(await world.device('thief', ada), relay)
  bob = others[0] ?? ada
  five = [relay, ada, ...others]
  await put(thief, ns, 'before')
  await world.settle()
  const cid = parseCid(DAG_CBOR, (await ada.replica.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  person = cid
})
afterEach(async () => {
  await world.close()
})

async function joined(peer: TestPeer, relay: TestPeer): Promise<TestPeer> {
  peer.want(ns)
  peer.dial(relay)
  await world.settle()
  return peer
}

/** Ends the stolen device, which hears nothing of it. */
async function revoke(): Promise<void> {
  await thief.stop()
  await ada.replica.changePerson({ type: 'revoke', key: thief.identity.author, until: await ada.replica.cutTime(), void: true })
  await world.settle(300_000)
}

async function headOf(peer: TestPeer): Promise<SignedHead> {
  const { genesis, head, signature } = (await peer.replica.exportNamespace(ns)) ?? { genesis: none, head: none, signature: none }
  const place = decodeGenesis(genesis, world.network.cid)
  const read = place.ok ? await decodeHead(head, signature, place.value, { epoch: Number.MAX_SAFE_INTEGER, acts: () => 'yes' }) : undefined
  if (read?.ok !== true) throw new Error('no head')
  return read.value
}

/** What each of the five says to a head, one after another. */
async function offer({ bytes, signature }: Pick<SignedHead, 'bytes' | 'signature'>): Promise<readonly unknown[]> {
  const genesis = (await ada.replica.exportNamespace(ns))?.genesis ?? none
  const said: unknown[] = []
  for (const { replica } of five) said.push(await replica.importNamespace(genesis, bytes, signature))
  return said
}

const titles = async (): Promise<readonly unknown[]> => Promise.all(five.map(async (peer) => (await peer.replica.namespace(ns))?.name))
const alike = <T>(value: T): readonly T[] => five.map(() => value)

/** A head over that of now, as somebody with this device makes it. */
async function headBy(by: Identity, change: { readonly seq?: number; readonly epoch?: number; readonly title: string }): Promise<SignedHead> {
  const { head, hash } = await headOf(ada)
  const { net, ns: cid, epoch, seq, at } = head
  const body = { title: change.title }
  const fields = { net, ns: cid, epoch: change.epoch ?? epoch, seq: change.seq ?? seq + 1, prev: hash, at: at + 1, body }
  return signHead(fields as Parameters<typeof signHead>[0], identityFor(person.multihash.digest, by))
}

async function actBy(by: Identity, content: ActContent, log: CID = person): Promise<SignedAct> {
  const { parents = [], devices = [] } = (await ada.replica.personFacts()) ?? {}
  const via = log === person ? devices.find((device) => equalBytes(device.key, by.author))?.via : undefined
  return signAct({ log, parents: log === person ? parents : [], at: timeFromMs(ada.now()), do: content, ...(via && { via }) }, by)
}

async function give(act: SignedAct, log: CID = person): Promise<readonly number[]> {
  const refused: number[] = []
  for (const { replica } of five) refused.push((await replica.importActs(ns, [{ log: log.multihash.digest, acts: [act] }])).refused)
  return refused
}

it('a head with the greatest number, by the key of a device that was stolen, is refused by all', async () => {
  await revoke()
  expect(await offer(await headBy(thief.identity, { seq: Number.MAX_SAFE_INTEGER, title: 'stolen' }))).toEqual(alike({ refused: 'revoked' }))
  const { epoch } = (await ada.replica.personFacts()) ?? { epoch: 0 }
  expect(await offer(await headBy(ada.identity, { epoch: epoch + 1, title: 'ahead' }))).toEqual(alike({ refused: 'epoch-ahead' }))
  expect(await offer(await headBy(forged, { title: 'forged' }))).toEqual(alike({ refused: 'no-device' }))
  const { bytes } = await headBy(ada.identity, { title: 'unsigned' })
  expect(await offer({ bytes, signature: new Uint8Array(64) })).toEqual(alike({ refused: 'bad-signature' }))
  expect(await titles()).toEqual(alike('members'))
})

it('a head of before that is shown again changes nothing, and of two of one order the lower hash wins, whichever comes first', async () => {
  const old = await headOf(ada)
  const two = [await headBy(ada.identity, { title: 'one' }), await headBy(ada.identity, { title: 'two' })]
  for (const peer of shuffled(five, world.random)) {
    for (const { bytes, signature } of shuffled(two, world.random)) {
      const genesis = (await ada.replica.exportNamespace(ns))?.genesis ?? none
      expect(await peer.replica.importNamespace(genesis, bytes, signature)).toEqual({ id: ns })
    }
  }
  const [winner] = two.toSorted((a, b) => compareBytes(a.hash, b.hash))
  const name = winner === two[0] ? 'one' : 'two'
  expect(await titles()).toEqual(alike(name))
  expect(await offer(old)).toEqual(alike({ id: ns }))
  expect(await titles()).toEqual(alike(name))
})

it('a rotation that is forged is taken by nobody, and one that was interrupted leaves the words that there were', async () => {
  const next = sha256(stranger.author)
  // By a device, by nobody's key, and by the one that was named so.
  await give(await actBy(thief.identity, { type: 'rotate', next }))
  expect(await give(await actBy(forged, { type: 'rotate', next }))).toEqual(alike(1))
  expect(await give(await actBy(stranger, { type: 'confirm' }))).toEqual(alike(1))
  await give(await actBy(recovery, { type: 'rotate', next: sha256(forged.author) }))
  await world.settle(300_000)
  const facts = await ada.replica.personFacts()
  expect(facts).toMatchObject({ recovery: sha256(recovery.author), proposed: [sha256(forged.author)] })
  expect(await ada.replica.actAsRecovery(new Uint8Array(32).fill(51), { type: 'label', key: ada.identity.author, label: 'x' }).catch(errorCode)).toBe(
    'unknown-words',
  )
  await ada.replica.actAsRecovery(words, { type: 'label', key: ada.identity.author, label: 'desk' })
})

it('a device that revokes the one that revoked it says so to nobody, and what it dates back is refused by all', async () => {
  await revoke()
  // It has not heard of it, and then of all that there is.
  await thief.replica.changePerson({ type: 'revoke', key: forged.author, until: 0, void: true })
  await put(thief, ns, 'late')
  thief.setClock(-86_400_000)
  await put(thief, ns, 'dated back')
  const { batch } = await thief.replica.batchSince(ns, 0, { maxBytes: 100_000 })
  for (const { replica } of five) {
    const accepted = await replica.accept(ns, batch ?? none)
    if ('refused' in accepted) throw new Error(accepted.refused)
    expect(new Set(accepted.results)).toEqual(new Set(['revoked']))
  }
  expect(await give(await actBy(thief.identity, { type: 'revoke', key: ada.identity.author, until: 0, void: true }))).toEqual(alike(0))
  await thief.start()
  await world.settle(300_000)
  expect(await thief.replica.changePerson({ type: 'revoke', key: ada.identity.author, until: 0, void: true }).catch(errorCode)).toBe('not-allowed')
  for (const peer of five) {
    const devices = await peer.replica.devicesOf(person.multihash.digest)
    expect(devices?.find(({ key }) => equalBytes(key, ada.identity.author))?.until).toBeUndefined()
    expect(await ids(peer, ns)).toEqual(['before'])
  }
})

it('a role that somebody grants who has none is given to nobody, and who writes by it is refused by all', async () => {
  const cid = parseCid(DAG_CBOR, ns)
  const { digest = none } = (await bob.replica.personFacts()) ?? {}
  if (cid === undefined) throw new Error('no namespace')
  const content = { type: 'grant', to: digest, role: 'manage', from: 0 } as const
  expect(await bob.replica.changeRoles(ns, content).catch(errorCode)).toBe('not-allowed')
  expect(await give(await actBy(identityFor(digest, bob.identity), content, cid), cid)).toEqual(alike(1))
  await expect(put(bob, ns, 'of bob')).rejects.toMatchObject({ code: 'not-allowed' })
  for (const peer of five) {
    expect(await peer.replica.members(ns)).toEqual([])
    expect(await ids(peer, ns)).toEqual(['before'])
  }
})
