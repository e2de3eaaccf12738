import { afterEach, describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { errorCode } from '../../errors.ts'
import { utf8 } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/encoding/cbor.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { canonicalJson, type Document } from '../../model/content.ts'
import { createSeed, identityFromSeed } from '../../model/keys/identity.ts'
import { signAct } from '../../model/people/act.ts'
import { authorName } from '../../model/people/author.ts'
import type { WritePolicy } from '../../model/namespace/namespace.ts'
import { createNetwork, decodeNetwork, type Network } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import type { LocalReplica } from '../local-replica.ts'
import type { ChangeRow } from '../types.ts'
import { openReplica, type OpenReplicaOptions } from '../open-replica.ts'
import { logId } from '../../model/types/log-id.ts'
import { movedIds } from './moved-ids.ts'

const home = createNetwork('home')
const away = createNetwork('away')
const seed = createSeed()
const me = identityFromSeed(seed)
/** More than one page of what is moved at a time, and no whole number of seals. */
const MANY = 1111

const open: Storage[] = []
afterEach(async () => {
  for (const storage of open.splice(0)) await storage.close()
})

async function newStorage(by: Uint8Array = seed): Promise<Storage> {
  const storage = openNodeStorage(':memory:')
  open.push(storage)
  await storage.setMeta('identity', by)
  return storage
}

const at = (storage: Storage, network: Network, options: OpenReplicaOptions = {}): Promise<LocalReplica> =>
  openReplica(storage, { network: network.bytes, aside: false, ...options })

const write = (replica: LocalReplica, ns: string, documents: readonly (Document & { _id: string })[], collection = 'docs') =>
  replica.write(
    ns,
    collection,
    documents.map((document) => ({ id: document._id, content: canonicalJson(document) })),
  )

/** A namespace with all that can be in one. */
async function fill(replica: LocalReplica, policy: WritePolicy): Promise<string> {
  const { id: ns } = await replica.createNamespace({
    name: `the ${policy}'s`,
    write: policy,
    collections: { log: { type: 'log' }, map: { type: 'map' } },
  })
  const prefix = policy === 'author' ? `${authorName(me.author)}/` : ''
  await replica.createIndex(ns, 'docs', ['tags'])
  await replica.createIndex(ns, 'docs', ['text'], { text: true })
  await write(
    replica,
    ns,
    Array.from({ length: MANY }, (_, n) => ({ _id: `${prefix}${n}`, n, tags: [`t${n % 7}`], text: `word${n % 5} and more` })),
  )
  await write(replica, ns, [{ _id: `${prefix}one`, n: -1 }], 'others')
  await write(replica, ns, [{ _id: `${prefix}3`, n: 3, changed: true }])
  await replica.write(ns, 'docs', [{ id: `${prefix}5`, content: null }])
  await replica.update(ns, 'docs', { id: `${prefix}7`, changes: { $set: { 'deep.er': 1, text: 'word2 again' }, $push: { tags: 't3' } } })
  const entries = [
    logId(await replica.entryTime(ns, 'log', 1), me.author, '00000000'),
    logId(await replica.entryTime(ns, 'log', 1), me.author, '00000000'),
  ]
  await write(
    replica,
    ns,
    entries.map((_id) => ({ _id, text: 'word1' })),
    'log',
  )
  await replica.write(ns, 'log', [{ id: entries[0] ?? '', content: null }])
  await write(replica, ns, [{ _id: `${prefix}m`, a: 1, b: { c: 2 } }], 'map')
  return ns
}

async function allChanges(replica: LocalReplica, ns: string): Promise<readonly ChangeRow[]> {
  const all: ChangeRow[] = []
  for (let page: readonly ChangeRow[]; (page = await replica.changes(ns, all.at(-1)?.seq ?? 0, 1000)).length > 0; ) all.push(...page)
  return all
}

/** Everything that stays as it is when a namespace moves. */
async function state(replica: LocalReplica, ns: string) {
  return {
    changes: await allChanges(replica, ns),
    collections: await replica.collections(ns),
    indexes: await replica.indexes(ns, 'docs'),
    tagged: (await replica.find(ns, 'docs', { filter: { tags: 't3' }, limit: 1000 })).contents,
    found: (await replica.find(ns, 'docs', { filter: { $text: { $search: 'word2' } }, limit: 1000 })).contents,
    lastSeq: await replica.lastSeq(ns),
    info: { ...(await replica.namespace(ns)), id: '' },
  }
}

/** What a stranger in a network takes of a namespace, all of it checked as records of others are. */
async function taken(from: LocalReplica, ns: string, network: Network): Promise<LocalReplica> {
  const stranger = await at(await newStorage(createSeed()), network)
  const { genesis, head, signature } = (await from.exportNamespace(ns)) ?? {
    genesis: new Uint8Array(),
    head: new Uint8Array(),
    signature: new Uint8Array(),
  }
  expect(await stranger.importNamespace(genesis, head, signature)).toEqual({ id: ns })
  let since = 0
  for (let more = true; more; ) {
    const sent = await from.batchSince(ns, since, { maxBytes: 100_000 })
    ;({ seq: since, more } = sent)
    if (sent.batch === undefined) continue
    const accepted = await stranger.accept(ns, sent.batch)
    expect('refused' in accepted ? accepted.refused : accepted.results.every((result) => result === 'stored')).toBe(true)
  }
  return stranger
}

describe('data that moves to another network', () => {
  it.each<WritePolicy>(['owner', 'author', 'anyone'])('has everything there that it had, where policy is %s, and others take it', async (policy) => {
    const storage = await newStorage()
    const before = await at(storage, home)
    const ns = await fill(before, policy)
    const was = await state(before, ns)
    const progress: unknown[] = []

    const after = await at(storage, away, { moves: true, onMove: (one) => progress.push(one) })
    const moved = (await movedIds(after)).get(ns) ?? ''
    expect((await after.info()).network.id).toBe(away.id)
    expect((await after.namespaces()).map(({ id }) => id)).toEqual([moved])
    expect(moved).not.toBe(ns)
    expect(await after.namespace(ns)).toBeUndefined()
    expect(await state(after, moved)).toEqual(was)
    // Three fields of one document are records of their own; of those with types there are five.
    expect(progress.at(-1)).toEqual({ done: MANY + 9, total: MANY + 9 })
    expect(progress.length).toBeGreaterThan(2)
    // What records add up to is right, and seals cover what lies under them.
    expect(await storage.recount(1)).toBe(true)
    const stranger = await taken(after, moved, away)
    expect((await stranger.summary(moved)).root).toBe((await after.summary(moved)).root)

    // It goes on as any other, also after a restart.
    await write(after, moved, [{ _id: policy === 'author' ? `${authorName(me.author)}/3` : '3', n: 4 }])
    const again = await at(storage, away)
    expect(await again.summary(moved)).toEqual(await after.summary(moved))
    expect((await allChanges(again, moved)).at(-1)).toMatchObject({ seq: was.lastSeq + 1 })
  })

  it('forgets what it was to forget, and is known to nobody in the other network', async () => {
    const storage = await newStorage()
    await (await at(storage, home)).createNamespace({ name: 'notes', write: 'owner' })
    await storage.setMeta('relays', Uint8Array.of(1))
    await storage.setMeta('network-met', Uint8Array.of(1))
    await at(storage, away, { moves: true, leaving: ['relays'] })
    expect(await storage.getMeta('relays')).toBeUndefined()
    expect(await storage.getMeta('network-met')).toEqual(Uint8Array.of(0))
  })

  it('is the same when a backup of it moves', async () => {
    const [one, other] = [await newStorage(), await newStorage()]
    const nonce = new Uint8Array(16).fill(5)
    const namespaces: string[] = []
    const original = await at(one, home)
    const { id: ns } = await original.createNamespace({ name: 'notes', write: 'anyone', nonce })
    await write(original, ns, [{ _id: 'a' }, { _id: 'b' }])
    // The same records in another database, as a backup has them.
    const backup = await at(other, home)
    const exported = await original.exportNamespace(ns)
    if (exported === undefined) throw new Error('no namespace')
    await backup.importNamespace(exported.genesis, exported.head, exported.signature)
    const { batch } = await original.batchSince(ns, 0, { maxBytes: 100_000 })
    if (batch !== undefined) await backup.accept(ns, batch)
    const roots: unknown[] = []
    for (const storage of [one, other]) {
      const replica = await at(storage, away, { moves: true })
      const [{ id } = { id: '' }] = await replica.namespaces()
      namespaces.push(id)
      roots.push((await replica.summary(id)).root)
    }
    expect(namespaces[0]).toBe(namespaces[1])
    expect(roots[0]).toBe(roots[1])
  })

  it('can move on, and back: every id that it ever had leads to the one of now', async () => {
    const storage = await newStorage()
    const ns = await fill(await at(storage, home), 'anyone')
    const first = (await movedIds(await at(storage, away, { moves: true }))).get(ns)
    const third = await at(storage, createNetwork('third'), { moves: true })
    const [{ id } = { id: '' }] = await third.namespaces()
    expect([(await movedIds(third)).get(ns), (await movedIds(third)).get(first ?? ''), (await movedIds(third)).get(id)]).toEqual([id, id, undefined])
    const back = await at(storage, home, { moves: true })
    expect((await back.namespaces()).map((one) => one.id)).toEqual([ns])
    expect([(await movedIds(back)).get(ns), (await movedIds(back)).get(first ?? ''), (await movedIds(back)).get(id)]).toEqual([undefined, ns, ns])
  })

  it('takes along what heads say: where a namespace ended, and which one takes its place', async () => {
    const storage = await newStorage()
    const before = await at(storage, home)
    const [old, next, gone] = [await fill(before, 'owner'), await fill(before, 'anyone'), await fill(before, 'author')]
    await before.changeHead(old, { description: 'the first', next, end: true })
    const refused = { collection: 'docs', at: 1, id: 'late', content: '{"_id":"late"}', refused: 'ended' }
    await storage.setMeta(`pending/${next}/0000000000000001`, utf8(JSON.stringify(refused)))
    await before.forgetNamespace(gone)
    const after = await at(storage, away, { moves: true })
    const ids = await movedIds(after)
    expect((await after.namespaces()).map(({ id }) => id)).toEqual([ids.get(old), ids.get(next)])
    const was = await before.namespace(old)
    expect(await after.namespace(ids.get(old) ?? '')).toEqual({ ...was, id: ids.get(old), next: ids.get(next) })
    expect(await after.pending(ids.get(next) ?? '')).toMatchObject([refused])
    expect(await after.pending(next)).toEqual([])
    const stranger = await taken(after, ids.get(old) ?? '', away)
    expect(await stranger.namespace(ids.get(old) ?? '')).toMatchObject({ next: ids.get(next), writable: false })
    // A program that goes on with ids of before names what others know.
    await after.changeHead(ids.get(old) ?? '', { next: old })
    expect(await after.namespace(ids.get(old) ?? '')).toMatchObject({ next: ids.get(old) })
  })

  it('grants there what roles it had granted, as they are now', async () => {
    const storage = await newStorage()
    const before = await at(storage, home)
    const { id: ns } = await before.createNamespace({ name: 'club', write: 'members' })
    const [bob, carl, dora] = [11, 12, 13].map((n) => identityFromSeed(new Uint8Array(32).fill(n)).author)
    if (bob === undefined || carl === undefined || dora === undefined) throw new Error('three members')
    await before.changeRoles(ns, { type: 'grant', to: bob, role: 'write', from: 5, until: 2 ** 52, collection: 'docs' })
    await before.changeRoles(ns, { type: 'grant', to: carl, role: 'manage', from: 5 })
    await before.changeRoles(ns, { type: 'remove', records: [new Uint8Array(32)] })
    await before.changeRoles(ns, { type: 'dismiss', who: carl, until: 6 })
    await before.changeRoles(ns, { type: 'grant', to: dora, role: 'read', from: 7 })
    await write(before, ns, [{ _id: 'a' }])
    const was = await before.members(ns)
    expect(was).toHaveLength(3)
    const after = await at(storage, away, { moves: true })
    const moved = (await movedIds(after)).get(ns) ?? ''
    expect(await after.members(moved)).toEqual(was)
    const stranger = await taken(after, moved, away)
    const log = parseCid(DAG_CBOR, moved)?.multihash.digest ?? new Uint8Array()
    const { logs } = await after.exportActs(moved, [{ log, tips: [], skip: 0 }], 100_000)
    expect(await stranger.importActs(moved, logs)).toMatchObject({ refused: 0 })
    expect(await stranger.members(moved)).toEqual(was)
    // They can be changed there.
    await after.changeRoles(moved, { type: 'dismiss', who: bob, until: 8 })
    expect(new Set((await (await at(storage, away)).members(moved)).map(({ until }) => until))).toEqual(new Set([6, 8, undefined]))
  })

  it('leaves behind the hash of a key that is all that there is of a document', async () => {
    const storage = await newStorage()
    const before = await at(storage, home)
    const { id: ns } = await before.createNamespace({ name: 'notes', write: 'owner' })
    await write(before, ns, [{ _id: 'a' }, { _id: 'b' }])
    await before.write(ns, 'docs', [{ id: 'a', content: null }])
    // As it comes from another database of the same identity.
    const [bare] = (await storage.recordsSince(1, 2, 1)).map((record) => ({ ...record, collection: null, id: null, digest: null }))
    if (bare === undefined) throw new Error('no tombstone')
    await storage.commit(1, [{ slot: bare.slot, isAnew: true, build: () => bare }])
    const after = await at(storage, away, { moves: true })
    const moved = (await movedIds(after)).get(ns) ?? ''
    expect((await after.summary(moved)).count).toBe(1)
    // Positions are never given twice.
    expect(await after.lastSeq(moved)).toBe(4)
    await write(after, moved, [{ _id: 'c' }])
    expect((await after.changes(moved, 0, 10)).map(({ seq, id }) => [seq, id])).toEqual([
      [2, 'b'],
      [5, 'c'],
    ])
  })
})

describe('what may not move leaves everything as it was', () => {
  /** Tries to move; resolves with why not, once it is clear that nothing has changed. */
  async function refusal(storage: Storage, to: Network, options: OpenReplicaOptions = { moves: true }): Promise<string> {
    const shot = async (): Promise<unknown> => {
      const replica = await at(storage, home)
      const namespaces = await replica.namespaces()
      return [namespaces, await Promise.all(namespaces.map(({ id }) => replica.summary(id))), await storage.listMeta('')]
    }
    const before = await shot()
    const code = await at(storage, to, options).then(() => 'moved', errorCode)
    expect(await shot()).toEqual(before)
    return code
  }

  it('without leave', async () => {
    const storage = await newStorage()
    await fill(await at(storage, home), 'owner')
    expect(await refusal(storage, away, {})).toBe('other-network')
  })

  it('where others wrote, or own a namespace', async () => {
    const [mine, theirs] = [await newStorage(), await newStorage(createSeed())]
    const one = await at(mine, home)
    const other = await at(theirs, home)
    const { id: ns } = await one.createNamespace({ name: 'ours', write: 'anyone' })
    await write(one, ns, [{ _id: 'a' }])
    const exported = await one.exportNamespace(ns)
    if (exported === undefined) throw new Error('no namespace')
    await other.importNamespace(exported.genesis, exported.head, exported.signature)
    expect(await refusal(theirs, away)).toBe('others-documents')
    await write(other, ns, [{ _id: 'b' }])
    const { batch } = await other.batchSince(ns, 0, { maxBytes: 10_000 })
    if (batch !== undefined) await one.accept(ns, batch)
    expect(await refusal(mine, away)).toBe('others-documents')
  })

  it('where somebody else granted a role', async () => {
    const storage = await newStorage()
    const replica = await at(storage, home)
    const { id: ns } = await replica.createNamespace({ name: 'club', write: 'members' })
    const manager = identityFromSeed(new Uint8Array(32).fill(11))
    const cid = parseCid(DAG_CBOR, ns)
    await replica.changeRoles(ns, { type: 'grant', to: manager.author, role: 'manage', from: 5 })
    const { logs } = await replica.exportActs(ns, [{ log: cid?.multihash.digest ?? new Uint8Array(), tips: [], skip: 0 }], 100_000)
    const [grant] = logs[0]?.acts ?? []
    if (cid === undefined || grant === undefined) throw new Error('no grant')
    const hash = sha256(grant.bytes)
    const content = { type: 'grant', to: me.author, role: 'read', from: 6 } as const
    const act = signAct({ log: cid, parents: [hash], via: hash, at: 10, do: content }, manager)
    expect(await replica.importActs(ns, [{ log: cid.multihash.digest, acts: [act] }])).toMatchObject({ stored: 1 })
    expect(await refusal(storage, away)).toBe('others-documents')
  })

  it('where a document is larger than the other network allows', async () => {
    const storage = await newStorage()
    const replica = await at(storage, home)
    const { id: ns } = await replica.createNamespace({ name: 'notes', write: 'owner' })
    await write(replica, ns, [{ _id: 'a', text: 'x'.repeat(2000) }])
    const strict = decodeNetwork(encodeCbor({ ...away.descriptor, limits: { content: 1000 } }))
    expect(await refusal(storage, strict.ok ? strict.value : away)).toBe('document-too-large')
  })

  it('where it is interrupted in between', async () => {
    const storage = await newStorage()
    await fill(await at(storage, home), 'author')
    await fill(await at(storage, home), 'owner')
    const onMove = ({ done }: { done: number }): void => {
      if (done > 1500) throw Object.assign(new Error('enough'), { code: 'enough' })
    }
    expect(await refusal(storage, away, { moves: true, onMove })).toBe('enough')
    expect(await storage.recount(1)).toBe(true)
    const moved = await at(storage, away, { moves: true })
    expect((await moved.namespaces()).map(({ name }) => name)).toEqual(["the author's", "the owner's"])
  })
})
