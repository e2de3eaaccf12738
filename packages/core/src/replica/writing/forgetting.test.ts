import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { timeFromMs } from '../../model/clock.ts'
import { canonicalJson } from '../../model/content.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'

const network = createNetwork('forgetting')
const START = 1_800_000_000_000
const DAY = 24 * 3_600_000

interface Peer {
  readonly replica: LocalReplica
  readonly storage: Storage
  skew: number
}

let now: number
let peers: Peer[]
let ada: Peer
let bob: Peer
let ns: string

async function open(): Promise<Peer> {
  const storage = openNodeStorage(':memory:')
  const peer = { skew: 0 }
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

const write = (peer: Peer, id: string, fields: object | null, exp?: number): ReturnType<LocalReplica['write']> =>
  peer.replica.write(ns, 'docs', [
    { id, content: fields === null ? null : canonicalJson({ ...fields, _id: id }), ...(exp === undefined ? {} : { exp }) },
  ])
const update = (peer: Peer, id: string, $set: object): ReturnType<LocalReplica['update']> => {
  now++
  return peer.replica.update(ns, 'docs', { id, changes: { $set } })
}
const idsOf = async ({ replica }: Peer): Promise<string[]> =>
  (await replica.find(ns, 'docs', { limit: 100 })).contents.map((content) => (JSON.parse(content) as { _id: string })._id)
const bytes = (): Uint8Array => new Uint8Array()
const rootOf = async ({ replica }: Peer): Promise<string> => (await replica.summary(ns)).root
const countOf = async ({ replica }: Peer): Promise<number> => (await replica.summary(ns)).count

async function send(from: Peer, to: Peer): Promise<readonly string[]> {
  const results: string[] = []
  for (let since = 0; ; ) {
    const { batch, seq, more } = await from.replica.batchSince(ns, since, { maxBytes: 100_000 })
    since = seq
    if (batch !== undefined) {
      const accepted = await to.replica.accept(ns, batch)
      if ('refused' in accepted) throw new Error(accepted.refused)
      results.push(...accepted.results)
    }
    if (!more) return results
  }
}

/** Days go by, as they do where a peer runs. */
async function pass(days: number, some: readonly Peer[]): Promise<number> {
  let removed = 0
  for (let day = 0; day < days; day += 5) {
    now += 5 * DAY
    for (const { replica } of some) removed += await replica.forgetDeleted()
  }
  return removed
}

describe('tombstones', () => {
  it('go after 180 days, on all peers at the same time, and nothing of before comes back from who was away', async () => {
    for (const id of ['gone', 'hidden', 'kept']) await write(ada, id, { n: 1 })
    await update(ada, 'gone', { a: 1 })
    await send(ada, bob)
    const carl = await copyNamespace(await open())
    await send(ada, carl)
    await write(ada, 'gone', null)
    await write(ada, 'hidden', null)
    // An edit that the delete did not know of.
    await update(bob, 'hidden', { b: 1 })
    await send(bob, ada)
    await send(ada, bob)
    expect(await rootOf(ada)).toBe(await rootOf(bob))
    expect(await countOf(ada)).toBe(4)

    expect(await pass(175, [ada, bob])).toBe(0)
    expect(await pass(15, [ada, bob])).toBe(6)
    expect(await countOf(ada)).toBe(1)
    expect(await rootOf(ada)).toBe(await rootOf(bob))
    expect(await ada.replica.checkSummaries()).toEqual([])

    // Carl was away, and has the documents.
    expect(await idsOf(carl)).toEqual(['gone', 'hidden', 'kept'])
    expect((await send(carl, ada)).toSorted()).toEqual(['forgotten', 'forgotten', 'forgotten', 'same'])
    expect(await idsOf(ada)).toEqual(['kept'])
    // What comes later than the delete is a new document.
    await write(carl, 'gone', { n: 2 })
    await send(carl, ada)
    expect(await idsOf(ada)).toEqual(['gone', 'kept'])
  })

  it('keep what was deleted from coming back as a version that lost to the document which stands there since', async () => {
    const carl = await copyNamespace(await open())
    await write(ada, 'gone', { secret: 1 })
    await send(ada, carl)
    await write(ada, 'gone', null)
    await pass(190, [ada])
    await write(ada, 'gone', { n: 2 })
    expect(await send(carl, ada)).toEqual(['forgotten'])
    expect((await ada.replica.conflicts(ns, 'docs', { limit: 10 })).conflicts).toEqual([])
    expect(await ada.replica.history(ns, 'docs', 'gone')).toEqual([])
  })

  it('take a document along whose field somebody changed who was away: it is not shown any more', async () => {
    await write(ada, 'gone', { secret: 1 })
    await send(ada, bob)
    await write(ada, 'gone', null)
    await pass(190, [ada])
    await update(bob, 'gone', { more: 2 })
    const results = await send(bob, ada)
    expect(results).toEqual(['forgotten', 'stored'])
    const [first] = await bob.storage.recordsSince(1, 0, 1)
    expect(await bob.replica.giveUp(ns, [first?.seq ?? 0])).toBe(1)
    expect(await idsOf(bob)).toEqual([])
    expect(await bob.replica.count(ns, 'docs', {})).toBe(0)
    expect(await rootOf(bob)).toBe(await rootOf(ada))
    expect(await bob.replica.checkSummaries()).toEqual([])
  })

  it('that are gone do not keep a document of a map from being made again', async () => {
    ns = (await ada.replica.createNamespace({ name: 'people', write: 'anyone', collections: { docs: { type: 'map' } } })).id
    await copyNamespace(bob)
    await write(ada, 'ada', { n: 1 })
    await send(ada, bob)
    await write(ada, 'ada', null)
    await send(ada, bob)
    await pass(190, [ada, bob])
    await write(ada, 'ada', { n: 2 })
    expect(await send(ada, bob)).toEqual(['stored', 'stored'])
    expect(await idsOf(bob)).toEqual(['ada'])
  })

  describe('of a map whose documents have names that somebody new gives again', () => {
    const people = async (): Promise<Peer> => {
      ns = (await ada.replica.createNamespace({ name: 'people', write: 'anyone', collections: { docs: { type: 'map' } } })).id
      await copyNamespace(bob)
      await write(ada, 'x', { old: 1 })
      await send(ada, bob)
      await write(ada, 'x', null)
      await pass(190, [ada])
      return copyNamespace(await open())
    }
    /** As a session does: what the other side has forgotten is given up here. */
    const offer = async (from: Peer, to: Peer): Promise<void> => {
      const { batch, sent } = await from.replica.batchSince(ns, 0, { maxBytes: 100_000 })
      const accepted = batch === undefined ? { results: [] } : await to.replica.accept(ns, batch)
      if ('refused' in accepted) throw new Error(accepted.refused)
      await from.replica.giveUp(
        ns,
        sent.filter((_, i) => accepted.results[i] === 'forgotten').map(({ seq }) => seq),
      )
    }
    const documents = async ({ replica }: Peer): Promise<readonly string[]> => (await replica.find(ns, 'docs', { limit: 10 })).contents

    it('do not take the new document along: its beginning is written anew, before the fields of everybody', async () => {
      const carl = await people()
      const dora = await copyNamespace(await open())
      await write(carl, 'x', { carl: 1 })
      now += DAY
      await write(dora, 'x', { dora: 1 })
      await offer(carl, ada)
      await offer(dora, ada)
      expect(await documents(carl)).toEqual(['{"_id":"x","carl":1}'])
      for (let round = 0; round < 2; round++)
        for (const peer of [carl, dora]) {
          await offer(peer, ada)
          await offer(ada, peer)
        }
      for (const peer of [ada, carl, dora]) expect(await documents(peer)).toEqual(['{"_id":"x","carl":1,"dora":1}'])
      expect(new Set([await rootOf(ada), await rootOf(carl), await rootOf(dora)]).size).toBe(1)
      for (const { replica } of [ada, carl, dora]) {
        expect((await replica.conflicts(ns, 'docs', { limit: 10 })).conflicts).toEqual([])
        expect(await replica.checkSummaries()).toEqual([])
      }
    })

    it('bring nothing of the deleted one back, whoever was away and changes it', async () => {
      await people()
      now += DAY
      await write(bob, 'x', { old: 1, more: 2 })
      for (let round = 0; round < 3; round++) await offer(bob, ada)
      expect(await documents(ada)).toEqual([])
      expect(await documents(bob)).toEqual([])
      expect(await rootOf(ada)).toBe(await rootOf(bob))
    })

    it('are written anew once, and by those alone who wrote something of them', async () => {
      const carl = await people()
      const dora = await copyNamespace(await open())
      await write(carl, 'x', { carl: 1 })
      await send(carl, dora)
      await offer(dora, ada)
      // She has nothing of her own in it.
      expect(await documents(dora)).toEqual([])
      await offer(carl, ada)
      const [base] = (await carl.storage.recordsSince(1, 0, 10)).filter(({ edit }) => edit === undefined)
      expect(await carl.replica.giveUp(ns, [base?.seq ?? 0])).toBe(1)
      // Who is not taken at that either gives up.
      expect(await documents(carl)).toEqual([])
    })

    it('that were written after the namespace was forgotten here are whole when it comes again', async () => {
      await people()
      for (const peer of [ada, bob]) {
        const namespace = await peer.replica.exportNamespace(ns)
        await peer.replica.forgetNamespace(ns)
        await peer.replica.write(ns, 'docs', [{ id: 'x', content: '{"_id":"x","a":1,"b":{"c":2}}' }])
        expect(await peer.replica.pendingCounts(ns)).toEqual({ waiting: 1, refused: 0 })
        now += DAY
        await peer.replica.importNamespace(namespace?.genesis ?? bytes(), namespace?.head ?? bytes(), namespace?.signature ?? bytes())
        await expect.poll(() => documents(peer)).toEqual(['{"_id":"x","a":1,"b":{"c":2}}'])
        expect(await peer.replica.pendingCounts(ns)).toEqual({ waiting: 0, refused: 0 })
        expect(await peer.replica.checkSummaries()).toEqual([])
      }
    })

    it('that were written before the namespace came are whole too', async () => {
      await people()
      const namespace = await ada.replica.exportNamespace(ns)
      const early = await open()
      await early.replica.write(ns, 'docs', [{ id: 'x', content: '{"_id":"x","early":1}' }])
      now += DAY
      await early.replica.importNamespace(namespace?.genesis ?? bytes(), namespace?.head ?? bytes(), namespace?.signature ?? bytes())
      await early.replica.pending(ns)
      expect(await documents(early)).toEqual(['{"_id":"x","early":1}'])
      await offer(early, ada)
      await offer(early, ada)
      expect(await documents(ada)).toEqual(['{"_id":"x","early":1}'])
    })
  })

  it('that others still have are not taken again, nor the edits of what was deleted', async () => {
    await write(ada, 'gone', { n: 1 })
    await update(ada, 'gone', { a: 1 })
    await send(ada, bob)
    await write(ada, 'gone', null)
    const carl = await copyNamespace(await open())
    await send(ada, carl)
    await pass(190, [ada])
    expect(await send(carl, ada)).toEqual(['forgotten'])
    expect(await send(bob, ada)).toEqual(['forgotten', 'forgotten'])
    expect(await countOf(ada)).toBe(0)
  })

  it('stay while the clock has only jumped, and go when time goes on from there', async () => {
    await write(ada, 'gone', { n: 1 })
    await write(ada, 'gone', null)
    await ada.replica.forgetDeleted()
    ada.skew = 400 * DAY
    expect(await ada.replica.forgetDeleted()).toBe(0)
    now += 2 * DAY
    expect(await ada.replica.forgetDeleted()).toBe(0)
    ada.skew = 0
    expect(await ada.replica.forgetDeleted()).toBe(0)
    expect(await countOf(ada)).toBe(1)
    // Switched off for a year.
    now += 365 * DAY
    expect(await ada.replica.forgetDeleted()).toBe(0)
    now += 7 * DAY
    expect(await ada.replica.forgetDeleted()).toBe(1)
    expect(await countOf(ada)).toBe(0)
  })

  it('what expired goes 180 days after that', async () => {
    await write(ada, 'note', { n: 1 }, timeFromMs(now + 100 * DAY))
    await update(ada, 'note', { a: 1 })
    await send(ada, bob)
    expect(await pass(270, [ada])).toBe(0)
    expect(await countOf(ada)).toBe(2)
    expect(await pass(25, [ada])).toBe(2)
    expect(await send(bob, ada)).toEqual(['forgotten', 'forgotten'])
  })

  it('a record is given up on the word of others only where it is older than tombstones are kept', async () => {
    await write(ada, 'old', { n: 1 })
    await write(ada, 'dead', { n: 1 })
    await write(ada, 'dead', null)
    now += 181 * DAY
    await write(ada, 'new', { n: 1 })
    const records = await ada.storage.recordsSince(1, 0, 10)
    expect(
      await ada.replica.giveUp(
        ns,
        records.map(({ seq }) => seq),
      ),
    ).toBe(2)
    expect(await idsOf(ada)).toEqual(['new'])
    expect(await ada.replica.checkSummaries()).toEqual([])
    expect(await ada.replica.giveUp(ns, [1, 2, 99])).toBe(0)
  })
})
