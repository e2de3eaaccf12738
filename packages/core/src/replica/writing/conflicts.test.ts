import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../model/content.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeDriver } from '../../storage/drivers/sqlite-node.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { EditedDocuments } from '../../storage/records/edited-documents.ts'
import { SqliteStorage } from '../../storage/sqlite-storage.ts'
import { seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { CommitEvent, ConflictRow } from '../types.ts'

const network = createNetwork('conflicts')
const DAY_MS = 24 * 60 * 60_000

let now = 1_800_000_000_000
let peers: LocalReplica[]
let relay: LocalReplica
let ns: string
const clock = (): number => now

async function open(): Promise<LocalReplica> {
  const replica = await openReplica(openNodeStorage(':memory:', { now: clock }), { network: network.bytes, aside: false, now: clock })
  peers.push(replica)
  return replica
}

async function join(): Promise<LocalReplica> {
  const replica = await open()
  const namespace = await relay.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await replica.importNamespace(namespace.genesis, namespace.head, namespace.signature)
  return replica
}

beforeEach(async () => {
  now = 1_800_000_000_000
  peers = []
  relay = await open()
  ns = (await relay.createNamespace({ name: 'orders', write: 'anyone' })).id
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
})

async function send(from: LocalReplica, to: LocalReplica): Promise<void> {
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 10_000_000 })
  if (batch !== undefined) await to.accept(ns, batch)
}

/** Until all have what anybody has. */
async function meet(...all: readonly LocalReplica[]): Promise<void> {
  for (let round = 0; round < 2; round++)
    for (const peer of all) {
      await send(peer, relay)
      await send(relay, peer)
    }
  for (const peer of all) await send(relay, peer)
  const roots = await Promise.all([relay, ...all].map(async (peer) => (await peer.summary(ns)).root))
  expect(new Set(roots).size).toBe(1)
  for (const peer of [relay, ...all]) expect(await peer.checkSummaries()).toEqual([])
}

const put = (peer: LocalReplica, id: string, fields: object): ReturnType<LocalReplica['write']> => {
  now++
  return peer.write(ns, 'docs', [{ id, content: canonicalJson({ ...fields, _id: id }) }])
}
const set = (peer: LocalReplica, id: string, fields: object, settles = false): ReturnType<LocalReplica['update']> => {
  now++
  return peer.update(ns, 'docs', { id, changes: { $set: fields }, settles })
}
const get = async (peer: LocalReplica, id: string): Promise<unknown> => JSON.parse((await peer.get(ns, 'docs', id)) ?? 'null')
const conflicts = async (peer: LocalReplica, id?: string): Promise<readonly ConflictRow[]> =>
  (await peer.conflicts(ns, 'docs', { id, limit: 100 })).conflicts
const said = async (peer: LocalReplica, id?: string): Promise<readonly unknown[]> =>
  (await conflicts(peer, id)).map(({ field, value, content }) => (field === undefined ? JSON.parse(content ?? 'null') : { [field]: value }))

describe('five peers that set the same field without a network', () => {
  it('meet: one wins everywhere, and the other four are conflicts everywhere; ten runs', async () => {
    const five = await Promise.all(Array.from({ length: 5 }, () => join()))
    for (let run = 1; run <= 10; run++) {
      const random = seededRandom(run)
      const id = `order-${run}`
      await put(relay, id, { name: 'order', paid: 'nobody' })
      await meet(...five)
      const order = five.map((peer, i) => ({ peer, name: `p${i}`, key: random.next() })).sort((a, b) => a.key - b.key)
      for (const { peer, name } of order) await set(peer, id, { paid: name })
      await meet(...order.toReversed().map(({ peer }) => peer))
      const lost = order.slice(0, -1).map(({ name }) => ({ paid: name }))
      for (const peer of [relay, ...five]) {
        expect(await get(peer, id)).toEqual({ _id: id, name: 'order', paid: order.at(-1)?.name })
        expect(new Set((await said(peer, id)).map((one) => JSON.stringify(one)))).toEqual(new Set(lost.map((one) => JSON.stringify(one))))
      }
    }
    expect(await conflicts(relay)).toHaveLength(40)
    const pages: ConflictRow[] = []
    for (let after: { readonly id: string; readonly seq: number } | undefined; ; ) {
      const page = await relay.conflicts(ns, 'docs', { after, limit: 7 })
      pages.push(...page.conflicts)
      if (page.after === undefined) break
      after = page.after
    }
    expect(pages).toEqual(await conflicts(relay))
  })
})

describe('a conflict', () => {
  let ada: LocalReplica
  let bob: LocalReplica
  beforeEach(async () => {
    ada = await join()
    bob = await join()
  })

  it('of two documents is told with what won, once on each peer, and stays when somebody writes over what won', async () => {
    const events: CommitEvent[] = []
    for (const peer of [relay, ada, bob]) peer.onCommit((event) => event.conflicts !== undefined && events.push(event))
    await put(ada, 'x', { by: 'ada' })
    await put(bob, 'x', { by: 'bob' })
    await meet(ada, bob)
    const [row, ...others] = await conflicts(ada)
    expect(others).toEqual([])
    expect(row).toMatchObject({
      id: 'x',
      content: '{"_id":"x","by":"ada"}',
      by: (await ada.info()).identity,
      won: { content: '{"_id":"x","by":"bob"}' },
    })
    expect(row).toMatchObject({ won: { by: (await bob.info()).identity } })
    expect(events.map((event) => event.conflicts)).toEqual([1, 2, 3].map(() => [{ collection: 'docs', id: 'x' }]))
    await put(relay, 'x', { by: 'relay' })
    await set(bob, 'x', { more: 1 })
    await meet(ada, bob)
    // What bob had changed meanwhile was not known to the one who wrote the document, and is later.
    for (const peer of [relay, ada, bob]) expect(await said(peer)).toEqual([{ _id: 'x', by: 'ada' }])
    expect(await get(ada, 'x')).toEqual({ _id: 'x', by: 'relay', more: 1 })
  })

  it('is none where the writer had what he wrote over, through whomever it came', async () => {
    await put(ada, 'x', { n: 1 })
    await meet(ada, bob)
    await put(bob, 'x', { n: 2 })
    await send(bob, relay)
    await put(relay, 'x', { n: 3 })
    await send(relay, ada)
    await set(ada, 'x', { n: 4 })
    await set(ada, 'x', { n: 5 })
    await meet(ada, bob)
    await put(bob, 'x', { n: 6 })
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) expect(await conflicts(peer)).toEqual([])
    expect((await relay.summary(ns)).count).toBe(1)
  })

  it('is found without its collection and id, page by page, also where the document was deleted, and not where two say the same', async () => {
    for (const id of ['a', 'b', 'c', 'd']) {
      await put(ada, id, { by: id === 'c' ? 'both' : 'ada' })
      await put(bob, id, { by: id === 'c' ? 'both' : 'bob' })
    }
    await relay.write(ns, 'more', [{ id: 'x', content: '{"_id":"x"}' }])
    await meet(ada, bob)
    await set(ada, 'd', { n: 1 })
    now++
    await bob.update(ns, 'more', { id: 'x', changes: { $set: { n: 1 } } })
    await ada.write(ns, 'more', [{ id: 'x', content: null }])
    await meet(ada, bob)
    const all = [
      { collection: 'docs', id: 'a', conflicts: 1, isDeleted: false },
      { collection: 'docs', id: 'b', conflicts: 1, isDeleted: false },
      { collection: 'docs', id: 'd', conflicts: 1, isDeleted: false },
      { collection: 'more', id: 'x', conflicts: 1, isDeleted: true },
    ]
    for (const peer of [relay, ada, bob]) expect(await peer.conflicted(ns, { limit: 10 })).toEqual({ documents: all })
    const found: object[] = []
    for (let after: { readonly collection: string; readonly id: string } | undefined; ; ) {
      const page = await relay.conflicted(ns, { after, limit: 2 })
      found.push(...page.documents)
      if (page.after === undefined) break
      after = page.after
    }
    expect(found).toEqual(all)
    expect(await relay.conflicted('unknown', { limit: 2 })).toEqual({ documents: [] })
    await expect(relay.conflicted(ns, { limit: 0 })).rejects.toMatchObject({ code: 'bad-limit' })
  })

  it('is settled everywhere by a write that is there to do so, and by its author when he writes again', async () => {
    await put(ada, 'x', { n: 1 })
    await put(bob, 'x', { n: 2 })
    await put(bob, 'y', { n: 1 })
    await meet(ada, bob)
    await set(ada, 'y', { n: 2 })
    await set(bob, 'y', { n: 3 })
    await meet(ada, bob)
    expect(await said(relay)).toEqual([{ _id: 'x', n: 1 }, { n: 2 }])
    now++
    await relay.write(ns, 'docs', [{ id: 'x', content: '{"_id":"x","n":2}', settles: true }])
    await set(relay, 'y', { n: 3 }, true)
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) expect(await conflicts(peer)).toEqual([])
    await set(ada, 'x', { n: 3 })
    await set(bob, 'x', { n: 4 })
    await meet(ada, bob)
    expect(await said(bob)).toEqual([{ n: 3 }])
    await set(ada, 'x', { n: 5 })
    await meet(ada, bob)
    expect(await conflicts(bob)).toEqual([])
  })

  it('lasts thirty days: the next write of its field after that settles it', async () => {
    await put(ada, 'x', { n: 1, m: 1 })
    await meet(ada, bob)
    await set(ada, 'x', { n: 2 })
    await set(bob, 'x', { n: 3 })
    await meet(ada, bob)
    now += 29 * DAY_MS
    await set(relay, 'x', { n: 4 })
    await meet(ada, bob)
    expect(await said(ada)).toEqual([{ n: 2 }])
    now += 2 * DAY_MS
    await set(relay, 'x', { m: 2 })
    expect(await said(relay)).toEqual([{ n: 2 }])
    await set(bob, 'x', { n: 5 })
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) expect(await conflicts(peer)).toEqual([])
  })

  it('with a delete is told on both sides of it, and deleting settles what is known', async () => {
    await put(ada, 'x', { n: 1 })
    await meet(ada, bob)
    await set(ada, 'x', { n: 2 })
    now++
    await bob.write(ns, 'docs', [{ id: 'x', content: null }])
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) {
      expect(await peer.get(ns, 'docs', 'x')).toBeUndefined()
      expect(await conflicts(peer)).toMatchObject([{ id: 'x', field: 'n', value: 2, content: null, cid: null, won: { content: null, cid: null } }])
    }
    now++
    await relay.write(ns, 'docs', [{ id: 'x', content: null }])
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) expect((await peer.summary(ns)).count).toBe(1)
  })

  it.each(['delete', 'update'])('is an update that is later than a delete which it did not know of, whichever arrives first: %s', async (first) => {
    const events: CommitEvent[] = []
    for (const id of ['x', 'y']) await put(ada, id, { n: 1 })
    await meet(ada, bob)
    relay.onCommit((event) => event.conflicts !== undefined && events.push(event))
    now++
    await bob.write(ns, 'docs', [{ id: 'x', content: null }])
    await set(ada, 'x', { n: 2, m: 3 })
    await meet(...(first === 'delete' ? [bob, ada] : [ada, bob]))
    for (const peer of [relay, ada, bob]) {
      expect(await peer.get(ns, 'docs', 'x')).toBeUndefined()
      expect((await conflicts(peer)).map(({ id, field, value, content, won }) => ({ id, field, value, content, won: won.content }))).toEqual([
        { id: 'x', field: 'n', value: 2, content: null, won: null },
        { id: 'x', field: 'm', value: 3, content: null, won: null },
      ])
      expect(await conflicts(peer, 'x')).toHaveLength(2)
      expect(await peer.conflicted(ns, { limit: 10 })).toEqual({ documents: [{ collection: 'docs', id: 'x', conflicts: 2, isDeleted: true }] })
    }
    expect(events.flatMap((event) => event.conflicts)).toContainEqual({ collection: 'docs', id: 'x' })
    if (first === 'delete') {
      now++
      await relay.write(ns, 'docs', [{ id: 'x', content: null, settles: true }])
    } else {
      // Nobody who puts it anew need have looked at what the delete hides.
      await put(relay, 'x', { n: 4 })
      await meet(ada, bob)
      for (const peer of [relay, ada, bob]) {
        expect(await get(peer, 'x')).toEqual({ _id: 'x', n: 4 })
        expect((await conflicts(peer)).map(({ field, value, content, won }) => [field, value, content, won.content])).toEqual([
          ['n', 2, '{"_id":"x","n":2}', '{"_id":"x","n":4}'],
          ['m', 3, '{"_id":"x","m":3,"n":4}', '{"_id":"x","n":4}'],
        ])
      }
      now++
      await bob.write(ns, 'docs', [{ id: 'x', content: '{"_id":"x","n":4}', settles: true }])
    }
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) {
      expect(await conflicts(peer)).toEqual([])
      expect(await peer.conflicted(ns, { limit: 10 })).toEqual({ documents: [] })
    }
  })

  it('is no update that a later document shows, though a delete had hidden it', async () => {
    await put(ada, 'x', { n: 1 })
    await meet(ada, bob)
    now++
    await bob.write(ns, 'docs', [{ id: 'x', content: null }])
    await send(bob, relay)
    await put(bob, 'x', { m: 1 })
    await set(ada, 'x', { n: 2 })
    await send(ada, relay)
    expect((await relay.conflicted(ns, { limit: 10 })).documents).toHaveLength(1)
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) {
      expect(await get(peer, 'x')).toEqual({ _id: 'x', m: 1, n: 2 })
      expect(await peer.conflicted(ns, { limit: 10 })).toEqual({ documents: [] })
    }
  })

  it('of a put that did not know of an edit is told as what the document would be with it', async () => {
    await put(ada, 'x', { a: { b: 1 } })
    await meet(ada, bob)
    await set(ada, 'x', { 'a.b': 2, c: 3 })
    await put(bob, 'x', { a: { b: 5 }, d: 1 })
    await meet(ada, bob)
    expect(await get(relay, 'x')).toEqual({ _id: 'x', a: { b: 5 }, d: 1 })
    expect(
      (await conflicts(relay)).map(({ field = '', content }) => [field, JSON.parse(content ?? '')] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ).toEqual([
      ['a.b', { _id: 'x', a: { b: 2 }, d: 1 }],
      ['c', { _id: 'x', a: { b: 5 }, c: 3, d: 1 }],
    ])
  })

  it('goes everywhere when its author erases what he wrote, and what won over it stays', async () => {
    await put(ada, 'x', { secret: 'ada' })
    await put(bob, 'x', { text: 'bob' })
    await put(relay, 'y', { n: 1 })
    await put(ada, 'z', { own: true })
    await meet(ada, bob)
    await set(ada, 'y', { n: 'secret' })
    await set(bob, 'y', { n: 3 })
    await meet(ada, bob)
    expect(await said(bob)).toEqual([{ _id: 'x', secret: 'ada' }, { n: 'secret' }])
    now += 1000
    expect(await ada.eraseOwn(ns, 0)).toMatchObject({ documents: 1, conflicts: 2, edits: 0 })
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) {
      expect([await get(peer, 'x'), await get(peer, 'y'), await get(peer, 'z')]).toEqual([{ _id: 'x', text: 'bob' }, { _id: 'y', n: 3 }, null])
      // That she wanted it to be gone.
      expect(await said(peer)).toEqual([null])
    }
    expect(await ada.eraseOwn(ns, 0)).toMatchObject({ documents: 0, conflicts: 0 })
  })

  it('with a delete that came before its document is told by the name that this has', async () => {
    const carol = await join()
    await put(ada, 'x', { n: 1 })
    now++
    await ada.write(ns, 'docs', [{ id: 'x', content: null }])
    await send(ada, carol)
    await put(bob, 'x', { n: 2 })
    await send(bob, carol)
    expect(await conflicts(carol)).toMatchObject([{ id: 'x', content: null, won: { content: '{"_id":"x","n":2}' } }])
    await send(bob, ada)
    expect(await conflicts(ada)).toEqual(await conflicts(carol))
  })

  it('that a delete hides is erased too, and what is edited in documents that are there stays', async () => {
    await put(bob, 'x', { n: 1 })
    await put(bob, 'y', { n: 1 })
    await meet(ada, bob)
    now++
    await bob.write(ns, 'docs', [{ id: 'x', content: null }])
    await set(ada, 'x', { n: 'secret' })
    await set(ada, 'y', { n: 2 })
    await meet(ada, bob)
    now += 1000
    expect(await ada.eraseOwn(ns, 0)).toMatchObject({ documents: 0, conflicts: 1, edits: 1 })
    expect(await ada.eraseOwn(ns, 0)).toMatchObject({ conflicts: 0, edits: 1 })
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) expect([await get(peer, 'y'), await said(peer)]).toEqual([{ _id: 'y', n: 2 }, [{ n: undefined }]])
  })

  it('that somebody else lost stays when its winner is erased by who wrote that; and nobody erases what was written meanwhile', async () => {
    await put(bob, 'x', { by: 'bob' })
    await put(ada, 'x', { by: 'ada' })
    await meet(ada, bob)
    await put(ada, 'y', { by: 'ada' })
    await meet(ada, bob)
    now += 1000
    // It is stored after the page was read.
    await put(bob, 'y', { by: 'bob' })
    const { batch = new Uint8Array() } = await bob.batchSince(ns, 0, { maxBytes: 10_000 })
    const [erased] = await Promise.all([ada.eraseOwn(ns, 0), ada.accept(ns, batch)])
    expect(erased.documents).toBeLessThan(3)
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) {
      expect(await get(peer, 'x')).toBeNull()
      expect(await said(peer, 'x')).toEqual([{ _id: 'x', by: 'bob' }])
    }
    now++
    expect(await ada.write(ns, 'docs', [{ id: 'x', content: null }])).toMatchObject([{ status: 'written' }])
    expect(await conflicts(ada, 'x')).toEqual([])
  })

  it('is erased also where what won has seen a later version of the same author, and keeps what it had seen', async () => {
    await put(relay, 'x', { f: 0, g: 0, h: 0 })
    await meet(ada, bob)
    await set(ada, 'x', { g: 'secret', h: 'other' })
    await set(bob, 'x', { g: 1, h: 1 })
    await meet(ada, bob)
    // Settles one of two that were written together, and leaves the other.
    await set(bob, 'x', { h: 1 }, true)
    await put(bob, 'x', { g: 2 })
    await meet(ada, bob)
    expect(await said(ada)).toEqual([{ g: 'secret' }])
    now += 1000
    expect(await ada.eraseOwn(ns, 0)).toMatchObject({ conflicts: 1 })
    expect(await ada.eraseOwn(ns, 0)).toMatchObject({ conflicts: 0 })
    await meet(ada, bob)
    for (const peer of [relay, ada, bob]) expect([await get(peer, 'x'), await said(peer)]).toEqual([{ _id: 'x', g: 2 }, [{ g: undefined }]])
  })

  it('keeps to what there is room for: the newest sixteen of a document, however many lost', async () => {
    await put(ada, 'x', { n: 0 })
    await meet(ada)
    const many = await Promise.all(Array.from({ length: 20 }, () => join()))
    for (const one of many) await send(relay, one)
    for (const [i, one] of many.entries()) await set(one, 'x', { n: i })
    await meet(...many)
    expect(await said(relay)).toEqual(Array.from({ length: 16 }, (_, i) => ({ n: i + 3 })))
    await put(many[0] ?? relay, 'x', { n: 100 })
    await meet(...many)
    expect((await conflicts(relay)).length).toBe(16)
  })

  it('stands again where what it lost to is removed, because the namespace had ended before that', async () => {
    await put(bob, 'x', { n: 1 })
    now++
    await relay.changeHead(ns, { end: true })
    await put(ada, 'x', { n: 2 })
    await send(ada, bob)
    await send(bob, ada)
    for (const peer of [ada, bob]) expect([await get(peer, 'x'), await said(peer)]).toEqual([{ _id: 'x', n: 2 }, [{ _id: 'x', n: 1 }]])
    const head = await relay.exportNamespace(ns)
    if (head === undefined) throw new Error('no namespace')
    for (const peer of [ada, bob]) {
      await peer.importNamespace(head.genesis, head.head, head.signature)
      expect([await get(peer, 'x'), await conflicts(peer)]).toEqual([{ _id: 'x', n: 1 }, []])
      expect(await peer.checkSummaries()).toEqual([])
      expect((await peer.find(ns, 'docs', { limit: 10, withTotal: true })).total).toBe(1)
      await send(peer, relay)
    }
    const roots = await Promise.all([relay, ada, bob].map(async (peer) => (await peer.summary(ns)).root))
    expect(new Set(roots).size).toBe(1)
  })
})

it('a plain write runs no statement more for it, and one over a document of somebody else neither', async () => {
  let statements: string[] = []
  const driver = openNodeDriver(':memory:')
  const noting: typeof driver = {
    ...driver,
    prepare: (sql) => {
      const statement = driver.prepare(sql)
      const note = <A extends readonly unknown[], R>(call: (...args: A) => R) => {
        return (...args: A): R => {
          statements.push(sql)
          return call(...args)
        }
      }
      return {
        run: note(statement.run.bind(statement)),
        get: note(statement.get.bind(statement)),
        all: note(statement.all.bind(statement)),
        each: note(statement.each.bind(statement)),
        finalize: () => statement.finalize(),
      }
    },
  }
  const replica = await openReplica(new SqliteStorage(noting, { edits: EditedDocuments, now: clock }), {
    network: network.bytes,
    aside: false,
    now: clock,
  })
  peers.push(replica)
  const namespace = await relay.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await replica.importNamespace(namespace.genesis, namespace.head, namespace.signature)
  const during = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    statements = []
    await work()
    return statements.map((sql) => /^\w+(?: \w+ (?:INTO|FROM) \w+| INTO \w+| \w+)?/.exec(sql)?.[0] ?? sql)
  }
  await put(replica, 'first', {})
  // What is added up on the first write of a kind is no part of it.
  await put(replica, 'first', { m: 1 })
  await replica.batchSince(ns, 0, { maxBytes: 1000 })
  await put(relay, 'x', { n: 0 })
  await send(relay, replica)
  const overOwn = await during(() => put(replica, 'first', { n: 1 }))
  const overOther = await during(() => put(replica, 'x', { n: 1 }))
  expect(overOther).toEqual(overOwn)
  expect(overOwn.filter((sql) => sql.startsWith('SELECT r'))).toHaveLength(1)
})
