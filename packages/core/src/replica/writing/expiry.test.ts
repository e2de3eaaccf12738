import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeBatch, decodeBatch } from '../../model/batch.ts'
import { timeFromMs } from '../../model/clock.ts'
import { canonicalJson } from '../../model/content.ts'
import { cidOfBytes, DAG_JSON } from '../../model/encoding/cid.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import { seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'

const network = createNetwork('expiry')
const START = 1_800_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface Peer {
  readonly replica: LocalReplica
  readonly storage: Storage
  /** How wrong its clock is. */
  skew: number
}

let now: number
let peers: Peer[]
let ada: Peer
let bob: Peer
let ns: string

async function open(): Promise<Peer> {
  const storage = openNodeStorage(':memory:')
  const peer: { skew: number } = { skew: 0 }
  const replica = await openReplica(storage, { network: network.bytes, aside: false, now: () => now + peer.skew })
  const opened = Object.assign(peer, { replica, storage })
  peers.push(opened)
  return opened
}

async function copyNamespace(to: Peer): Promise<Peer> {
  const namespace = await ada.replica.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await to.replica.importNamespace(namespace.genesis, namespace.head, namespace.signature)
  return to
}

beforeEach(async () => {
  now = START
  peers = []
  ada = await open()
  ns = (await ada.replica.createNamespace({ name: 'notes', write: 'anyone' })).id
  bob = await copyNamespace(await open())
})
afterEach(async () => {
  await Promise.all(peers.map(({ replica }) => replica.close()))
})

const contentOf = (id: string, fields: object): string => canonicalJson({ ...fields, _id: id })
const put = (peer: Peer, id: string, fields: object, expires?: number): ReturnType<LocalReplica['write']> =>
  peer.replica.write(ns, 'docs', [{ id, content: contentOf(id, fields), ...(expires === undefined ? {} : { exp: timeFromMs(expires) }) }])
const update = (peer: Peer, id: string, $set: object): ReturnType<LocalReplica['update']> => {
  now++
  return peer.replica.update(ns, 'docs', { id, changes: { $set } })
}
const get = (peer: Peer, id: string): Promise<string | undefined> => peer.replica.get(ns, 'docs', id)
const rootOf = async (peer: Peer): Promise<string> => (await peer.replica.summary(ns)).root

async function batches(from: Peer): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for (let since = 0; ; ) {
    const { batch, seq, more } = await from.replica.batchSince(ns, since, { maxBytes: 100_000 })
    since = seq
    if (batch !== undefined) all.push(batch)
    if (!more) return all
  }
}

async function take(to: Peer, all: readonly Uint8Array[]): Promise<readonly string[]> {
  const results: string[] = []
  for (const batch of all) {
    const accepted = await to.replica.accept(ns, batch)
    if ('refused' in accepted) throw new Error(accepted.refused)
    results.push(...accepted.results)
  }
  return results
}

const send = async (from: Peer, to: Peer): Promise<readonly string[]> => take(to, await batches(from))

async function everything({ replica, storage }: Peer): Promise<unknown> {
  const found = await replica.find(ns, 'docs', { limit: 100 })
  return {
    found: found.contents,
    counts: await replica.collections(ns),
    count: await replica.count(ns, 'docs', {}),
    recount: await storage.recount(1),
  }
}

describe('a document that expires', () => {
  it('is there until its time, then leaves queries, counts, changes and lookups by CID, by itself', async () => {
    await put(ada, 'note', { text: 'soon gone' }, now + HOUR)
    await put(ada, 'other', { text: 'stays' })
    expect(await ada.replica.getVersion(ns, 'docs', 'note')).toMatchObject({ exp: timeFromMs(now + HOUR) })
    const cid = cidOfBytes(DAG_JSON, contentOf('note', { text: 'soon gone' })).toString()
    now += HOUR - 1
    expect(await ada.replica.content(cid)).toBe(contentOf('note', { text: 'soon gone' }))
    const { feed, seq } = await ada.replica.openFeed(ns, { collection: 'docs', filter: {} })
    const told: string[][] = []
    ada.replica.onCommit(({ collections }) => told.push([...collections]))
    now += 1
    expect(await get(ada, 'note')).toBeUndefined()
    expect(await ada.replica.content(cid)).toBeUndefined()
    expect(await everything(ada)).toEqual({
      found: [contentOf('other', { text: 'stays' })],
      counts: [{ collection: 'docs', documents: 1 }],
      count: 1,
      recount: true,
    })
    expect(told).toEqual([['docs']])
    const { rows } = await ada.replica.readFeed(feed ?? '', { collection: 'docs', filter: {} }, 10)
    expect(rows.map(({ type, id }) => [type, id])).toEqual([['delete', 'note']])
    expect((await ada.replica.changes(ns, seq, 10)).map(({ id, content }) => [id, content])).toEqual([['note', null]])
  })

  it('has the same root where it has expired and where it has not, and is held back where the time has not come', async () => {
    await put(ada, 'note', { text: 'gone' }, now + HOUR)
    bob.skew = -4 * MINUTE
    expect(await send(ada, bob)).toEqual(['stored'])
    now += HOUR
    expect(await get(ada, 'note')).toBeUndefined()
    expect(await get(bob, 'note')).toBeDefined()
    expect(await rootOf(ada)).toBe(await rootOf(bob))
    const late = await copyNamespace(await open())
    late.skew = -10 * MINUTE
    expect(await send(ada, late)).toEqual(['future'])
    late.skew = 0
    expect(await send(bob, late)).toEqual(['stored'])
    expect(await get(late, 'note')).toBeUndefined()
    expect(await rootOf(late)).toBe(await rootOf(ada))
  })

  it('takes the place of older versions for good, and gives way to later ones', async () => {
    await put(ada, 'note', { text: 'first' })
    await send(ada, bob)
    await put(ada, 'note', { text: 'second' }, now + HOUR)
    now += HOUR
    // Bob was away while the second version lived.
    expect(await get(ada, 'note')).toBeUndefined()
    expect(await send(bob, ada)).toEqual(['superseded'])
    expect(await send(ada, bob)).toEqual(['stored'])
    expect([await get(ada, 'note'), await get(bob, 'note')]).toEqual([undefined, undefined])
    await put(bob, 'note', { text: 'third' })
    await send(bob, ada)
    expect(await get(ada, 'note')).toBe(contentOf('note', { text: 'third' }))
    expect(await rootOf(ada)).toBe(await rootOf(bob))
  })

  it('stays when it is put again without a time, and goes with its edits, which have its time', async () => {
    await put(ada, 'kept', { n: 1 }, now + HOUR)
    await put(ada, 'edited', { n: 1 }, now + HOUR)
    await send(ada, bob)
    await put(ada, 'kept', { n: 1 })
    await update(ada, 'edited', { a: 'secret of ada' })
    await update(bob, 'edited', { b: 'secret of bob' })
    await send(ada, bob)
    await send(bob, ada)
    expect(await get(ada, 'edited')).toBe(contentOf('edited', { n: 1, a: 'secret of ada', b: 'secret of bob' }))
    now += HOUR
    for (const peer of [ada, bob]) {
      expect(await everything(peer)).toMatchObject({ found: [contentOf('kept', { n: 1 })], count: 1, recount: true })
      const records = await peer.storage.recordsSince(1, 0, 100)
      expect(JSON.stringify(records)).not.toContain('secret')
      expect(records.filter(({ erased }) => erased !== undefined)).toHaveLength(3)
    }
    expect(await rootOf(ada)).toBe(await rootOf(bob))
    await expect(update(ada, 'edited', { c: 1 })).rejects.toThrow('no document')
  })

  it('an edit that expires by itself is no part of its document any more', async () => {
    await put(ada, 'note', { n: 1 }, now + HOUR)
    await send(ada, bob)
    now++
    await put(bob, 'note', { n: 2 })
    await update(ada, 'note', { a: 1 })
    await send(ada, bob)
    await send(bob, ada)
    for (const peer of [ada, bob]) expect(await get(peer, 'note')).toBe(contentOf('note', { n: 2, a: 1 }))
    now += HOUR
    for (const peer of [ada, bob]) expect(await everything(peer)).toMatchObject({ found: [contentOf('note', { n: 2 })], count: 1, recount: true })
    expect(await rootOf(ada)).toBe(await rootOf(bob))
  })

  it('comes again from others where a clock that was ahead had erased it', async () => {
    await put(ada, 'note', { text: 'needed' }, now + HOUR)
    await update(ada, 'note', { more: 1 })
    await send(ada, bob)
    bob.skew = 365 * 24 * HOUR
    expect(await get(bob, 'note')).toBeUndefined()
    bob.skew = 0
    expect(await get(bob, 'note')).toBeUndefined()
    expect(await rootOf(bob)).not.toBe(await rootOf(ada))
    expect(await send(ada, bob)).toEqual(['stored', 'stored'])
    expect(await get(bob, 'note')).toBe(contentOf('note', { text: 'needed', more: 1 }))
    expect(await rootOf(bob)).toBe(await rootOf(ada))
    expect(await everything(bob)).toEqual(await everything(ada))
  })

  it('of a file takes the file along', async () => {
    const cid = 'bafkreie7q3iidccmpvszul7kudcvvuavuo7u6gzlbobczuk5nqk3b4akba'
    const content = contentOf(cid, { size: 5 })
    await ada.replica.write(ns, 'files', [{ id: cid, content, exp: timeFromMs(now + HOUR) }])
    expect(await ada.replica.file(ns, cid)).toMatchObject({ size: 5 })
    now += HOUR
    expect(await ada.replica.count(ns, 'files', {})).toBe(0)
    expect(await ada.replica.file(ns, cid)).toBeUndefined()
  })

  it('is gone at once where its time has passed on its way, and cannot expire at what is no time', async () => {
    await put(ada, 'late', { n: 1 }, now - 1)
    expect(await ada.replica.count(ns, 'docs', {})).toBe(0)
    await expect(put(ada, 'note', {}, Number.NaN)).rejects.toMatchObject({ code: 'bad-expiry' })
    await expect(ada.replica.write(ns, 'docs', [{ id: 'a', content: null, exp: timeFromMs(now + HOUR) }])).rejects.toMatchObject({
      code: 'bad-expiry',
    })
  })

  it('without what it said is refused unless its author gave it a time', async () => {
    await put(ada, 'note', { n: 1 })
    const [batch] = await batches(ada)
    const decoded = decodeBatch(batch ?? new Uint8Array())
    if (!decoded.ok) throw new Error(decoded.reason)
    const erased = { digest: new Uint8Array(32), size: 3 }
    const stripped = encodeBatch({ ...decoded.value, records: decoded.value.records.map((record) => ({ ...record, content: null, erased })) })
    expect(await bob.replica.accept(ns, stripped)).toEqual({ refused: 'malformed' })
    const withTime = encodeBatch({ ...decoded.value, records: decoded.value.records.map((record) => ({ ...record, content: null, erased, exp: 1 })) })
    expect(await bob.replica.accept(ns, withTime)).toMatchObject({ results: ['not-sealed'] })
  })
})

it('documents that expire, are edited, deleted and put again come out equal in any order of arrival and of clocks', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const random = seededRandom(seed)
    const all: Uint8Array[] = []
    for (let step = 0; step < 30; step++) {
      now += random.below(HOUR / 4)
      const peer = random.pick([ada, bob])
      const id = `${seed}-${random.below(3)}`
      const kind = random.below(5)
      if (kind === 0) await peer.replica.write(ns, 'docs', [{ id, content: null }])
      else if (kind <= 2 && (await get(peer, id)) !== undefined) await update(peer, id, { [`f${random.below(3)}`]: step })
      else await put(peer, id, { step }, random.chance(0.6) ? now + 1 + random.below(HOUR) : undefined)
      if (random.chance(0.3)) await send(peer, peer === ada ? bob : ada)
      if (random.chance(0.5)) all.push(...(await batches(peer)))
    }
    await send(ada, bob)
    await send(bob, ada)
    all.push(...(await batches(ada)))
    const carl = await copyNamespace(await open())
    for (const batch of all.toSorted(() => random.next() - 0.5)) {
      carl.skew = -random.below(HOUR / 2)
      await take(carl, [batch])
    }
    carl.skew = 0
    await send(ada, carl)
    now += 2 * HOUR
    const expected = await everything(ada)
    for (const peer of [bob, carl]) {
      expect(await everything(peer), `seed ${seed}`).toEqual(expected)
      expect(await rootOf(peer), `seed ${seed}`).toBe(await rootOf(ada))
    }
  }
})
