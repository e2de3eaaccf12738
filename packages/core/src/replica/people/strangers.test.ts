import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sha256 } from '#crypto'
import { DocstoreError, errorCode } from '../../errors.ts'
import { equalBytes } from '../../model/bytes.ts'
import { timeFromMs } from '../../model/clock.ts'
import { type CID, DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { type Identity, identityFromSeed } from '../../model/keys/identity.ts'
import { decodeGenesis, signHead } from '../../model/namespace/namespace.ts'
import { createNetwork } from '../../model/network/network.ts'
import { type SignedAct, signAct, signDevice, storedAct } from '../../model/people/act.ts'
import type { ActContent } from '../../model/people/act-content.ts'
import { identityFor, keyOf } from '../../model/people/author.ts'
import { createPerson, decodePerson } from '../../model/people/person.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { LogParcel } from '../types.ts'
import { MAX_TIPS, MAX_TOLD_LOGS, MAX_UNNEEDED_LOGS } from '../limits.ts'
import { canAct } from './logs/can-act.ts'
import { KnownActs } from './logs/known-acts.ts'

const network = createNetwork('strangers')
const now = Date.UTC(2026, 5, 1)
const key = (n: number): Identity => identityFromSeed(new Uint8Array(32).fill(n))
const recovery = key(7)
const none = new Uint8Array()
const stranger = key(9)
const openStorages: ReturnType<typeof openNodeStorage>[] = []
let ada: LocalReplica
let relay: LocalReplica
let log: LogParcel
beforeEach(async () => {
  ada = await open(3)
  relay = await open()
  log = (await ada.person())?.log ?? { log: new Uint8Array(), acts: [] }
})
afterEach(async () => {
  await Promise.all([ada.close(), relay.close()])
})

/** With a number: of a new person, whose first device has the key of that number. */
function open(device?: number): Promise<LocalReplica> {
  const storage = openNodeStorage(':memory:')
  openStorages.push(storage)
  return openReplica(storage, {
    network: network.bytes,
    now: () => now,
    aside: false,
    ...(device !== undefined && { identity: new Uint8Array(32).fill(device), person: { recovery: recovery.author } }),
  })
}

function act(id: CID, content: ActContent, by: Identity, before: readonly SignedAct[] = [], via?: SignedAct): SignedAct {
  const parents = before.map(({ hash }) => hash)
  return signAct({ log: id, parents, at: timeFromMs(now) + before.length, do: content, ...(via && { via: via.hash }) }, by)
}

async function sharedMembers(): Promise<{ readonly ns: string; readonly id: CID }> {
  const { id: ns } = await ada.createNamespace({ name: 'members', write: 'members', nonce: new Uint8Array(16) })
  const bytes = await ada.exportNamespace(ns)
  const id = parseCid(DAG_CBOR, ns)
  if (bytes === undefined || id === undefined) throw new Error('no namespace')
  await relay.importActs(ns, [log], bytes.genesis)
  expect(await relay.importNamespace(bytes.genesis, bytes.head, bytes.signature)).toEqual({ id: ns })
  return { ns, id }
}

it('what a stranger signs in the name of the owner or of a manager has no place in a log of roles', async () => {
  const { ns, id } = await sharedMembers()
  const content: ActContent = { type: 'dismiss', who: stranger.author, until: 0 }
  const forged = act(id, content, identityFor(log.log, stranger))
  expect(await relay.importActs(ns, [{ log: id.multihash.digest, acts: [forged] }])).toMatchObject({ stored: 1, refused: 1 })
  // The log is needed now, and empty.
  await ada.changeRoles(ns, { type: 'grant', to: log.log, role: 'manage', from: 0 })
  const roles = { log: id.multihash.digest, tips: [], skip: 0 }
  const { logs } = await ada.exportActs(ns, [roles], 10_000)
  expect(await relay.importActs(ns, logs)).toMatchObject({ stored: 1, refused: 0 })
  expect(await relay.importActs(ns, [{ log: id.multihash.digest, acts: [forged] }])).toMatchObject({ stored: 0, refused: 1 })
  expect(await relay.logsDigest(ns)).toEqual(await ada.logsDigest(ns))
})

it('who acts in a log of roles is needed where that log is, and its log comes first', async () => {
  const { ns, id } = await sharedMembers()
  const eve = await open(4)
  const theirs = (await eve.person())?.log
  if (theirs === undefined) throw new Error('no person')
  const device = identityFor(theirs.log, key(20))
  const cid = parseCid(DAG_CBOR, (await eve.person())?.id ?? '')
  if (cid === undefined) throw new Error('no id')
  await eve.changePerson({ type: 'add', key: keyOf(device.author), label: '', proof: signDevice(cid, key(20)) })
  await ada.changeRoles(ns, { type: 'grant', to: theirs.log, role: 'manage', from: 0 })
  const { logs } = await ada.exportActs(ns, [{ log: id.multihash.digest, tips: [], skip: 0 }], 10_000)
  await relay.importActs(ns, logs)
  const [given] = logs.flatMap(({ acts }) => acts)
  const grant = given && storedAct(given.bytes, given.signature)
  if (grant?.ok !== true) throw new Error('no grant')
  const byDevice = act(id, { type: 'grant', to: stranger.author, role: 'write', from: 0 }, device, [grant.value], grant.value)
  const part = { log: id.multihash.digest, acts: [byDevice] }
  expect(await relay.importActs(ns, [part])).toMatchObject({ stored: 0, refused: 1 })
  await relay.importActs(ns, [(await eve.person())?.log ?? theirs])
  expect(await relay.importActs(ns, [part])).toMatchObject({ stored: 1, refused: 0 })
  await eve.close()
})

it('what is kept free for recovery keys is not for a key that a device names as one', () => {
  const person = decodePerson(log.genesis ?? new Uint8Array())
  if (!person.ok) throw new Error('no person')
  const { cid, genesis } = person.value
  const rotation = (next: Identity, by: Identity): SignedAct => act(cid, { type: 'rotate', next: sha256(next.author) }, by)
  const confirmed = (rotated: SignedAct, by: Identity): SignedAct => act(cid, { type: 'confirm' }, by, [rotated])
  const byDevice = rotation(stranger, key(3))
  const byRecovery = rotation(key(8), recovery)
  expect(canAct(confirmed(byDevice, stranger), new KnownActs([byDevice]), genesis)).toBe(false)
  expect(canAct(confirmed(byRecovery, key(8)), new KnownActs([byRecovery]), genesis)).toBe(true)
})

it('however many acts a thief adds that nothing follows, peers hear of what revokes him', async () => {
  const { ns } = await sharedMembers()
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  const junk = Array.from({ length: 20 }, (_, i) => act(cid, { type: 'label', key: key(3).author, label: `${i}` }, key(3)))
  const revoked = act(cid, { type: 'revoke', key: key(3).author, until: 0, void: true }, recovery)
  await ada.importActs(ns, [{ ...log, acts: junk }])
  await relay.importActs(ns, [{ ...log, acts: [...junk, revoked] }])
  const told = (await relay.logTips(ns, new Uint8Array(), 10)).filter((one) => equalBytes(one.log, log.log))
  const missing = await ada.missingLogs(ns, told)
  const { logs } = await relay.exportActs(
    ns,
    missing.map((one) => ({ ...one, skip: 0 })),
    100_000,
  )
  await ada.importActs(ns, logs)
  expect(await ada.logsDigest(ns)).toEqual(await relay.logsDigest(ns))
})

it('logs of more acts that nothing follows than are told are known to be equal, and are not sent again', async () => {
  const { ns } = await sharedMembers()
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  const labels = Array.from({ length: 40 }, (_, i) => act(cid, { type: 'label', key: key(3).author, label: `${i}` }, key(3)))
  await ada.importActs(ns, [{ ...log, acts: labels }])
  await relay.importActs(ns, [{ ...log, acts: labels.toReversed() }])
  const told = await relay.logTips(ns, new Uint8Array(), 10)
  expect(told.find((one) => equalBytes(one.log, log.log))?.tips).toHaveLength(MAX_TIPS)
  expect(await ada.missingLogs(ns, told)).toEqual([])
  await relay.importActs(ns, [{ ...log, acts: [act(cid, { type: 'label', key: key(3).author, label: 'one more' }, key(3))] }])
  expect(await ada.missingLogs(ns, await relay.logTips(ns, new Uint8Array(), 10))).toHaveLength(1)
})

it('what is looked at for a request, or again after one, is told with the answer', async () => {
  const { ns } = await sharedMembers()
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  const labels = Array.from({ length: 40 }, (_, i) => act(cid, { type: 'label', key: key(3).author, label: `${i}` }, key(3)))
  expect(await relay.importActs(ns, [{ ...log, acts: labels }])).toEqual({ stored: 40, refused: 0, looked: 40 })
  const more = act(cid, { type: 'label', key: key(3).author, label: 'one more' }, key(3))
  expect(await relay.importActs(ns, [{ ...log, acts: [more] }])).toEqual({ stored: 1, refused: 0, looked: 41 })
  expect(await relay.importActs(ns, [{ ...log, acts: [more] }])).toEqual({ stored: 0, refused: 0, looked: 0 })
  const wants = { log: log.log, tips: labels.map(({ hash }) => hash), skip: 0 }
  expect(await relay.exportActs(ns, [wants, wants], 10_000)).toMatchObject({ logs: [{ acts: [{ bytes: more.bytes }] }, {}], looked: 82 })
})

it('owners whose namespaces do not come make room for others', async () => {
  const storage = openNodeStorage(':memory:')
  const idle = Array.from({ length: MAX_UNNEEDED_LOGS }, (_, i) => sha256(Uint8Array.of(i >> 8, i)))
  for (const one of idle) await storage.addActs({ log: one, genesis: one, tips: [] }, [])
  const many = await openReplica(storage, { network: network.bytes, now: () => now, aside: false })
  const { id: ns } = await ada.createNamespace({ name: 'late', write: 'owner', nonce: new Uint8Array(16) })
  const bytes = await ada.exportNamespace(ns)
  expect(await many.importActs(ns, [log], bytes?.genesis)).toMatchObject({ stored: 1, refused: 0 })
  const kept = (await storage.logs()).map((one) => one.log)
  expect(kept).toHaveLength(MAX_UNNEEDED_LOGS)
  expect(kept).toContainEqual(log.log)
  await many.close()
})

it('in a full store there is no room for the acts of strangers, but for what revokes a device', async () => {
  const storage = openNodeStorage(':memory:', { maxBytes: 4 * 1024 * 1024 })
  const full = await openReplica(storage, { network: network.bytes, now: () => now, aside: false })
  const { id: ns } = await ada.createNamespace({ name: 'full', write: 'anyone', nonce: new Uint8Array(16) })
  const bytes = await ada.exportNamespace(ns)
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (bytes === undefined || cid === undefined) throw new Error('no namespace')
  await full.importActs(ns, [log], bytes.genesis)
  await full.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await full.write(ns, 'notes', [{ id: `${i}`, content: `{"_id":"${i}","text":"${'x'.repeat(100_000)}"}` }])
  }
  await expect(fill().catch(errorCode)).resolves.toBe('disk-full')
  const labels = Array.from({ length: 400 }, (_, i) => act(cid, { type: 'label', key: key(3).author, label: `${'y'.repeat(50)}${i}` }, key(3)))
  await expect(full.importActs(ns, [{ log: log.log, acts: labels }]).catch(errorCode)).resolves.toBe('disk-full')
  const revoked = act(cid, { type: 'revoke', key: key(3).author, until: 0, void: true }, recovery)
  expect(await full.importActs(ns, [{ log: log.log, acts: [revoked] }])).toMatchObject({ stored: 1, refused: 0 })
  await full.close()
})

it('all that is stored is looked at again where something can be void, and not for a label more', async () => {
  const { ns } = await sharedMembers()
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  const label = act(cid, { type: 'label', key: key(3).author, label: 'more' }, key(3))
  const revoked = act(cid, { type: 'revoke', key: key(3).author, until: 0, void: true }, recovery)
  const storage = openStorages.at(-1) ?? openNodeStorage(':memory:')
  const [all, theirs] = [vi.spyOn(storage, 'laterRecords'), vi.spyOn(storage, 'recordsOf')]
  await relay.importActs(ns, [{ ...log, acts: [label] }])
  expect(theirs).not.toHaveBeenCalled()
  await relay.importActs(ns, [{ ...log, acts: [revoked] }])
  expect(theirs).toHaveBeenCalled()
  // Nothing but what this person wrote.
  expect(all).not.toHaveBeenCalled()
})

it('for a stranger who wrote nothing there nothing is looked at, whatever their log says', async () => {
  const { id: ns } = await relay.createNamespace({ name: 'open', write: 'anyone', nonce: new Uint8Array(16) })
  const eve = await open(4)
  const theirs = (await eve.person())?.log
  const cid = parseCid(DAG_CBOR, (await eve.person())?.id ?? '')
  if (theirs === undefined || cid === undefined) throw new Error('no person')
  await relay.importActs(ns, [theirs])
  await relay.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a"}' }])
  const storage = openStorages.at(-2) ?? openNodeStorage(':memory:')
  const [all, some, meta] = [vi.spyOn(storage, 'laterRecords'), vi.spyOn(storage, 'recordsOf'), vi.spyOn(storage, 'setMeta')]
  const revoked = act(cid, { type: 'revoke', key: key(4).author, until: 0, void: true }, recovery)
  expect(await relay.importActs(ns, [{ ...theirs, acts: [revoked] }])).toMatchObject({ stored: 1 })
  for (const looked of [all, some, meta]) expect(looked).not.toHaveBeenCalled()
  await eve.close()
})

it('what could not be judged when a log changed is judged with the next comparison', async () => {
  const { ns, id } = await sharedMembers()
  await ada.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a"}' }])
  const { batch } = await ada.batchSince(ns, 0, { maxBytes: 100_000 })
  await relay.accept(ns, batch ?? new Uint8Array())
  expect((await relay.find(ns, 'notes', { limit: 10 })).contents).toHaveLength(1)
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  const bytes = await ada.exportNamespace(id.toString())
  if (cid === undefined || bytes === undefined) throw new Error('no person')
  const storage = openStorages.at(-1) ?? openNodeStorage(':memory:')
  vi.spyOn(storage, 'recordsOf').mockImplementationOnce(() => {
    throw new DocstoreError('disk-full', 'The disk is full')
  })
  const revoked = act(cid, { type: 'revoke', key: key(3).author, until: 0, void: true }, recovery)
  await expect(relay.importActs(ns, [{ ...log, acts: [revoked] }]).catch(errorCode)).resolves.toBe('disk-full')
  expect((await relay.find(ns, 'notes', { limit: 10 })).contents).toHaveLength(1)
  await relay.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  expect((await relay.find(ns, 'notes', { limit: 10 })).contents).toEqual([])
})

it('however many persons others tell of, whoever is named in a namespace or writes there gets in', async () => {
  const { ns, id } = await sharedMembers()
  const storage = openStorages.at(-1) ?? openNodeStorage(':memory:')
  const strangers = Array.from({ length: MAX_TOLD_LOGS + 2 }, (_, i) =>
    createPerson({ device: stranger, recovery: recovery.author, nonce: sha256(`${i}`).slice(0, 16) }),
  )
  await relay.importActs(
    ns,
    strangers.map(({ digest, bytes }) => ({ log: digest, genesis: bytes, acts: [] })),
  )
  expect((await storage.logNeeds()).filter(({ told }) => told)).toHaveLength(MAX_TOLD_LOGS)
  // The others wait for what they write; there is no room for all of them.
  expect(await storage.logs()).toHaveLength(MAX_TOLD_LOGS + 3)
  const eve = await open(4)
  const theirs = (await eve.person())?.log
  if (theirs === undefined) throw new Error('no person')
  await relay.importActs(ns, [theirs])
  expect(await storage.logNeeds()).toHaveLength(MAX_TOLD_LOGS + 1)
  await ada.changeRoles(ns, { type: 'grant', to: theirs.log, role: 'write', from: 0 })
  const { logs } = await ada.exportActs(ns, [{ log: id.multihash.digest, tips: [], skip: 0 }], 10_000)
  await relay.importActs(ns, logs)
  await relay.importActs(ns, [theirs])
  expect(await storage.logNeeds()).toContainEqual({ ns: 1, log: theirs.log, told: false })
  await eve.close()
})

it('a person for whom there is no room gets it by what they write', async () => {
  const { id: ns } = await relay.createNamespace({ name: 'open', write: 'anyone', nonce: new Uint8Array(16) })
  const storage = openStorages.at(-1) ?? openNodeStorage(':memory:')
  const bytes = await relay.exportNamespace(ns)
  if (bytes === undefined) throw new Error('no namespace')
  await ada.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  await ada.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a"}' }])
  const { batch } = await ada.batchSince(ns, 0, { maxBytes: 100_000 })
  await relay.importActs(ns, [log])
  expect(await storage.logNeeds()).toEqual([{ ns: 1, log: log.log, told: true }])
  await relay.accept(ns, batch ?? new Uint8Array())
  expect(await storage.logNeeds()).toEqual([{ ns: 1, log: log.log, told: false }])
})

it('first heads of a person are of the epoch of now, and those of a device that was revoked are not shown', async () => {
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  await ada.changePerson({ type: 'add', key: key(20).author, label: '', proof: signDevice(cid, key(20)) })
  await ada.changePerson({ type: 'revoke', key: key(20).author, until: 0, void: true })
  const { id: profile } = await ada.openProfile()
  const { id: shown } = await ada.createNamespace({ name: 'shown', write: 'owner', nonce: new Uint8Array(16), listed: true })
  for (const ns of [profile, shown]) {
    const bytes = await ada.exportNamespace(ns)
    if (bytes === undefined) throw new Error('no namespace')
    expect(await relay.readNamespace(bytes)).toMatchObject({ epoch: 1, seq: 0 })
  }
  const bytes = await ada.exportNamespace(shown)
  const genesis = decodeGenesis(bytes?.genesis ?? new Uint8Array(), network.cid)
  if (bytes === undefined || !genesis.ok) throw new Error('no namespace')
  const at = timeFromMs(now)
  const fields = { net: network.cid, ns: genesis.value.cid, epoch: 1, seq: 9, prev: null, at, body: { title: 'stolen', listed: true } } as const
  const stolen = signHead(fields, identityFor(log.log, key(20)))
  const forged = { genesis: bytes.genesis, head: stolen.bytes, signature: stolen.signature }
  expect(await relay.readNamespace(forged)).toMatchObject({ seq: 9 })
  await relay.importActs(shown, [(await ada.person())?.log ?? log], bytes.genesis)
  expect(await relay.readNamespace(forged)).toEqual({ refused: 'revoked' })
  expect(await relay.readNamespace(bytes)).toMatchObject({ epoch: 1, seq: 0 })
})

it('a device that was revoked speaks for its person in no profile and no namespace that is new, and is told so once it knows', async () => {
  const { ns, id } = await sharedMembers()
  expect(id.toString()).toBe(ns)
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (cid === undefined) throw new Error('no person')
  await ada.changePerson({ type: 'add', key: key(20).author, label: '', proof: signDevice(cid, key(20)) })
  const before = (await ada.person())?.log ?? log
  const storage = openNodeStorage(':memory:')
  openStorages.push(storage)
  const thief = await openReplica(storage, {
    network: network.bytes,
    now: () => now,
    aside: false,
    identity: new Uint8Array(32).fill(20),
    person: { log: before },
  })
  const { id: profile } = await thief.openProfile()
  await thief.changeHead(profile, { profile: { name: 'Thief' } })
  const { id: made } = await thief.createNamespace({ name: 'thief-made', write: 'anyone', listed: true })
  // To somebody who does not know yet.
  const late = await open()
  for (const one of [profile, made]) {
    const bytes = await thief.exportNamespace(one)
    if (bytes === undefined) throw new Error('no namespace')
    await late.importActs(one, [before], bytes.genesis)
    expect(await late.importNamespace(bytes.genesis, bytes.head, bytes.signature)).toEqual({ id: one })
  }
  expect((await late.namespace(profile))?.profile).toMatchObject({ name: 'Thief' })
  expect((await late.listedNamespaces('')).namespaces).toHaveLength(1)

  await ada.changePerson({ type: 'revoke', key: key(20).author, until: timeFromMs(now), void: true })
  const after = (await ada.person())?.log ?? log
  await relay.importActs(ns, [after])
  for (const one of [profile, made]) {
    const bytes = await thief.exportNamespace(one)
    if (bytes === undefined) throw new Error('no namespace')
    const shown = await relay.importNamespace(bytes.genesis, bytes.head, bytes.signature)
    expect([shown, await relay.namespace(one)]).toEqual([{ refused: 'revoked' }, undefined])
    await late.importActs(one, [after])
  }
  expect((await late.namespace(profile))?.profile).toBeUndefined()
  expect((await late.listedNamespaces('')).namespaces).toEqual([])
  // A device of theirs takes the namespace, which it may have lost, and says whose it is; it begins the profile anew.
  const [ofProfile, ofMade] = [await thief.exportNamespace(profile), await thief.exportNamespace(made)]
  if (ofProfile === undefined || ofMade === undefined) throw new Error('no namespace')
  expect(await ada.importNamespace(ofProfile.genesis, ofProfile.head, ofProfile.signature)).toEqual({ refused: 'revoked' })
  expect(await ada.importNamespace(ofMade.genesis, ofMade.head, ofMade.signature)).toEqual({ id: made })
  const renewed = await ada.exportNamespace(made)
  expect(await relay.importNamespace(ofMade.genesis, renewed?.head ?? none, renewed?.signature ?? none)).toEqual({ id: made })

  await thief.importActs(made, [after])
  const codes = await Promise.all([
    thief.createNamespace({ name: 'again', write: 'anyone' }).catch(errorCode),
    thief.openProfile().catch(errorCode),
    thief.changeHead(made, { title: 'again' }).catch(errorCode),
  ])
  expect(codes).toEqual(['revoked', 'revoked', 'revoked'])
  expect((await thief.namespaces()).map(({ writable }) => writable)).toEqual([false, false])
  await Promise.all([thief.close(), late.close()])
})

it('a record that is judged while its device is revoked is not kept by what was known before', async () => {
  const { id: ns } = await ada.createNamespace({ name: 'both', write: 'anyone', nonce: new Uint8Array(16) })
  const { id: open } = await relay.createNamespace({ name: 'open', write: 'anyone', nonce: new Uint8Array(16) })
  const [bytes, theirs] = [await ada.exportNamespace(ns), await relay.exportNamespace(open)]
  const cid = parseCid(DAG_CBOR, (await ada.person())?.id ?? '')
  if (bytes === undefined || theirs === undefined || cid === undefined) throw new Error('no namespace')
  await relay.importActs(ns, [log], bytes.genesis)
  await relay.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  await ada.importNamespace(theirs.genesis, theirs.head, theirs.signature)
  await ada.write(open, 'notes', [{ id: 'late', content: '{"_id":"late"}' }])
  const { batch } = await ada.batchSince(open, 0, { maxBytes: 100_000 })
  const revoked = act(cid, { type: 'revoke', key: key(3).author, until: 0, void: true }, recovery)
  // Only the first namespace needs the log so far.
  const [accepted] = await Promise.all([relay.accept(open, batch ?? new Uint8Array()), relay.importActs(ns, [{ ...log, acts: [revoked] }])])
  expect(accepted).toBeDefined()
  expect((await relay.find(open, 'notes', { limit: 10 })).contents).toEqual([])
})
