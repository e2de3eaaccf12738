import type { Connection } from '@libp2p/interface'
import {
  authorOfDid,
  cidOf,
  createCertificate,
  createPerson,
  createSeed,
  DAG_CBOR,
  identityFromSeed,
  type Network as Descriptor,
  openReplica,
  packSigned,
  type Replica,
  signAct,
  signDevice,
  timeFromMs,
} from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Invitation, rememberInvitation } from './invitation.ts'
import { Invitations } from './invitations.ts'
import { readNetwork } from './read-network.ts'
import { ownIdentity } from './own-identity.ts'
import { ended } from '../testing/attacker.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

const LISTEN = { tcp: '/ip4/127.0.0.1/tcp/0', websocket: '/ip4/127.0.0.1/tcp/0/ws', 'webrtc-direct': '/ip4/127.0.0.1/udp/0/webrtc-direct' }
const KINDS = Object.keys(LISTEN) as (keyof typeof LISTEN)[]

let club: Descriptor
let replica: Replica
let relay: TestRelay
let invitations: Invitations
let peers: TestPeer[]
beforeEach(async () => {
  replica = await openReplica(openNodeStorage(':memory:'), { networkName: 'club', admission: 'invite' })
  club = readNetwork((await replica.info()).network.descriptor)
  relay = await TestRelay.start(club, { listen: Object.values(LISTEN), replica })
  invitations = new Invitations({ replica, network: relay.peer.network })
  peers = []
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
  await relay.close()
})

async function peer(invitation?: Invitation, options: { relays?: readonly string[]; listen?: readonly string[] } = {}): Promise<TestPeer> {
  // Able to dial WebRTC-direct, which Node loads for those who listen on it.
  const started = await TestPeer.start(club, {
    role: 'peer',
    listen: [LISTEN['webrtc-direct']],
    ...options,
    ...(invitation === undefined ? {} : { invitation }),
  })
  peers.push(started)
  return started
}

async function invited(fields: { expires?: number } = {}): Promise<Invitation & { id: string }> {
  const { invitation, id } = await invitations.create(fields)
  return { ...invitation, id }
}

/** Data that came with this invitation. */
async function dataOf(invitation: Invitation): Promise<Replica> {
  const data = await openReplica(openNodeStorage(':memory:'), { network: club.bytes })
  await rememberInvitation(data, invitation, club, (await data.info()).identity)
  return data
}

/** One whose time is over: nobody can make it by asking for it. */
async function expired(): Promise<Invitation> {
  const seed = createSeed()
  const fields = { key: identityFromSeed(seed).author, label: '', at: 1, expires: 2 }
  return { certificate: packSigned(createCertificate(club.cid, fields, await ownIdentity(replica))), seed }
}

function dial(from: TestPeer, kind: keyof typeof LISTEN): Promise<Connection> {
  const marks = { tcp: /\/tcp\/\d+\/p2p/, websocket: /\/ws\//, 'webrtc-direct': /webrtc-direct/ }
  return from.libp2p.dial(relay.libp2p.getMultiaddrs().filter((address) => marks[kind].test(address.toString())))
}

/** Why the dialling side was not let in; `undefined` where it was. */
async function outcome(from: TestPeer, connection: Connection): Promise<unknown> {
  const { doorkeeper } = from.libp2p.services
  await expect.poll(() => doorkeeper.guestOf(connection) ?? doorkeeper.refusalOf(connection)).toBeDefined()
  return (doorkeeper.refusalOf(connection) as { code?: string } | undefined)?.code
}

describe.each(KINDS)('an invite-only network, over %s', (kind) => {
  it('lets in who was invited', async () => {
    const member = await peer(await invited())
    const connection = await dial(member, kind)
    expect(await outcome(member, connection)).toBeUndefined()
    expect(member.libp2p.services.doorkeeper.guestOf(connection)).toMatchObject({ role: 'relay', identity: (await replica.info()).identity })
    await expect.poll(() => relay.peer.network.peers().then((all) => all.map(({ id }) => id))).toEqual([member.id])
  })

  it.each<[string, () => Promise<Invitation | undefined>, string]>([
    ['has no invitation', async () => undefined, 'not-invited'],
    ['was invited until yesterday', expired, 'invitation-expired'],
    [
      'is not welcome any more',
      async () => {
        const invitation = await invited()
        await invitations.revoke(invitation.id)
        return invitation
      },
      'invitation-revoked',
    ],
  ])('tells who %s why it is not let in, and nothing else', async (_, make, code) => {
    const outsider = await peer(await make())
    const topic = `/docstore/${club.id}/topic/news`
    outsider.libp2p.services.pubsub.subscribe(topic)
    const connection = await dial(outsider, kind)
    expect(await outcome(outsider, connection)).toBe(code)
    await ended(connection)
    expect(await relay.peer.network.peers()).toEqual([])
    expect(relay.libp2p.services.pubsub.getSubscribers(topic)).toEqual([])
    // What identify would have told.
    expect((await outsider.libp2p.peerStore.get(relay.libp2p.peerId)).metadata.has('AgentVersion')).toBe(false)
    expect(relay.libp2p.services.doorkeeper.refusals.get(code)).toBe(1)
  })
})

describe('a member', () => {
  it('has to go as soon as its invitation is taken back, and learns why', async () => {
    const [staying, leaving] = [await invited(), await invited()]
    const [a, b] = [await peer(staying, { relays: [relay.origin], listen: [] }), await peer(leaving, { relays: [relay.origin], listen: [] })]
    await expect.poll(() => relay.libp2p.getConnections().length).toBe(2)
    await expect
      .poll(async () => (await Promise.all([a, b].map((one) => one.network.peers()))).map(([one]) => one?.state))
      .toEqual(['connected', 'connected'])
    await invitations.revoke(leaving.id)
    await expect.poll(async () => (await b.network.peers())[0]).toMatchObject({ state: 'connecting', errorCode: 'invitation-revoked' })
    expect((await a.network.peers())[0]?.state).toBe('connected')
    const states = Object.fromEntries((await invitations.list()).map(({ id, state }) => [id, state]))
    expect(states).toEqual({ [staying.id]: 'valid', [leaving.id]: 'revoked' })
  })

  it('is reached by others through a relay, if they are members; the relay alone lets nobody through', async () => {
    const member = await peer(await invited(), { relays: [relay.origin], listen: [] })
    await expect.poll(() => member.hasReservation()).toBe(true)
    const address = member.libp2p.getMultiaddrs().find((one) => one.toString().includes('/p2p-circuit'))
    if (address === undefined) throw new Error('the member has no address')
    const other = await peer(await invited(), { listen: [] })
    const outsider = await peer(undefined, { listen: [] })
    // Neither joined a relay on this machine, so they would note no addresses here.
    for (const { libp2p } of [other, outsider]) libp2p.services.doorkeeper.addressBook.allows = () => true
    const connection = await other.libp2p.dial(address)
    expect(connection.limits).toBeDefined()
    expect(await outcome(other, connection)).toBeUndefined()
    await expect(outsider.libp2p.dial(address)).rejects.toThrow()
  })

  it('cannot lend its invitation to another peer: the voucher names its own', async () => {
    const { doorkeeper } = relay.libp2p.services
    const member = await peer(await invited())
    const hello = await member.libp2p.services.doorkeeper.admission.hello()
    await expect(doorkeeper.admission.judge(hello, member.id)).resolves.toMatchObject({ role: 'peer' })
    await expect(doorkeeper.admission.judge(hello, relay.peer.id)).rejects.toMatchObject({ code: 'not-invited' })
  })
})

describe('an invitation that was taken back', () => {
  it('is void at every relay within seconds, wherever it was taken back', async () => {
    const second = await TestRelay.start(club, { relays: [relay.origin], replica: await dataOf(await invited()) })
    try {
      await expect.poll(async () => (await second.peer.network.peers())[0]?.state).toBe('connected')
      const invitation = await invited()
      const member = await peer(invitation, { relays: [second.origin], listen: [] })
      await expect.poll(async () => (await member.network.peers())[0]?.state).toBe('connected')
      expect(await invitations.revoke(invitation.id)).toMatchObject({ state: 'revoked', told: 1 })
      await expect.poll(async () => (await member.network.peers())[0]?.errorCode).toBe('invitation-revoked')
    } finally {
      await second.close()
    }
  })

  it('stays void where it was taken back without a network, and after a restart', async () => {
    const invitation = await invited()
    await relay.stop()
    await new Invitations({ replica, network: undefined }).revoke(invitation.id)
    const again = await TestRelay.start(club, { replica })
    const member = await peer(invitation, { relays: [again.origin], listen: [] })
    await expect.poll(async () => (await member.network.peers())[0]?.errorCode).toBe('invitation-revoked')
    await again.stop()
  })
})

describe('an invitation for a device of a person', () => {
  const recovery = identityFromSeed(new Uint8Array(32).fill(7))
  const opened: Replica[] = []
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
  })

  async function open(options: Partial<Parameters<typeof openReplica>[1]> = {}): Promise<Replica> {
    const one = await openReplica(openNodeStorage(':memory:'), { network: club.bytes, ...options })
    opened.push(one)
    return one
  }

  it('holds no more once the person has revoked it, wherever that is known, whoever made the invitation; and nobody else can end it', async () => {
    const [laptop, phone] = [await open({ person: { recovery: recovery.author } }), await open()]
    const { identity } = await phone.info()
    const key = authorOfDid(identity) ?? new Uint8Array()
    const { invitation } = await invitations.create({ identity, label: 'phone' })
    const started = await TestPeer.start(club, { replica: phone, invitation })
    peers.push(started)
    const hello = await started.libp2p.services.doorkeeper.admission.hello()
    const { admission } = relay.libp2p.services.doorkeeper
    const { log } = (await laptop.person()) ?? {}
    if (log?.genesis === undefined) throw new Error('no person')
    // A stranger says that the key is the first device of somebody whom he made up, and revokes it.
    const made = createPerson({ device: await ownIdentity(phone), recovery: recovery.author })
    const revoke = { type: 'revoke', key, until: 0, void: true } as const
    const act = signAct({ log: made.cid, parents: [], at: 1, do: revoke }, recovery)
    await replica.learnPerson({ log: made.digest, genesis: made.bytes, acts: [act] }, { keep: true })
    const connection = await started.libp2p.dial(relay.libp2p.getMultiaddrs().slice(0, 1))
    expect(await outcome(started, connection)).toBeUndefined()
    const cid = cidOf(DAG_CBOR, log.log)
    await laptop.changePerson({ type: 'add', key, label: 'phone', proof: signDevice(cid, await ownIdentity(phone)) })
    const { log: added } = (await laptop.person()) ?? {}
    if (added !== undefined) await replica.learnPerson(added, { keep: true })
    await expect(admission.judge(hello, started.id)).resolves.toMatchObject({ role: 'peer' })
    await laptop.changePerson({ type: 'revoke', key, until: timeFromMs(Date.now() - 1000), void: true })
    const { log: revoked } = (await laptop.person()) ?? {}
    if (revoked !== undefined) await replica.learnPerson(revoked, { keep: true })
    await expect(admission.judge(hello, started.id)).rejects.toMatchObject({ code: 'invitation-revoked' })
    const guest = relay.libp2p.getConnections(started.libp2p.peerId).map((one) => relay.libp2p.services.doorkeeper.guestOf(one))
    expect(await Promise.all(guest.flatMap((one) => one?.invitation ?? []).map((one) => admission.endOf(one)))).toMatchObject([
      { code: 'invitation-revoked' },
    ])
  })
})

describe('an invitation', () => {
  it('for an identity lets in only that one, and holds no secret', async () => {
    const guest = await openReplica(openNodeStorage(':memory:'), { network: club.bytes })
    const { invitation } = await invitations.create({ identity: (await guest.info()).identity, label: 'Ada' })
    expect(invitation.seed).toBeNull()
    const started = await TestPeer.start(club, { replica: guest, invitation })
    peers.push(started)
    expect(await outcome(started, await started.libp2p.dial(relay.libp2p.getMultiaddrs().slice(0, 1)))).toBeUndefined()
    await expect(TestPeer.start(club, { invitation })).rejects.toMatchObject({ code: 'bad-invitation' })
  })

  it('is made by authorities, in networks that need one', async () => {
    const guest = await openReplica(openNodeStorage(':memory:'), { network: club.bytes })
    await expect(new Invitations({ replica: guest, network: undefined }).create()).rejects.toMatchObject({ code: 'not-authority' })
    const open = await openReplica(openNodeStorage(':memory:'))
    await expect(new Invitations({ replica: open, network: undefined }).list()).rejects.toMatchObject({ code: 'open-network' })
    await expect(invitations.revoke('abcdef')).rejects.toMatchObject({ code: 'unknown-invitation' })
    await Promise.all([guest.close(), open.close()])
  })

  it('is taken back everywhere: relays tell each other, and a member at another one is shown out', async () => {
    const other = await TestRelay.start(club, { relays: [relay.origin], invitation: await invited() })
    const leaving = await invited()
    const member = await peer(leaving, { relays: [other.origin] })
    await expect.poll(async () => (await member.network.peers())[0]).toMatchObject({ state: 'connected' })
    await expect.poll(() => other.peer.network.connected({ timeoutMs: 1000 })).toBe(1)
    await invitations.revoke(leaving.id)
    await expect.poll(async () => (await member.network.peers())[0]).toMatchObject({ state: 'connecting', errorCode: 'invitation-revoked' })
    // Who starts later hears of it from those who know.
    const late = await TestRelay.start(club, { relays: [other.origin], invitation: await invited() })
    await expect.poll(() => late.libp2p.services.doorkeeper.admission.revocations.length).toBe(1)
    await Promise.all([late.close(), other.close()])
  })
})
