import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeFromMs } from '../../../model/clock.ts'
import { type CID, DAG_CBOR, parseCid } from '../../../model/encoding/cid.ts'
import { identityFromSeed } from '../../../model/keys/identity.ts'
import { createNetwork } from '../../../model/network/network.ts'
import { signAct, signDevice } from '../../../model/people/act.ts'
import { authorOf } from '../../../model/people/author.ts'
import type { WritePolicy } from '../../../model/namespace/namespace.ts'
import { openNodeStorage } from '../../../storage/open-node.ts'
import { shuffled } from '../../../testing/people-world.ts'
import { seededRandom } from '../../../testing/random.ts'
import type { LocalReplica } from '../../local-replica.ts'
import { openReplica, type OpenReplicaOptions } from '../../open-replica.ts'
import type { LogParcel, NamespaceBytes, Write } from '../../types.ts'
import { ASIDE, ASIDE_BATCH } from './aside-prefixes.ts'

const network = createNetwork('aside')
const recovery = identityFromSeed(new Uint8Array(32).fill(7))
const random = seededRandom(11)
const ORDERS = 40

let now: number
let opened: LocalReplica[]
beforeEach(() => {
  now = Date.UTC(2026, 5, 1)
  opened = []
})
afterEach(async () => {
  for (const replica of opened) await replica.close()
})

async function open(init: OpenReplicaOptions = {}, storage = openNodeStorage(':memory:')): Promise<LocalReplica> {
  const replica = await openReplica(storage, { network: network.bytes, now: () => now, aside: false, ...init })
  opened.push(replica)
  return replica
}

/** A person with a laptop and a phone, which is stolen, and a namespace of somebody else in which both have written. */
interface Stolen {
  readonly ns: string
  readonly place: NamespaceBytes
  readonly laptop: LocalReplica
  readonly phone: LocalReplica
  readonly cid: CID
  /** What the laptop wrote, and the phone, each a record alone. */
  readonly batches: readonly Uint8Array[]
}

const note = (id: string, more: object = {}): Write => ({ id, content: JSON.stringify({ _id: id, ...more }) })

async function notesOf(replica: LocalReplica, ns: string): Promise<readonly string[]> {
  const { contents } = await replica.find(ns, 'notes', { limit: 100, sort: { _id: 1 } })
  return contents.map((content) => (JSON.parse(content) as { readonly _id: string })._id)
}

async function batchesOf(replica: LocalReplica, ns: string): Promise<readonly Uint8Array[]> {
  const batches: Uint8Array[] = []
  for (let since = 0; ; ) {
    const { batch, seq, more } = await replica.batchSince(ns, since, { maxBytes: 1 })
    if (batch !== undefined) batches.push(batch)
    if (!more) return batches
    since = seq
  }
}

async function person(replica: LocalReplica): Promise<LogParcel> {
  const log = (await replica.person())?.log
  if (log === undefined) throw new Error('no person')
  return log
}

async function place(owner: LocalReplica, ns: string): Promise<NamespaceBytes> {
  const bytes = await owner.exportNamespace(ns)
  if (bytes === undefined) throw new Error('no namespace')
  return bytes
}

async function stolen(write: WritePolicy = 'anyone', more: readonly Write[] = []): Promise<Stolen> {
  const owner = await open()
  const { id: ns } = await owner.createNamespace({ name: 'shared', write, nonce: random.bytes(16) })
  const laptop = await open({ identity: random.bytes(32), person: { recovery: recovery.author } })
  const cid = parseCid(DAG_CBOR, (await laptop.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  const seed = random.bytes(32)
  const key = identityFromSeed(seed)
  await laptop.changePerson({ type: 'add', key: key.author, label: 'phone', proof: signDevice(cid, key) })
  const phone = await open({ identity: seed, person: { log: await person(laptop) } })
  const bytes = await place(owner, ns)
  for (const replica of [laptop, phone]) await replica.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  await laptop.write(ns, 'notes', [note('kept'), note('changed'), note('deleted'), ...more])
  now += 1000
  await laptop.write(ns, 'notes', [note('changed', { again: true }), { id: 'deleted', content: null }])
  await phone.write(ns, 'notes', [note('of the phone')])
  const batches = [...(await batchesOf(laptop, ns)), ...(await batchesOf(phone, ns))]
  now += 1000
  return { ns, place: bytes, laptop, phone, cid, batches }
}

/** The thief takes the laptop away; then the recovery words speak. Both are acts that peers hear of in any order. */
async function revokeEachOther({ laptop, phone, cid }: Stolen): Promise<readonly LogParcel[]> {
  const { devices = [] } = (await laptop.personFacts()) ?? {}
  const laptopKey = devices.find(({ label }) => label === '')?.key
  const phoneKey = devices.find(({ label }) => label === 'phone')?.key
  if (laptopKey === undefined || phoneKey === undefined) throw new Error('two devices')
  const { parents = [] } = (await laptop.personFacts()) ?? {}
  await phone.changePerson({ type: 'revoke', key: laptopKey, until: 0, void: true })
  const act = signAct({ log: cid, parents, at: timeFromMs(now), do: { type: 'revoke', key: phoneKey, until: timeFromMs(now), void: true } }, recovery)
  const { log, genesis, acts } = await person(phone)
  return [...acts, act].map((one) => ({ log, ...(genesis && { genesis }), acts: [one] }))
}

/** Gives a peer all of it in a random order; what is refused comes again, as it does by comparing, and nothing that was once taken. */
async function deliver(replica: LocalReplica, { ns, place, batches }: Stolen, acts: readonly LogParcel[]): Promise<boolean> {
  await replica.importNamespace(place.genesis, place.head, place.signature)
  let [wasTakenAway, before] = [false, 0]
  for (let left: readonly (LogParcel | Uint8Array)[] = [...acts, ...batches]; ; ) {
    const refused: (LogParcel | Uint8Array)[] = []
    for (const one of shuffled(left, random)) {
      if (one instanceof Uint8Array) {
        const accepted = await replica.accept(ns, one)
        if ('refused' in accepted || accepted.results.some((result) => !['stored', 'superseded', 'same'].includes(result))) refused.push(one)
      } else if ((await replica.importActs(ns, [one])).refused > 0) refused.push(one)
      const count = (await replica.summary(ns)).count
      if (count < before) wasTakenAway = true
      before = count
    }
    if (refused.length === left.length) return wasTakenAway
    left = refused
  }
}

it('what a thief took away with a revocation that turns out void is back on every peer, whatever came first', async () => {
  const story = await stolen()
  const acts = await revokeEachOther(story)
  const roots = new Set<string>()
  let takenAway = 0
  for (let order = 0; order < ORDERS; order++) {
    const peer = await open()
    if (await deliver(peer, story, acts)) takenAway++
    expect(await notesOf(peer, story.ns)).toEqual(['changed', 'kept'])
    roots.add((await peer.summary(story.ns)).root)
  }
  expect(roots.size).toBe(1)
  // Not a few of them had believed the thief.
  expect(takenAway).toBeGreaterThan(ORDERS / 8)
})

it('the device that wrote it has it back too, and offers it, also where it had never left and the program was ended in between', async () => {
  const storage = openNodeStorage(':memory:')
  const story = await stolen()
  const laptop = await open({ identity: random.bytes(32), person: { recovery: recovery.author } }, storage)
  const cid = parseCid(DAG_CBOR, (await laptop.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  const seed = random.bytes(32)
  const key = identityFromSeed(seed)
  await laptop.changePerson({ type: 'add', key: key.author, label: 'phone', proof: signDevice(cid, key) })
  const phone = await open({ identity: seed, person: { log: await person(laptop) } })
  await laptop.importNamespace(story.place.genesis, story.place.head, story.place.signature)
  await laptop.write(story.ns, 'notes', [note('never sent')])
  const acts = await revokeEachOther({ ...story, laptop, phone, cid })
  for (const act of acts.slice(0, -1)) await laptop.importActs(story.ns, [act])
  expect(await notesOf(laptop, story.ns)).toEqual([])
  expect(await laptop.pending(story.ns)).toMatchObject([{ id: 'never sent', refused: 'revoked' }])
  const again = await open({}, storage)
  const told: (number | undefined)[] = []
  again.onCommit(({ namespace, returned }) => namespace === story.ns && told.push(returned))
  for (const act of acts.slice(-1)) await again.importActs(story.ns, [act])
  expect(await notesOf(again, story.ns)).toEqual(['never sent'])
  expect(told.filter((returned) => returned !== undefined)).toEqual([1])
  expect(await again.pending(story.ns)).toEqual([])
  const relay = await open()
  await relay.importNamespace(story.place.genesis, story.place.head, story.place.signature)
  await relay.importActs(story.ns, [await person(again)])
  for (const batch of await batchesOf(again, story.ns)) await relay.accept(story.ns, batch)
  expect(await notesOf(relay, story.ns)).toEqual(['never sent'])
  opened.splice(opened.indexOf(laptop), 1)
})

it('what lies aside is erased when it expires, goes when something later stands in its place, and does not outlive its namespace', async () => {
  const story = await stolen('anyone', [{ ...note('secret', { word: 'plumage' }), exp: timeFromMs(now + 60_000) }])
  const acts = await revokeEachOther(story)
  const storage = openNodeStorage(':memory:')
  const peer = await open({}, storage)
  await peer.importNamespace(story.place.genesis, story.place.head, story.place.signature)
  for (const act of acts.slice(0, -2)) await peer.importActs(story.ns, [act])
  for (const batch of story.batches) await peer.accept(story.ns, batch)
  const all = (await peer.summary(story.ns)).root
  for (const act of acts.slice(-2, -1)) await peer.importActs(story.ns, [act])
  const aside = async (): Promise<string> => (await storage.listMeta(ASIDE_BATCH)).map(([, value]) => new TextDecoder('latin1').decode(value)).join()
  expect(await notesOf(peer, story.ns)).toEqual(['of the phone'])
  expect(await aside()).toContain('plumage')
  now += 120_000
  await peer.summary(story.ns)
  expect(await aside()).not.toContain('plumage')
  expect(await aside()).toContain('again')
  await peer.write(story.ns, 'notes', [note('changed', { newer: true })])
  await peer.forgetDeleted()
  expect(await aside()).not.toContain('again')
  for (const act of acts.slice(-1)) await peer.importActs(story.ns, [act])
  expect(await notesOf(peer, story.ns)).toEqual(['changed', 'kept'])
  // Of the phone nothing comes back: it lies aside now, for as long as that is kept.
  expect((await storage.listMeta(ASIDE)).length).toBe(1)
  expect((await peer.summary(story.ns)).root).not.toBe(all)
  now += 181 * 86_400_000
  await peer.forgetDeleted()
  expect(await storage.listMeta(ASIDE)).toEqual([])
  expect(await storage.listMeta(ASIDE_BATCH)).toEqual([])
})

it('who is granted a role anew from before on has all back that went when he was dismissed', async () => {
  const owner = await open()
  const { id: ns } = await owner.createNamespace({ name: 'club', write: 'members', nonce: random.bytes(16) })
  const [member, manager] = [await open(), await open()]
  const did = async (replica: LocalReplica): Promise<Uint8Array> => authorOf(await replica.info())
  const bytes = await place(owner, ns)
  const roles = parseCid(DAG_CBOR, ns)?.multihash.digest ?? new Uint8Array()
  const share = async (from: LocalReplica, to: LocalReplica): Promise<void> => {
    const { logs } = await from.exportActs(ns, [{ log: roles, tips: [], skip: 0 }], 1_000_000)
    await to.importActs(ns, logs)
  }
  for (const replica of [member, manager]) await replica.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  const from = timeFromMs(now)
  await owner.changeRoles(ns, { type: 'grant', to: await did(member), role: 'write', from })
  await owner.changeRoles(ns, { type: 'grant', to: await did(manager), role: 'manage', from })
  for (const replica of [member, manager]) await share(owner, replica)
  now += 1000
  await member.write(ns, 'notes', [note('of the member')])
  for (const batch of await batchesOf(member, ns)) for (const replica of [owner, manager]) await replica.accept(ns, batch)
  await manager.changeRoles(ns, { type: 'dismiss', who: await did(member), until: 0, void: true })
  for (const replica of [owner, member]) await share(manager, replica)
  for (const replica of [owner, member, manager]) expect(await notesOf(replica, ns)).toEqual([])
  now += 1000
  await owner.changeRoles(ns, { type: 'dismiss', who: await did(manager), until: 0, void: true })
  // That lies behind the dismissal, so it stands: the member is granted the role anew, from before on.
  expect(await notesOf(owner, ns)).toEqual([])
  await owner.changeRoles(ns, { type: 'grant', to: await did(member), role: 'write', from })
  for (const replica of [manager, member]) await share(owner, replica)
  for (const replica of [owner, member, manager]) expect(await notesOf(replica, ns)).toEqual(['of the member'])
})
