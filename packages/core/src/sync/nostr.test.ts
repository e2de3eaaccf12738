import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import '@noble/curves/secp256k1.js'
import { type Batch, decodeBatch, encodeBatch, type WireRecord } from '../model/batch.ts'
import { concatBytes, toHex, utf8 } from '../model/bytes.ts'
import { AUTHOR_TAG_BYTES } from '../model/edits/seen.ts'
import { createGenesis, signHead } from '../model/namespace/namespace.ts'
import { createNetwork, type Network } from '../model/network/network.ts'
import { eventDocument } from '../model/nostr/event-text.ts'
import type { NostrEvent } from '../model/nostr/event.ts'
import { fromHex } from '../model/nostr/hex.ts'
import { nostrNamespace } from '../model/nostr/nostr-namespace.ts'
import type { Seal } from '../model/seal.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { EVENT_TIME, type EventFields, testAuthor } from '../testing/nostr-events.ts'
import { seededRandom } from '../testing/random.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
// Virtual time does not wait for files to be read.
import '../replica/nostr/nostr-events.ts'
import '../replica/writing/forgetting.ts'
import '../storage/nostr/open-nostr.ts'

const [alice, bob] = [testAuthor('alice'), testAuthor('bob')]
const DELETED = { kind: 5, created_at: EVENT_TIME + 10 } as const

let time: VirtualTime
let network: Network
let peers: TestPeer[]
let first: TestPeer
let second: TestPeer
let ns: string

beforeEach(async () => {
  time = new VirtualTime()
  const random = seededRandom(3)
  const wires = new HostileNetwork(time, random)
  network = createNetwork('nostr', { nonce: random.bytes(16) })
  peers = ['first', 'second'].map((name) => new TestPeer({ name, role: 'relay', network, time, wires, random }))
  ;[first, second] = peers as [TestPeer, TestPeer]
  for (const peer of peers) {
    await peer.start()
    await peer.replica.nostr()
  }
  ns = (await first.replica.namespaceIds())[0] ?? ''
  for (const peer of peers) peer.want(ns)
  // Beyond the times of all events.
  for (const peer of peers) peer.setClock((EVENT_TIME + 100_000) * 1000 - peer.now())
  second.dial(first)
})
afterEach(async () => {
  for (const peer of peers) await peer.close()
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let minutes = 0; !(await condition()); minutes++) {
    if (minutes > 60) throw new Error('It does not come')
    await time.advance(30_000)
  }
}

const put = async ({ replica }: TestPeer, ...events: readonly NostrEvent[]): Promise<readonly string[]> => (await replica.nostr()).put(events)
const idsOf = async ({ replica }: TestPeer): Promise<string[]> => (await (await replica.nostr()).page({}, { limit: 1000 })).events.map(({ id }) => id)
const rootOf = async ({ replica }: TestPeer): Promise<string> => (await replica.summary(ns)).root
const areEqual = async (): Promise<boolean> => (await rootOf(first)) === (await rootOf(second))

describe('two relays', () => {
  it('make the same namespace, and keep its events equal', async () => {
    expect(await second.replica.namespaceIds()).toEqual([ns])
    const events = Array.from({ length: 20 }, (_, i) => alice.sign({ content: String(i), created_at: EVENT_TIME + (i % 3) }))
    const heard: string[] = []
    ;(await second.replica.nostr()).onStored((stored) => heard.push(...stored.map(({ id }) => id)))
    await put(first, ...events)
    await until(async () => (await idsOf(second)).length === 20)
    expect(await idsOf(second)).toEqual(await idsOf(first))
    expect(heard.sort()).toEqual(events.map(({ id }) => id).sort())
    const late = bob.sign({ kind: 0, content: '{}' })
    await put(second, late)
    await until(async () => (await idsOf(first)).includes(late.id))
    expect(await areEqual()).toBe(true)
  })

  it('come to the same set after deletions and a vanish on one, and other events on the other', async () => {
    const notes = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? alice : bob).sign({ content: String(i) }))
    await put(first, ...notes)
    await until(areEqual)
    expect((await idsOf(second)).length).toBe(12)
    await second.stop()
    const tags = notes.filter(({ pubkey }) => pubkey === bob.pubkey).map(({ id }) => ['e', id])
    await put(first, bob.sign({ ...DELETED, tags }), alice.sign({ kind: 62, created_at: EVENT_TIME + 5, tags: [['relay', 'ALL_RELAYS']] }))
    await second.start()
    const [gone, kept] = [alice.sign({ content: 'before', created_at: EVENT_TIME + 4 }), alice.sign({ content: 'after', created_at: EVENT_TIME + 6 })]
    await put(second, gone, kept, bob.sign({ content: 'new' }), bob.sign({ kind: 10_002, created_at: EVENT_TIME + 1 }))
    await until(areEqual)
    expect(await idsOf(second)).toEqual(await idsOf(first))
    expect(await idsOf(first)).toContain(kept.id)
    expect(await idsOf(first)).not.toContain(gone.id)
    expect((await idsOf(first)).length).toBe(5)
    for (const peer of peers) expect(peer.failures).toEqual([])
  })

  it('are not held up by a deleted event that somebody brings again', async () => {
    const note = alice.sign({ content: 'x' })
    await put(first, note)
    await until(areEqual)
    await second.stop()
    await put(first, alice.sign({ ...DELETED, tags: [['e', note.id]] }))
    // It did not hear of it, and has the event still.
    await second.start()
    const other = bob.sign({ content: 'y' })
    await put(second, other)
    await until(areEqual)
    expect(await put(second, note)).toEqual(['deleted'])
    expect(await idsOf(first)).toContain(other.id)
    await until(async () => second.sessions.get(first)?.status.get(ns)?.state === 'live')
    expect(second.failures).toEqual([])
  })

  it('go on where one has banned what the other has', async () => {
    const [bad, good] = [alice.sign({ content: 'bad' }), alice.sign({ content: 'good' })]
    await put(second, bad)
    await until(areEqual)
    await (await first.replica.nostr()).ban([bad.id])
    await put(second, good)
    await until(async () => (await idsOf(first)).includes(good.id))
    await time.advance(600_000)
    expect(await idsOf(first)).toEqual([good.id])
    expect(await idsOf(second)).toEqual([bad.id, good.id].sort())
    expect(second.failures).toEqual([])
  })
})

describe('a record that is no event', () => {
  const honest = (fields: EventFields = {}): { wire: WireRecord; seal: Seal; event: NostrEvent } => {
    const event = alice.sign({ content: 'hello', tags: [['expiration', String(EVENT_TIME + 200_000)]], ...fields })
    const seal = { by: fromHex(event.pubkey), hashes: fromHex(event.id), signature: fromHex(event.sig) }
    return { event, seal, wire: { key: `events/${event.id}`, at: time0 + 0, content: utf8(eventDocument(event)), seal: 0, prev: null, exp: exp0 } }
  }
  let time0: number
  let exp0: number
  beforeEach(async () => {
    // What the record of such an event has, from one that is stored.
    const event = alice.sign({ content: 'other', tags: [['expiration', String(EVENT_TIME + 200_000)]] })
    await put(first, event)
    const { batch } = await first.replica.batchSince(ns, 0, { maxBytes: 100_000 })
    const decoded = batch && decodeBatch(batch)
    if (decoded?.ok !== true) throw new Error('no batch')
    const [record] = decoded.value.records
    ;[time0, exp0] = [record?.at ?? 0, record?.exp ?? 0]
    await second.stop()
  })
  const accept = async (batch: Batch): Promise<unknown> => {
    const accepted = await first.replica.accept(ns, encodeBatch(batch))
    return 'results' in accepted ? accepted.results[0] : accepted
  }

  it('is told apart from one that is', async () => {
    const { wire, seal } = honest()
    expect(await accept({ seals: [seal], records: [wire] })).toBe('stored')
    expect(await accept({ seals: [seal], records: [wire] })).toBe('same')
  })

  it('is refused where it says another thing than its event, each with its word', async () => {
    const { wire, seal, event } = honest({ content: 'refused' })
    const with_ = (change: Partial<WireRecord>, of: Partial<Seal> = {}): Promise<unknown> =>
      accept({ seals: [{ ...seal, ...of }], records: [{ ...wire, ...change }] })
    const other = bob.sign({ content: 'other' })
    const document = eventDocument(event)
    expect({
      id: await with_({ content: utf8(document.replace('refused', 'changed')) }),
      key: await with_({ key: `events/${other.id}` }),
      collection: await with_({ key: `notes/${event.id}` }),
      noDocument: await with_({ content: utf8('[]') }),
      noJson: await with_({ content: utf8(document.slice(1)) }),
      anotherForm: await with_({ content: utf8(document.replace('","content"', '", "content"')) }),
      moreFields: await with_({ content: utf8(document.replace('"kind":1', '"kind":1,"more":1')) }),
      at: await with_({ at: wire.at + 1 }),
      exp: await with_({ exp: null }),
      otherExp: await with_({ exp: exp0 + 1 }),
      prev: await with_({ prev: new Uint8Array(32) }),
      ownSlot: await with_({ ownSlot: true }),
      seen: await with_({ seen: { base: 0, authors: [{ tag: new Uint8Array(AUTHOR_TAG_BYTES), to: 1, but: [] }] } }),
      path: await with_({ path: ['content'] }),
      erased: await with_({ content: null, erased: { digest: new Uint8Array(32), size: 1 } }),
      removed: await with_({ key: new Uint8Array(32), content: null }),
      sealOfOther: await with_({}, { hashes: fromHex(other.id) }),
      sealOfTwo: await with_({}, { hashes: concatBytes(seal.hashes, fromHex(other.id)) }),
      by: await with_({}, { by: fromHex(bob.pubkey) }),
      byLonger: await with_({}, { by: concatBytes(seal.by, new Uint8Array(2)) }),
      signature: await with_({}, { signature: fromHex(other.sig) }),
    }).toEqual({
      id: 'bad-content',
      key: 'bad-content',
      collection: 'malformed',
      noDocument: 'bad-content',
      noJson: 'bad-content',
      anotherForm: 'not-canonical',
      moreFields: 'not-canonical',
      at: 'malformed',
      exp: 'malformed',
      otherExp: 'malformed',
      prev: 'malformed',
      ownSlot: 'malformed',
      seen: 'malformed',
      path: 'malformed',
      erased: 'malformed',
      removed: 'malformed',
      sealOfOther: 'not-sealed',
      sealOfTwo: 'not-sealed',
      by: 'bad-signature',
      byLonger: 'bad-signature',
      signature: 'bad-signature',
    })
    // A signature that is in the event too, and wrong.
    const forged = { ...event, sig: other.sig }
    expect(await with_({ content: utf8(eventDocument(forged)) }, { signature: fromHex(other.sig) })).toBe('bad-signature')
    const short = honest({ kind: 20_001 })
    expect(await accept({ seals: [short.seal], records: [short.wire] })).toBe('malformed')
    expect((await idsOf(first)).length).toBe(1)
  })

  it('is refused in any other namespace', async () => {
    const { seal, wire } = honest()
    const notes = await first.createNamespace('anyone')
    const accepted = await first.replica.accept(notes, encodeBatch({ seals: [seal], records: [wire] }))
    expect('results' in accepted && accepted.results).toEqual(['bad-signature'])
  })
})

it('has one head, which everybody knows, and one genesis', async () => {
  const { genesis, head } = nostrNamespace(network.cid)
  const stranger = await first.replica.info()
  expect(stranger.network.id).toBe(network.id)
  const offer = (one: typeof genesis, other: typeof head) => first.replica.importNamespace(one.bytes, other.bytes, other.signature)
  expect(await offer(genesis, head)).toEqual({ id: ns })
  const owner = first.identity
  const mine = createGenesis({ net: network.cid, owner, write: 'nostr', kind: 'nostr', nonce: null })
  const own = signHead({ net: network.cid, ns: mine.cid, epoch: 0, seq: 0, prev: null, at: 0, body: { title: 'Nostr' } }, owner)
  expect(await offer(mine, own)).toEqual({ refused: 'not-allowed' })
  const next = signHead({ net: network.cid, ns: genesis.cid, epoch: 0, seq: 1, prev: head.hash, at: 1, body: { title: 'Mine', ended: 5 } }, owner)
  expect(await offer(genesis, next)).toEqual({ refused: 'not-allowed' })
  const signature = head.signature.slice()
  signature[0] = (signature[0] ?? 0) ^ 1
  await second.close()
  const fresh = new TestPeer({
    name: 'third',
    role: 'relay',
    network,
    time,
    wires: new HostileNetwork(time, seededRandom(1)),
    random: seededRandom(1),
  })
  await fresh.start()
  expect(await fresh.replica.importNamespace(genesis.bytes, head.bytes, signature)).toEqual({ refused: 'not-allowed' })
  await expect(fresh.replica.createNamespace({ name: 'x', write: 'nostr' })).rejects.toMatchObject({ code: 'unsupported-policy' })
  expect(toHex(head.bytes)).toBe(toHex(nostrNamespace(network.cid).head.bytes))
  await fresh.close()
})
