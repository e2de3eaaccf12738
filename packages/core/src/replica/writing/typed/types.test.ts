import { beforeEach, describe, expect, it } from 'vitest'
import { errorCode } from '../../../errors.ts'
import type { CollectionType } from '../../../model/types/collection-type.ts'
import { MAX_MAP_EDITS } from '../../../model/limits.ts'
import { logId } from '../../../model/types/log-id.ts'
import { authorOfDid, identityFromSeed } from '../../../model/keys/identity.ts'
import { decodeGenesis, decodeHead, signHead } from '../../../model/namespace/namespace.ts'
import { createNetwork } from '../../../model/network/network.ts'
import { canonicalJson } from '../../../model/content.ts'
import { openNodeStorage } from '../../../storage/open-node.ts'
import type { LocalReplica } from '../../local-replica.ts'
import { openReplica } from '../../open-replica.ts'
import type { WriteResult } from '../../types.ts'

const network = createNetwork('types', { nonce: new Uint8Array(16) })
let now = 1_800_000_000_000
let adaStorage: ReturnType<typeof openNodeStorage>
let ada: LocalReplica
let bob: LocalReplica
let ns: string

const open = (storage = openNodeStorage(':memory:')): Promise<LocalReplica> =>
  openReplica(storage, { network: network.bytes, now: () => now, aside: false })

async function create(types: Record<string, CollectionType>, write: 'anyone' | 'author' | 'owner' = 'anyone'): Promise<string> {
  const { id } = await ada.createNamespace({ name: 'n', write, collections: ofTypes(types) })
  await copyHead(id)
  return id
}

const ofTypes = (types: Record<string, CollectionType>) =>
  Object.fromEntries(Object.entries(types).map(([collection, type]) => [collection, { type }]))

async function copyHead(id: string, from: LocalReplica = ada, to: LocalReplica = bob): Promise<void> {
  const stored = await from.exportNamespace(id)
  if (stored === undefined) throw new Error('no namespace')
  const imported = await to.importNamespace(stored.genesis, stored.head, stored.signature)
  if ('refused' in imported) throw new Error(imported.refused)
}

async function send(from: LocalReplica, to: LocalReplica): Promise<readonly string[]> {
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 10_000_000 })
  if (batch === undefined) return []
  const accepted = await to.accept(ns, batch)
  if ('refused' in accepted) throw new Error(accepted.refused)
  return accepted.results
}

/** Both ways; then both have the same set. */
async function meet(): Promise<void> {
  await send(ada, bob)
  await send(bob, ada)
  expect((await bob.summary(ns)).root).toBe((await ada.summary(ns)).root)
}

const put = async (
  replica: LocalReplica,
  collection: string,
  document: { _id: string; [field: string]: unknown },
  more = {},
): Promise<WriteResult> => {
  const [result] = await replica.write(ns, collection, [{ id: document._id, content: canonicalJson(document), ...more }])
  if (result === undefined) throw new Error('no result')
  return result
}
const get = async (replica: LocalReplica, collection: string, id: string): Promise<unknown> => {
  const content = await replica.get(ns, collection, id)
  return content === undefined ? undefined : JSON.parse(content)
}
const erase = async (replica: LocalReplica, collection: string, id: string): Promise<string> =>
  replica.write(ns, collection, [{ id, content: null }]).then(([result]) => result?.status ?? '', errorCode)

async function append(replica: LocalReplica, collection: string, fields: Record<string, unknown>): Promise<string> {
  const by = authorOfDid((await replica.info()).identity) ?? new Uint8Array()
  const _id = logId(await replica.entryTime(ns, collection, 1), by, '00000000')
  await put(replica, collection, { _id, ...fields })
  return _id
}

beforeEach(async () => {
  now = 1_800_000_000_000
  adaStorage = openNodeStorage(':memory:')
  ada = await open(adaStorage)
  bob = await open()
})

describe('a map', () => {
  beforeEach(async () => {
    ns = await create({ people: 'map' })
  })

  it('loses no field of two who make the same document, nor an entry of an object in it', async () => {
    await put(ada, 'people', { _id: 'x', name: 'Ada', follows: { carol: 1 } })
    await put(bob, 'people', { _id: 'x', city: 'Oslo', follows: { dave: 1 } })
    await meet()
    for (const one of [ada, bob])
      expect(await get(one, 'people', 'x')).toEqual({ _id: 'x', name: 'Ada', city: 'Oslo', follows: { carol: 1, dave: 1 } })
  })

  it('writes of a put what it changes, and takes away what it leaves out', async () => {
    await put(ada, 'people', { _id: 'x', name: 'Ada', city: 'Oslo', n: 1 })
    await meet()
    now += 1000
    await put(bob, 'people', { _id: 'x', name: 'Ada', city: 'Lyon', n: 1 })
    now += 1000
    await put(ada, 'people', { _id: 'x', name: 'Ada', city: 'Oslo' })
    await meet()
    for (const one of [ada, bob]) expect(await get(one, 'people', 'x')).toEqual({ _id: 'x', name: 'Ada', city: 'Lyon' })
  })

  it('leaves alone what came since a document was read, where the put says what was read', async () => {
    const read = { _id: 'x', name: 'Ada', city: 'Oslo' }
    await put(ada, 'people', read)
    await meet()
    await bob.update(ns, 'people', { id: 'x', changes: { $set: { city: 'Lyon', more: 1 } } })
    await meet()
    expect(await put(ada, 'people', { ...read, name: 'Ada L.' }, { was: canonicalJson(read) })).toMatchObject({ status: 'written' })
    expect(await get(ada, 'people', 'x')).toEqual({ _id: 'x', name: 'Ada L.', city: 'Lyon', more: 1 })
    expect(await put(ada, 'people', { _id: 'x', most: 1 }, { was: null })).toMatchObject({ status: 'written' })
    expect(await get(ada, 'people', 'x')).toEqual({ _id: 'x', name: 'Ada L.', city: 'Lyon', more: 1, most: 1 })
    expect(await put(ada, 'people', { _id: 'y', most: 1 }, { was: null })).toMatchObject({ status: 'written' })
    expect(await erase(ada, 'people', 'x')).toBe('written')
    expect(await put(ada, 'people', { ...read, name: 'A' }, { was: canonicalJson(read) }).catch(errorCode)).toBe('not-found')
    expect(await put(ada, 'docs', read, { was: canonicalJson(read) }).catch(errorCode)).toBe('bad-option')
  })

  it('begins anew after what was deleted, and a field that a delete did not know of brings nothing back', async () => {
    await put(ada, 'people', { _id: 'x', a: 1 })
    await meet()
    now += 1000
    await erase(ada, 'people', 'x')
    now += 1000
    await put(bob, 'people', { _id: 'x', a: 1, b: 1 })
    await meet()
    expect([await get(ada, 'people', 'x'), await get(bob, 'people', 'x')]).toEqual([undefined, undefined])
    await put(bob, 'people', { _id: 'x', c: 1 })
    await meet()
    for (const one of [ada, bob]) expect(await get(one, 'people', 'x')).toEqual({ _id: 'x', c: 1 })
  })

  it('says what an equal put did, and keeps documents without fields', async () => {
    expect(await put(ada, 'people', { _id: 'x' })).toMatchObject({ status: 'written' })
    expect(await put(ada, 'people', { _id: 'x' })).toMatchObject({ status: 'unchanged' })
    expect(await put(ada, 'people', { _id: 'x', a: {} })).toMatchObject({ status: 'written' })
    expect(await get(ada, 'people', 'x')).toEqual({ _id: 'x', a: {} })
    const all = await ada.write(ns, 'people', [
      { id: 'x', content: '{"_id":"x","a":1}' },
      { id: 'y', content: '{"_id":"y","a":1}' },
      { id: 'x', content: '{"_id":"x","b":1}' },
      { id: 'z', content: null },
    ])
    expect(all.map(({ status }) => status)).toEqual(['written', 'written', 'written', 'unchanged'])
    expect(await get(ada, 'people', 'x')).toEqual({ _id: 'x', b: 1 })
  })

  it('is full where fields of others could get lost: nothing is written then, and what is old makes room', async () => {
    const fields = (from: number, to: number): Record<string, number> =>
      Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`f${from + i}`, 1]))
    expect(await put(ada, 'people', { _id: 'x', ...fields(0, MAX_MAP_EDITS + 1) }).catch(errorCode)).toBe('map-full')
    await put(ada, 'people', { _id: 'x', ...fields(0, MAX_MAP_EDITS) })
    await put(bob, 'people', { _id: 'x', ...fields(MAX_MAP_EDITS, 2 * MAX_MAP_EDITS) })
    await meet()
    expect(Object.keys((await get(bob, 'people', 'x')) as object)).toHaveLength(2 * MAX_MAP_EDITS + 1)
    const one = { id: 'x', changes: { $set: { another: 1 } } }
    expect(await ada.update(ns, 'people', one).catch(errorCode)).toBe('map-full')
    now += 180 * 24 * 60 * 60_000 + 1
    await ada.update(ns, 'people', one)
    await meet()
    expect((await bob.summary(ns)).count).toBe(2)
    expect(Object.keys((await get(bob, 'people', 'x')) as object)).toHaveLength(2 * MAX_MAP_EDITS + 2)
  })

  it('refuses what no field can be', async () => {
    expect(await put(ada, 'people', { _id: 'x', ['a'.repeat(200)]: 1 }).catch(errorCode)).toBe('bad-document')
    expect(await put(ada, 'people', { _id: 'x', a: 'y'.repeat(40_000) }).catch(errorCode)).toBe('document-too-large')
    expect(await ada.update(ns, 'people', { id: 'x', changes: { $set: { a: 1 } } }).catch(errorCode)).toBe('not-found')
    expect(await get(ada, 'people', 'x')).toBeUndefined()
  })
})

describe.each(['anyone', 'author', 'owner'] as const)('a log where %s writes', (write) => {
  beforeEach(async () => {
    ns = await create({ chat: 'log' }, write)
  })

  it('is read in the order of its entries, whatever the clocks of two authors are', async () => {
    await append(ada, 'chat', { text: 'one' })
    await meet()
    now -= 60_000
    await append(write === 'owner' ? ada : bob, 'chat', { text: 'two' })
    await meet()
    now -= 60_000
    await append(ada, 'chat', { text: 'three' })
    await meet()
    const { contents } = await bob.find(ns, 'chat', { limit: 10 })
    expect(contents.map((content) => (JSON.parse(content) as { text: string }).text)).toEqual(['one', 'two', 'three'])
  })

  it('keeps entries as they are: they are written once, by their author, and deleted by nobody else', async () => {
    const id = await append(ada, 'chat', { text: 'one' })
    await meet()
    expect(await put(ada, 'chat', { _id: id, text: 'two' }).catch(errorCode)).toBe('conflict')
    expect(await put(ada, 'chat', { _id: id, text: 'one' })).toMatchObject({ status: 'unchanged' })
    expect(await put(ada, 'chat', { _id: 'mine', text: 'two' }).catch(errorCode)).toBe(write === 'author' ? 'wrong-type' : 'wrong-type')
    expect(await ada.update(ns, 'chat', { id, changes: { $set: { text: 'two' } } }).catch(errorCode)).toBe('wrong-type')
    expect(await erase(bob, 'chat', id)).toBe('not-allowed')
    expect(await erase(ada, 'chat', id)).toBe('written')
    await meet()
    expect(await get(bob, 'chat', id)).toBeUndefined()
    expect(await put(ada, 'chat', { _id: id, text: 'one' }).catch(errorCode)).toBe('conflict')
  })
})

describe('the type of a collection', () => {
  it('is shown, and stays', async () => {
    ns = await create({ a: 'map', b: 'log', c: 'crdt', d: 'lww' })
    expect((await bob.namespace(ns))?.collections).toEqual({ a: { type: 'map' }, b: { type: 'log' }, c: { type: 'crdt' } })
    for (const change of [{ a: { type: 'log' as const } }, { e: { type: 'log' as const } }, { a: { type: null } }])
      expect(await ada.changeHead(ns, { collections: change }).catch(errorCode)).toBe('bad-type')
    await ada.changeHead(ns, { collections: { a: null, d: { maxBytes: 5 } } })
    expect((await ada.namespace(ns))?.collections).toMatchObject({ a: { type: 'map' } })
  })

  it('is one that there is', async () => {
    expect(await ada.createNamespace({ name: 'n', write: 'owner', collections: ofTypes({ a: 'list' as never }) }).catch(errorCode)).toBe('bad-type')
    expect(await ada.createNamespace({ name: 'n', write: 'owner', collections: ofTypes({ 'no name': 'log' }) }).catch(errorCode)).toBe(
      'bad-collection',
    )
  })
})

describe('rules and types', () => {
  it('go together where documents of the type can keep them, for puts and updates of a map too', async () => {
    const schema = canonicalJson({ properties: { age: { type: 'number' } } })
    ns = (await ada.createNamespace({ name: 'n', write: 'anyone', collections: { people: { type: 'map', schema } } })).id
    await copyHead(ns)
    await put(ada, 'people', { _id: 'x', age: 1 })
    expect(await put(ada, 'people', { _id: 'x', age: 'old' }).catch(errorCode)).toBe('against-rules')
    expect(await ada.update(ns, 'people', { id: 'x', changes: { $set: { age: 'old' } } }).catch(errorCode)).toBe('against-rules')
    await meet()
    expect(await get(bob, 'people', 'x')).toEqual({ _id: 'x', age: 1 })
    expect((await ada.conflicts(ns, 'people', { limit: 10 })).conflicts).toEqual([])
    const required = canonicalJson({ required: ['age'] })
    for (const one of [
      { type: 'map', schema: required },
      { type: 'map', immutable: ['age'] },
      { type: 'crdt', schema },
      { type: 'log', immutable: ['age'] },
    ] as const)
      expect(await ada.createNamespace({ name: 'n', write: 'anyone', collections: { people: one } }).catch(errorCode), one.type).toBe('bad-rules')
  })

  it('are judged again where a head has other types, whatever came first', async () => {
    ns = (await ada.createNamespace({ name: 'n', write: 'anyone', collections: { chat: { type: 'log' } } })).id
    await copyHead(ns)
    await append(ada, 'chat', { text: 'one' })
    await put(ada, 'docs', { _id: 'x' })
    await meet()
    // No program of ours makes such a head.
    const stored = await ada.exportNamespace(ns)
    const genesis = stored && decodeGenesis(stored.genesis, network.cid)
    const head = stored && genesis?.ok === true ? await decodeHead(stored.head, stored.signature, genesis.value) : undefined
    const owner = identityFromSeed((await adaStorage.getMeta('identity')) ?? new Uint8Array())
    if (head?.ok !== true || stored === undefined) throw new Error('no head')
    const collections = { docs: { type: 'log' } } as const
    const other = signHead(
      { ...head.value.head, seq: 1, prev: head.value.hash, at: head.value.head.at + 1, body: { title: 'n', collections } },
      owner,
    )
    expect(await bob.importNamespace(stored.genesis, other.bytes, other.signature)).toEqual({ id: ns })
    expect([await bob.count(ns, 'chat', {}), await bob.count(ns, 'docs', {})]).toEqual([0, 0])
    const carol = await open()
    await copyHead(ns, bob, carol)
    expect(await send(ada, carol)).toEqual(['not-allowed', 'not-allowed'])
    await ada.importNamespace(stored.genesis, other.bytes, other.signature)
    await meet()
    await carol.close()
  })
})

describe('what was written before its namespace was here', () => {
  it('is written by field in a map, and as an entry in a log; in shared documents it is refused', async () => {
    const { id } = await ada.createNamespace({ name: 'n', write: 'anyone', collections: ofTypes({ a: 'map', b: 'log', c: 'crdt' }) })
    ns = id
    for (const collection of ['a', 'b', 'c']) expect(await put(bob, collection, { _id: 'x', n: 1 })).toMatchObject({ status: 'pending' })
    now += 1000
    await put(ada, 'a', { _id: 'x', m: 1 })
    await copyHead(id)
    expect(await bob.pending(ns)).toMatchObject([{ collection: 'c', refused: 'wrong-type' }])
    await meet()
    for (const one of [ada, bob]) {
      expect(await get(one, 'a', 'x')).toEqual({ _id: 'x', n: 1, m: 1 })
      expect((await one.find(ns, 'b', { limit: 10 })).contents).toEqual([
        expect.stringMatching(/^\{"_id":"[0-9A-Z]{11}-[0-9A-Z]{8}-z6Mk\w+","n":1\}$/),
      ])
    }
  })
})
