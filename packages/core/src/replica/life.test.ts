import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorCode } from '../errors.ts'
import type { WritePolicy } from '../model/namespace/namespace.ts'
import { createNetwork } from '../model/network/network.ts'
import { openNodeStorage } from '../storage/open-node.ts'
import type { Storage } from '../storage/storage.ts'
import { seededRandom } from '../testing/random.ts'
import type { LocalReplica } from './local-replica.ts'
import { openReplica } from './open-replica.ts'
import type { CommitEvent } from './types.ts'

const START = Date.UTC(2026, 5, 1)
const network = createNetwork('life')

let storage: Storage
let now: number
let owner: LocalReplica
let other: LocalReplica
let relay: LocalReplica
beforeEach(async () => {
  now = START
  storage = openNodeStorage(':memory:')
  owner = await open(storage)
  other = await open(openNodeStorage(':memory:'))
  relay = await open(openNodeStorage(':memory:'))
})
afterEach(async () => {
  await Promise.all([owner.close(), other.close(), relay.close()])
})

function open(data: Storage): Promise<LocalReplica> {
  return openReplica(data, { network: network.bytes, now: () => now, aside: false })
}

async function create(write: WritePolicy = 'anyone'): Promise<string> {
  return (await owner.createNamespace({ name: 'notes', write })).id
}

/** Brings the namespace with its newest head. */
async function sendHead(ns: string, from: LocalReplica, to: LocalReplica): Promise<unknown> {
  const namespace = await from.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  return to.importNamespace(namespace.genesis, namespace.head, namespace.signature)
}

/** Hands all records from one to the other. */
async function send(ns: string, from: LocalReplica, to: LocalReplica): Promise<readonly string[]> {
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 1_000_000 })
  const accepted = batch === undefined ? { results: [] } : await to.accept(ns, batch)
  return 'refused' in accepted ? [accepted.refused] : accepted.results
}

async function put(replica: LocalReplica, ns: string, id: string, v: number): Promise<void> {
  await replica.write(ns, 'docs', [{ id, content: `{"_id":"${id}","v":${v}}` }])
}

async function idsIn(replica: LocalReplica, ns: string): Promise<string[]> {
  const { contents } = await replica.find(ns, 'docs', { limit: 100 })
  return contents.map((content) => (JSON.parse(content) as { _id: string })._id)
}

const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', errorCode)

describe('settings of collections', () => {
  it('are set one by one, travel with the head, and stay when other things of it change', async () => {
    const ns = await create()
    await owner.changeHead(ns, { collections: { orders: { maxBytes: 100, immutable: ['number'] }, notes: { maxBytes: 5 } } })
    await owner.changeHead(ns, { title: 'Other', collections: { orders: { maxBytes: 200 }, notes: null } })
    await owner.changeHead(ns, { description: 'What it is' })
    await sendHead(ns, owner, other)
    const { name, description, collections } = (await other.namespace(ns)) ?? {}
    expect({ name, description, collections }).toEqual({
      name: 'Other',
      description: 'What it is',
      collections: { orders: { maxBytes: 200, immutable: ['number'] } },
    })
    expect(await owner.changeHead(ns, { collections: { orders: { maxBytes: null, immutable: null } } })).not.toHaveProperty('collections')
  })

  it('that cannot be are refused, and nothing changes', async () => {
    const ns = await create()
    const before = await owner.exportNamespace(ns)
    const bad = [
      { colour: 1 },
      { maxBytes: 0 },
      { maxBytes: 1e9 },
      { schema: 'true' },
      { schema: '{ }' },
      { immutable: [] },
      { immutable: ['a.b'] },
      { immutable: ['_id'] },
      { unique: ['email'] },
    ]
    for (const settings of bad) {
      const failure = await owner.changeHead(ns, { collections: { orders: settings } }).catch(errorCode)
      expect(failure, JSON.stringify(settings)).toBe('bad-rules')
    }
    expect(await owner.changeHead(ns, { collections: { 'no name': { maxBytes: 1 } } }).catch(errorCode)).toBe('bad-collection')
    const large = { schema: JSON.stringify({ title: 'x'.repeat(8000) }) }
    expect(await owner.changeHead(ns, { collections: { a: large, b: large, c: large } }).catch(errorCode)).toBe('bad-rules')
    expect(await owner.exportNamespace(ns)).toEqual(before)
  })
})

describe('a head', () => {
  it('is changed by its owner alone, keeps what is left out, and takes away what is null', async () => {
    const ns = await create()
    await sendHead(ns, owner, other)
    expect(await owner.changeHead(ns, { description: 'All of them' })).toMatchObject({ name: 'notes', description: 'All of them' })
    expect(await owner.changeHead(ns, { title: 'Notes', next: ns })).toMatchObject({ name: 'Notes', description: 'All of them', next: ns })
    const told: CommitEvent[] = []
    other.onCommit((event) => told.push(event))
    expect(await codeOf(other.changeHead(ns, { title: 'Mine' }))).toBe('not-allowed')
    await sendHead(ns, owner, other)
    expect(told).toEqual([{ namespace: ns, from: 0, to: 0, collections: [], head: true }])
    expect(await other.namespace(ns)).toMatchObject({ name: 'Notes', description: 'All of them', next: ns })
    const seq = await owner.lastSeq(ns)
    const info = await owner.changeHead(ns, { description: null, next: null })
    expect(info).not.toHaveProperty('description')
    expect(info).not.toHaveProperty('next')
    // Whoever reads the order of changes looks again.
    expect(await owner.lastSeq(ns)).toBe(seq + 1)
    await owner.changeHead(ns, { title: 'Notes' })
    expect(await owner.lastSeq(ns)).toBe(seq + 1)
    expect(await owner.checkSummaries()).toEqual([])
  })

  it('says in how many parts relays keep the namespace, which never become less', async () => {
    const ns = await create()
    expect(await owner.namespace(ns)).not.toHaveProperty('split')
    const whole = await owner.exportNamespace(ns)
    await owner.changeHead(ns, { split: 1 })
    expect(await owner.exportNamespace(ns)).toEqual(whole)
    expect(await owner.changeHead(ns, { split: 4 })).toMatchObject({ split: 4 })
    const now = await owner.exportNamespace(ns)
    for (const split of [1, 2, 3, 0, -2, 128, 4.5, Number.NaN, '8'])
      await expect(owner.changeHead(ns, { split: split as number })).rejects.toMatchObject({ code: 'bad-split' })
    expect(await owner.exportNamespace(ns)).toEqual(now)
    expect(await owner.changeHead(ns, { split: 64, title: 'other' })).toMatchObject({ split: 64, name: 'other' })
    await expect(owner.createNamespace({ name: 'notes', write: 'anyone', split: 5 })).rejects.toMatchObject({ code: 'bad-split' })
    expect(await owner.createNamespace({ name: 'notes', write: 'anyone', split: 2 })).toMatchObject({ split: 2 })
    expect(await owner.namespaceIds()).toHaveLength(2)
  })

  it('is refused with what is wrong with it, and stays as it was', async () => {
    const ns = await create()
    const before = await owner.exportNamespace(ns)
    expect(await codeOf(owner.changeHead(ns, { title: '' }))).toBe('bad-name')
    expect(await codeOf(owner.changeHead(ns, { title: 'x'.repeat(129) }))).toBe('bad-name')
    expect(await codeOf(owner.changeHead(ns, { description: '' }))).toBe('bad-option')
    expect(await codeOf(owner.changeHead(ns, { description: 'x'.repeat(2049) }))).toBe('bad-option')
    expect(await codeOf(owner.changeHead(ns, { description: '\ud800' }))).toBe('bad-option')
    expect(await codeOf(owner.changeHead(ns, { next: 'nonsense' }))).toBe('bad-namespace-id')
    expect(await codeOf(owner.changeHead('nonsense', { title: 'x' }))).toBe('unknown-namespace')
    expect(await owner.exportNamespace(ns)).toEqual(before)
  })
})

describe('a namespace that has ended', () => {
  it('keeps all that its owner had, takes nothing that is written later, and says so', async () => {
    const ns = await create()
    await sendHead(ns, owner, other)
    // A clock that is ahead by less than peers mind.
    now += 60_000
    await put(other, ns, 'ahead', 1)
    now -= 60_000
    await send(ns, other, owner)
    await put(owner, ns, 'a', 1)
    const info = await owner.changeHead(ns, { end: true })
    expect(info).toMatchObject({ writable: false, ended: expect.any(String) })
    expect(await idsIn(owner, ns)).toEqual(['a', 'ahead'])
    expect(await codeOf(put(owner, ns, 'b', 1))).toBe('ended')
    expect(await codeOf(owner.write(ns, 'docs', [{ id: 'a', content: null }]))).toBe('ended')
    expect(await owner.changeHead(ns, { end: true })).toEqual(info)
    // The name can still be mended.
    expect(await owner.changeHead(ns, { title: 'Old notes' })).toMatchObject({ name: 'Old notes', ended: info.ended })
    now += 120_000
    await put(other, ns, 'late', 1)
    expect(await send(ns, other, owner)).toEqual(['same', 'not-allowed'])
    expect(await idsIn(owner, ns)).toEqual(['a', 'ahead'])
  })

  it('takes no update that was on its way when it ended, and none once it is forgotten', async () => {
    const ns = await create()
    await put(owner, ns, 'a', 1)
    const update = (v: number) => owner.update(ns, 'docs', { id: 'a', changes: { $set: { v } } })
    const ending = owner.changeHead(ns, { end: true })
    const onItsWay = codeOf(update(2))
    await ending
    // Whichever came first: what was said to be written is here, or among what is kept for its author.
    const outcome = [await onItsWay, await owner.get(ns, 'docs', 'a'), (await owner.pending(ns)).length]
    expect([
      ['ended', '{"_id":"a","v":1}', 0],
      ['no error', '{"_id":"a","v":2}', 0],
      ['no error', '{"_id":"a","v":1}', 1],
    ]).toContainEqual(outcome)
    await sendHead(ns, owner, other)
    expect(new Set(await send(ns, owner, other))).toEqual(new Set(['stored']))
    expect(await codeOf(update(3))).toBe('ended')

    const gone = await create()
    await put(owner, gone, 'a', 1)
    await owner.update(gone, 'docs', { id: 'a', changes: { $set: { v: 2 } } })
    const late = codeOf(owner.update(gone, 'docs', { id: 'a', changes: { $set: { v: 3 } }, once: 'x'.repeat(16) }))
    await owner.forgetNamespace(gone)
    expect(await late).toBe('unknown-namespace')
  })

  it('tells who asks again what came of an update that was written before it ended', async () => {
    const ns = await create()
    await put(owner, ns, 'a', 1)
    const update = { id: 'a', changes: { $inc: { v: 1 } }, once: 'asked-again-and-again' }
    const written = await owner.update(ns, 'docs', update)
    await owner.changeHead(ns, { end: true })
    expect(await owner.update(ns, 'docs', update)).toEqual(written)
    expect(await owner.get(ns, 'docs', 'a')).toBe('{"_id":"a","v":2}')
    expect(await codeOf(owner.update(ns, 'docs', { ...update, once: 'another-name-of-16' }))).toBe('ended')
    expect(await codeOf(owner.update(ns, 'docs', { ...update, once: 'short' }))).toBe('bad-option')
  })

  it('keeps both of what two devices of one author wrote at the same time, too late', async () => {
    const ns = await create()
    const twin = openNodeStorage(':memory:')
    await twin.setMeta('identity', (await storage.getMeta('identity')) ?? new Uint8Array())
    const device = await open(twin)
    for (const replica of [device, other]) await sendHead(ns, owner, replica)
    await owner.changeHead(ns, { end: true })
    await sendHead(ns, owner, other)
    now += 1000
    const laptop = openNodeStorage(':memory:')
    await laptop.setMeta('identity', (await storage.getMeta('identity')) ?? new Uint8Array())
    const second = await open(laptop)
    await sendHead(ns, device, second)
    await put(device, ns, 'a', 1)
    await put(second, ns, 'b', 2)
    expect(await send(ns, second, device)).toEqual(['stored'])
    await sendHead(ns, owner, device)
    const kept = await device.pending(ns)
    const contents = new Map(kept.map((change) => ('id' in change ? ([change.id, change.content] as const) : ['', null])))
    expect(contents).toEqual(
      new Map([
        ['a', '{"_id":"a","v":1}'],
        ['b', '{"_id":"b","v":2}'],
      ]),
    )
    expect(new Set(kept.map(({ at }) => at)).size).toBe(1)
    await Promise.all([device.close(), second.close()])
  })

  it('keeps what its author had edited too late, also where what others wrote shows the document', async () => {
    const ns = await create()
    await put(owner, ns, 'a', 1)
    await sendHead(ns, owner, other)
    await send(ns, owner, other)
    now += 1000
    await owner.update(ns, 'docs', { id: 'a', changes: { $set: { theirs: true } } })
    await owner.changeHead(ns, { end: true })
    now += 1000
    await other.update(ns, 'docs', { id: 'a', changes: { $set: { mine: true, v: 2 } } })
    await send(ns, owner, other)
    expect(await other.get(ns, 'docs', 'a')).toBe('{"_id":"a","mine":true,"theirs":true,"v":2}')
    await sendHead(ns, owner, other)
    expect(await other.get(ns, 'docs', 'a')).toBe('{"_id":"a","theirs":true,"v":1}')
    expect(await other.pending(ns)).toMatchObject([{ id: 'a', content: '{"_id":"a","mine":true,"theirs":true,"v":2}', refused: 'ended' }])
    expect((await other.summary(ns)).root).toBe((await owner.summary(ns)).root)
  })

  it('loses what was written after the end where the head comes later, tells its author, and has the same set everywhere', async () => {
    const ns = await create()
    for (const replica of [other, relay]) await sendHead(ns, owner, replica)
    await put(other, ns, 'a', 1)
    await send(ns, other, relay)
    now += 1000
    await owner.changeHead(ns, { end: true })
    now += 1000
    await other.createIndex(ns, 'docs', ['v'])
    await put(other, ns, 'late', 2)
    await put(other, ns, 'a', 3)
    await other.write(ns, 'docs', [{ id: 'gone', content: '{"_id":"gone"}' }])
    await other.write(ns, 'docs', [{ id: 'gone', content: null }])
    await send(ns, other, relay)
    const told: CommitEvent[] = []
    other.onCommit((event) => told.push(event))
    for (const replica of [other, relay]) await sendHead(ns, owner, replica)
    expect(told.flatMap(({ pending }) => pending?.refused ?? [])).toEqual(['ended', 'ended', 'ended'])
    expect((await other.pending(ns)).map((change) => ('id' in change ? [change.id, change.content, change.refused] : []))).toEqual([
      ['late', '{"_id":"late","v":2}', 'ended'],
      ['a', '{"_id":"a","v":3}', 'ended'],
      ['gone', null, 'ended'],
    ])
    // The relay is not their author.
    expect(await relay.pending(ns)).toEqual([])
    // What a late version had replaced comes again from whoever has it: here nobody.
    for (const replica of [other, relay]) {
      expect(await idsIn(replica, ns)).toEqual([])
      expect((await replica.summary(ns)).root).toBe((await owner.summary(ns)).root)
      expect(await replica.checkSummaries()).toEqual([])
    }
  })

  it('has one set whatever order heads and records come in', async () => {
    const random = seededRandom(11)
    for (let round = 0; round < 20; round++) {
      const ns = await create()
      const peers = [owner, other, relay]
      for (const replica of [other, relay]) await sendHead(ns, owner, replica)
      const end = 3 + random.below(8)
      for (let step = 0; step < 16; step++) {
        now += 1000
        if (step === end) await owner.changeHead(ns, { end: true })
        const [from, to] = [random.pick(peers), random.pick(peers)]
        if (random.chance(0.3)) await sendHead(ns, from, to)
        if (random.chance(0.5)) await send(ns, from, to)
        const [writer, id] = [random.pick(peers), `${random.below(4)}`]
        const write = random.chance(0.5)
          ? put(writer, ns, id, step)
          : writer.update(ns, 'docs', { id, changes: { $set: { [`f${random.below(3)}`]: step } } })
        await write.catch((error: unknown) => expect(['ended', 'not-found']).toContain(errorCode(error)))
      }
      for (let pass = 0; pass < 3; pass++)
        for (const from of peers)
          for (const to of peers) {
            await sendHead(ns, from, to)
            await send(ns, from, to)
          }
      const roots = await Promise.all(peers.map(async (replica) => (await replica.summary(ns)).root))
      expect(new Set(roots).size, `round ${round}`).toBe(1)
      const documents = await Promise.all(peers.map(async (replica) => (await replica.find(ns, 'docs', { limit: 100 })).contents.join()))
      expect(new Set(documents).size, `round ${round}`).toBe(1)
      for (const replica of peers) {
        expect(await replica.checkSummaries()).toEqual([])
        expect((await replica.summary(ns)).documents).toBe((await replica.find(ns, 'docs', { limit: 100 })).contents.length)
      }
    }
  })

  it.each(['comparison', 'start'])('is finished with the next %s where that could not be done', async (next) => {
    const ns = await create()
    await put(owner, ns, 'a', 1)
    await sendHead(ns, owner, other)
    now += 1000
    await owner.changeHead(ns, { end: true })
    // Another device of the owner wrote on.
    const twin = openNodeStorage(':memory:')
    await twin.setMeta('identity', (await storage.getMeta('identity')) ?? new Uint8Array())
    const device = await open(twin)
    await sendHead(ns, other, device)
    now += 1000
    await put(device, ns, 'late', 1)
    const { removeLater } = twin
    twin.removeLater = () => {
      throw new Error('killed')
    }
    await expect(sendHead(ns, owner, device)).rejects.toThrow('killed')
    twin.removeLater = removeLater
    expect(await idsIn(device, ns)).toEqual(['late'])
    if (next === 'comparison') await sendHead(ns, owner, device)
    const again = next === 'comparison' ? device : await open(twin)
    expect(await idsIn(again, ns)).toEqual([])
    expect((await again.pending(ns)).map(({ refused }) => refused)).toEqual(['ended'])
    await again.close()
  })
})

describe('a namespace that is forgotten here', () => {
  it('is gone with its documents and indexes, and comes again as others have it', async () => {
    const ns = await create()
    await put(owner, ns, 'a', 1)
    await owner.createIndex(ns, 'docs', ['v'])
    await sendHead(ns, owner, relay)
    await send(ns, owner, relay)
    const root = (await owner.summary(ns)).root
    // A tree is known of it.
    await owner.firstQuestion(ns)
    const seq = await owner.lastSeq(ns)
    const told: CommitEvent[] = []
    owner.onCommit((event) => told.push(event))
    expect(await owner.forgetNamespace(ns)).toBe(true)
    expect(await owner.forgetNamespace(ns)).toBe(false)
    expect(told).toEqual([{ namespace: ns, from: 0, to: 0, collections: ['docs'] }])
    expect(await owner.namespaces()).toEqual([])
    expect(await idsIn(owner, ns)).toEqual([])
    expect(await storage.recordsSince(1, 0, 10)).toEqual([])
    expect(await send(ns, relay, owner)).toEqual(['wrong-namespace'])
    owner = await open(storage)
    expect(await owner.namespaces()).toEqual([])
    await sendHead(ns, relay, owner)
    expect(await owner.indexes(ns, 'docs')).toEqual([])
    expect(await send(ns, relay, owner)).toEqual(['stored'])
    expect((await owner.summary(ns)).root).toBe(root)
    expect(await owner.checkSummaries()).toEqual([])
    expect(await owner.lastSeq(ns)).toBeGreaterThan(seq)
  })

  it('is gone after a start where the process ended in between', async () => {
    const ns = await create()
    await put(owner, ns, 'a', 1)
    const { removeLater } = storage
    storage.removeLater = () => {
      throw new Error('killed')
    }
    await expect(owner.forgetNamespace(ns)).rejects.toThrow('killed')
    storage.removeLater = removeLater
    owner = await open(storage)
    expect(await owner.namespaces()).toEqual([])
    expect(await storage.recordsSince(1, 0, 10)).toEqual([])
  })
})
