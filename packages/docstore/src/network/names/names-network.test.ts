import type { Connection, Stream } from '@libp2p/interface'
import {
  compareBytes,
  createNetwork,
  identityFromSeed,
  type LogParcel,
  openReplica,
  type Replica,
  type Signed,
  timeFromMs,
  type Network as Descriptor,
} from '@p2p-docstore/core'
import { claimName, releaseName, transferName, type VerifiedStatement } from '@p2p-docstore/core/people/names'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ownIdentity } from '../admission/index.ts'
import { answerStream } from '../sync/index.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { encodeNames } from './messages.ts'
import { NameKeeper } from './name-keeper.ts'
import { NamesClient } from './names-client.ts'
import { namesProtocol } from './protocol.ts'

const authoritySeed = new Uint8Array(32).fill(40)
const network: Descriptor = createNetwork('names', { names: { authorities: [identityFromSeed(authoritySeed).author], quorum: 1 } })
const recovery = identityFromSeed(new Uint8Array(32).fill(41))
let authority: TestRelay
let plain: TestRelay
let alice: TestPeer
let bob: TestPeer

function open(init: { readonly identity?: Uint8Array; readonly isPerson?: boolean } = {}): Promise<Replica> {
  const { identity, isPerson = false } = init
  return openReplica(openNodeStorage(':memory:'), {
    network: network.bytes,
    aside: false,
    ...(identity && { identity }),
    ...(isPerson && { person: { recovery: recovery.author } }),
  })
}

beforeAll(async () => {
  authority = await TestRelay.start(network, { replica: await open({ identity: authoritySeed }) })
  plain = await TestRelay.start(network, { relays: [authority.origin] })
  const relays = [authority.origin, plain.origin]
  alice = await TestPeer.start(network, { relays, replica: await open({ isPerson: true }) })
  bob = await TestPeer.start(network, { relays, replica: await open({ isPerson: true }) })
  for (const { network: peer } of [alice, bob])
    await vi.waitFor(async () => expect((await peer.peers()).filter(({ state }) => state === 'connected').length).toBe(2), { timeout: 20_000 })
  await vi.waitFor(async () => expect((await plain.peer.network.peers()).some(({ state }) => state === 'connected')).toBe(true), { timeout: 20_000 })
})
afterAll(async () => {
  await Promise.all([alice.close(), bob.close(), plain.close()])
  await authority.close()
})

async function personOf({ replica }: TestPeer): Promise<LogParcel> {
  const person = await replica.person()
  if (person === undefined) throw new Error('no person')
  return person.log
}

async function claimBy(peer: TestPeer, name: string): Promise<VerifiedStatement> {
  const device = await ownIdentity(peer.replica)
  return claimName({ net: network.cid, name, person: (await personOf(peer)).log, at: Date.now(), via: null }, device)
}

function connectionTo(peer: TestPeer, relay: TestRelay): Connection | undefined {
  return peer.libp2p.getConnections().find(({ remotePeer }) => remotePeer.equals(relay.libp2p.peerId))
}

/** Talks to a relay as a peer does, with what a replica knows of persons. */
async function talk<T>(
  peer: TestPeer,
  relay: TestRelay,
  work: (client: NamesClient, keeper: NameKeeper) => Promise<T>,
  replica: Replica = peer.replica,
): Promise<T> {
  const connection = connectionTo(peer, relay)
  if (connection === undefined) throw new Error('not connected')
  const keeper = new NameKeeper({ replica, network, isAuthority: false, now: Date.now })
  const { misconduct } = peer.libp2p.services.doorkeeper
  const init = { replica, network, keeper, onMisdeed: misconduct.note.bind(misconduct) }
  return NamesClient.with(connection, init, AbortSignal.timeout(10_000), (client) => work(client, keeper))
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('an authority', () => {
  it('grants a name that two claim at one moment to one of them', async () => {
    const peers = [alice, bob]
    const claims = await Promise.all(peers.map((peer) => claimBy(peer, 'both')))
    const answers = await Promise.all(
      peers.map(async (peer, i) =>
        codeOf(
          peer.network.claimName({ claim: claims[i]?.signed as Signed, timeoutMs: 10_000 }).then(({ refusals }) => {
            if (refusals[0] !== undefined) throw Object.assign(new Error('refused'), refusals[0])
          }),
        ),
      ),
    )
    expect(answers).toEqual(expect.arrayContaining(['name-taken', 'no error']))
  })

  it('is not kept from granting by a relay that pretends to be one', async () => {
    const keeper = new NameKeeper({ replica: bob.replica, network, isAuthority: false, now: Date.now })
    await plain.libp2p.unhandle(namesProtocol(network.id))
    for (const response of [{ t: 'error', code: 'name-taken', message: 'no' } as const, 'grant' as const]) {
      const claim = await claimBy(bob, response === 'grant' ? 'pretended' : 'denied')
      const answer = response === 'grant' ? ({ t: 'granted', grant: claim.signed } as const) : response
      const handler = (stream: Stream): Promise<void> =>
        answerStream(stream, { respond: async () => ({ frame: encodeNames(answer), isLast: false }) }, () => undefined)
      await plain.libp2p.handle(namesProtocol(network.id), handler)
      expect(await bob.network.claimName({ claim: claim.signed, timeoutMs: 10_000 })).toMatchObject({ granted: 1 })
      expect(await keeper.state(claim.value.name)).toMatchObject({ state: 'held' })
      await plain.libp2p.unhandle(namesProtocol(network.id))
    }
    await plain.close()
    plain = await TestRelay.start(network, { relays: [authority.origin] })
    await bob.network.addRelay(plain.origin)
    await alice.network.addRelay(plain.origin)
    for (const peer of [alice, bob]) await vi.waitFor(() => expect(connectionTo(peer, plain)).toBeDefined(), { timeout: 20_000 })
  })

  it('gives who asks again the same grant, which is flushed to the disk before the first answer', async () => {
    const claim = await claimBy(alice, 'again')
    const person = (await personOf(alice)).log
    const written = vi.spyOn(authority.peer.replica, 'setMeta')
    const first = await talk(alice, authority, (client) => client.claim(person, claim.signed))
    expect(written).toHaveBeenCalledWith('name/again', expect.any(Uint8Array), { flushed: true })
    written.mockRestore()
    expect(await talk(alice, authority, (client) => client.claim(person, claim.signed))).toEqual(first)
  })

  it('grants nothing to a person whose log it has not, nor to a key that is none of theirs', async () => {
    const stranger = identityFromSeed(new Uint8Array(32).fill(50))
    const { log } = await personOf(alice)
    const byStranger = claimName({ net: network.cid, name: 'strange', person: log, at: Date.now(), via: null }, stranger)
    expect(await talk(alice, authority, (client) => client.claim(log, byStranger.signed))).toMatchObject({ code: 'not-allowed' })
    const unknown = claimName({ net: network.cid, name: 'strange', person: new Uint8Array(32), at: Date.now(), via: null }, stranger)
    expect(await talk(alice, authority, (client) => client.claim(new Uint8Array(32), unknown.signed))).toMatchObject({ code: 'not-allowed' })
    expect(await talk(alice, plain, (client) => client.claim(log, byStranger.signed))).toMatchObject({ code: 'no-name-authority' })
  })

  it('refuses a device that was revoked, though the thief brings the log without that', async () => {
    const victim = await open({ isPerson: true })
    const device = await ownIdentity(victim)
    const person = await victim.person()
    if (person === undefined) throw new Error('no person')
    const thief = await open()
    await thief.learnPerson(person.log, { keep: true })
    const claim = claimName({ net: network.cid, name: 'stolen', person: person.log.log, at: Date.now(), via: null }, device)
    await victim.actAsRecovery(new Uint8Array(32).fill(41), { type: 'revoke', key: device.author, until: timeFromMs(Date.now()), void: true })
    await talk(bob, authority, (client) => client.tell([person.log.log], []), victim)
    expect(await talk(bob, authority, (client) => client.claim(person.log.log, claim.signed), thief)).toMatchObject({ code: 'not-allowed' })
    await Promise.all([victim.close(), thief.close()])
  })
})

it('a name stays with the person whose device claimed it and was revoked since', async () => {
  const victim = await open({ isPerson: true })
  const device = await ownIdentity(victim)
  const { log } = (await victim.person()) ?? {}
  if (log === undefined) throw new Error('no person')
  const claim = claimName({ net: network.cid, name: 'stays', person: log.log, at: Date.now(), via: null }, device)
  expect(await talk(bob, authority, (client) => client.claim(log.log, claim.signed), victim)).toHaveProperty('grant')
  await victim.actAsRecovery(new Uint8Array(32).fill(41), { type: 'revoke', key: device.author, until: timeFromMs(Date.now()), void: true })
  await talk(bob, authority, (client) => client.tell([log.log], []), victim)
  const wanted = await claimBy(bob, 'stays')
  expect(await talk(bob, authority, async (client) => client.claim((await personOf(bob)).log, wanted.signed))).toMatchObject({ code: 'name-taken' })
  const known = await talk(bob, authority, async (client, keeper) => {
    await client.about(['stays'])
    return keeper.state('stays')
  })
  expect(known).toMatchObject({ state: 'held', person: log.log })
  await victim.close()
})

describe('a relay', () => {
  it('asks others about a name that nobody told it, and tells what they know', async () => {
    const claim = await claimBy(alice, 'passed-on')
    const person = (await personOf(alice)).log
    await talk(alice, authority, (client) => client.claim(person, claim.signed))
    const known = await talk(bob, plain, async (client, keeper) => {
      await client.about(['passed-on'])
      return keeper.state('passed-on')
    })
    expect(known).toMatchObject({ state: 'held', person })
  })

  it('keeps nothing of a name that no authority granted, nor what others say of a name that is not theirs', async () => {
    const claim = await claimBy(bob, 'nobodys')
    const device = await ownIdentity(bob.replica)
    const person = (await personOf(bob)).log
    const release = releaseName({ net: network.cid, name: 'passed-on', person, at: Date.now() }, device)
    expect(await talk(bob, plain, (client) => client.tell([person], [claim.signed, release.signed]))).toBe(0)
  })

  it('keeps a few words of the holder of a name, and not as many as they say', async () => {
    const device = await ownIdentity(alice.replica)
    const person = (await personOf(alice)).log
    const releases = Array.from({ length: 50 }, (_, i) => releaseName({ net: network.cid, name: 'again', person, at: i + 1 }, device).signed)
    const now = Date.now()
    const transfers = Array.from({ length: 50 }, (_, i) => {
      const to = new Uint8Array(32).fill(i)
      return transferName({ net: network.cid, name: 'again', person, at: now, to }, device).signed
    })
    // From a time before the name was theirs.
    expect(await talk(alice, authority, (client) => client.tell([person], releases))).toBe(0)
    expect(await talk(alice, authority, (client) => client.tell([person], transfers))).toBe(8)
    expect(
      await talk(bob, authority, async (client, keeper) => {
        await client.about(['again'])
        return keeper.state('again')
      }),
    ).toMatchObject({ state: 'held', person })
  })

  it('that tells a forged statement is not believed, and noted', async () => {
    const { misconduct } = bob.libp2p.services.doorkeeper
    const noted = misconduct.counts.get('forged-entries') ?? 0
    const keeper = new NameKeeper({ replica: bob.replica, network, isAuthority: false, now: Date.now })
    await talk(bob, authority, (client) => client.about(['both']))
    const told = await keeper.known.about('both')
    expect(told.length).toBeGreaterThan(0)
    const { replica } = plain.peer
    const fake = new NameKeeper({ replica, network, isAuthority: false, now: Date.now })
    await fake.known.put(
      'both',
      told.map((one) => ({ ...one, signed: { ...one.signed, signature: new Uint8Array(64) } })),
    )
    expect(await codeOf(talk(bob, plain, (client) => client.about(['both'])))).toBe('bad-response')
    expect(misconduct.counts.get('forged-entries')).toBe(noted + 1)
    expect(await keeper.known.about('both')).toEqual(told)
    await fake.known.forget('both')
  })
})

it('a name of which two have some grants each goes to the claim of the lower hash, and both are told who has it', async () => {
  const seeds = [new Uint8Array(32).fill(70), new Uint8Array(32).fill(71)]
  const split = createNetwork('split', { names: { authorities: seeds.map((seed) => identityFromSeed(seed).author), quorum: 2 } })
  const inSplit = (init: { readonly identity?: Uint8Array; readonly person?: { readonly recovery: Uint8Array } }): Promise<Replica> =>
    openReplica(openNodeStorage(':memory:'), { network: split.bytes, aside: false, ...init })
  const one = await TestRelay.start(split, { replica: await inSplit({ identity: seeds[0] as Uint8Array }) })
  const two = await TestRelay.start(split, { replica: await inSplit({ identity: seeds[1] as Uint8Array }), relays: [one.origin] })
  const relays = [one.origin, two.origin]
  const peers = await Promise.all(
    [0, 1].map(async () => TestPeer.start(split, { relays, replica: await inSplit({ person: { recovery: recovery.author } }) })),
  )
  try {
    for (const { network: peer } of peers)
      await vi.waitFor(async () => expect((await peer.peers()).filter(({ state }) => state === 'connected').length).toBe(2), { timeout: 20_000 })
    const claims = await Promise.all(
      peers.map(async (peer) => ({
        peer,
        log: (await personOf(peer)).log,
        claim: claimName(
          { net: split.cid, name: 'zoe', person: (await personOf(peer)).log, at: Date.now(), via: null },
          await ownIdentity(peer.replica),
        ),
      })),
    )
    const [first, second] = claims.toSorted((a, b) => compareBytes(a.claim.hash, b.claim.hash))
    if (first === undefined || second === undefined) throw new Error('two claims')
    for (const [relay, { peer, log, claim }] of [
      [one, first],
      [two, second],
    ] as const) {
      const connection = connectionTo(peer, relay)
      if (connection === undefined) throw new Error('not connected')
      const keeper = new NameKeeper({ replica: peer.replica, network: split, isAuthority: false, now: Date.now })
      const init = { replica: peer.replica, network: split, keeper, onMisdeed: () => undefined }
      expect(await NamesClient.with(connection, init, AbortSignal.timeout(10_000), (client) => client.claim(log, claim.signed))).toHaveProperty(
        'grant',
      )
    }
    // The one behind gets no further, the other one does.
    expect(await second.peer.network.claimName({ claim: second.claim.signed, timeoutMs: 10_000 })).toMatchObject({
      granted: 1,
      refusals: [{ code: 'name-taken' }],
    })
    expect(await first.peer.network.claimName({ claim: first.claim.signed, timeoutMs: 10_000 })).toMatchObject({ granted: 2, refusals: [] })
    for (const { peer } of [first, second]) {
      await peer.network.askNames({ names: ['zoe'], persons: [], timeoutMs: 10_000 })
      const keeper = new NameKeeper({ replica: peer.replica, network: split, isAuthority: false, now: Date.now })
      expect(await keeper.state('zoe')).toMatchObject({ state: 'held', person: first.log, doubles: [] })
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.close()))
    await two.close()
    await one.close()
  }
})

it('what was told in another network is nothing here', async () => {
  const other = createNetwork('other', { names: { authorities: [identityFromSeed(authoritySeed).author], quorum: 1 } })
  const keeper = new NameKeeper({ replica: authority.peer.replica, network: other, isAuthority: false, now: Date.now })
  expect(await keeper.state('both')).toMatchObject({ state: 'free' })
  const here = new NameKeeper({ replica: authority.peer.replica, network, isAuthority: true, now: Date.now })
  const statements = await here.known.about('both')
  expect((await keeper.take(statements.map(({ signed }) => signed))).stored).toBe(0)
})
