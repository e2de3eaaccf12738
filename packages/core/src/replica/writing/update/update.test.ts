import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { canonicalJson } from '../../../model/content.ts'
import { cidOfBytes, DAG_JSON } from '../../../model/encoding/cid.ts'
import { MAX_EDITS } from '../../../model/limits.ts'
import { createNetwork } from '../../../model/network/network.ts'
import { openNodeStorage } from '../../../storage/open-node.ts'
import { seededRandom } from '../../../testing/random.ts'
import type { LocalReplica } from '../../local-replica.ts'
import { openReplica } from '../../open-replica.ts'

const network = createNetwork('edits')
const START = 1_800_000_000_000
const DAY_MS = 24 * 60 * 60_000

let now = START
let peers: LocalReplica[]
let ns: string
const clock = (): number => now

async function open(): Promise<LocalReplica> {
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false, now: clock })
  peers.push(replica)
  return replica
}

async function copyNamespace(from: LocalReplica, to: LocalReplica, id = ns): Promise<void> {
  const namespace = await from.exportNamespace(id)
  if (namespace === undefined) throw new Error('no namespace')
  await to.importNamespace(namespace.genesis, namespace.head, namespace.signature)
}

let ada: LocalReplica
let bob: LocalReplica
beforeEach(async () => {
  now = START
  peers = []
  ada = await open()
  bob = await open()
  ns = (await ada.createNamespace({ name: 'orders', write: 'anyone' })).id
  await copyNamespace(ada, bob)
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
})

const put = (peer: LocalReplica, id: string, fields: object, expected?: string): ReturnType<LocalReplica['write']> =>
  peer.write(ns, 'docs', [{ id, content: canonicalJson({ ...fields, _id: id }), if: expected }])
const erase = (peer: LocalReplica, id: string): ReturnType<LocalReplica['write']> => peer.write(ns, 'docs', [{ id, content: null }])
const update = (peer: LocalReplica, id: string, changes: unknown, expected?: string): ReturnType<LocalReplica['update']> => {
  now++
  return peer.update(ns, 'docs', { id, changes, if: expected })
}
async function get(peer: LocalReplica, id: string): Promise<Record<string, unknown> | undefined> {
  const content = await peer.get(ns, 'docs', id)
  if (content === undefined) return undefined
  const { _id, ...fields } = JSON.parse(content) as Record<string, unknown>
  expect(_id).toBe(id)
  return fields
}
async function send(from: LocalReplica, to: LocalReplica): Promise<readonly string[]> {
  const results: string[] = []
  for (let since = 0; ; ) {
    const { batch, seq, more } = await from.batchSince(ns, since, { maxBytes: 100_000 })
    since = seq
    if (batch !== undefined) {
      const accepted = await to.accept(ns, batch)
      if ('refused' in accepted) throw new Error(accepted.refused)
      results.push(...accepted.results)
    }
    if (!more) return results
  }
}
async function exchange(a: LocalReplica, b: LocalReplica): Promise<void> {
  await send(a, b)
  await send(b, a)
  expect((await a.summary(ns)).root).toBe((await b.summary(ns)).root)
  expect((await a.summary(ns)).documents).toBe((await b.summary(ns)).documents)
  for (const peer of [a, b]) expect(await peer.checkSummaries()).toEqual([])
}

describe('an update', () => {
  it('changes the fields that it names and leaves the others, with a CID of the whole', async () => {
    await put(ada, 'a', { customer: { name: 'Ada', city: 'Oslo' }, n: 1, tags: ['x'], old: true })
    const result = await update(ada, 'a', {
      $set: { 'customer.city': 'Lyon', 'address.street.name': 'Rue' },
      $unset: { old: '' },
      $inc: { n: 2, m: 1 },
      $push: { tags: { $each: ['y', 'x'] } },
      $addToSet: { seen: 'now' },
    })
    const expected = {
      customer: { name: 'Ada', city: 'Lyon' },
      address: { street: { name: 'Rue' } },
      n: 3,
      m: 1,
      tags: ['x', 'y', 'x'],
      seen: ['now'],
    }
    expect(await get(ada, 'a')).toEqual(expected)
    const content = canonicalJson({ _id: 'a', ...expected })
    expect(result).toMatchObject({ status: 'written', cid: cidOfBytes(DAG_JSON, content).toString() })
    expect(await ada.getVersion(ns, 'docs', 'a')).toEqual({ content, cid: result.cid, at: result.at, by: (await ada.info()).identity })
    expect(await ada.content(result.cid)).toBe(content)
    await exchange(ada, bob)
    expect(await bob.getVersion(ns, 'docs', 'a')).toEqual(await ada.getVersion(ns, 'docs', 'a'))
  })

  it('names a field with a dot in its name as filters do', async () => {
    await put(ada, 'a', { 'a.b': 1, a: { b: 2 } })
    await update(ada, 'a', { $inc: { '"a.b"': 10, 'a.b': 100 } })
    expect(await get(ada, 'a')).toEqual({ 'a.b': 11, a: { b: 102 } })
  })

  it('that changes nothing writes nothing', async () => {
    await put(ada, 'a', { n: 1, tags: ['x'] })
    const before = await ada.summary(ns)
    const { status, cid } = await update(ada, 'a', { $set: { n: 1 }, $addToSet: { tags: 'x' }, $unset: { none: 1 } })
    expect([status, cid]).toEqual(['unchanged', (await ada.getVersion(ns, 'docs', 'a'))?.cid])
    expect(await ada.summary(ns)).toEqual(before)
  })

  it.each([
    ['bad-update', {}],
    ['bad-update', { done: true }],
    ['bad-update', { $rename: { a: 'b' } }],
    ['bad-update', { $set: { _id: 'b' } }],
    ['bad-update', { $set: { '_id.x': 'b' } }],
    ['bad-update', { $set: { 'a..b': 1 } }],
    ['bad-update', { $set: { 'list.$[].x': 1 } }],
    ['bad-update', { $set: { [`${'a.'.repeat(16)}a`]: 1 } }],
    ['bad-update', { $set: { ['x'.repeat(300)]: 1 } }],
    ['bad-update', { $set: { __proto__x: 1, 'a./.b': 1 } }],
    ['bad-update', { $set: { 'a.b': 1 }, $unset: { a: 1 } }],
    ['bad-update', { $set: { a: undefined } }],
    ['bad-update', { $set: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, i])) }],
    ['bad-update', { $inc: { n: '1' } }],
    ['bad-update', { $push: { list: { $each: [1], $slice: 3 } } }],
    ['bad-update', null],
    ['bad-document', { $set: { a: Number.NaN } }],
    ['cannot-update', { $inc: { text: 1 } }],
    ['cannot-update', { $push: { n: 1 } }],
    ['cannot-update', { $set: { 'list.0': 1 } }],
    ['cannot-update', { $set: { 'text.x': 1 } }],
    ['cannot-update', { $inc: { big: Number.MAX_VALUE } }],
    ['document-too-large', { $set: { a: 'x'.repeat(122_880) } }],
  ])('that cannot be is refused with %s and writes nothing: %j', async (code, changes) => {
    await put(ada, 'a', { n: 1, text: 'x', list: [1], big: Number.MAX_VALUE })
    const before = await ada.summary(ns)
    await expect(update(ada, 'a', changes)).rejects.toMatchObject({ code })
    expect(await ada.summary(ns)).toEqual(before)
  })

  it('of a document that is not here, or deleted, is refused', async () => {
    await expect(update(ada, 'a', { $set: { n: 1 } })).rejects.toMatchObject({ code: 'not-found' })
    await put(ada, 'a', {})
    await erase(ada, 'a')
    await expect(update(ada, 'a', { $set: { n: 1 } })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('of others at the same moment does not disturb one that fails', async () => {
    await put(ada, 'a', { n: 0 })
    const all = await Promise.allSettled([
      update(ada, 'a', { $inc: { n: 1 } }),
      update(ada, 'b', { $inc: { n: 1 } }),
      update(ada, 'a', { $inc: { n: 1 } }),
    ])
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await get(ada, 'a')).toEqual({ n: 2 })
  })

  it('counts, however many run at once', async () => {
    await put(ada, 'a', { n: 0 })
    await Promise.all(Array.from({ length: 500 }, () => update(ada, 'a', { $inc: { n: 1 } })))
    expect(await get(ada, 'a')).toEqual({ n: 500 })
    expect((await ada.summary(ns)).count).toBe(2)
    await exchange(ada, bob)
    expect(await get(bob, 'a')).toEqual({ n: 500 })
  })

  it('is found by queries, counted once, and told as one change', async () => {
    await ada.createIndex(ns, 'docs', ['tags'])
    await ada.createIndex(ns, 'docs', ['text'], { text: true })
    await put(ada, 'a', { state: 'new', tags: ['old'], text: 'first words' })
    const { feed } = await ada.openFeed(ns, { collection: 'docs', filter: {} })
    const since = await ada.lastSeq(ns)
    await update(ada, 'a', { $set: { state: 'paid', text: 'other words' }, $push: { tags: 'paid' } })
    for (const filter of [{ state: 'paid' }, { tags: 'paid' }, { $text: { $search: 'other' } }])
      expect((await ada.find(ns, 'docs', { filter, limit: 10 })).contents, JSON.stringify(filter)).toHaveLength(1)
    for (const filter of [{ state: 'new' }, { $text: { $search: 'first' } }]) expect(await ada.count(ns, 'docs', filter)).toBe(0)
    expect(await ada.count(ns, 'docs', {})).toBe(1)
    const document = canonicalJson({ _id: 'a', state: 'paid', tags: ['old', 'paid'], text: 'other words' })
    expect((await ada.changes(ns, since, 10)).map(({ content }) => content)).toEqual([document])
    expect((await ada.readFeed(feed ?? '', { collection: 'docs', filter: {} }, 10)).rows.map(({ content }) => content)).toEqual([document])
    expect((await ada.changes(ns, 0, 10)).map(({ content }) => content)).toEqual([document])
  })

  it('keeps what a reader is in the middle of', async () => {
    for (let i = 0; i < 20; i++) await put(ada, `d${10 + i}`, { n: i })
    const { contents, reading = '' } = await ada.openReading(ns, 'docs', { first: 5 })
    for (let i = 0; i < 20; i++) await update(ada, `d${10 + i}`, { $set: { n: -1 } })
    const rest = await ada.readOn(reading, 5, 100)
    expect([...contents, ...rest.contents].map((text) => (JSON.parse(text) as { n: number }).n)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })
})

describe('compare-and-set', () => {
  it('writes what nobody changed, and says what is there otherwise', async () => {
    await put(ada, 'a', { n: 1 })
    const { cid = '' } = (await ada.getVersion(ns, 'docs', 'a')) ?? {}
    const { cid: next } = await update(ada, 'a', { $inc: { n: 1 } }, cid)
    const conflict = { code: 'conflict', details: { _id: 'a', cid: next, document: { _id: 'a', n: 2 } } }
    const before = await ada.summary(ns)
    await expect(update(ada, 'a', { $inc: { n: 1 } }, cid)).rejects.toMatchObject(conflict)
    await expect(put(ada, 'a', { n: 5 }, cid)).rejects.toMatchObject(conflict)
    await expect(ada.write(ns, 'docs', [{ id: 'a', content: null, if: cid }])).rejects.toMatchObject(conflict)
    expect(await ada.summary(ns)).toEqual(before)
    await put(ada, 'a', { n: 9 }, next)
    expect(await get(ada, 'a')).toEqual({ n: 9 })
  })

  it('knows a version that nobody has seen, and one that was deleted, for what they are not', async () => {
    const unseen = cidOfBytes(DAG_JSON, '{}').toString()
    await expect(put(ada, 'a', { n: 1 }, unseen)).rejects.toMatchObject({ code: 'conflict', details: { _id: 'a' } })
    await expect(update(ada, 'a', { $set: { n: 1 } }, unseen)).rejects.toMatchObject({ code: 'conflict' })
    await expect(put(ada, 'a', { n: 1 }, 'no cid')).rejects.toMatchObject({ code: 'bad-option' })
    expect((await ada.summary(ns)).count).toBe(0)
  })

  it('lets one of many through', async () => {
    await put(ada, 'a', { n: 0 })
    const { cid = '' } = (await ada.getVersion(ns, 'docs', 'a')) ?? {}
    const all = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => update(ada, 'a', { $set: { winner: i } }, cid)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('concurrent updates', () => {
  it('of different fields both stay; of the same field the later does', async () => {
    await put(ada, 'a', { x: 0, y: 0 })
    await exchange(ada, bob)
    await update(ada, 'a', { $set: { x: 1 } })
    await update(bob, 'a', { $set: { y: 1, x: 5 } })
    await exchange(ada, bob)
    expect(await get(ada, 'a')).toEqual({ x: 5, y: 1 })
    expect(await get(bob, 'a')).toEqual({ x: 5, y: 1 })
  })

  it('through what became a list meanwhile change nothing in that, on both sides, and show again where it is an object again', async () => {
    await put(ada, 'a', { items: { first: { n: 1 } }, tags: ['x'] })
    await exchange(ada, bob)
    await update(ada, 'a', { $set: { 'items.first.n': 2 }, $push: { tags: 'ada' } })
    await update(bob, 'a', { $set: { items: [{ n: 5 }] }, $push: { tags: { $each: ['bob', 'b'] } } })
    await exchange(ada, bob)
    // Of the list the later one wins, and the other is told.
    for (const peer of [ada, bob]) {
      expect(await get(peer, 'a')).toEqual({ items: [{ n: 5 }], tags: ['x', 'bob', 'b'] })
      expect((await peer.conflicts(ns, 'docs', { limit: 10 })).conflicts).toMatchObject([{ field: 'tags', value: ['x', 'ada'] }])
      await expect(update(peer, 'a', { $set: { 'items.0.n': 6 } })).rejects.toMatchObject({ code: 'cannot-update' })
      await expect(update(peer, 'a', { $set: { 'items.first.n': 6 } })).rejects.toMatchObject({ code: 'cannot-update' })
    }
    // What comes later than the list passes through it, and is refused there; what came apart stays and is passed over.
    await update(bob, 'a', { $set: { items: {} } })
    await exchange(ada, bob)
    await update(ada, 'a', { $set: { 'items.second': 1 } })
    await update(bob, 'a', { $set: { tags: {} } })
    await exchange(ada, bob)
    for (const peer of [ada, bob]) expect(await get(peer, 'a')).toEqual({ items: { second: 1 }, tags: {} })
  })

  it('are in the order of their writer though his clock jumps in between, and others take them when it is right again', async () => {
    await put(ada, 'a', { n: 0 })
    await exchange(ada, bob)
    const version = await ada.getVersion(ns, 'docs', 'a')
    now += 400 * DAY_MS
    const ahead = await update(ada, 'a', { $inc: { n: 1 }, $set: { ahead: true } }, version?.cid)
    now -= 400 * DAY_MS
    await expect(update(ada, 'a', { $inc: { n: 1 } }, version?.cid)).rejects.toMatchObject({ code: 'conflict' })
    const later = await update(ada, 'a', { $inc: { n: 1 } }, ahead.cid)
    expect(later.at).toBeGreaterThan(ahead.at)
    expect(await get(ada, 'a')).toEqual({ n: 2, ahead: true })
    expect(await ada.future(ns)).toMatchObject({ records: 2, mendable: 2 })
    await update(bob, 'a', { $set: { bob: true } })
    expect((await ada.redate()).records).toBe(2)
    await exchange(ada, bob)
    for (const peer of [ada, bob]) expect(await get(peer, 'a')).toEqual({ n: 2, ahead: true, bob: true })
    // And set back by as much: the next one is later than all that is known all the same.
    now -= 400 * DAY_MS
    await update(bob, 'a', { $inc: { n: 1 } })
    now += 400 * DAY_MS
    await exchange(ada, bob)
    for (const peer of [ada, bob]) expect(await get(peer, 'a')).toEqual({ n: 3, ahead: true, bob: true })
  })

  it('stay when they arrive before what they change', async () => {
    const carol = await open()
    await copyNamespace(ada, carol)
    await put(ada, 'a', { x: 0 })
    await exchange(ada, bob)
    await update(bob, 'a', { $set: { y: 1 } })
    const edit = (await bob.batchSince(ns, (await bob.lastSeq(ns)) - 1, { maxBytes: 10_000 })).batch ?? new Uint8Array()
    expect(await carol.accept(ns, edit)).toMatchObject({ results: ['stored'] })
    expect(await get(carol, 'a')).toBeUndefined()
    expect(await carol.count(ns, 'docs', {})).toBe(0)
    await exchange(carol, ada)
    expect(await get(carol, 'a')).toEqual({ x: 0, y: 1 })
  })

  it('give way to a later put or delete, and are conflicts where that did not know of them; an earlier one leaves them', async () => {
    await put(ada, 'a', { x: 0 })
    await exchange(ada, bob)
    await update(ada, 'a', { $set: { y: 1 } })
    now++
    await put(bob, 'a', { z: 1 })
    await exchange(ada, bob)
    expect(await get(ada, 'a')).toEqual({ z: 1 })
    expect((await ada.summary(ns)).count).toBe(2)
    now++
    await put(ada, 'a', { w: 1 })
    await update(bob, 'a', { $set: { late: 1 } })
    await exchange(ada, bob)
    expect(await get(ada, 'a')).toEqual({ w: 1, late: 1 })
    now++
    await erase(ada, 'a')
    expect((await ada.summary(ns)).count).toBe(1)
    await exchange(ada, bob)
    expect(await get(bob, 'a')).toBeUndefined()
  })

  it('that a delete did not know of bring nothing back, and deleting again takes them away', async () => {
    await put(ada, 'a', { x: 0 })
    await exchange(ada, bob)
    await erase(ada, 'a')
    await update(bob, 'a', { $set: { y: 1 } })
    await exchange(ada, bob)
    expect(await get(bob, 'a')).toBeUndefined()
    expect(await bob.count(ns, 'docs', {})).toBe(0)
    expect((await bob.summary(ns)).count).toBe(2)
    now++
    expect(await erase(ada, 'a')).toMatchObject([{ status: 'written' }])
    await exchange(ada, bob)
    expect((await bob.summary(ns)).count).toBe(1)
  })

  it('of very many fields are folded into the document, and leave nothing out', async () => {
    await put(ada, 'a', {})
    for (let i = 0; i < 400; i++) await update(ada, 'a', { $set: { [`f${i}`]: i } })
    expect(Object.keys((await get(ada, 'a')) ?? {})).toHaveLength(400)
    expect((await ada.summary(ns)).count).toBeLessThanOrEqual(MAX_EDITS + 1)
    await exchange(ada, bob)
    expect(await get(bob, 'a')).toEqual(await get(ada, 'a'))
  })

  it('whose value is large writes the document whole', async () => {
    await put(ada, 'a', { x: 1 })
    await update(ada, 'a', { $set: { text: 'y'.repeat(50_000) } })
    expect((await ada.summary(ns)).count).toBe(1)
    expect(await get(ada, 'a')).toEqual({ x: 1, text: 'y'.repeat(50_000) })
  })

  it('belong to their author where each has documents of his own', async () => {
    const own = (await ada.createNamespace({ name: 'profiles', write: 'author' })).id
    await copyNamespace(ada, bob, own)
    ns = own
    const id = `${(await ada.info()).identity.slice('did:key:'.length)}/me`
    await put(ada, id, { x: 1 })
    await update(ada, id, { $set: { y: 1 } })
    await expect(bob.update(own, 'docs', { id, changes: { $set: { y: 2 } } })).rejects.toMatchObject({ code: 'not-allowed' })
    await exchange(ada, bob)
    expect(await get(bob, id)).toEqual({ x: 1, y: 1 })
  })
})

it('what was edited reaches a peer that reads the namespace from the beginning, as it is', async () => {
  await put(ada, 'a', { x: 0 })
  await update(ada, 'a', { $set: { x: 1 } })
  await put(ada, 'b', {})
  await update(ada, 'a', { $set: { y: 1 } })
  expect(await send(ada, bob)).toEqual(['stored', 'stored', 'stored', 'stored'])
  expect(await send(ada, bob)).toEqual(['same', 'same', 'same', 'same'])
  expect(sha256((await bob.get(ns, 'docs', 'a')) ?? '')).toEqual(sha256((await ada.get(ns, 'docs', 'a')) ?? ''))
})

it('a document is what its records make, however updates follow each other: as its writer shows it, as another peer finds it out', async () => {
  const paths = ['a', 'a.b', 'a.b.c', 'a.d', 'e']
  // With the large ones, some do not fit any more where others are not taken away.
  const values = [1, 2, {}, { b: 1 }, { b: { c: 3 } }, 'x'.repeat(25_000), 'y'.repeat(30_000)]
  for (let seed = 1; seed <= 6; seed++) {
    const random = seededRandom(seed)
    const one = random.pick
    const id = `${seed}`
    await put(ada, id, { z: 'z'.repeat(random.below(2) * 40_000) })
    for (let i = 0; i < 30; i++) {
      const changes = random.below(4) === 0 ? { $unset: { [one(paths)]: 1 } } : { $set: { [one(paths)]: one(values) } }
      await update(ada, id, changes).catch((error: unknown) =>
        expect(error).toMatchObject({ code: expect.stringMatching(/^(cannot-update|document-too-large)$/) }),
      )
      if (i % 5 !== 4) continue
      await exchange(ada, bob)
      expect(await bob.get(ns, 'docs', id), `seed ${seed}`).toBe(await ada.get(ns, 'docs', id))
    }
  }
})
