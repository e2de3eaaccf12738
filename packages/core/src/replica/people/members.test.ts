import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeFromMs } from '../../model/clock.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { authorOf } from '../../model/people/author.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { CollectionChange } from '../types.ts'

const network = createNetwork('members')
const NONE = new Uint8Array()

let now: number
let opened: LocalReplica[]
let owner: LocalReplica
beforeEach(async () => {
  now = Date.UTC(2026, 5, 1)
  opened = []
  owner = await open()
})
afterEach(async () => {
  for (const replica of opened) await replica.close()
})

async function open(): Promise<LocalReplica> {
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, now: () => now, aside: false })
  opened.push(replica)
  return replica
}

async function club(collections: Readonly<Record<string, CollectionChange>> = {}): Promise<string> {
  const { id } = await owner.createNamespace({ name: 'club', write: 'members', collections })
  now += 60_000
  return id
}

const who = async (replica: LocalReplica): Promise<Uint8Array> => authorOf(await replica.info())

async function grant(ns: string, to: LocalReplica, more: { readonly until?: number; readonly collection?: string } = {}): Promise<void> {
  await owner.changeRoles(ns, { type: 'grant', to: await who(to), role: 'write', from: timeFromMs(now), ...more })
}

/** One gets from the other what a comparison brings of a namespace, in its order: the head, then logs, then records. */
async function head(ns: string, from: LocalReplica, to: LocalReplica): Promise<void> {
  const bytes = await from.exportNamespace(ns)
  if (bytes === undefined) throw new Error('no namespace')
  await to.importNamespace(bytes.genesis, bytes.head, bytes.signature)
}

async function logs(ns: string, from: LocalReplica, to: LocalReplica): Promise<void> {
  const { logs: parts } = await from.exportActs(ns, [{ log: parseCid(DAG_CBOR, ns)?.multihash.digest ?? NONE, tips: [], skip: 0 }], 1_000_000)
  if (parts.length > 0) expect(await to.importActs(ns, parts)).toMatchObject({ refused: 0 })
}

async function records(ns: string, from: LocalReplica, to: LocalReplica): Promise<readonly string[]> {
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 100_000 })
  const accepted = await to.accept(ns, batch ?? NONE)
  return 'refused' in accepted ? [accepted.refused] : accepted.results
}

async function notes(replica: LocalReplica, ns: string, collection = 'notes'): Promise<readonly string[]> {
  return (await replica.find(ns, collection, { limit: 100, sort: { _id: 1 } })).contents
}

it('what members wrote stays when rules come that it keeps', async () => {
  const ns = await club()
  await owner.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a"}' }])
  await owner.changeHead(ns, { collections: { notes: { maxBytes: 1000 } } })
  expect(await notes(owner, ns)).toEqual(['{"_id":"a"}'])
})

it('documents of a map by members are taken, though what they stand on is earlier than any role', async () => {
  const ns = await club({ notes: { type: 'map' } })
  const member = await open()
  await grant(ns, member)
  await head(ns, owner, member)
  await logs(ns, owner, member)
  now += 1000
  await member.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a","n":1}' }])
  expect(await records(ns, member, owner)).toEqual(['stored', 'stored'])
  expect(await notes(owner, ns)).toEqual(['{"_id":"a","n":1}'])
  // Also when all of it is judged again.
  await owner.changeRoles(ns, { type: 'dismiss', who: await who(owner), until: 0 })
  expect(await notes(owner, ns)).toEqual(['{"_id":"a","n":1}'])
})

it('who is told that roles have changed reads at once what they allow now', async () => {
  const ns = await club()
  const member = await open()
  await head(ns, owner, member)
  const seen: Promise<boolean | undefined>[] = []
  member.onCommit(({ namespace, head: isHead }) => {
    if (namespace === ns && isHead === true) seen.push(member.namespace(ns).then((info) => info?.writable))
  })
  await grant(ns, member)
  await logs(ns, owner, member)
  expect(await Promise.all(seen)).toEqual([true])
})

it('what is written before the namespace is here waits for its roles, and is judged by them', async () => {
  const ns = await club()
  const [member, guest, early] = [await open(), await open(), await open()]
  await early.write(ns, 'notes', [{ id: 'early', content: '{"_id":"early"}' }])
  now += 1000
  await grant(ns, member)
  await grant(ns, early)
  now += 1000
  await member.write(ns, 'notes', [{ id: 'mine', content: '{"_id":"mine"}' }])
  await guest.write(ns, 'notes', [{ id: 'his', content: '{"_id":"his"}' }])
  for (const replica of [member, guest, early]) await head(ns, owner, replica)
  // Nobody knows anything of roles yet.
  for (const replica of [member, guest, early]) expect(await replica.pendingCounts(ns)).toEqual({ waiting: 1, refused: 0 })
  for (const replica of [member, guest, early]) {
    await logs(ns, owner, replica)
    await head(ns, owner, replica)
  }
  expect(await notes(member, ns)).toEqual(['{"_id":"mine"}'])
  expect(await member.pendingCounts(ns)).toEqual({ waiting: 0, refused: 0 })
  expect(await records(ns, member, owner)).toEqual(['stored'])
  for (const replica of [guest, early]) expect(await replica.pending(ns)).toMatchObject([{ refused: 'not-allowed' }])
  // A role that comes later and holds from before on lets it in.
  now += 1000
  await owner.changeRoles(ns, { type: 'grant', to: await who(guest), role: 'write', from: 0 })
  await logs(ns, owner, guest)
  expect(await guest.pendingCounts(ns)).toEqual({ waiting: 0, refused: 0 })
  expect(await records(ns, guest, owner)).toEqual(['stored'])
  expect(await notes(owner, ns)).toEqual(['{"_id":"his"}', '{"_id":"mine"}'])
})
