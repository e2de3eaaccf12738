import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  cidOf,
  createNetwork,
  createPerson,
  createSeed,
  DAG_CBOR,
  decodeNetwork,
  equalBytes,
  type Identity,
  identityFromSeed,
  parseCid,
  sha256,
  signAct,
  signDevice,
} from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDocstore } from '../../create-node.ts'
import { Invitations, knownInvitation } from '../../network/admission/index.ts'
import { formatJoinText } from '../../network/admission/index-join.ts'
import { TestRelay } from '../../network/testing/test-relay.ts'
import { parsePairingText } from '../../people/pairing/index.ts'
import type { Docstore } from '../docstore.ts'
import type { JoiningDevice } from './types.ts'

const loadKeys = () => import('@p2p-docstore/core/people/keys')
const descriptor = createNetwork('people')
const cleanups: (() => unknown)[] = []
let relay: TestRelay
beforeEach(async () => {
  relay = await TestRelay.start(descriptor)
  cleanups.push(() => relay.close())
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function somebody(): Promise<Docstore> {
  const store = await createDocstore({ data: 'memory', person: 'new', join: formatJoinText(relay.origin, descriptor) })
  cleanups.push(() => store.close())
  await store.network?.connected({ timeoutMs: 20_000 })
  return store
}

async function addTo(store: Docstore, label: string): Promise<Docstore> {
  const device = await somebody()
  const adding = await store.person.addDevice()
  const { code, person, joined } = await device.person.joinDevice(adding.link, { label })
  expect(person).toBe(store.info.person)
  for await (const event of adding.events) {
    if (event.type === 'code') {
      expect(event).toMatchObject({ label, key: device.info.identity })
      await adding.confirm(code)
    } else expect(event).toMatchObject({ type: 'added', label })
  }
  await joined
  return device
}

async function texts(store: Docstore, id: string): Promise<readonly unknown[]> {
  const found = await (await store.namespaces.open(id))
    .collection('docs')
    .find({}, { sort: { _id: 1 } })
    .toArray()
  return found.map((document) => document['text'])
}

describe('a person', () => {
  it('is made with new data, and its words are here until they were typed again', async () => {
    const store = await somebody()
    const { person, devices, words } = await store.person.show()
    expect(person).toMatch(/^bafyrei/)
    expect(store.info.person).toBe(person)
    expect(words).toBe('here')
    expect(devices).toEqual([{ key: store.info.identity, label: '', isThis: true }])
    const all = await store.person.words()
    expect(all).toHaveLength(24)
    const places = await store.person.wordPlaces()
    const right = Object.fromEntries(places.map((place) => [place, all[place - 1] ?? '']))
    const [first = 0] = places
    await expect(store.person.checkWords({ ...right, [first]: 'nothing' })).rejects.toMatchObject({
      code: 'wrong-words',
      details: { places: [first] },
    })
    expect(await store.person.checkWords(right)).toMatchObject({ words: 'written' })
    await expect(store.person.words()).rejects.toMatchObject({ code: 'words-gone' })
    const others = await store.person.rotateWords(all)
    expect(await store.person.words()).toEqual(others)
    await expect(store.person.rotateWords(all)).rejects.toMatchObject({ code: 'unknown-words' })
  })

  it('gets a second device by a link; both write in what is theirs, and the one revokes the other', async () => {
    const store = await somebody()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.collection('docs').put({ text: 'one' })
    const phone = await addTo(store, 'phone')
    expect(phone.info.person).toBe(store.info.person)
    // Nobody wrote them down: they are on the first device still.
    expect(await phone.person.show()).toMatchObject({ words: 'elsewhere' })
    await expect(phone.person.words()).rejects.toMatchObject({ code: 'words-gone' })
    // It is told of the namespaces of its person, and opens them.
    await expect.poll(async () => (await phone.namespaces.list()).map(({ id }) => id)).toEqual([notes.id])
    await expect.poll(() => texts(phone, notes.id)).toEqual(['one'])
    const news: unknown[] = []
    phone.person.on('person', (event) => news.push(event))
    await (await phone.namespaces.open(notes.id)).collection('docs').put({ text: 'two' })
    await expect.poll(() => texts(store, notes.id)).toEqual(expect.arrayContaining(['one', 'two']))
    expect(await store.person.devices()).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ key: phone.info.identity, label: 'phone', isThis: false })]),
    )
    for (const [one, other] of [
      [store, phone],
      [phone, store],
    ] as const)
      expect(await one.person.of(other.info.identity)).toBe(store.info.person)
    await expect(store.person.of('nobody')).rejects.toMatchObject({ code: 'unknown-device' })
    const { devices } = await store.person.label(phone.info.identity, 'my phone')
    expect(devices.map(({ label }) => label).toSorted()).toEqual(['', 'my phone'])
    await expect(store.person.label(phone.info.identity, 'x'.repeat(65))).rejects.toMatchObject({ code: 'bad-label' })
    await store.person.revoke(phone.info.identity)
    await expect.poll(() => news).toMatchObject([{ type: 'revoked', key: phone.info.identity }])
    await expect.poll(() => texts(phone, notes.id)).toEqual(expect.arrayContaining(['one', 'two']))
    // What was told is told no more, and what this device did itself is no news.
    expect(await phone.person.news()).toEqual([])
    expect(await store.person.news()).toEqual([])
  })

  it('adds a device whose code was typed wrong once with the same link, and says so to both', async () => {
    const store = await somebody()
    const phone = await somebody()
    const adding = await store.person.addDevice()
    const join = (): Promise<JoiningDevice> => phone.person.joinDevice(adding.link, { timeoutMs: 10_000 })
    let joining = await join()
    let tries = 0
    for await (const event of adding.events) {
      if (event.type === 'added') continue
      if (tries++ > 0) {
        await adding.confirm(joining.code)
        continue
      }
      await expect(adding.confirm(joining.code === '111111' ? '222222' : '111111')).rejects.toMatchObject({ code: 'wrong-check-code' })
      await expect(joining.joined).rejects.toMatchObject({ code: 'wrong-check-code' })
      // It is here again before anybody asks what became of it.
      joining = await join()
    }
    expect(await joining.joined).toMatchObject({ person: store.info.person })
    expect(tries).toBe(2)
  })

  it('adds a device that went away before it had what it needs, says so, and takes it again under another label', async () => {
    const store = await somebody()
    const phone = await somebody()
    const leaving = new AbortController()
    for (const [label, isGone] of [
      ['old', true],
      ['new', false],
    ] as const) {
      const adding = await store.person.addDevice()
      const { code, joined } = await phone.person.joinDevice(adding.link, isGone ? { label, signal: leaving.signal } : { label })
      for await (const event of adding.events) {
        if (event.type !== 'code') continue
        if (isGone) leaving.abort(new Error('gone'))
        expect(await adding.confirm(code, { timeoutMs: isGone ? 300 : 10_000 })).toMatchObject({ hasFetched: !isGone })
      }
      if (isGone) await expect(joined).rejects.toThrow()
      else expect(await joined).toMatchObject({ person: store.info.person })
      expect((await store.person.devices()).find(({ isThis }) => !isThis)).toMatchObject({ label })
    }
  })

  it('adds a device that has read what others write once it has let go of that, and is told so', async () => {
    const store = await somebody()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.delivered()
    const phone = await somebody()
    const read = await phone.namespaces.open(notes.id)
    await read.sync()
    const adding = await store.person.addDevice()
    const refused = expect.objectContaining({ code: 'not-allowed', message: expect.stringContaining('namespace forget') as string }) as Error
    await expect(phone.person.joinDevice(adding.link)).rejects.toThrow(refused)
    await phone.namespaces.forget(notes.id, { force: true })
    const { code, joined } = await phone.person.joinDevice(adding.link)
    for await (const event of adding.events) if (event.type === 'code') await adding.confirm(code)
    expect(await joined).toMatchObject({ person: store.info.person, namespaces: [notes.id] })
  })

  it('tells a device, and those beside it, that it acts again once the words have ended what revoked it', async () => {
    const store = await somebody()
    const words = await store.person.words()
    await store.namespaces.create({ name: 'notes' })
    const [phone, tablet] = [await addTo(store, 'phone'), await addTo(store, 'tablet')]
    const told: string[] = []
    phone.person.on('person', ({ type, label }) => told.push(`${type} ${label}`))
    await phone.person.news()
    await tablet.person.revoke(phone.info.identity)
    await expect.poll(() => told).toContain('revoked phone')
    await store.person.revoke(tablet.info.identity, { words })
    await expect.poll(() => told).toContain('again phone')
    expect(told).toContain('revoked tablet')
    expect((await phone.person.devices()).find(({ isThis }) => isThis)?.until).toBeUndefined()
  })

  it('whose device was revoked elsewhere meanwhile is told that no relay has what it writes, and does nothing more', async () => {
    const store = await somebody()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.put({ text: 'one' })
    const phone = await addTo(store, 'phone')
    const there = await phone.namespaces.open(notes.id)
    await there.ready({ timeoutMs: 20_000 })
    await expect.poll(() => texts(phone, notes.id)).toEqual(['one'])
    await relay.stop()
    await store.person.revoke(phone.info.identity)
    // Only the relay hears of it for now.
    const log = (await store.replica.person())?.log
    if (log === undefined) throw new Error('no person')
    await relay.peer.replica.importActs(notes.id, [log])
    await there.put({ text: 'late' })
    await relay.restart()
    await expect(there.delivered()).rejects.toMatchObject({ code: 'not-delivered', details: { copies: 0, reason: 'revoked', refused: 1 } })
    expect(await phone.replica.pendingCounts(notes.id)).toEqual({ waiting: 0, refused: 1 })
    expect((await phone.namespaces.list()).map(({ writable }) => writable)).toEqual(expect.arrayContaining([false]))
    await expect(phone.person.label(phone.info.identity, 'mine')).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(phone.namespaces.create({ name: 'more' })).rejects.toMatchObject({ code: 'revoked' })
    expect((await store.person.devices()).find(({ key }) => key === store.info.identity)?.until).toBeUndefined()
  })

  it('adds a device in a network into which only who is invited comes, and it stays there after the link has ended', async () => {
    const data = mkdtempSync(join(tmpdir(), 'person-'))
    cleanups.push(() => rmSync(data, { recursive: true, force: true }))
    const before = await createDocstore({ data, network: 'off', networkName: 'club', admission: 'invite', person: 'new' })
    const club = decodeNetwork(before.info.network.descriptor)
    if (!club.ok) throw new Error(club.reason)
    const { invitation } = await new Invitations({ replica: before.replica, network: undefined }).create({ label: 'relay' })
    await before.close()
    const gate = await TestRelay.start(club.value, { invitation })
    cleanups.push(() => gate.close())
    const store = await createDocstore({ data, join: formatJoinText(gate.origin, club.value) })
    cleanups.push(() => store.close())
    await store.network?.connected({ timeoutMs: 20_000 })
    const adding = await store.person.addDevice()
    const { join: link = '' } = parsePairingText(adding.link)
    const phone = await createDocstore({ data: 'memory', join: link, person: 'new' })
    cleanups.push(() => phone.close())
    const { code, joined } = await phone.person.joinDevice(adding.link, { label: 'phone' })
    for await (const event of adding.events) if (event.type === 'code') await adding.confirm(code)
    await joined
    const issued = await new Invitations({ replica: store.replica, network: undefined }).list()
    expect(issued).toMatchObject([
      { label: 'relay', expires: undefined },
      { label: 'a device', expires: expect.any(Number) },
      { label: 'phone', identity: phone.info.identity, expires: undefined },
    ])
    expect((await knownInvitation(phone.replica))?.seed).toBeNull()
    await store.person.revoke(phone.info.identity)
    expect((await new Invitations({ replica: store.replica, network: undefined }).list()).at(-1)).toMatchObject({ label: 'phone', state: 'revoked' })
    await expect.poll(async () => (await phone.peers())[0]?.errorCode).toBe('invitation-revoked')
  })

  it('comes back on new data with nothing but the words and a relay, and writes', async () => {
    const store = await somebody()
    const words = await store.person.words()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.collection('docs').put({ text: 'one' })
    await notes.delivered()
    await store.close()
    const fresh = await somebody()
    const wrong = await fresh.person.words()
    await expect(fresh.person.restore(wrong)).rejects.toMatchObject({ code: 'unknown-words' })
    const { person, namespaces } = await fresh.person.restore(words.join(' '), { label: 'new' })
    expect(person).toBe(store.info.person)
    expect(namespaces).toEqual([notes.id])
    expect(await fresh.person.show()).toMatchObject({ words: 'written' })
    await expect.poll(() => texts(fresh, notes.id)).toEqual(['one'])
    const again = await fresh.namespaces.open(notes.id)
    await again.collection('docs').put({ text: 'two' })
    expect((await again.delivered()).length).toBe(1)
  })

  it('comes back whoever else names the recovery key, whose hash everybody can read, and says who is meant where nothing shows it', async () => {
    const store = await somebody()
    const words = await store.person.words()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.delivered()
    const { recovery } = (await store.replica.personFacts()) ?? {}
    const own = parseCid(DAG_CBOR, store.info.person ?? '')?.multihash.digest
    if (recovery === undefined || own === undefined) throw new Error('no person')
    await store.close()
    const { replica } = relay.peer
    const seed = createSeed()
    const make = (key: Uint8Array) => createPerson({ device: identityFromSeed(createSeed()), recovery: key })
    const copied = make(identityFromSeed((await loadKeys()).seedOfWords(words.join(' '))).author)
    const [one, other] = [make(identityFromSeed(seed).author), make(identityFromSeed(seed).author)]
    for (const { digest, bytes } of [copied, one, other]) await replica.learnPerson({ log: digest, genesis: bytes, acts: [] }, { keep: true })
    expect(await replica.personsByRecovery(recovery)).toEqual([own, copied.digest])

    // Also where a relay says it the other way round.
    const asked = vi.spyOn(replica, 'personsByRecovery').mockResolvedValue([copied.digest, own])
    const fresh = await somebody()
    expect(await fresh.person.restore(words)).toEqual({ person: store.info.person, namespaces: [notes.id], isProved: true })
    asked.mockRestore()

    const others = (await loadKeys()).wordsOfSeed(seed)
    const second = await somebody()
    await expect(second.person.restore(others)).rejects.toMatchObject({
      code: 'several-persons',
      details: { persons: expect.arrayContaining([one.cid.toString(), other.cid.toString()]) as unknown },
    })
    expect(await second.person.restore(others, { person: other.cid.toString() })).toEqual({
      person: other.cid.toString(),
      namespaces: [],
      isProved: false,
    })
  })

  it('takes no namespaces without end from a relay', async () => {
    const store = await somebody()
    const words = await store.person.words()
    await (await store.namespaces.create({ name: 'notes' })).delivered()
    await store.close()
    let told = 0
    const ids = Array.from({ length: 1001 }, (_, i) => cidOf(DAG_CBOR, sha256(String(i))).toString())
    vi.spyOn(relay.peer.replica, 'namespacesOf').mockImplementation(async () => {
      told++
      return ids
    })
    const fresh = await somebody()
    await expect(fresh.person.restore(words)).rejects.toMatchObject({ code: 'bad-response' })
    expect(told).toBe(11)
  })

  it('says of each revoked device who did that and why, and tells of those that ended with it', async () => {
    const store = await createDocstore({ data: 'memory', person: 'new', network: 'off' })
    cleanups.push(() => store.close())
    const { replica } = store
    const { id = '', log } = (await replica.person()) ?? {}
    const cid = parseCid(DAG_CBOR, id)
    if (cid === undefined || log === undefined) throw new Error('no person')
    const [phone, old, later] = [1, 2, 3].map((n) => identityFromSeed(new Uint8Array(32).fill(n))) as [Identity, Identity, Identity]
    for (const [key, label] of [
      [phone, 'phone'],
      [old, 'old'],
    ] as const)
      await replica.changePerson({ type: 'add', key: key.author, label, proof: signDevice(cid, key) })
    await store.person.revoke(old.did, { retired: true, since: Date.now() - 60_000 })
    const cut = (await store.person.devices()).find((one) => one.key === old.did)?.until
    expect(Date.parse(cut ?? '')).toBeLessThan(Date.now() - 59_000)
    await expect(store.person.revoke(phone.did, { since: 'yesterday' })).rejects.toMatchObject({ code: 'bad-option' })
    const { parents = [], newest = 0, devices = [] } = (await replica.personFacts()) ?? {}
    const via = devices.find((one) => equalBytes(one.key, phone.author))?.via
    if (via === undefined) throw new Error('no phone')
    const content = { type: 'add', key: later.author, label: 'later', proof: signDevice(cid, later) } as const
    const added = signAct({ log: cid, parents, via, at: newest + 1, do: content }, phone)
    await replica.addToPerson([added])
    await store.person.news()
    const seed = await replica.recoverySeed()
    const end = { type: 'revoke', key: phone.author, until: newest + 1, void: true } as const
    await replica.addToPerson([signAct({ log: cid, parents: [via], at: newest + 2, do: end }, identityFromSeed(seed ?? new Uint8Array(32)))])
    const news = await store.person.news()
    expect(news.map(({ type }) => type)).toEqual(['revoked', 'revoked'])
    expect(new Set(news.map(({ key }) => key))).toEqual(new Set([phone.did, later.did]))
    expect(await store.person.news()).toEqual([])
    expect((await store.person.devices()).filter(({ until }) => until !== undefined)).toMatchObject(
      expect.arrayContaining(
        [
          { label: 'old', revokedBy: store.info.identity, reason: 'retired' },
          { label: 'phone', revokedBy: 'words', reason: 'lost' },
        ].map((one) => expect.objectContaining(one) as unknown),
      ),
    )
  })
})
