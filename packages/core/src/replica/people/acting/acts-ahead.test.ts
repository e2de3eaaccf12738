import { afterEach, beforeEach, expect, it } from 'vitest'
import { errorCode } from '../../../errors.ts'
import { toHex } from '../../../model/bytes.ts'
import { timeFromMs } from '../../../model/clock.ts'
import { DAG_CBOR, parseCid } from '../../../model/encoding/cid.ts'
import { identityFromSeed } from '../../../model/keys/identity.ts'
import { createNetwork } from '../../../model/network/network.ts'
import { authorOf } from '../../../model/people/author.ts'
import { signDevice } from '../../../model/people/act.ts'
import { keyCommitment } from '../../../model/people/person.ts'
import { openNodeStorage } from '../../../storage/open-node.ts'
import type { LocalReplica } from '../../local-replica.ts'
import { openReplica } from '../../open-replica.ts'

const network = createNetwork('ahead')
const START = Date.UTC(2026, 5, 1)
const FAR_MS = 365 * 86_400_000
const NONE = new Uint8Array()
const key = (n: number) => identityFromSeed(new Uint8Array(32).fill(n))
const [phone, bob, carol] = [key(20), key(21), key(22)]
let storage: ReturnType<typeof openNodeStorage>
let now: number
let ada: LocalReplica
let relay: LocalReplica
let ns: string
beforeEach(async () => {
  storage = openNodeStorage(':memory:')
  now = START
  ada = await open()
  relay = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, now: () => START, aside: false })
  ns = (await ada.createNamespace({ name: 'members', write: 'members' })).id
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  await ada.changePerson({ type: 'add', key: phone.author, label: 'phone', proof: signDevice(cid, phone) })
  const bytes = await ada.exportNamespace(ns)
  await share()
  await relay.importNamespace(bytes?.genesis ?? NONE, bytes?.head ?? NONE, bytes?.signature ?? NONE)
  expect(await share()).toBe(0)
})
afterEach(async () => {
  await Promise.all([ada.close(), relay.close()])
})

function open(): Promise<LocalReplica> {
  const person = { recovery: key(7).author }
  return openReplica(storage, { network: network.bytes, now: () => now, aside: false, identity: new Uint8Array(32).fill(3), person })
}

/** Gives the relay all logs, those of persons first; resolves with how many acts it refused. */
async function share(): Promise<number> {
  const genesis = (await ada.exportNamespace(ns))?.genesis
  const tips = await ada.logTips(ns, NONE, 10)
  const { logs } = await ada.exportActs(
    ns,
    tips.map(({ log }) => ({ log, tips: [], skip: 0 })),
    100_000,
  )
  const ordered = logs.toSorted((a, b) => Number(a.genesis === undefined) - Number(b.genesis === undefined))
  return (await relay.importActs(ns, ordered, genesis)).refused
}

const grant = (to: Uint8Array) => ada.changeRoles(ns, { type: 'grant', to, role: 'write', from: timeFromMs(now) })
const devices = async (replica: LocalReplica) => (await replica.devicesOf((await ada.personFacts())?.digest ?? NONE)) ?? []
const roles = async (replica: LocalReplica) => (await replica.members(ns)).map(({ who, from, until }) => [who, from, until])

it('a cut of now is no later than what is here, in a program too that has just opened the data', async () => {
  await ada.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a"}' }])
  now += 5000
  ada = await open()
  expect(await ada.cutTime()).toBe(timeFromMs(now))
})

it('a role that was given under a clock that was ahead holds up no other, and is given anew once the clock is right', async () => {
  now = START + FAR_MS
  await grant(bob.author)
  expect(await share()).toBe(1)
  now = START
  ada = await open()
  await grant(carol.author)
  await ada.changeRoles(ns, { type: 'dismiss', who: carol.author, until: timeFromMs(now) })
  expect(await share()).toBe(1)
  expect(await relay.members(ns)).toHaveLength(1)
  expect(await ada.redate()).toEqual({ records: 0, namespaces: 0, acts: 1 })
  expect(await share()).toBe(0)
  expect(await roles(relay)).toEqual(await roles(ada))
  expect((await relay.members(ns)).find(({ who }) => who === bob.did)?.from).toBe(timeFromMs(START))
  expect(await relay.logsDigest(ns)).toEqual(await ada.logsDigest(ns))
  expect(await ada.redate()).toEqual({ records: 0, namespaces: 0, acts: 0 })
})

it('a device that was revoked under a clock that was ahead is revoked for all once it is right', async () => {
  now = START + FAR_MS
  await ada.changePerson({ type: 'revoke', key: phone.author, until: timeFromMs(now), void: true })
  expect(await share()).toBe(1)
  now = START
  await ada.changePerson({ type: 'label', key: key(3).author, label: 'desk' })
  expect(await share()).toBe(1)
  expect((await devices(relay)).map(({ label, until }) => [label, until])).toEqual(
    expect.arrayContaining([
      ['phone', undefined],
      ['desk', undefined],
    ]),
  )
  expect(await ada.redate()).toMatchObject({ acts: 1 })
  expect(await share()).toBe(0)
  expect((await devices(relay)).find(({ label }) => label === 'phone')).toMatchObject({ until: timeFromMs(START), void: true })
  expect(await devices(relay)).toEqual(await devices(ada))
})

it('what the words do under a clock that is ahead is taken at once, and what they do later is not taken back by it', async () => {
  const words = new Uint8Array(32).fill(7)
  now = START + FAR_MS
  await ada.actAsRecovery(words, { type: 'revoke', key: phone.author, until: timeFromMs(now), void: true })
  now = START
  expect(await share()).toBe(0)
  expect((await devices(relay)).find(({ label }) => label === 'phone')).toMatchObject({ void: true })
  await ada.changePerson({ type: 'label', key: key(3).author, label: 'desk' })
  await ada.actAsRecovery(words, { type: 'revoke', key: phone.author, until: timeFromMs(now), void: true })
  expect(await share()).toBe(0)
  expect((await devices(relay)).map(({ label, until }) => [label, until])).toEqual(
    expect.arrayContaining([
      ['phone', timeFromMs(START)],
      ['desk', undefined],
    ]),
  )
})

it('words that are replaced under a clock that is ahead are so at once for all, and what the new ones did stands when that time has come', async () => {
  const [words, next] = [7, 8].map((n) => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array]
  now = START + FAR_MS
  await ada.rotateRecovery({ seed: words, next })
  now = START
  // What the device said behind it lies ahead, and is said anew.
  await share()
  expect(await ada.redate()).toMatchObject({ acts: 1 })
  expect(await share()).toBe(0)
  const revocation = { type: 'revoke', key: phone.author, until: timeFromMs(now), void: true } as const
  expect(await ada.actAsRecovery(words, revocation).catch(errorCode)).toBe('unknown-words')
  await ada.actAsRecovery(next, revocation)
  expect(await share()).toBe(0)
  const isTaken = async (replica: LocalReplica): Promise<unknown> => (await devices(replica)).find(({ label }) => label === 'phone')?.void
  expect(await isTaken(relay)).toBe(true)
  expect(await relay.personsByRecovery(keyCommitment(identityFromSeed(next).author))).toHaveLength(1)
  now = START + FAR_MS + 1
  ada = await open()
  await ada.changePerson({ type: 'label', key: key(3).author, label: 'desk' })
  expect(await isTaken(ada)).toBe(true)
})

it('what was said of the same since, under a right clock, is not taken back by what lay ahead', async () => {
  now = START + FAR_MS
  await grant(bob.author)
  await grant(carol.author)
  await ada.changeRoles(ns, { type: 'dismiss', who: carol.author, until: timeFromMs(now) })
  now = START
  await ada.changeRoles(ns, { type: 'dismiss', who: bob.author, until: timeFromMs(now) })
  await grant(carol.author)
  expect(await ada.redate()).toMatchObject({ acts: 3 })
  expect(await share()).toBe(0)
  expect((await relay.members(ns)).map(({ who, until }) => [who, until])).toEqual([[carol.did, undefined]])
})

it('what lies ahead in two networks of one folder is said anew in both, and keeps nothing from being carried between them', async () => {
  const { log = NONE } = (await ada.person())?.log ?? {}
  const genesis = (await ada.person())?.log.genesis
  const other = await openReplica(openNodeStorage(':memory:'), {
    network: createNetwork('other').bytes,
    now: () => now,
    aside: false,
    identity: new Uint8Array(32).fill(3),
    person: { log: { log, ...(genesis && { genesis }), acts: (await ada.person())?.log.acts ?? [] } },
  })
  const carry = async (from: LocalReplica, to: LocalReplica): Promise<void> => {
    const have = new Set((await to.person())?.log.acts.map(({ signature }) => toHex(signature)))
    const missing = (await from.person())?.log.acts.filter(({ signature }) => !have.has(toHex(signature))) ?? []
    if (missing.length > 0) await to.addToPerson(missing)
  }
  now = START + FAR_MS
  await ada.changePerson({ type: 'revoke', key: phone.author, until: timeFromMs(now), void: true })
  await carry(ada, other)
  now = START
  await ada.redate()
  for (const [from, to] of [
    [ada, other],
    [other, ada],
  ] as const)
    await carry(from, to)
  expect(await other.redate()).toMatchObject({ acts: 1 })
  await carry(other, ada)
  expect((await other.person())?.log.acts).toEqual((await ada.person())?.log.acts)
  expect((await devices(other)).find(({ label }) => label === 'phone')).toMatchObject({ until: timeFromMs(START), void: true })
  await other.close()
})

it('what would not count is refused before anything is written', async () => {
  await ada.changeRoles(ns, { type: 'grant', to: authorOf(await relay.info()), role: 'manage', from: timeFromMs(now) })
  await share()
  const byManager = (role: 'manage' | 'write') => relay.changeRoles(ns, { type: 'grant', to: bob.author, role, from: timeFromMs(now) })
  expect(await byManager('manage').catch(errorCode)).toBe('not-allowed')
  expect(await relay.logsDigest(ns)).toEqual(await ada.logsDigest(ns))
  await byManager('write')
  expect(await relay.members(ns)).toHaveLength(2)
  await ada.actAsRecovery(new Uint8Array(32).fill(7), { type: 'revoke', key: key(3).author, until: timeFromMs(now), void: true })
  const before = await ada.logsDigest(ns)
  expect(await ada.changePerson({ type: 'revoke', key: phone.author, until: timeFromMs(now), void: true }).catch(errorCode)).toBe('not-allowed')
  expect(await grant(bob.author).catch(errorCode)).toBe('not-allowed')
  expect(await ada.logsDigest(ns)).toEqual(before)
})
