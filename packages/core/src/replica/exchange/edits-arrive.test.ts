/// <reference types="node" />
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { encodeBatch, type WireRecord } from '../../model/batch.ts'
import { toHex, utf8 } from '../../model/bytes.ts'
import { canonicalJson } from '../../model/content.ts'
import { encodeEdit } from '../../model/edits/edit-content.ts'
import { mergedContent } from '../../model/edits/merged.ts'
import { type DocumentVersion, normalForm } from '../../model/edits/normal-form.ts'
import { authorTag, type Seen } from '../../model/edits/seen.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { type Identity, identityFromSeed } from '../../model/keys/identity.ts'
import { MAX_EDIT_BYTES, MAX_EDITS, MAX_LOSERS } from '../../model/limits.ts'
import { createNetwork } from '../../model/network/network.ts'
import { editSlotOf, keyHash, loserSlotOf, recordHash, type RecordScope, slotOf } from '../../model/record.ts'
import { createSeal } from '../../model/seal.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { SummedTree } from '../../sets/summed-tree.ts'
import { type SeededRandom, seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import { samples } from '../../testing/samples.ts'

const network = createNetwork('arrivals')
const authors = [1, 2].map((n) => identityFromSeed(new Uint8Array(32).fill(n)))

let peers: LocalReplica[]
let owner: LocalReplica
let scope: RecordScope
let ns: string
beforeEach(async () => {
  peers = []
  owner = await open()
  ns = (await owner.createNamespace({ name: 'notes', write: 'anyone' })).id
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new Error('no namespace')
  scope = { net: network.cid, ns: cid, write: 'anyone' }
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
})

async function open(): Promise<LocalReplica> {
  const peer = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })
  peers.push(peer)
  return peer
}

async function fresh(): Promise<LocalReplica> {
  const peer = await open()
  const namespace = await owner.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await peer.importNamespace(namespace.genesis, namespace.head, namespace.signature)
  return peer
}

/** A record that somebody signed, with what it is in the end. */
interface Signed extends DocumentVersion {
  readonly id: string
  readonly signer: Identity
  readonly document: Uint8Array
  readonly slot: Uint8Array
  readonly wire: Omit<WireRecord, 'seal'>
}

function signed(id: string, by: Identity, at: number, text: string | null, path?: readonly string[], seen?: Seen): Signed {
  const k = `docs/${id}`
  const kh = keyHash(scope.ns, k)
  const content = text === null ? null : utf8(text)
  const base = { at, by: by.author, ...(seen && { seen }) }
  const hash =
    content === null
      ? recordHash(scope, { ...base, del: true, kh })
      : recordHash(scope, { ...base, del: false, k, digest: sha256(content), size: content.length, ...(path && { path }) })
  const document = slotOf('anyone', kh, by.author)
  const slot = path === undefined ? document : editSlotOf('anyone', kh, by.author, path)
  const wire = { key: content === null ? kh : k, at, content, prev: null, exp: null, ...(path && { path }), ...(seen && { seen }) }
  return { id, signer: by, ...base, hash, document, slot, unit: toHex(slot), isEdit: path !== undefined, wire }
}

function batchOf(records: readonly Signed[]): Uint8Array {
  const seals = records.map(({ signer, hash }) => createSeal(network.cid, hash, signer))
  return encodeBatch({ seals, records: records.map(({ wire }, seal) => ({ ...wire, seal })) })
}

/** Everybody hears of everything once in so much time, and says so: whoever writes later has seen no less. */
function randomRecord(random: SeededRandom, hearing = 40, forged?: (at: number) => Seen | undefined): Signed {
  const id = `d${random.below(4)}`
  const by = random.pick(authors)
  const at = 1 + random.below(40)
  const kind = random.next()
  const heard = at - (at % hearing)
  const seen = forged !== undefined ? forged(at) : heard === 0 ? undefined : { base: heard, authors: [] }
  if (kind < 0.1) return signed(id, by, at, null, undefined, seen)
  if (kind < 0.25) return signed(id, by, at, canonicalJson({ _id: id, n: random.below(5), a: random.pick([1, { b: 1 }, [1]]) }), undefined, seen)
  const path = Array.from({ length: 1 + random.below(2) }, () => random.pick(['a', 'b', 'c', 'd']))
  return signed(id, by, at, encodeEdit(id, random.chance(0.2) ? undefined : random.below(100)), path, seen)
}

/** What a peer must have of these records, by the specification. */
function expected(records: readonly Signed[]): { readonly root: string; readonly documents: readonly string[] } {
  const tree = new SummedTree()
  const documents: string[] = []
  for (const id of [...new Set(records.map((one) => one.id))].toSorted()) {
    const { base, edits, losers } = normalForm(records.filter((one) => one.id === id))
    for (const { slot, hash, at } of base === undefined ? edits : [base, ...edits]) tree.set(slot, hash, at)
    for (const { document, hash, at } of losers) tree.set(loserSlotOf(document, hash), hash, at)
    if (base === undefined || base.wire.content === null) continue
    const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? new Uint8Array())
    documents.push(
      mergedContent(
        text(base.wire.content),
        edits.map(({ at, hash, wire }) => ({ at, hash, path: wire.path ?? [], content: text(wire.content) })),
      ),
    )
  }
  return { root: tree.root(), documents }
}

async function found(peer: LocalReplica): Promise<{ readonly root: string; readonly documents: readonly string[] }> {
  const { root, documents: count } = await peer.summary(ns)
  const { contents } = await peer.find(ns, 'docs', { limit: 1000 })
  expect(count).toBe(contents.length)
  expect(await peer.checkSummaries()).toEqual([])
  const shown = new Map((await peer.changes(ns, 0, 1000)).map(({ id, content }) => [id, content]))
  expect([...shown.values()].filter((content) => content !== null).toSorted()).toEqual(contents.toSorted())
  return { root, documents: contents }
}

describe('edits, puts and deletes', () => {
  it('make the same set and the same documents in any order, split and repetition, as specified', async () => {
    for (let seed = 1; seed <= samples(10, 40); seed++) {
      const random = seededRandom(seed)
      const hearing = random.pick([3, 8, 40])
      const records = Array.from({ length: 60 }, () => randomRecord(random, hearing))
      const wanted = expected(records)
      for (let round = 0; round < 3; round++) {
        const peer = await fresh()
        await peer.createIndex(ns, 'docs', ['a'])
        const order = [...records, ...records.filter(() => random.chance(0.2))]
          .map((one) => ({ one, key: random.next() }))
          .sort((a, b) => a.key - b.key)
        for (let at = 0; at < order.length; ) {
          const some = order.slice(at, (at += random.pick([1, 1, 2, 5, 30])))
          const accepted = await peer.accept(ns, batchOf(some.map(({ one }) => one)))
          expect('results' in accepted && accepted.results.every((result) => ['stored', 'same', 'superseded'].includes(result))).toBe(true)
          if (random.chance(0.1)) await peer.firstQuestion(ns)
        }
        expect(await found(peer), `seed ${seed}`).toEqual(wanted)
      }
    }
  })

  it('make the same documents whatever their writers claim to have seen, and equal sets as soon as peers have exchanged what they have', async () => {
    for (let seed = 1; seed <= samples(6, 12); seed++) {
      const random = seededRandom(1000 + seed)
      // All, nothing, or somebody's versions with holes where none are.
      const forged = (at: number): Seen | undefined => {
        const but = [...new Set([1 + random.below(at), 1 + random.below(at)])].toSorted((a, b) => a - b)
        const author = { tag: authorTag(random.pick(authors).author), to: at, but }
        if (random.chance(0.25)) return undefined
        return random.pick([
          { base: at, authors: [] },
          { base: 0, authors: [author] },
          { base: but[0] ?? 0, authors: [author] },
        ])
      }
      const records = Array.from({ length: 60 }, () => randomRecord(random, 40, forged))
      const { documents } = expected(records)
      const [one, two] = [await fresh(), await fresh()]
      for (const peer of [one, two]) {
        const order = records.map((record) => ({ record, key: random.next() })).sort((a, b) => a.key - b.key)
        for (let at = 0; at < order.length; )
          await peer.accept(ns, batchOf(order.slice(at, (at += random.pick([1, 2, 20]))).map(({ record }) => record)))
        expect((await found(peer)).documents, `seed ${seed}`).toEqual(documents)
      }
      const pass = async (from: LocalReplica, to: LocalReplica): Promise<void> => {
        const { batch } = await from.batchSince(ns, 0, { maxBytes: 1_000_000 })
        if (batch !== undefined) await to.accept(ns, batch)
      }
      for (let round = 0; round < 2; round++) {
        await pass(one, two)
        await pass(two, one)
      }
      const sets = [await found(one), await found(two)]
      expect(sets[1], `seed ${seed}`).toEqual(sets[0])
      expect(sets[0]?.documents).toEqual(documents)
    }
  })

  it('reach another peer through the records that are left', async () => {
    const random = seededRandom(7)
    const records = Array.from({ length: 100 }, () => randomRecord(random))
    const [first, second] = [await fresh(), await fresh()]
    await first.accept(ns, batchOf(records))
    const { batch = new Uint8Array() } = await first.batchSince(ns, 0, { maxBytes: 1_000_000 })
    await second.accept(ns, batch)
    expect(await found(second)).toEqual(expected(records))
  })

  it('of documents that are large with all of their edits are not held in memory at once, and come out the same', async () => {
    const [by = fail()] = authors
    const ids = ['d0', 'd1', 'd2', 'd3', 'd4']
    const large = (id: string, i: number): Signed => signed(id, by, 10 + i, encodeEdit(id, `${i}`.padEnd(30_000, 'x')), [`f${i}`])
    const many = ids.flatMap((id) => [signed(id, by, 5, `{"_id":"${id}"}`), ...Array.from({ length: MAX_EDITS }, (_, i) => large(id, i))])
    // Each document twice, in turns: the first ones are written before the last ones are read.
    const small = [1, 2].flatMap((n) => ids.map((id) => signed(id, by, 1000 + n, encodeEdit(id, n), [`g${n}`])))
    const peer = await fresh()
    for (let at = 0; at < many.length; at += 32) await peer.accept(ns, batchOf(many.slice(at, at + 32)))
    await peer.accept(ns, batchOf(small))
    expect(await found(peer)).toEqual(expected([...many, ...small]))
  })

  it('are at most 128 of a document, the newest, in whatever order ten thousand come, and the merging of a batch is done once', async () => {
    const [by = fail()] = authors
    const put = signed('d', by, 5, '{"_id":"d"}')
    const many = (fields: number): readonly Signed[] =>
      Array.from({ length: 10_000 }, (_, i) =>
        signed('d', authors[(i % 7) % authors.length] ?? by, 10 + ((i * 7919) % 10_007), encodeEdit('d', i), [`f${i % fields}`]),
      )
    // Of few fields there are losers beside the edits that stand, as nobody has seen those of others.
    for (const [fields, stay] of [
      [3000, MAX_EDITS + 1],
      [100, 100 + 1 + MAX_LOSERS],
    ] as const) {
      const order = fields > MAX_EDITS ? [put, ...many(fields)] : [...many(fields).toReversed(), put]
      const wanted = expected(order)
      expect(Object.keys(JSON.parse(String(wanted.documents[0])) as object)).toHaveLength(Math.min(fields, MAX_EDITS) + 1)
      const peer = await fresh()
      for (let at = 0; at < order.length; at += 2000) await peer.accept(ns, batchOf(order.slice(at, at + 2000)))
      expect(await found(peer)).toEqual(wanted)
      expect((await peer.summary(ns)).count).toBe(stay)
    }
  })
})

it('add up to the same whenever the database is opened again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-edits-'))
  try {
    for (let seed = 1; seed <= samples(2, 6); seed++) {
      const random = seededRandom(100 + seed)
      const path = join(folder, `${seed}.sqlite`)
      const openFile = (): Promise<LocalReplica> => openReplica(openNodeStorage(path), { network: network.bytes, aside: false })
      let peer = await openFile()
      const namespace = await owner.exportNamespace(ns)
      if (namespace === undefined) throw new Error('no namespace')
      await peer.importNamespace(namespace.genesis, namespace.head, namespace.signature)
      const all: Signed[] = []
      for (let round = 0; round < 60; round++) {
        const some = Array.from({ length: random.pick([1, 1, 2, 20]) }, () => randomRecord(random))
        all.push(...some)
        await peer.accept(ns, batchOf(some))
        if (!random.chance(0.2)) continue
        const before = await peer.summary(ns)
        await peer.close()
        peer = await openFile()
        expect(await peer.summary(ns)).toEqual(before)
      }
      expect(await found(peer)).toEqual(expected(all))
      await peer.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('leave nothing in the files of what they replaced or deleted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-edits-'))
  const path = join(folder, 'docstore.sqlite')
  const storage = openNodeStorage(path)
  const peer = await openReplica(storage, { network: network.bytes, aside: false })
  try {
    const own = (await peer.createNamespace({ name: 'notes', write: 'owner', history: 0 })).id
    const isThere = async (text: string): Promise<boolean> => {
      await storage.scrub()
      return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text))
    }
    await peer.createIndex(own, 'docs', ['secret'], { text: true })
    await peer.write(own, 'docs', [{ id: 'a', content: '{"_id":"a","kept":"keptone","secret":"firstsecret"}' }])
    await peer.update(own, 'docs', { id: 'a', changes: { $set: { secret: 'secondsecret' } } })
    expect(await isThere('secondsecret')).toBe(true)
    await peer.update(own, 'docs', { id: 'a', changes: { $set: { secret: 'thirdsecret' } } })
    expect(await isThere('secondsecret')).toBe(false)
    // What the put said can still be proven to others with it alone.
    expect(await isThere('firstsecret')).toBe(true)
    await peer.write(own, 'docs', [{ id: 'a', content: null }])
    for (const text of ['firstsecret', 'thirdsecret', 'keptone']) expect(await isThere(text), text).toBe(false)
  } finally {
    await peer.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

describe('an edit is refused', () => {
  it.each([
    ['bad-content', '{"_id":"other","value":1}', ['a']],
    ['bad-content', '{"_id":"d","more":1,"value":1}', ['a']],
    ['bad-content', '[]', ['a']],
    ['bad-content', `{"_id":"d","value":${'['.repeat(63)}${']'.repeat(63)}}`, ['a', 'b']],
    ['not-canonical', '{"value":1,"_id":"d"}', ['a']],
    ['not-canonical', '{"_id":"d","value":100000000000000000000}', ['a']],
    ['too-large', encodeEdit('d', 'x'.repeat(MAX_EDIT_BYTES)), ['a']],
  ])('as %s: %s', async (reason, text, path) => {
    const peer = await fresh()
    const [by = fail()] = authors
    expect(await peer.accept(ns, batchOf([signed('d', by, 1, text, path)]))).toMatchObject({ results: [reason] })
    expect((await peer.summary(ns)).count).toBe(0)
  })

  it('where its path is none, with the whole batch', async () => {
    const peer = await fresh()
    const [by = fail()] = authors
    for (const path of [[], ['_id'], ['a', ''], ['/'], Array.from({ length: 17 }, () => 'a')])
      expect(await peer.accept(ns, batchOf([signed('d', by, 1, '{"_id":"d","value":1}', path)]))).toEqual({ refused: 'malformed' })
  })

  it('where somebody else has signed it, or it was signed for another field', async () => {
    const peer = await fresh()
    const [by = fail(), other = fail()] = authors
    const edit = signed('d', by, 1, '{"_id":"d","value":1}', ['a'])
    const seal = createSeal(network.cid, edit.hash, by)
    const judged = (seals: readonly (typeof seal)[], wire: typeof edit.wire): unknown =>
      peer.accept(ns, encodeBatch({ seals, records: [{ ...wire, seal: 0 }] }))
    expect(await judged([{ ...seal, by: other.author }], edit.wire)).toMatchObject({ results: ['bad-signature'] })
    expect(await judged([seal], { ...edit.wire, path: ['b'] })).toMatchObject({ results: ['not-sealed'] })
    const { path: _, ...put } = edit.wire
    expect(await judged([seal], put)).toMatchObject({ results: ['not-sealed'] })
    expect(await judged([seal], edit.wire)).toMatchObject({ results: ['stored'] })
  })
})

function fail(): never {
  throw new Error('There is none')
}
