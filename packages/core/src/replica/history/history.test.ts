/// <reference types="node" />
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { encodeBatch, type WireRecord } from '../../model/batch.ts'
import { fromUtf8, utf8 } from '../../model/bytes.ts'
import { canonicalJson } from '../../model/content.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { timeFromMs } from '../../model/clock.ts'
import { earlierVersions, type VersionRecord } from '../../model/edits/earlier-versions.ts'
import { encodeEdit } from '../../model/edits/edit-content.ts'
import { type Identity, identityFromSeed } from '../../model/keys/identity.ts'
import { createNetwork } from '../../model/network/network.ts'
import { keyHash, recordHash, type RecordScope } from '../../model/record.ts'
import { createSeal } from '../../model/seal.ts'
import { MAX_VERSIONS } from '../../storage/history/limits.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { type SeededRandom, seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica, type OpenReplicaOptions } from '../open-replica.ts'
import { samples } from '../../testing/samples.ts'

const DAY_MS = 24 * 60 * 60_000
const network = createNetwork('pasts')
const authors = [1, 2, 3].map((n) => identityFromSeed(new Uint8Array(32).fill(n)))

let now: number
let folder: string
let peers: LocalReplica[]
beforeEach(() => {
  now = Date.now()
  folder = mkdtempSync(join(tmpdir(), 'docstore-history-'))
  peers = []
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
  rmSync(folder, { recursive: true, force: true })
})

async function open(name = ':memory:', options: OpenReplicaOptions & { maxBytes?: number } = {}): Promise<LocalReplica> {
  const { maxBytes, ...init } = options
  const path = name === ':memory:' ? name : join(folder, name)
  const storage = openNodeStorage(path, { now: () => now, ...(maxBytes === undefined ? {} : { maxBytes }) })
  const peer = await openReplica(storage, { network: network.bytes, aside: false, now: () => now, ...init })
  peers.push(peer)
  return peer
}

async function close(peer: LocalReplica): Promise<void> {
  peers = peers.filter((one) => one !== peer)
  await peer.close()
}

async function namespaceOf(peer: LocalReplica, history?: number): Promise<string> {
  return (await peer.createNamespace({ name: 'notes', write: 'anyone', ...(history === undefined ? {} : { history }) })).id
}

async function bring(ns: string, from: LocalReplica, to: LocalReplica): Promise<void> {
  const namespace = await from.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await to.importNamespace(namespace.genesis, namespace.head, namespace.signature)
}

const put = (peer: LocalReplica, ns: string, id: string, fields: object): Promise<unknown> =>
  peer.write(ns, 'docs', [{ id, content: canonicalJson({ ...fields, _id: id }) }])
const del = (peer: LocalReplica, ns: string, id: string): Promise<unknown> => peer.write(ns, 'docs', [{ id, content: null }])

/** The fields that a document had, the newest first. */
async function past(peer: LocalReplica, ns: string, id: string): Promise<readonly unknown[]> {
  return (await peer.history(ns, 'docs', id)).map(({ content }) => {
    const { _id, ...fields } = JSON.parse(content) as Record<string, unknown>
    expect(_id).toBe(id)
    return fields
  })
}

/** Whether a text lies in the files of the folder once everything was tidied. */
const isOnDisk = (text: string): boolean => readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text))

/** A record that somebody signed, and as what it is told to others. */
interface Signed extends Omit<VersionRecord, 'by'> {
  readonly id: string
  readonly by: Identity
  readonly wire: Omit<WireRecord, 'seal'>
}

function signed(ns: string, { id, by, at, content, path }: Pick<Signed, 'id' | 'by' | 'at' | 'content' | 'path'>): Signed {
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new Error('no namespace')
  const scope: RecordScope = { net: network.cid, ns: cid, write: 'anyone' }
  const k = `docs/${id}`
  const kh = keyHash(scope.ns, k)
  const bytes = content === null ? null : utf8(content)
  const base = { at, by: by.author }
  const hash =
    bytes === null
      ? recordHash(scope, { ...base, del: true, kh })
      : recordHash(scope, { ...base, del: false, k, digest: sha256(bytes), size: bytes.length, ...(path && { path }) })
  const wire = { key: bytes === null ? kh : k, at, content: bytes, prev: null, exp: null, ...(path && { path }) }
  return { id, by, at, hash, content, wire, ...(path && { path }) }
}

function batchOf(records: readonly Signed[]): Uint8Array {
  const seals = records.map(({ by, hash }) => createSeal(network.cid, hash, by))
  return encodeBatch({ seals, records: records.map(({ wire }, seal) => ({ ...wire, seal })) })
}

function randomRecord(ns: string, random: SeededRandom): Signed {
  const id = `d${random.below(3)}`
  const [by, at, kind] = [random.pick(authors), 1 + random.below(60), random.next()]
  if (kind < 0.06) return signed(ns, { id, by, at, content: null })
  if (kind < 0.35) return signed(ns, { id, by, at, content: canonicalJson({ _id: id, n: random.below(5), a: random.pick([1, { b: 1 }]) }) })
  const path = Array.from({ length: 1 + random.below(2) }, () => random.pick(['a', 'b']))
  return signed(ns, { id, by, at, content: encodeEdit(id, random.chance(0.2) ? undefined : random.below(100)), path })
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((one) => ({ one, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one)
}

/** What the history of a document is, by the records that there ever were of it. */
function expected(records: readonly Signed[], id: string): readonly (readonly [at: number, content: string])[] {
  const steps = earlierVersions(
    records.filter((one) => one.id === id).map((one) => ({ ...one, by: one.by.author })),
    MAX_VERSIONS,
  )
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value.map(({ at, content }) => [at, content])
}

async function found(peer: LocalReplica, ns: string, id: string): Promise<readonly (readonly [at: number, content: string])[]> {
  return (await peer.history(ns, 'docs', id)).map(({ at, content }) => [at, content])
}

describe('the history of a document', () => {
  it('is the same whichever order its puts, edits and deletes come in, and what all of them make of it', async () => {
    const owner = await open()
    const ns = await namespaceOf(owner)
    for (let seed = 1; seed <= samples(8, 25); seed++) {
      const random = seededRandom(seed)
      const records = Array.from({ length: 60 }, () => randomRecord(ns, random))
      for (let round = 0; round < 3; round++) {
        const peer = await open()
        await bring(ns, owner, peer)
        const order = shuffled([...records, ...records.filter(() => random.chance(0.2))], random)
        for (let at = 0; at < order.length; ) {
          const some = order.slice(at, (at += random.pick([1, 2, 5, 30])))
          await peer.accept(ns, batchOf(some))
        }
        for (const id of ['d0', 'd1', 'd2']) {
          const isHere = (await peer.get(ns, 'docs', id)) !== undefined
          expect(await found(peer, ns, id), `seed ${seed}, ${id}`).toEqual(isHere ? expected(records, id) : [])
        }
        await close(peer)
      }
    }
  })

  it('is the same where one that is to expire lost, and went together with what it had lost to', async () => {
    const [owner, other, third] = [await open(), await open(), await open()]
    const ns = await namespaceOf(owner)
    for (const peer of [other, third]) await bring(ns, owner, peer)
    const send = async (from: LocalReplica, to: LocalReplica): Promise<void> => {
      const { batch } = await from.batchSince(ns, 0, { maxBytes: 10_000 })
      if (batch !== undefined) await to.accept(ns, batch)
    }
    await other.write(ns, 'docs', [{ id: 'a', content: '{"_id":"a","n":"lost"}', exp: timeFromMs(now + 1_000_000) }])
    now++
    await put(owner, ns, 'a', { n: 1 })
    await send(owner, third)
    await send(other, owner)
    now++
    await owner.write(ns, 'docs', [{ id: 'a', content: '{"_id":"a","n":2}', settles: true }])
    await send(owner, third)
    await send(other, third)
    for (const peer of [owner, third]) expect(await past(peer, ns, 'a')).toEqual([{ n: 1 }])
  })

  it('has the newest 64 of more versions, whole, in whichever order they come, and little more lies here', async () => {
    const [by = fail()] = authors
    const owner = await open()
    const ns = await namespaceOf(owner)
    // Tens, so that no two are in a row, as those of one update are.
    const put = (at: number): Signed => signed(ns, { id: 'd', by, at: at * 10, content: canonicalJson({ _id: 'd', at }) })
    const edit = (at: number): Signed => signed(ns, { id: 'd', by, at: at * 10, content: encodeEdit('d', at), path: [`f${at % 7 < 3 ? 0 : at % 7}`] })
    const puts = Array.from({ length: 300 }, (_, i) => put(i + 1))
    // One field is changed early and then never more: every later version has it.
    const edits = [
      put(1),
      signed(ns, { id: 'd', by, at: 20, content: encodeEdit('d', 'early'), path: ['early'] }),
      ...Array.from({ length: 300 }, (_, i) => edit(i + 3)),
      put(500),
    ]
    for (const records of [puts, edits]) {
      const wanted = expected(records, 'd')
      expect(wanted).toHaveLength(MAX_VERSIONS)
      for (const order of [records, records.toReversed(), shuffled(records, seededRandom(1)), shuffled(records, seededRandom(2))]) {
        const peer = await open()
        await bring(ns, owner, peer)
        for (let at = 0; at < order.length; at += 50) await peer.accept(ns, batchOf(order.slice(at, at + 50)))
        expect(await found(peer, ns, 'd')).toEqual(wanted)
        expect((await peer.historySize(ns)).versions).toBeLessThan(MAX_VERSIONS + 32)
        await close(peer)
      }
    }
  })

  it('says who made each version, when, and its CID; putting one back makes it the present one', async () => {
    const peer = await open()
    const ns = await namespaceOf(peer)
    await put(peer, ns, 'a', { n: 1 })
    const first = await peer.getVersion(ns, 'docs', 'a')
    await peer.update(ns, 'docs', { id: 'a', changes: { $set: { m: 2 } } })
    await put(peer, ns, 'a', { n: 3 })
    expect(await past(peer, ns, 'a')).toEqual([{ n: 1, m: 2 }, { n: 1 }])
    const [, oldest] = await peer.history(ns, 'docs', 'a')
    expect(oldest).toEqual(first)
    await peer.write(ns, 'docs', [{ id: 'a', content: oldest?.content ?? '' }])
    expect(await peer.getVersion(ns, 'docs', 'a')).toMatchObject({ cid: first?.cid })
    expect(await past(peer, ns, 'a')).toEqual([{ n: 3 }, { n: 1, m: 2 }, { n: 1 }])
    expect(await peer.history(ns, 'docs', 'none')).toEqual([])
    expect(await peer.history(await namespaceOf(await open()), 'docs', 'a')).toEqual([])
  })

  it('has what changed in one transaction too, and not what got a right time', async () => {
    const peer = await open()
    const ns = await namespaceOf(peer)
    const contents = [1, 2, 3].map((n) => ({ id: 'a', content: `{"_id":"a","n":${n}}` }))
    await peer.write(ns, 'docs', contents)
    expect(await past(peer, ns, 'a')).toEqual([{ n: 2 }, { n: 1 }])
    now += 10 * DAY_MS
    await put(peer, ns, 'b', { n: 1 })
    now -= 10 * DAY_MS
    expect(await peer.redate()).toMatchObject({ records: 1 })
    expect(await past(peer, ns, 'b')).toEqual([])
    expect((await peer.historySize(ns)).versions).toBe(2)
  })

  it('begins anew with a version that is to expire, and goes with that', async () => {
    const peer = await open('one')
    const ns = await namespaceOf(peer)
    const exp = timeFromMs(now + 5 * DAY_MS)
    await put(peer, ns, 'a', { text: 'firstsecret' })
    await peer.write(ns, 'docs', [{ id: 'a', content: '{"_id":"a","text":"secondsecret"}', exp }])
    await peer.update(ns, 'docs', { id: 'a', changes: { $set: { text: 'thirdsecret' } } })
    await peer.update(ns, 'docs', { id: 'a', changes: { $set: { text: 'fourthsecret' } } })
    await peer.write(ns, 'docs', [{ id: 'b', content: '{"_id":"b","text":"fifthsecret"}', exp }])
    await peer.update(ns, 'docs', { id: 'b', changes: { $set: { text: 'sixthsecret' } } })
    expect(await past(peer, ns, 'a')).toEqual([])
    // This one stays.
    await put(peer, ns, 'b', { n: 1 })
    await put(peer, ns, 'b', { n: 2 })
    expect(await past(peer, ns, 'b')).toEqual([{ n: 1 }])
    now += 6 * DAY_MS
    expect(await peer.get(ns, 'docs', 'a')).toBeUndefined()
    expect(await past(peer, ns, 'b')).toEqual([{ n: 1 }])
    await close(peer)
    for (const secret of ['first', 'second', 'third', 'fourth', 'fifth', 'sixth']) expect(isOnDisk(`${secret}secret`), secret).toBe(false)
  })

  it('goes with the document, from the disk too, also where it is deleted elsewhere or a part of it comes later', async () => {
    const peer = await open('one')
    const ns = await namespaceOf(peer)
    for (const secret of ['firstsecret', 'secondsecret', 'thirdsecret']) await put(peer, ns, 'a', { secret })
    await peer.update(ns, 'docs', { id: 'a', changes: { $set: { secret: 'fourthsecret' } } })
    await put(peer, ns, 'b', { secret: 'fifthsecret' })
    await put(peer, ns, 'b', { secret: 'sixthsecret' })
    const other = await open()
    await bring(ns, peer, other)
    const { batch = new Uint8Array() } = await peer.batchSince(ns, 0, { maxBytes: 1_000_000 })
    await other.accept(ns, batch)
    await del(other, ns, 'b')
    expect(await past(peer, ns, 'a')).toHaveLength(3)
    await del(peer, ns, 'a')
    const tombstones = (await other.batchSince(ns, 0, { maxBytes: 1_000_000 })).batch ?? new Uint8Array()
    await peer.accept(ns, tombstones)
    expect((await peer.historySize(ns)).versions).toBe(0)
    // What somebody still had, who was away.
    await peer.accept(ns, batch)
    expect(await peer.historySize(ns)).toEqual({ versions: 0, bytes: 0 })
    await put(peer, ns, 'a', { secret: 'new' })
    expect(await past(peer, ns, 'a')).toEqual([])
    await close(peer)
    for (const secret of ['first', 'second', 'third', 'fourth', 'fifth', 'sixth']) expect(isOnDisk(`${secret}secret`), secret).toBe(false)
  })
})

describe('earlier versions are kept', () => {
  it('for 30 days, for as long as the owner says, and not at all with 0 or at a relay that was not asked to', async () => {
    const peer = await open()
    const byDefault = await namespaceOf(peer)
    const long = await namespaceOf(peer, 100)
    const never = await namespaceOf(peer, 0)
    const relay = await open(':memory:', { historyOnlyAsked: true })
    const kept: [LocalReplica, string, number][] = [
      [peer, byDefault, 1],
      [peer, long, 1],
      [peer, never, 0],
      [relay, byDefault, 0],
      [relay, long, 1],
      [relay, never, 0],
    ]
    for (const ns of [byDefault, long, never]) await bring(ns, peer, relay)
    for (const [at, ns, count] of kept) {
      await put(at, ns, 'a', { n: 1 })
      await put(at, ns, 'a', { n: 2 })
      expect(await past(at, ns, 'a')).toHaveLength(count)
      expect((await at.historySize(ns)).versions).toBe(count)
    }
    expect((await peer.namespaces()).map(({ history }) => history)).toEqual([undefined, 100, 0])
  })

  it('until their time is over, which is found out when the data is opened', async () => {
    let peer = await open('one')
    const ns = await namespaceOf(peer, 10)
    await put(peer, ns, 'a', { text: 'oldest' })
    now += 20 * DAY_MS
    // A version is as old as the change that replaced it.
    await put(peer, ns, 'a', { text: 'older' })
    now += 5 * DAY_MS
    await put(peer, ns, 'a', { text: 'newest' })
    expect(await past(peer, ns, 'a')).toEqual([{ text: 'older' }, { text: 'oldest' }])
    await close(peer)
    now += 6 * DAY_MS
    peer = await open('one')
    // Closing waits for what was begun.
    await close(peer)
    peer = await open('one')
    expect(await past(peer, ns, 'a')).toEqual([{ text: 'older' }])
    expect(isOnDisk('oldest')).toBe(false)
  })

  it('no longer than until the owner takes them away', async () => {
    let peer = await open('one')
    const ns = await namespaceOf(peer)
    for (let n = 0; n < 300; n++) await put(peer, ns, `d${n}`, { text: 'firstsecret' })
    for (let n = 0; n < 300; n++) await put(peer, ns, `d${n}`, { text: 'now' })
    expect((await peer.historySize(ns)).versions).toBe(300)
    expect(await peer.changeHead(ns, { history: 0 })).toMatchObject({ history: 0 })
    await put(peer, ns, 'd1', { text: 'then' })
    expect(await peer.historySize(ns)).toEqual({ versions: 0, bytes: 0 })
    await close(peer)
    expect(isOnDisk('firstsecret')).toBe(false)
    peer = await open('one')
    expect(await peer.changeHead(ns, { history: null })).not.toHaveProperty('history')
    await put(peer, ns, 'd1', { text: 'again' })
    expect(await past(peer, ns, 'd1')).toEqual([{ text: 'then' }])
    for (const history of [-1, 1.5, 3651, Number.NaN]) {
      await expect(peer.changeHead(ns, { history })).rejects.toMatchObject({ code: 'bad-option' })
      await expect(namespaceOf(peer, history)).rejects.toMatchObject({ code: 'bad-option' })
    }
  })

  it('until their namespace is forgotten', async () => {
    const peer = await open('one')
    const ns = await namespaceOf(peer)
    await put(peer, ns, 'a', { text: 'firstsecret' })
    await put(peer, ns, 'a', { text: 'now' })
    const copy = await peer.exportNamespace(ns)
    await peer.forgetNamespace(ns)
    if (copy !== undefined) await peer.importNamespace(copy.genesis, copy.head, copy.signature)
    expect((await peer.historySize(ns)).versions).toBe(0)
    await close(peer)
    expect(isOnDisk('firstsecret')).toBe(false)
  })

  it('where they move to another network with their documents', async () => {
    let peer = await open('one')
    const ns = await namespaceOf(peer)
    await put(peer, ns, 'a', { n: 1 })
    await put(peer, ns, 'a', { n: 2 })
    await peer.update(ns, 'docs', { id: 'a', changes: { $set: { n: 3 } } })
    await close(peer)
    peer = await open('one', { network: createNetwork('away').bytes, moves: true })
    const [moved] = await peer.namespaces()
    expect(moved?.id).not.toBe(ns)
    expect(await past(peer, moved?.id ?? '', 'a')).toEqual([{ n: 2 }, { n: 1 }])
  })

  it('within their share of a store that is limited, and give way to documents when that is full', async () => {
    const maxBytes = 2 ** 21
    const peer = await open('one', { maxBytes })
    const ns = await namespaceOf(peer)
    const text = 'x'.repeat(2000)
    for (let n = 0; n < 400; n++) await put(peer, ns, `d${n % 20}`, { n, text })
    const { bytes, versions } = await peer.historySize(ns)
    expect(bytes).toBeLessThanOrEqual(maxBytes / 8)
    expect(versions).toBeGreaterThan(80)
    // As many documents as in a store that has never kept any.
    const without = await open('two', { maxBytes })
    const plain = await namespaceOf(without, 0)
    const fill = async (at: LocalReplica, id: string): Promise<number> => {
      for (let n = 0; ; n++) {
        try {
          await put(at, id, `more${n}`, { text })
        } catch (error) {
          expect(error).toMatchObject({ code: 'disk-full' })
          return n
        }
      }
    }
    const [most, here] = [await fill(without, plain), await fill(peer, ns)]
    expect((await peer.historySize(ns)).versions).toBe(0)
    expect(here + 20).toBeGreaterThan(most * 0.95)
    await del(peer, ns, 'more1')
    expect(await past(peer, ns, 'd1')).toEqual([])
  })

  it('not by a relay, but what lies here from before goes with its document and its time', async () => {
    let peer = await open('one')
    const ns = await namespaceOf(peer)
    for (const id of ['a', 'b']) {
      await put(peer, ns, id, { text: `${id}secret` })
      await put(peer, ns, id, { text: 'now' })
    }
    await close(peer)
    peer = await open('one', { historyOnlyAsked: true })
    await put(peer, ns, 'a', { text: 'then' })
    expect(await past(peer, ns, 'a')).toEqual([{ text: 'asecret' }])
    await del(peer, ns, 'a')
    expect((await peer.historySize(ns)).versions).toBe(1)
    now += 31 * DAY_MS
    await close(peer)
    peer = await open('one', { historyOnlyAsked: true })
    await close(peer)
    for (const id of ['a', 'b']) expect(isOnDisk(`${id}secret`)).toBe(false)
  })
})

it('a change that came before what it was made of is in its history as soon as that comes', async () => {
  const [ada = fail(), bob = fail()] = authors
  const peer = await open()
  const ns = await namespaceOf(peer)
  const records = [
    signed(ns, { id: 'd', by: ada, at: 5, content: encodeEdit('d', 2), path: ['a'] }),
    signed(ns, { id: 'd', by: bob, at: 9, content: encodeEdit('d', 3), path: ['a'] }),
    signed(ns, { id: 'd', by: ada, at: 1, content: '{"_id":"d","a":1}' }),
  ]
  for (const record of records) await peer.accept(ns, batchOf([record]))
  expect(await past(peer, ns, 'd')).toEqual([{ a: 2 }, { a: 1 }])
  expect((await peer.history(ns, 'docs', 'd')).map(({ by }) => by)).toEqual([ada.did, ada.did])
  expect(fromUtf8(records[2]?.wire.content ?? new Uint8Array())).toBe('{"_id":"d","a":1}')
})

function fail(): never {
  throw new Error('There is none')
}
