import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DocstoreError, errorCode } from '../../errors.ts'
import { canonicalJson } from '../../model/content.ts'
import type { WritePolicy } from '../../model/namespace/namespace.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import { seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { CollectionChange, WriteResult } from '../types.ts'

const network = createNetwork('rules')
const START = Date.UTC(2026, 5, 1)

let now = START
let storage: Storage
let owner: LocalReplica
let other: LocalReplica
beforeEach(async () => {
  now = START
  storage = openNodeStorage(':memory:')
  owner = await open(storage)
  other = await open(openNodeStorage(':memory:'))
})
afterEach(async () => {
  await Promise.all([owner.close(), other.close()])
})

function open(data: Storage): Promise<LocalReplica> {
  return openReplica(data, { network: network.bytes, now: () => now, aside: false })
}

async function create(settings: CollectionChange, write: WritePolicy = 'anyone'): Promise<string> {
  return (await owner.createNamespace({ name: 'shop', write, collections: { orders: settings } })).id
}

const schema = (input: object): string => canonicalJson(input)

async function sendHead(ns: string, from: LocalReplica, to: LocalReplica): Promise<unknown> {
  const { genesis, head, signature } = (await from.exportNamespace(ns)) ?? {}
  if (genesis === undefined || head === undefined || signature === undefined) throw new Error('no namespace')
  return to.importNamespace(genesis, head, signature)
}

async function send(ns: string, from: LocalReplica, to: LocalReplica, since = 0): Promise<readonly string[]> {
  const { batch } = await from.batchSince(ns, since, { maxBytes: 1_000_000 })
  const accepted = batch === undefined ? { results: [] } : await to.accept(ns, batch)
  return 'refused' in accepted ? [accepted.refused] : accepted.results
}

async function put(
  replica: LocalReplica,
  ns: string,
  document: { readonly _id: string; readonly [name: string]: unknown },
): Promise<WriteResult | undefined> {
  return (await replica.write(ns, 'orders', [{ id: document._id, content: canonicalJson(document) }]))[0]
}

async function set(replica: LocalReplica, ns: string, id: string, changes: object): Promise<void> {
  await replica.update(ns, 'orders', { id, changes: { $set: changes } })
}

async function documentsIn(replica: LocalReplica, ns: string): Promise<readonly string[]> {
  return (await replica.find(ns, 'orders', { limit: 1000 })).contents
}

async function failure(work: Promise<unknown>): Promise<{ code: string; details: unknown }> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  return { code: errorCode(error), details: error instanceof DocstoreError ? error.details : undefined }
}

describe('a local write', () => {
  it('is refused with the rule that it breaks and where, and nothing is written', async () => {
    const ns = await create({ schema: schema({ properties: { total: { type: 'number' } }, required: ['total'] }), maxBytes: 60 })
    expect(await failure(put(owner, ns, { _id: 'a', total: 'x' }))).toEqual({
      code: 'against-rules',
      details: { collection: 'orders', _id: 'a', rule: 'type', path: ['total'] },
    })
    expect(await failure(put(owner, ns, { _id: 'a', total: 1, text: 'x'.repeat(60) }))).toMatchObject({ details: { rule: 'maxBytes', path: [] } })
    const both = ['{"_id":"a","total":1}', '{"_id":"b"}'].map((content, i) => ({ id: 'ab'[i] ?? '', content }))
    expect((await failure(owner.write(ns, 'orders', both))).code).toBe('against-rules')
    expect(await documentsIn(owner, ns)).toEqual([])
    await put(owner, ns, { _id: 'a', total: 1 })
    expect(await failure(set(owner, ns, 'a', { total: '1' }))).toMatchObject({ code: 'against-rules', details: { rule: 'type', path: ['total'] } })
    expect((await failure(set(owner, ns, 'a', { text: 'x'.repeat(40) }))).code).toBe('against-rules')
    expect((await failure(owner.update(ns, 'orders', { id: 'a', changes: { $unset: { total: 1 } } }))).code).toBe('against-rules')
    await set(owner, ns, 'a', { total: 2 })
    expect(await documentsIn(owner, ns)).toEqual(['{"_id":"a","total":2}'])
    await owner.write(ns, 'other', [{ id: 'a', content: '{"_id":"a"}' }])
  })

  it('of a document that keeps its rules only as a whole is judged as a whole', async () => {
    const ns = await create({
      schema: schema({ anyOf: [{ required: ['parcel'] }, { properties: { state: { enum: ['open', 'paid'] } } }] }),
    })
    await put(owner, ns, { _id: 'a', parcel: 1 })
    await set(owner, ns, 'a', { state: 'sent' })
    expect(await failure(owner.update(ns, 'orders', { id: 'a', changes: { $unset: { parcel: 1 } } }))).toMatchObject({ code: 'against-rules' })
  })

  it('gets its id from immutable fields, and cannot change them', async () => {
    const ns = await create({ immutable: ['number'] })
    const [made] = await owner.write(ns, 'orders', [{ id: 'made-up', content: '{"_id":"made-up","number":1,"total":5}', isNew: true }])
    const id = made?.id ?? ''
    expect(id).toMatch(/^baguqeera/)
    expect(await owner.get(ns, 'orders', id)).toBe(`{"_id":"${id}","number":1,"total":5}`)
    await put(owner, ns, { _id: id, number: 1, total: 6 })
    await set(owner, ns, id, { total: 7 })
    const { code, details } = await failure(put(owner, ns, { _id: id, number: 2 }))
    expect(code).toBe('immutable-field')
    expect(details).toMatchObject({ fields: ['number'], derived: expect.stringMatching(/^baguqeera/) })
    expect((await failure(put(owner, ns, { _id: 'mine', number: 1 }))).code).toBe('immutable-field')
    expect((await failure(set(owner, ns, id, { number: 2 }))).code).toBe('immutable-field')
    expect((await failure(owner.update(ns, 'orders', { id, changes: { $unset: { number: 1 } } }))).code).toBe('immutable-field')
    expect(await documentsIn(owner, ns)).toEqual([`{"_id":"${id}","number":1,"total":7}`])
    expect((await owner.write(ns, 'orders', [{ id, content: null }]))[0]?.status).toBe('written')
  })

  it('has the author before such an id, where each has documents of their own', async () => {
    const ns = await create({ immutable: ['number'] }, 'author')
    const name = (await owner.info()).identity.slice('did:key:'.length)
    const [made] = await owner.write(ns, 'orders', [{ id: `${name}/x`, content: `{"_id":"${name}/x","number":1}`, isNew: true }])
    expect(made?.id).toMatch(new RegExp(`^${name}/baguqeera`))
    await sendHead(ns, owner, other)
    expect(await send(ns, owner, other)).toEqual(['stored'])
  })

  it('does not take a value that another document has, where it is unique', async () => {
    const ns = await create({ unique: ['email', 'address.phone'] }, 'owner')
    await put(owner, ns, { _id: 'a', email: 'a@x', address: { phone: 1 } })
    await put(owner, ns, { _id: 'b', email: 'b@x', address: {} })
    await put(owner, ns, { _id: 'c', email: null })
    await put(owner, ns, { _id: 'd' })
    expect(await failure(put(owner, ns, { _id: 'e', email: 'a@x' }))).toEqual({
      code: 'not-unique',
      details: { collection: 'orders', _id: 'e', path: 'email', holder: 'a' },
    })
    expect((await failure(set(owner, ns, 'b', { 'address.phone': 1 }))).code).toBe('not-unique')
    expect((await failure(set(owner, ns, 'b', { email: ['a@x'] }))).code).toBe('against-rules')
    // Of writes at a time one has it.
    const results = await Promise.all([put(owner, ns, { _id: 'f', email: 'f@x' }), failure(put(owner, ns, { _id: 'g', email: 'f@x' }))])
    expect(results[1]).toMatchObject({ code: 'not-unique' })
    const swapped = [
      { id: 'a', content: '{"_id":"a","email":"b@x"}' },
      { id: 'b', content: '{"_id":"b","email":"a@x"}' },
    ]
    await owner.write(ns, 'orders', swapped)
    const twice = [
      { id: 'h', content: '{"_id":"h","email":"h@x"}' },
      { id: 'i', content: '{"_id":"i","email":"h@x"}' },
    ]
    expect((await failure(owner.write(ns, 'orders', twice))).code).toBe('not-unique')
    await put(owner, ns, { _id: 'a', email: 'free@x' })
    await owner.write(ns, 'orders', [{ id: 'b', content: null }])
    await put(owner, ns, { _id: 'j', email: 'b@x' })
    await put(owner, ns, { _id: 'k', email: 'a@x' })
  })
})

describe('what arrives', () => {
  const total = { schema: schema({ properties: { total: { type: 'number' } }, required: ['total'] }), immutable: null }

  it('is refused where it breaks a rule by itself, edits included, whoever wrote it', async () => {
    const ns = (await owner.createNamespace({ name: 'shop', write: 'anyone' })).id
    await sendHead(ns, owner, other)
    await put(other, ns, { _id: 'a', total: 1 })
    await put(other, ns, { _id: 'b', total: 'x' })
    await set(other, ns, 'a', { total: 'y' })
    await set(other, ns, 'a', { note: 'z' })
    await other.write(ns, 'orders', [{ id: 'c', content: null }])
    await owner.changeHead(ns, { collections: { orders: total } })
    expect([...(await send(ns, other, owner))].sort()).toEqual(['against-rules', 'against-rules', 'stored', 'stored'])
    expect(await documentsIn(owner, ns)).toEqual(['{"_id":"a","note":"z","total":1}'])
  })

  it('is judged again when another head comes; its author finds it in what was refused', async () => {
    const ns = (await owner.createNamespace({ name: 'shop', write: 'anyone' })).id
    await sendHead(ns, owner, other)
    await put(other, ns, { _id: 'a', total: 1 })
    await set(other, ns, 'a', { total: 'y' })
    await put(other, ns, { _id: 'b', total: 'x' })
    await owner.changeHead(ns, { collections: { orders: total } })
    const refused: (readonly string[])[] = []
    other.onCommit(({ pending }) => pending && refused.push(pending.refused))
    await sendHead(ns, owner, other)
    expect(await documentsIn(other, ns)).toEqual(['{"_id":"a","total":1}'])
    expect(refused).toEqual([['against-rules', 'against-rules']])
    expect((await other.pending(ns)).map(({ refused: reason, ...change }) => [reason, 'content' in change ? change.content : ''])).toEqual([
      ['against-rules', '{"_id":"a","total":"y"}'],
      ['against-rules', '{"_id":"b","total":"x"}'],
    ])
    expect(await other.checkSummaries()).toEqual([])
  })

  it('and had lost is kept for its author as what it said, not as what won over it', async () => {
    const ns = (await owner.createNamespace({ name: 'shop', write: 'anyone' })).id
    await sendHead(ns, owner, other)
    await put(other, ns, { _id: 'a', total: 'mine' })
    await put(owner, ns, { _id: 'a', total: 1 })
    await send(ns, owner, other)
    expect((await other.conflicts(ns, 'orders', { limit: 10 })).conflicts).toHaveLength(1)
    await owner.changeHead(ns, { collections: { orders: total } })
    await sendHead(ns, owner, other)
    expect(await documentsIn(other, ns)).toEqual(['{"_id":"a","total":1}'])
    expect(await other.pending(ns)).toMatchObject([{ id: 'a', content: '{"_id":"a","total":"mine"}', refused: 'against-rules' }])
  })

  it('was judged when the process ends in the middle: the next one does the rest', async () => {
    const ns = (await owner.createNamespace({ name: 'shop', write: 'anyone' })).id
    for (let i = 0; i < 300; i++) await put(owner, ns, { _id: `${i}`, total: i % 2 === 0 ? i : 'x' })
    const removeLater = storage.removeLater.bind(storage)
    let calls = 0
    storage.removeLater = (...given) => {
      if (++calls > 1) throw new DocstoreError('storage-failed', 'The process ends here')
      return removeLater(...given)
    }
    expect((await failure(owner.changeHead(ns, { collections: { orders: total }, force: true }))).code).toBe('storage-failed')
    storage.removeLater = removeLater
    owner = await open(storage)
    expect(await documentsIn(owner, ns)).toHaveLength(150)
  })

  it('is judged by the rules that are there, also where there were others and none in between', async () => {
    const ns = (await owner.createNamespace({ name: 'shop', write: 'anyone' })).id
    const heads = []
    for (const collections of [{ orders: total }, { orders: null }, { orders: total }]) {
      await owner.changeHead(ns, { collections })
      heads.push(await owner.exportNamespace(ns))
    }
    for (const [i, one] of heads.entries()) {
      if (one !== undefined) await other.importNamespace(one.genesis, one.head, one.signature)
      if (i === 1) await put(other, ns, { _id: 'a', total: 'x' })
    }
    expect(await documentsIn(other, ns)).toEqual([])
  })

  it('and breaks a rule together with another edit stays, for everybody, and can be mended', async () => {
    const ns = await create({ schema: schema({ anyOf: [{ required: ['a'] }, { required: ['b'] }] }) })
    await put(owner, ns, { _id: 'x', a: 1, b: 1 })
    await sendHead(ns, owner, other)
    await send(ns, owner, other)
    now += 1000
    await owner.update(ns, 'orders', { id: 'x', changes: { $unset: { a: 1 } } })
    await other.update(ns, 'orders', { id: 'x', changes: { $unset: { b: 1 } } })
    await send(ns, owner, other)
    await send(ns, other, owner)
    for (const replica of [owner, other]) {
      expect(await documentsIn(replica, ns)).toEqual(['{"_id":"x"}'])
      expect(await replica.getVersion(ns, 'orders', 'x')).toMatchObject({ breaks: { rule: 'anyOf', path: [] } })
      for (const which of [{ limit: 10 }, { ids: ['x', 'other'], limit: 10 }])
        expect(await replica.broken(ns, 'orders', which)).toMatchObject({ documents: [{ id: 'x', breaks: { rule: 'anyOf', path: [] } }] })
      expect(await replica.broken(ns, 'orders', { ids: ['other'], limit: 10 })).toEqual({ documents: [] })
      expect(await replica.broken(ns, 'others', { limit: 10 })).toEqual({ documents: [] })
    }
    await set(owner, ns, 'x', { c: 1 })
    await set(owner, ns, 'x', { a: 2 })
    expect(await owner.getVersion(ns, 'orders', 'x')).not.toHaveProperty('breaks')
    expect(await owner.broken(ns, 'orders', { limit: 10 })).toEqual({ documents: [] })
    expect((await failure(owner.update(ns, 'orders', { id: 'x', changes: { $unset: { a: 1 } } }))).code).toBe('against-rules')
  })
})

describe('rules', () => {
  it('that cannot be judged by are refused, by their owner and by others', async () => {
    const ns = await create({ maxBytes: 100 })
    const bad = { orders: { schema: schema({ properties: { at: { format: 'date' } } }) } }
    expect(await failure(owner.changeHead(ns, { collections: bad }))).toMatchObject({
      code: 'bad-rules',
      details: { collection: 'orders', pointer: '/properties/at/format' },
    })
    expect((await failure(owner.createNamespace({ name: 'shop', write: 'anyone', collections: bad }))).code).toBe('bad-rules')
    expect((await failure(create({ unique: ['a'] }, 'anyone'))).code).toBe('bad-rules')
  })

  it('that documents break are refused where these would be lost, unless that is wanted', async () => {
    const ns = await create({ maxBytes: 100 })
    await put(owner, ns, { _id: 'a', total: 'x' })
    await put(owner, ns, { _id: 'b', total: 1 })
    const change = { collections: { orders: { schema: schema({ properties: { total: { type: 'number' } } }) } } }
    expect(await failure(owner.changeHead(ns, change))).toMatchObject({
      code: 'documents-against-rules',
      details: { documents: 1, examples: [{ collection: 'orders', _id: 'a', rule: 'type', path: ['total'] }] },
    })
    expect(await documentsIn(owner, ns)).toHaveLength(2)
    await owner.changeHead(ns, { ...change, force: true })
    expect(await documentsIn(owner, ns)).toEqual(['{"_id":"b","total":1}'])
  })

  it('that only versions break which lost to others are refused as what they are: no documents', async () => {
    const ns = await create({ maxBytes: 100 })
    await put(owner, ns, { _id: 'a', total: 1 })
    await put(owner, ns, { _id: 'gone', total: 1 })
    await sendHead(ns, owner, other)
    await send(ns, owner, other)
    await put(other, ns, { _id: 'a', total: 'x' })
    now++
    await put(owner, ns, { _id: 'a', total: 2 })
    await owner.write(ns, 'orders', [{ id: 'gone', content: null }])
    now++
    // A change that the delete did not know of.
    await set(other, ns, 'gone', { total: 'y' })
    await send(ns, other, owner)
    const change = { collections: { orders: { schema: schema({ properties: { total: { type: 'number' } } }) } } }
    expect(await failure(owner.changeHead(ns, { ...change, isTrial: true }))).toMatchObject({
      code: 'documents-against-rules',
      details: {
        documents: 0,
        conflicts: 2,
        examples: [
          { _id: 'a', isConflict: true },
          { _id: 'gone', isConflict: true },
        ],
      },
    })
    await owner.write(ns, 'orders', [{ id: 'a', content: '{"_id":"a","total":2}', settles: true }])
    await owner.write(ns, 'orders', [{ id: 'gone', content: null }])
    await owner.changeHead(ns, { ...change, isTrial: true })
    expect(await owner.namespace(ns)).toMatchObject({ collections: { orders: { maxBytes: 100 } } })
    expect((await owner.namespace(ns))?.collections?.['orders']).not.toHaveProperty('schema')
    await owner.changeHead(ns, change)
    expect((await owner.namespace(ns))?.collections?.['orders']).toHaveProperty('schema')
  })

  it('judge what was written before they were here', async () => {
    const ns = await create({ immutable: ['number'], maxBytes: 100 })
    await put(other, ns, { _id: 'any', number: 1 })
    await put(other, ns, { _id: 'long', number: 2, text: 'x'.repeat(100) })
    await sendHead(ns, owner, other)
    expect(await documentsIn(other, ns)).toEqual([expect.stringMatching(/^{"_id":"baguqeera\w+","number":1}$/)])
    expect((await other.pending(ns)).map(({ refused }) => refused)).toEqual(['against-rules'])
  })

  it('make one set whatever order heads, puts, edits and deletes come in', async () => {
    for (let seed = 1; seed <= 8; seed++) await anyOrder(seed)
  })
})

/** Peers get the same heads and records in different orders, then meet. */
async function anyOrder(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const ns = (await owner.createNamespace({ name: 'shop', write: 'anyone' })).id
  await sendHead(ns, owner, other)
  type Parcel = { readonly head: NonNullable<Awaited<ReturnType<LocalReplica['exportNamespace']>>> } | { readonly batch: Uint8Array }
  const parcels: Parcel[] = []
  const noteHead = async (): Promise<void> => {
    const head = await owner.exportNamespace(ns)
    if (head !== undefined) parcels.push({ head })
  }
  const first = await owner.exportNamespace(ns)
  const number = { schema: schema({ properties: { v: { type: 'number' } } }) }
  const text = { schema: schema({ properties: { v: { type: 'string' } }, additionalProperties: { maximum: 20 } }), maxBytes: 40 }
  // Who writes knows no rules, so that everything there can be is written.
  const writer = await open(openNodeStorage(':memory:'))
  await sendHead(ns, owner, writer)
  for (let step = 0; step < 20; step++) {
    now += 10
    const id = random.pick(['a', 'b', 'c'])
    const value = random.pick<unknown>([1, 2, 'x', 'y'.repeat(random.below(40))])
    const since = await writer.lastSeq(ns)
    const kind = random.below(6)
    if (kind === 0) await writer.write(ns, 'orders', [{ id, content: null }])
    else if (kind < 3 || (await writer.get(ns, 'orders', id)) === undefined) await put(writer, ns, { _id: id, v: value, n: step })
    else await set(writer, ns, id, { [random.pick(['v', 'n', 'm'])]: value })
    const { batch } = await writer.batchSince(ns, since, { maxBytes: 1_000_000 })
    if (batch !== undefined) parcels.push({ batch })
    if (random.chance(0.15)) {
      await owner.changeHead(ns, { collections: { orders: random.pick([number, text, null]) }, force: true })
      await noteHead()
    }
  }
  const last = await owner.exportNamespace(ns)
  const peers = [writer]
  for (let i = 0; i < 3; i++) {
    const peer = await open(openNodeStorage(':memory:'))
    peers.push(peer)
    const begin = i === 0 ? last : first
    if (begin !== undefined) await peer.importNamespace(begin.genesis, begin.head, begin.signature)
    const shuffled = parcels.map((parcel) => ({ parcel, key: random.next() })).sort((a, b) => a.key - b.key)
    for (const { parcel } of shuffled) {
      if ('batch' in parcel) await peer.accept(ns, parcel.batch)
      else await peer.importNamespace(parcel.head.genesis, parcel.head.head, parcel.head.signature)
    }
  }
  for (const peer of peers) await sendHead(ns, owner, peer)
  for (let round = 0; round < 2; round++) for (const from of peers) for (const to of peers) if (from !== to) await send(ns, from, to)
  const [expected, ...found] = await Promise.all(
    peers.map(async (peer) => ({ root: (await peer.summary(ns)).root, documents: await documentsIn(peer, ns) })),
  )
  for (const one of found) expect(one, `seed ${seed}`).toEqual(expected)
  for (const peer of peers) expect(await peer.checkSummaries()).toEqual([])
  await Promise.all(peers.map((peer) => peer.close()))
}
