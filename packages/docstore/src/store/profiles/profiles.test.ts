import { createNetwork, didOf, identityFromSeed, openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPeer } from '../../network/testing/test-peer.ts'
import { TestRelay } from '../../network/testing/test-relay.ts'
import { Docstore } from '../docstore.ts'
import { lookOf } from './look-alike.ts'
import { ownParts } from '../../sharing/shared-parts.ts'

const descriptor = createNetwork('profiles')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relayHere(): Promise<TestRelay> {
  const relay = await TestRelay.start(descriptor)
  cleanups.push(() => relay.close())
  return relay
}

/** A store in this process; of the identity of this seed where one is given, or of a person. */
async function storeAt(relay?: TestRelay, seed?: number, person?: { readonly recovery: Uint8Array }): Promise<Docstore> {
  const storage = openNodeStorage(':memory:')
  if (seed !== undefined) await storage.setMeta('identity', new Uint8Array(32).fill(seed))
  const replica: Replica = await openReplica(storage, { network: descriptor.bytes, aside: false, person })
  const peer = await TestPeer.start(descriptor, { replica, relays: relay === undefined ? [] : [relay.origin] })
  const store = await Docstore.of(
    ownParts({ replica, network: peer.network, libp2p: peer.libp2p, isRelay: async () => false, close: () => peer.close() }),
  )
  cleanups.push(() => store.close())
  if (relay !== undefined) await peer.network.connected({ timeoutMs: 60_000 })
  return store
}

const someone = (seed: number): string => didOf(identityFromSeed(new Uint8Array(32).fill(seed)).author)
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('a profile', () => {
  it('is made with the first thing that is set, and what two devices set apart comes together, follows and names too', async () => {
    const [phone, desk] = [await storeAt(undefined, 7), await storeAt(undefined, 7)]
    expect(await phone.profiles.mine()).toMatchObject({
      person: phone.info.identity,
      isMe: true,
      hasProfile: false,
      static: {},
      dynamic: { links: {} },
    })
    expect(await phone.namespaces.list()).toEqual([])
    await phone.profiles.set('name', 'Ada')
    await phone.profiles.set('links', { home: 'https://ada.example' })
    await phone.profiles.set('status', 'Counting')
    for (let i = 20; i < 32; i++) await phone.profiles.follow(someone(i))
    await phone.profiles.petname(someone(20), 'Charles')
    await desk.profiles.set('about', 'Engines')
    await desk.profiles.set('links', { work: 'https://engine.example' })
    await desk.profiles.set('picture', Uint8Array.of(1, 2, 3))
    for (let i = 28; i < 40; i++) await desk.profiles.follow(someone(i))
    await desk.profiles.block(someone(20))

    const relay = await relayHere()
    for (const store of [phone, desk]) await store.network?.addRelay(relay.origin)
    for (const store of [phone, desk]) {
      await expect.poll(async () => (await store.profiles.list()).filter(({ isFollowed }) => isFollowed).length).toBe(20)
      await expect
        .poll(() => store.profiles.mine())
        .toMatchObject({
          static: { name: 'Ada', about: 'Engines', picture: { size: 3 } },
          dynamic: { status: { text: 'Counting' }, links: { home: 'https://ada.example', work: 'https://engine.example' } },
        })
      const charles = (await store.profiles.list()).find(({ person }) => person === someone(20))
      expect(charles).toMatchObject({ petname: 'Charles', label: 'Charles', isFollowed: true, isBlocked: true })
    }
  })

  it('of somebody else is found by identity, by its id and by name, with what changes in it, and nothing of it is kept', async () => {
    const relay = await relayHere()
    const [ada, bob] = [await storeAt(relay), await storeAt(relay)]
    await ada.profiles.set('name', 'Ada')
    await ada.profiles.set('picture', Uint8Array.of(9, 8, 7))
    const { namespace } = await ada.profiles.set('status', 'Counting')
    const own = await ada.namespaces.open(namespace)
    await own.delivered()
    const { picture } = (await ada.profiles.mine()).static
    await own.fileDelivered(picture?.cid ?? '')
    const shown = {
      person: ada.info.identity,
      namespace,
      label: 'Ada',
      isMe: false,
      static: { name: 'Ada' },
      dynamic: { status: { text: 'Counting' } },
    }
    for (const who of [namespace, ada.info.identity, 'Ada', `Ada·${namespace.slice(-6)}`]) expect(await bob.profiles.show(who)).toMatchObject(shown)
    expect([...((await bob.profiles.picture('Ada')) ?? [])]).toEqual([9, 8, 7])
    expect(await bob.namespaces.list()).toEqual([])
    expect(await codeOf(bob.profiles.show('Bob'))).toBe('unknown-profile')
    await expect(bob.profiles.show('Bob')).rejects.toThrow('@alice')
    expect(await codeOf(bob.profiles.show('did:key:z6MkNobody'))).toBe('bad-identity')

    await relay.stop()
    const { at, ...cached } = await bob.profiles.show('Ada', { timeoutMs: 200 })
    expect(cached).toMatchObject(shown)
    expect(at).toBeLessThan(Date.now())
  })

  it('of somebody who is followed is told of as soon as it changes', async () => {
    const relay = await relayHere()
    const [ada, bob] = [await storeAt(relay), await storeAt(relay)]
    await ada.profiles.set('name', 'Ada')
    await bob.profiles.follow(ada.info.identity)
    await expect.poll(() => bob.profiles.names([ada.info.identity])).toMatchObject([{ label: 'Ada', isFollowed: true }])
    const told = new Promise<readonly string[]>((resolve) => {
      const stop = bob.profiles.on('change', (people) => {
        stop()
        resolve(people)
      })
    })
    await bob.profiles.mine()
    await ada.profiles.set('name', 'Ada L')
    expect(await told).toContain(ada.info.identity)
    expect(await bob.profiles.names([ada.info.identity])).toMatchObject([{ label: 'Ada L' }])
  })
})

it('a person has a profile as a key has, is found by the id of the person, and believed only with the log of the person', async () => {
  const relay = await relayHere()
  const ada = await storeAt(relay, undefined, { recovery: identityFromSeed(new Uint8Array(32).fill(3)).author })
  const bob = await storeAt(relay)
  const id = (await ada.replica.person())?.id ?? ''
  await ada.profiles.set('name', 'Ada')
  const { namespace, person } = await ada.profiles.set('status', 'Counting')
  expect(person).toBe(id)
  await (await ada.namespaces.open(namespace)).delivered()
  // What relays tell for many at once comes without the log.
  expect(await bob.network?.profiles({ ids: [namespace], timeoutMs: 60_000 })).toMatchObject({ profiles: [], relays: 1 })
  await expect.poll(() => bob.profiles.names([id])).toMatchObject([{ person: id, namespace, label: 'Ada' }])
  const shown = { person: id, namespace, static: { name: 'Ada' }, dynamic: { status: { text: 'Counting' } } }
  for (const who of [id, 'Ada']) expect(await bob.profiles.show(who)).toMatchObject(shown)
  const carol = await storeAt(relay)
  // Who looks twice at once sees the same both times: the first lets go of nothing that the second reads.
  expect(await Promise.all([carol.profiles.show(id), carol.profiles.show(id), carol.profiles.show(id)])).toMatchObject([shown, shown, shown])
  expect(await bob.profiles.follow(id)).toMatchObject({ isFollowed: true, label: 'Ada' })
  expect(await codeOf(bob.profiles.show((await bob.namespaces.create({ name: 'x' })).id))).toBe('no error')
  expect(await codeOf(carol.profiles.show('bafyreie4dmtvpkc6zh6ad34ecgwbl65o3lnl6utt6hw6iahunnttnldwze'))).toBe('unknown-profile')
})

it('a person without a profile looks at their own all the same, and is told of others whether nobody has them or nobody could be asked', async () => {
  const relay = await relayHere()
  const ada = await storeAt(relay, undefined, { recovery: identityFromSeed(new Uint8Array(32).fill(4)).author })
  const id = (await ada.replica.person())?.id ?? ''
  // Relays were asked, and have none.
  await ada.profiles.names([id], { timeoutMs: 60_000 })
  expect(await ada.profiles.show(id)).toMatchObject({ person: id, isMe: true, hasProfile: false })
  const nobody = 'bafyreie4dmtvpkc6zh6ad34ecgwbl65o3lnl6utt6hw6iahunnttnldwze'
  await expect(ada.profiles.show(nobody)).rejects.toMatchObject({ message: expect.stringContaining('No relay that was reached has') as string })
  await relay.stop()
  await expect.poll(async () => (await ada.network?.peers())?.map(({ errorCode }) => errorCode)).toEqual(['relay-unreachable'])
  await expect(ada.profiles.show(nobody, { timeoutMs: 200 })).rejects.toMatchObject({
    code: 'unknown-profile',
    message: expect.stringContaining('no relay can be reached') as string,
  })
})

describe('names', () => {
  it('of many people come from the relay by the hundred, once, and those who have none are known to have none', async () => {
    const relay = await relayHere()
    const people: string[] = []
    for (let seed = 1; seed <= 104; seed++) {
      const replica = await openReplica(openNodeStorage(':memory:'), { network: descriptor.bytes, aside: false })
      const { id } = await replica.openProfile()
      await replica.changeHead(id, { profile: { name: `Person ${seed}`, about: 'x'.repeat(1000) } })
      const bytes = await replica.exportNamespace(id)
      if (bytes !== undefined) await relay.peer.replica.importNamespace(bytes.genesis, bytes.head, bytes.signature)
      people.push((await replica.info()).identity)
      await replica.close()
    }
    const bob = await storeAt(relay)
    const all = [...people, someone(9)]
    expect((await bob.profiles.names(all)).every(({ at }) => at === undefined)).toBe(true)
    await expect
      .poll(async () => (await bob.profiles.names(all)).map(({ static: { name } }) => name))
      .toEqual([...people.map((_, i) => `Person ${i + 1}`), undefined])
    expect((await bob.profiles.names(all)).at(-1)).toMatchObject({ hasProfile: false, at: expect.any(Number) })
    // What was heard is there when the data is opened again, whoever is there then.
    expect((await bob.replica.listMeta('profile-heard/')).length).toBe(105)
  })

  it('that look alike have the short id beside them, and a petname wins', async () => {
    const relay = await relayHere()
    const [ada, eve, bob] = [await storeAt(relay), await storeAt(relay), await storeAt(relay)]
    await ada.profiles.set('name', 'Ada Lovelace')
    await eve.profiles.set('name', 'Аdа LoveIace'.replace('I', 'l'))
    for (const store of [ada, eve]) await (await store.namespaces.open((await store.profiles.mine()).namespace)).delivered()
    const one = await bob.profiles.show(ada.info.identity)
    expect(one.label).toBe('Ada Lovelace')
    const two = await bob.profiles.show(eve.info.identity)
    expect(two.label).toBe(`Аdа Lovelace·${two.shortId}`)
    expect(await bob.profiles.names([one.person])).toMatchObject([{ label: `Ada Lovelace·${one.shortId}` }])
    expect(await codeOf(bob.profiles.show('Ada Lovelace'))).toBe('no error')
    expect(await bob.profiles.petname(one.person, 'Countess')).toMatchObject({ label: 'Countess' })
    expect(await bob.profiles.show('Countess')).toMatchObject({ person: one.person })
    await bob.profiles.petname(two.person, 'Ada Lovelace')
    expect(await bob.profiles.show('Ada Lovelace')).toMatchObject({ person: two.person })
    await bob.profiles.petname(two.person, 'Countess')
    expect(await codeOf(bob.profiles.show('Countess'))).toBe('ambiguous-profile')
  })

  it.each([
    ['Ada', 'ADA'],
    ['Ada', 'Аԁа'],
    ['paul', 'раuӏ'],
    ['Zoë', 'Zoe'],
    ['l0ve', 'lοve'],
    ['Ada L', 'AdaL'],
    ['ﬁx', 'fix'],
  ])('%s and %s look alike', (a, b) => {
    expect(lookOf(a)).toBe(lookOf(b))
  })
})

it.each([
  ['name', 'a text that turns', 'a\u202eb'],
  ['status', 'a text that turns', 'a\u202eb'],
  ['status', 'a number', 5],
  ['links', 'a script', { home: 'javascript:alert(1)' }],
  ['links', 'a label with a dot', { 'a.b': 'https://x.example' }],
  ['links', '17 of them', Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${i}`, 'https://x.example']))],
  ['picture', '256 KiB and a byte', new Uint8Array(256 * 1024 + 1)],
  ['picture', 'no bytes', new Uint8Array(0)],
  ['colour', 'anything', 'red'],
] as const)('bad-profile: %s cannot be %s', async (field, _, value) => {
  const store = await storeAt()
  expect(await codeOf(store.profiles.set(field as 'name', value as never))).toBe('bad-profile')
  expect(await store.profiles.mine()).toMatchObject({ static: {}, dynamic: { links: {} } })
  expect(await codeOf(store.profiles.follow('me'))).toBe('bad-option')
  expect(await codeOf(store.profiles.petname(someone(3), 'x\ny'))).toBe('bad-profile')
})
