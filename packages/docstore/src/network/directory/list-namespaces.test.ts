import { createNetwork, openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

const descriptor = createNetwork('lists')
let owner: Replica
let honest: TestRelay
let other: TestRelay
let peer: TestPeer
const listed: string[] = []

beforeAll(async () => {
  const open = (): Promise<Replica> => openReplica(openNodeStorage(':memory:'), { network: descriptor.bytes, aside: false })
  owner = await open()
  const [one, two] = [await open(), await open()]
  for (let i = 0; i < 40; i++) {
    const { id } = await owner.createNamespace({ name: `n${i % 4}`, write: 'owner', listed: i % 4 !== 0 })
    await bring(owner, i % 3 === 0 ? one : two, id)
    if (i % 5 === 0) await bring(owner, i % 3 === 0 ? two : one, id)
    if (i % 4 !== 0) listed.push(id)
  }
  listed.sort()
  honest = await TestRelay.start(descriptor, { replica: one, storage: 'asked' })
  other = await TestRelay.start(descriptor, { replica: two, storage: 'asked' })
  peer = await TestPeer.start(descriptor, { relays: [honest.origin, other.origin] })
  await vi.waitFor(async () => expect((await peer.network.peers()).filter(({ state }) => state === 'connected').length).toBe(2), { timeout: 30_000 })
})

afterAll(async () => {
  await Promise.all([peer.close(), honest.close(), other.close()])
  await owner.close()
})

async function bring(from: Replica, to: Replica, id: string): Promise<void> {
  const namespace = await from.exportNamespace(id)
  if (namespace === undefined) throw new Error('no namespace')
  expect(await to.importNamespace(namespace.genesis, namespace.head, namespace.signature)).toEqual({ id })
}

async function all(limit: number): Promise<{ readonly ids: string[]; readonly pages: number; readonly relays: number }> {
  const ids: string[] = []
  let [pages, relays] = [0, 0]
  for (let after: string | undefined = ''; after !== undefined; pages++) {
    const page = await peer.network.listed({ after, limit, timeoutMs: 20_000 })
    ids.push(...page.namespaces.map(({ id }) => id))
    relays = page.relays
    after = page.next
  }
  return { ids, pages, relays }
}

it.each([100, 7])('what the relays hold and owners list comes in parts of %d, each once, and what is private never', async (limit) => {
  const { ids, pages, relays } = await all(limit)
  expect(ids).toEqual(listed)
  expect(relays).toBe(2)
  expect(pages).toBe(Math.ceil(listed.length / limit))
})

it('goes as far as all answers do where relays answer in small parts', async () => {
  const { listedNamespaces } = other.peer.replica
  other.peer.replica.listedNamespaces = async (after) => {
    const { namespaces, more } = await listedNamespaces.call(other.peer.replica, after)
    return { namespaces: namespaces.slice(0, 3), more: more || namespaces.length > 3 }
  }
  expect((await all(100)).ids).toEqual(listed)
  other.peer.replica.listedNamespaces = listedNamespaces
})

it('leaves out what its owner does not list any more as far as this peer knows, and says what is here', async () => {
  const [first = '', second = '', ...rest] = listed
  for (const id of [first, second]) await bring(owner, peer.replica, id)
  await owner.changeHead(first, { listed: false })
  await bring(owner, peer.replica, first)
  const { namespaces } = await peer.network.listed({ after: '', limit: 100, timeoutMs: 20_000 })
  expect(namespaces.map(({ id }) => id)).toEqual([second, ...rest])
  expect(namespaces.filter(({ isHere }) => isHere).map(({ id }) => id)).toEqual([second])
})

it.each(['private', 'forged'])('does not listen to a relay that names one that is %s, and notes it', async (kind) => {
  const { replica } = other.peer
  const { listedNamespaces } = replica
  const { misconduct } = peer.libp2p.services.doorkeeper
  const noted = misconduct.counts.get('forged-entries') ?? 0
  const hidden = (await owner.namespaces()).find(({ name, listed }) => name === 'n0' && listed !== true)
  const named = await owner.exportNamespace(kind === 'private' ? (hidden?.id ?? '') : (listed[3] ?? ''))
  if (named === undefined) throw new Error('no namespace')
  replica.listedNamespaces = async () => ({
    namespaces: [kind === 'private' ? named : { ...named, signature: new Uint8Array(64) }],
    more: false,
  })
  const { relays, namespaces } = await peer.network.listed({ after: '', limit: 100, timeoutMs: 20_000 })
  expect(relays).toBe(1)
  expect(namespaces.map(({ id }) => id)).not.toContain(hidden?.id)
  expect(misconduct.counts.get('forged-entries')).toBe(noted + 1)
  replica.listedNamespaces = listedNamespaces
})
