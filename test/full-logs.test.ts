import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { errorCode } from '../packages/core/src/errors.ts'
import { equalBytes } from '../packages/core/src/model/bytes.ts'
import { timeFromMs } from '../packages/core/src/model/clock.ts'
import { DAG_CBOR, parseCid } from '../packages/core/src/model/encoding/cid.ts'
import type { CID } from '../packages/core/src/model/encoding/cid.ts'
import type * as modelLimits from '../packages/core/src/model/limits.ts'
import type * as replicaLimits from '../packages/core/src/replica/limits.ts'
import { type Identity, identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { type SignedAct, signAct } from '../packages/core/src/model/people/act.ts'
import { identityFor } from '../packages/core/src/model/people/author.ts'
import { keyCommitment } from '../packages/core/src/model/people/person.ts'
import { ids, put, World } from '../packages/core/src/testing/people-world.ts'
import type { TestPeer } from '../packages/core/src/testing/test-peer.ts'
import type { LogParcel } from '../packages/core/src/replica/types.ts'

// A log of the full size takes seconds to sign.
vi.mock('../packages/core/src/model/limits.ts', async (original) => ({
  ...(await original<typeof modelLimits>()),
  MAX_LOG_ACTS: 64,
}))
vi.mock('../packages/core/src/replica/limits.ts', async (original) => ({
  ...(await original<typeof replicaLimits>()),
  RESERVED_ACTS: 16,
  LAST_ACTS: 8,
}))
const MOST = 64
const OF_DEVICES = 48

const words = new Uint8Array(32).fill(7)
const next = new Uint8Array(32).fill(8)
const [recovery, after] = [identityFromSeed(words), identityFromSeed(next)]

let world: World
let relay: TestPeer
let ada: TestPeer
let phone: TestPeer
let log: CID
let ns: string
beforeEach(async () => {
  world = new World()
  relay = await world.peer('relay')
  ada = await world.peer('ada', { recovery: recovery.author })
  ns = await ada.createNamespace('members')
  ada.dial(relay)
  phone = await world.device('phone', ada)
  phone.want(ns)
  phone.dial(relay)
  await put(phone, ns, 'of the phone')
  await world.settle()
  const cid = parseCid(DAG_CBOR, (await ada.replica.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  log = cid
})
afterEach(async () => {
  await world.close()
})

const facts = async (peer: TestPeer) => (await peer.replica.devicesOf(log.multihash.digest)) ?? []
const sizeAt = async (peer: TestPeer, of: Uint8Array = log.multihash.digest): Promise<number> => {
  const { logs } = await peer.replica.exportActs(ns, [{ log: of, tips: [], skip: 0 }], 1_000_000)
  return logs[0]?.acts.length ?? 0
}
const isActing = async (peer: TestPeer, key: Uint8Array): Promise<boolean> =>
  (await facts(peer)).some((device) => device.until === undefined && equalBytes(device.key, key))

/** Acts of no use, each behind the one before it. */
async function junk(by: TestPeer, count: number, signer: Identity = by.identity): Promise<readonly SignedAct[]> {
  const { parents = [], devices = [] } = (await by.replica.personFacts()) ?? {}
  const via = signer === by.identity ? devices.find(({ key }) => equalBytes(key, by.identity.author))?.via : undefined
  const acts: SignedAct[] = []
  for (let i = 0; i < count; i++) {
    const last = acts.at(-1)
    const content = { type: 'label', key: by.identity.author, label: `${i}` } as const
    const at = timeFromMs(by.now()) + i
    acts.push(signAct({ log, parents: last === undefined ? parents : [last.hash], at, do: content, ...(via && { via }) }, signer))
  }
  return acts
}

async function give(peer: TestPeer, acts: LogParcel['acts'], of: Uint8Array = log.multihash.digest): Promise<number> {
  return (await peer.replica.importActs(ns, [{ log: of, acts }])).refused
}

it('a log that devices have filled takes nothing more of them, says so, and leaves everything as it was', async () => {
  await give(ada, await junk(phone, MOST))
  expect(await sizeAt(ada)).toBe(OF_DEVICES)
  const before = await ada.replica.logsDigest(ns)
  const lastSeq = await ada.storage.lastSeq(1)
  const revocation = { type: 'revoke', key: phone.identity.author, until: timeFromMs(ada.now()), void: true } as const
  expect(await ada.replica.changePerson(revocation).catch(errorCode)).toBe('not-allowed')
  expect(await ada.replica.changePerson({ type: 'label', key: ada.identity.author, label: 'desk' }).catch(errorCode)).toBe('not-allowed')
  expect(await ada.replica.logsDigest(ns)).toEqual(before)
  expect(await ada.storage.lastSeq(1)).toBe(lastSeq)
})

it('the words have room in it, also where each peer was filled with other acts', async () => {
  await ada.stop()
  await phone.stop()
  await give(ada, await junk(phone, MOST))
  await world.settle(5000)
  await give(relay, await junk(phone, MOST))
  expect([await sizeAt(ada), await sizeAt(relay)]).toEqual([OF_DEVICES, OF_DEVICES])
  expect(await ada.replica.logsDigest(ns)).not.toEqual(await relay.replica.logsDigest(ns))
  await ada.start()
  await world.settle()
  await ada.replica.actAsRecovery(words, { type: 'revoke', key: phone.identity.author, until: timeFromMs(ada.now()), void: true })
  await world.settle(300_000)
  for (const peer of [ada, relay]) {
    expect(await isActing(peer, phone.identity.author)).toBe(false)
    expect(await ids(peer, ns)).toEqual(['of the phone'])
  }
  const found = await world.peer('found', undefined, world.random.bytes(32))
  const person = (await relay.replica.exportActs(ns, [{ log: log.multihash.digest, tips: [], skip: 0 }], 1_000_000)).logs[0]
  if (person === undefined) throw new Error('no log')
  await found.replica.restorePerson(person, { seed: words, label: 'found' })
  found.want(ns)
  found.dial(relay)
  await world.settle(300_000)
  await put(found, ns, 'found')
  await world.settle()
  for (const peer of [ada, relay, found]) expect(await ids(peer, ns)).toEqual(['found', 'of the phone'])
})

it('one act more than there can be is refused everywhere, and takes nothing away', async () => {
  await give(ada, await junk(phone, OF_DEVICES))
  for (let i = await sizeAt(ada); i < MOST; i++) await ada.replica.actAsRecovery(words, { type: 'label', key: ada.identity.author, label: `${i}` })
  await world.settle(300_000)
  for (const peer of [ada, relay]) expect(await sizeAt(peer)).toBe(MOST)
  const before = await ada.replica.logsDigest(ns)
  const revocation = { type: 'revoke', key: phone.identity.author, until: timeFromMs(ada.now()), void: true } as const
  const refused = [
    ada.replica.changePerson(revocation),
    ada.replica.actAsRecovery(words, revocation),
    ada.replica.rotateRecovery({ seed: words, next }),
    ada.replica.addToPerson([signAct({ log, parents: [], at: timeFromMs(ada.now()), do: revocation }, recovery)]),
  ]
  for (const one of await Promise.all(refused.map((work) => work.catch(errorCode)))) expect(one).toBe('not-allowed')
  const one = signAct({ log, parents: [], at: timeFromMs(ada.now()), do: revocation }, recovery)
  for (const peer of [ada, relay]) expect(await give(peer, [one])).toBe(1)
  expect(await ada.replica.logsDigest(ns)).toEqual(before)
  expect(await isActing(ada, phone.identity.author)).toBe(true)
  await put(ada, ns, 'of ada')
})

it('words that were replaced take no room of those that took their place', async () => {
  await ada.replica.rotateRecovery({ seed: words, next })
  await world.settle()
  expect((await ada.replica.personFacts())?.recovery).toEqual(keyCommitment(after.author))
  await give(relay, await junk(ada, MOST, recovery))
  expect(await sizeAt(relay)).toBe(OF_DEVICES)
  await world.settle(300_000)
  await ada.replica.actAsRecovery(next, { type: 'revoke', key: phone.identity.author, until: timeFromMs(ada.now()), void: true })
  await world.settle(300_000)
  for (const peer of [ada, relay]) expect(await isActing(peer, phone.identity.author)).toBe(false)
  // They are replaced once more, with both acts among those for which room is kept.
  await ada.replica.rotateRecovery({ seed: next, next: new Uint8Array(32).fill(9) })
  await world.settle(300_000)
  for (const peer of [ada, relay]) expect(await sizeAt(peer)).toBe(OF_DEVICES + 3)
})

it('who has a stolen device of the owner fills no log of roles for whom the words bring back', async () => {
  const roles = parseCid(DAG_CBOR, ns)?.multihash.digest ?? new Uint8Array()
  const at = timeFromMs(phone.now())
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new Error('no namespace')
  const signer = identityFor(log.multihash.digest, phone.identity)
  const acts: SignedAct[] = []
  for (let i = 0; i < MOST; i++) {
    const content = { type: 'grant', to: identityFromSeed(new Uint8Array(32).fill(i + 1)).author, role: 'write', from: at } as const
    const last = acts.at(-1)
    acts.push(signAct({ log: cid, parents: last === undefined ? [] : [last.hash], at: at + i, do: content }, signer))
  }
  for (const peer of [relay, ada]) expect(await give(peer, acts, roles)).toBeGreaterThan(0)
  expect(await sizeAt(relay, roles)).toBe(MOST - 8)
  const friend = identityFromSeed(new Uint8Array(32).fill(99)).author
  const grant = { type: 'grant', to: friend, role: 'write', from: at } as const
  expect(await ada.replica.changeRoles(ns, grant).catch(errorCode)).toBe('not-allowed')
  const found = await world.peer('found', undefined, world.random.bytes(32))
  const person = await ada.replica.person()
  if (person === undefined) throw new Error('no person')
  await found.replica.restorePerson(person.log, { seed: words, label: 'found' })
  found.want(ns)
  found.dial(relay)
  await world.settle(300_000)
  await found.replica.changePerson({ type: 'revoke', key: phone.identity.author, until: timeFromMs(found.now()), void: true })
  await found.replica.changeRoles(ns, grant)
  await world.settle(300_000)
  for (const peer of [relay, ada, found]) {
    const holding = (await peer.replica.members(ns)).filter(({ until }) => until === undefined)
    expect(holding.map(({ who }) => who)).toContain(identityFromSeed(new Uint8Array(32).fill(99)).did)
  }
})

it('changes of roles that belong together are all made, or none where there is no room for the last of them', async () => {
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new Error('no namespace')
  const roles = cid.multihash.digest
  const friend = identityFromSeed(new Uint8Array(32).fill(99)).author
  const grant = (role: 'write' | 'moderate') => ({ type: 'grant', to: friend, role, from: timeFromMs(ada.now()) }) as const
  await ada.replica.changeRoles(ns, grant('write'), grant('moderate'))
  const others = (i: number) => ({ ...grant('write'), to: identityFromSeed(new Uint8Array(32).fill(i + 1)).author })
  // Room is left for one more of a device.
  await ada.replica.changeRoles(ns, ...Array.from({ length: MOST - 8 - 3 }, (_, i) => others(i)))
  expect(await sizeAt(ada, roles)).toBe(MOST - 8 - 1)
  const before = await ada.replica.members(ns)
  const dismissal = { type: 'dismiss', who: friend, until: timeFromMs(ada.now()) } as const
  expect(await ada.replica.changeRoles(ns, dismissal, grant('moderate')).catch(errorCode)).toBe('not-allowed')
  expect(await ada.replica.members(ns)).toEqual(before)
  expect(await sizeAt(ada, roles)).toBe(MOST - 8 - 1)
  await ada.replica.changeRoles(ns, dismissal)
  expect(await sizeAt(ada, roles)).toBe(MOST - 8)
})
