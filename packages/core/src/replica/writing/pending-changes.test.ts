import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DocstoreError, errorCode } from '../../errors.ts'
import type { WritePolicy } from '../../model/namespace/namespace.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import { MAX_PENDING, MAX_PENDING_BYTES } from '../limits.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { CommitEvent } from '../types.ts'
import { pendingKey } from './pending-row.ts'

const START = Date.UTC(2026, 5, 1)
const network = createNetwork('early')

let storage: Storage
let now: number
let early: LocalReplica
let owner: LocalReplica
beforeEach(async () => {
  now = START
  storage = openNodeStorage(':memory:')
  early = await open(storage)
  owner = await open(openNodeStorage(':memory:'))
})
afterEach(async () => {
  await Promise.all([early.close(), owner.close()])
})

function open(data: Storage): Promise<LocalReplica> {
  return openReplica(data, { network: network.bytes, now: () => now, aside: false })
}

async function create(write: WritePolicy): Promise<string> {
  return (await owner.createNamespace({ name: 'notes', write })).id
}

/** Brings the namespace, without its records. */
async function arrive(ns: string): Promise<unknown> {
  const namespace = await owner.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  return early.importNamespace(namespace.genesis, namespace.head, namespace.signature)
}

/** Hands all records from one to the other. */
async function send(ns: string, from: LocalReplica, to: LocalReplica): Promise<readonly string[]> {
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 1_000_000 })
  const accepted = batch === undefined ? { results: [] } : await to.accept(ns, batch)
  return 'refused' in accepted ? [accepted.refused] : accepted.results
}

const doc = (_id: string, v: number): { id: string; content: string } => ({ id: _id, content: `{"_id":"${_id}","v":${v}}` })
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', errorCode)

describe('what is written before its namespace is here', () => {
  it('waits, is written when that arrives, and reaches others with the time at which it was made', async () => {
    const ns = await create('anyone')
    const [result] = await early.write(ns, 'docs', [doc('a', 1)])
    expect(result).toMatchObject({ status: 'pending', seq: 0 })
    expect(await early.get(ns, 'docs', 'a')).toBeUndefined()
    expect(await early.pendingCounts(ns)).toEqual({ waiting: 1, refused: 0 })
    expect(await early.awaited()).toEqual([ns])
    now += 60_000
    const told: CommitEvent[] = []
    early.onCommit((event) => told.push(event))
    await arrive(ns)
    expect(await early.get(ns, 'docs', 'a')).toBe('{"_id":"a","v":1}')
    expect(await early.pending(ns)).toEqual([])
    expect(told.at(-1)?.pending).toEqual({ applied: 1, refused: [] })
    expect((await early.changes(ns, 0, 10)).map(({ at }) => at)).toEqual([result?.at])
    expect(await send(ns, early, owner)).toEqual(['stored'])
    expect(await owner.get(ns, 'docs', 'a')).toBe('{"_id":"a","v":1}')
  })

  it('gives way to what others wrote later, and wins over what they wrote before', async () => {
    const ns = await create('anyone')
    await owner.write(ns, 'docs', [doc('a', 1), doc('gone', 1)])
    now += 1000
    await early.write(ns, 'docs', [doc('a', 2), doc('b', 2)])
    await early.write(ns, 'docs', [{ id: 'gone', content: null }])
    now += 1000
    await owner.write(ns, 'docs', [doc('b', 3)])
    await arrive(ns)
    // Neither knew of the other: what does not win is kept as a conflict.
    expect(await send(ns, owner, early)).toEqual(['stored', 'stored', 'stored'])
    await send(ns, early, owner)
    for (const replica of [early, owner]) {
      expect(await replica.get(ns, 'docs', 'a')).toBe('{"_id":"a","v":2}')
      expect(await replica.get(ns, 'docs', 'b')).toBe('{"_id":"b","v":3}')
      // A delete of what was not here yet deletes it all the same.
      expect(await replica.get(ns, 'docs', 'gone')).toBeUndefined()
    }
    expect((await early.summary(ns)).root).toBe((await owner.summary(ns)).root)
  })

  it('keeps the last of several writes to one document, also when the clock was set back in between', async () => {
    const ns = await create('anyone')
    await early.write(ns, 'docs', [doc('a', 1), doc('a', 2)])
    now -= 3_600_000
    early = await open(storage)
    await early.write(ns, 'docs', [doc('a', 3)])
    now = START
    await arrive(ns)
    expect(await early.get(ns, 'docs', 'a')).toBe('{"_id":"a","v":3}')
  })

  it('is refused and told, not dropped, where the policy that arrives forbids it', async () => {
    const ns = await create('owner')
    await early.write(ns, 'docs', [doc('a', 1)])
    await early.write(ns, 'docs', [{ id: 'b', content: null }])
    const told: CommitEvent[] = []
    early.onCommit((event) => told.push(event))
    await arrive(ns)
    expect(told.at(-1)?.pending).toEqual({ applied: 0, refused: ['not-allowed', 'not-allowed'] })
    const kept = await early.pending(ns)
    expect(kept.map((change) => ('id' in change ? [change.id, change.content, change.refused] : []))).toEqual([
      ['a', '{"_id":"a","v":1}', 'not-allowed'],
      ['b', null, 'not-allowed'],
    ])
    expect((await early.summary(ns)).count).toBe(0)
    // A restart changes nothing about it.
    early = await open(storage)
    expect(await early.pendingCounts(ns)).toEqual({ waiting: 0, refused: 2 })
    expect(await early.dropPending(ns, [kept[0]?.key ?? ''])).toBe(1)
    expect(await early.dropPending(ns)).toBe(1)
    expect(await early.pendingCounts(ns)).toEqual({ waiting: 0, refused: 0 })
  })

  it("gets the author's name in front where each author has documents of their own", async () => {
    const ns = await create('author')
    const name = (await early.info()).identity.slice('did:key:'.length)
    const others = `z6Mk${'a'.repeat(44)}/x`
    await early.write(ns, 'docs', [doc('hello', 1), doc(`${name}/full`, 2), doc(others, 3), doc('x'.repeat(490), 4)])
    await early.write(ns, 'docs', [{ id: 'old', content: null }])
    await arrive(ns)
    expect(await early.get(ns, 'docs', `${name}/hello`)).toBe(`{"_id":"${name}/hello","v":1}`)
    expect(await early.get(ns, 'docs', `${name}/full`)).toBe(`{"_id":"${name}/full","v":2}`)
    expect((await early.pending(ns)).map(({ refused }) => refused)).toEqual(['not-allowed', 'bad-id'])
    expect(await send(ns, early, owner)).toEqual(['stored', 'stored', 'stored'])
  })

  it('survives a restart, and a process that ends between arrival and writing; applied twice it is the same', async () => {
    const ns = await create('anyone')
    const [result] = await early.write(ns, 'docs', [doc('a', 1)])
    const row = await storage.getMeta(pendingKey(ns, result?.at ?? 0))
    early = await open(storage)
    expect(await early.awaited()).toEqual([ns])
    await arrive(ns)
    const before = await early.summary(ns)
    expect(before.count).toBe(1)
    // As it lies where the process ended before it was taken away.
    await storage.setMeta(pendingKey(ns, result?.at ?? 0), row)
    early = await open(storage)
    expect(await early.summary(ns)).toEqual(before)
    expect(await early.awaited()).toEqual([])
  })

  it('waits on where the disk is full at the arrival, and is written with a later comparison', async () => {
    const ns = await create('anyone')
    await early.write(ns, 'docs', [doc('a', 1)])
    const commit = storage.commit.bind(storage)
    storage.commit = () => {
      throw new DocstoreError('disk-full', 'no room')
    }
    expect(await codeOf(arrive(ns))).toBe('disk-full')
    expect(await early.pendingCounts(ns)).toEqual({ waiting: 1, refused: 0 })
    early = await open(storage)
    storage.commit = commit
    await arrive(ns)
    expect(await early.get(ns, 'docs', 'a')).toBe('{"_id":"a","v":1}')
  })

  it('is refused at once where no namespace could take it, and where too much waits', async () => {
    const ns = await create('anyone')
    expect(await codeOf(early.write('nonsense', 'docs', [doc('a', 1)]))).toBe('unknown-namespace')
    expect(await codeOf(early.write(ns, 'a/b', [doc('a', 1)]))).toBe('bad-collection')
    expect(await codeOf(early.write(ns, 'docs', [doc('', 1)]))).toBe('bad-id')
    const large = (id: string): { id: string; content: string } => ({ id, content: `{"_id":"${id}","text":"${'x'.repeat(120_000)}"}` })
    expect(await codeOf(early.write(ns, 'docs', [{ id: 'a', content: `{"_id":"a","t":"${'x'.repeat(130_000)}"}` }]))).toBe('document-too-large')
    expect(await early.pendingCounts(ns)).toEqual({ waiting: 0, refused: 0 })
    let bytes = 0
    for (; bytes + 121_000 < MAX_PENDING_BYTES; bytes += 120_200) await early.write(ns, 'docs', [large('a')])
    expect(await codeOf(early.write(ns, 'docs', [large('a'), large('a')]))).toBe('too-many-pending')
    await early.dropPending(ns)
    await early.write(
      ns,
      'docs',
      Array.from({ length: MAX_PENDING }, (_, i) => doc(`${i}`, i)),
    )
    expect(await codeOf(early.write(ns, 'docs', [doc('more', 1)]))).toBe('too-many-pending')
    expect(await codeOf(early.createIndex(ns, 'docs', ['v']))).toBe('too-many-pending')
  })
})

describe('an index that is declared before its namespace is here', () => {
  it('is listed, can be dropped, and is made when that arrives', async () => {
    const ns = await create('anyone')
    await early.createIndex(ns, 'docs', ['v'])
    await early.createIndex(ns, 'docs', ['v'])
    await early.createIndex(ns, 'docs', ['w'])
    await early.createIndex(ns, 'docs', ['text'], { text: true })
    expect(await early.indexes(ns, 'docs')).toEqual([
      { fields: ['v'], text: false },
      { fields: ['w'], text: false },
      { fields: ['text'], text: true },
    ])
    expect(await early.indexes(ns, 'posts')).toEqual([])
    expect(await early.dropIndex(ns, 'docs', ['w'])).toBe(true)
    expect(await early.dropIndex(ns, 'docs', ['w'])).toBe(false)
    expect(await codeOf(early.createIndex(ns, 'docs', []))).toBe('bad-index')
    await arrive(ns)
    expect(await early.indexes(ns, 'docs')).toEqual([
      { fields: ['v'], text: false },
      { fields: ['text'], text: true },
    ])
    expect(await early.pending(ns)).toEqual([])
  })

  it('is told where it cannot be made', async () => {
    const ns = await create('anyone')
    for (let i = 0; i < 70; i++) await early.createIndex(ns, 'docs', [`f${i}`])
    await arrive(ns)
    expect(await early.indexes(ns, 'docs')).toHaveLength(64)
    expect((await early.pending(ns)).map(({ refused }) => refused)).toEqual(Array.from({ length: 6 }, () => 'too-many-indexes'))
  })
})
