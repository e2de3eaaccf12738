import { createNetwork, openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import type { Connection } from '@libp2p/interface'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { askProfiles } from './ask-profiles.ts'

const descriptor = createNetwork('profiles')
let owner: Replica
let relay: TestRelay
let other: TestRelay
let peer: TestPeer
let id: string

beforeAll(async () => {
  owner = await openReplica(openNodeStorage(':memory:'), { network: descriptor.bytes, aside: false })
  relay = await TestRelay.start(descriptor, { storage: 'asked' })
  other = await TestRelay.start(descriptor, { storage: 'asked' })
  id = (await owner.openProfile()).id
  await say('First')
  await bring(id, other)
  await say('Second')
  await bring(id, relay)
  peer = await TestPeer.start(descriptor, { relays: [relay.origin, other.origin] })
  await vi.waitFor(async () => expect((await peer.network.peers()).filter(({ state }) => state === 'connected').length).toBe(2), { timeout: 30_000 })
})

afterAll(async () => {
  await Promise.all([peer.close(), relay.close(), other.close()])
  await owner.close()
})

async function say(name: string): Promise<void> {
  await owner.changeHead(id, { profile: { name } })
}

async function bring(ns: string, { peer: { replica } }: TestRelay): Promise<void> {
  const namespace = await owner.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  expect(await replica.importNamespace(namespace.genesis, namespace.head, namespace.signature)).toEqual({ id: ns })
}

const ask = () => peer.network.profiles({ ids: [id], timeoutMs: 10_000 })

it('of two relays the one with the newer head counts, and nothing is kept', async () => {
  const { profiles, relays } = await ask()
  expect(relays).toBe(2)
  expect(profiles).toMatchObject([{ info: { id, kind: 'profile', profile: { name: 'Second' } } }])
  expect(await peer.replica.namespaceIds()).toEqual([])
})

it('no namespace but profiles is told', async () => {
  const app = await owner.createNamespace({ name: 'secret', write: 'owner' })
  await bring(app.id, relay)
  expect(await peer.network.profiles({ ids: [app.id], timeoutMs: 10_000 })).toMatchObject({ profiles: [], relays: 2 })
})

it('an owner that cannot be asked has not said that there is nothing', async () => {
  const connections = peer.libp2p.getConnections().filter(({ remotePeer }) => remotePeer.equals(relay.peer.libp2p.peerId))
  const gone = { newStream: () => Promise.reject(new Error('gone')) } as unknown as Connection
  const nobody = (await owner.createNamespace({ name: 'nobody', write: 'owner' })).id
  const asking = { networkId: descriptor.id, replica: peer.replica, relays: connections, onMisdeed: () => undefined }
  const { signal } = new AbortController()
  for (const [relays, isWhole] of [
    [connections, true],
    [[gone], false],
  ] as const)
    expect(await askProfiles([nobody], { ...asking, ownersOf: async () => ({ relays, isWhole: true }) }, signal)).toEqual({
      profiles: [],
      relays: 1,
      isWhole,
    })
})

it.each(['of another kind', 'that was not asked for', 'with a forged signature'])(
  'a relay that tells one %s is not listened to, and noted',
  async (kind) => {
    const { replica } = relay.peer
    const { exportNamespace } = replica
    const { misconduct } = peer.libp2p.services.doorkeeper
    const noted = misconduct.counts.get('forged-entries') ?? 0
    const app = await owner.createNamespace({ name: 'app', write: 'owner' })
    const stranger = await openReplica(openNodeStorage(':memory:'), { network: descriptor.bytes, aside: false })
    const strangers = await stranger.exportNamespace((await stranger.openProfile()).id)
    const real = await owner.exportNamespace(id)
    const told =
      kind === 'of another kind'
        ? await owner.exportNamespace(app.id)
        : kind === 'that was not asked for'
          ? strangers
          : real && { ...real, signature: new Uint8Array(64) }
    replica.exportNamespace = async () => told
    const { profiles, relays } = await ask()
    replica.exportNamespace = exportNamespace
    await stranger.close()
    expect(relays).toBe(1)
    expect(profiles).toMatchObject([{ info: { profile: { name: 'First' } } }])
    expect(misconduct.counts.get('forged-entries')).toBe(noted + 1)
  },
)
