import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DocstoreError } from '../../errors.ts'
import { latestAt, msFromTime } from '../../model/clock.ts'
import { createSeed } from '../../model/keys/identity.ts'
import { canonicalJson } from '../../model/content.ts'
import { authorOfDid } from '../../model/keys/identity.ts'
import { logId } from '../../model/types/log-id.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'

const START = Date.UTC(2026, 5, 1)
const DAY_MS = 86_400_000
const FAR_MS = 400 * DAY_MS
const network = createNetwork('clocks')

let storage: Storage
let now: number
let writer: LocalReplica
let other: LocalReplica
let ns: string
beforeEach(async () => {
  storage = openNodeStorage(':memory:')
  now = START
  writer = await open(storage)
  other = await open(openNodeStorage(':memory:'), () => START + 60_000)
  ns = (await writer.createNamespace({ name: 'notes', write: 'anyone' })).id
  await share(writer, other)
})
afterEach(async () => {
  await Promise.all([writer.close(), other.close()])
})

function open(data: Storage, clock: () => number = () => now): Promise<LocalReplica> {
  return openReplica(data, { network: network.bytes, now: clock, aside: false })
}

async function share(from: LocalReplica, to: LocalReplica): Promise<unknown> {
  const namespace = await from.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  return to.importNamespace(namespace.genesis, namespace.head, namespace.signature)
}

async function put(replica: LocalReplica, id: string, v: number): Promise<number> {
  const [result] = await replica.write(ns, 'docs', [{ id, content: `{"_id":"${id}","v":${v}}` }])
  return result?.at ?? 0
}

/** Hands everything to another replica; resolves with what that one says about each record. */
async function send(from: LocalReplica, to: LocalReplica, latest?: number): Promise<readonly string[]> {
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 1_000_000, latest })
  const accepted = batch === undefined ? { results: [] } : await to.accept(ns, batch)
  return 'refused' in accepted ? [accepted.refused] : accepted.results
}

describe('one put under a clock that is days ahead', () => {
  it('holds back no later write of the process, and none after a restart', async () => {
    await put(writer, 's', 1)
    now += FAR_MS
    await put(writer, 's', 2)
    now = START
    expect(msFromTime(await put(writer, 't', 1))).toBe(START)
    writer = await open(storage)
    expect(msFromTime(await put(writer, 'u', 1))).toBe(START)
    expect((await send(writer, other, latestAt(START))).filter((result) => result === 'future')).toHaveLength(1)
    expect(await other.get(ns, 'docs', 't')).toBe('{"_id":"t","v":1}')
  })

  it('is told, with how many there are, until when, and how many can be mended', async () => {
    expect(await writer.future(ns)).toEqual({ records: 0, mendable: 0, until: undefined })
    now += FAR_MS
    const at = await put(writer, 's', 2)
    expect(await writer.future(ns)).toEqual({ records: 0, mendable: 0, until: undefined })
    now = START
    expect(await writer.future(ns)).toEqual({ records: 1, mendable: 1, until: msFromTime(at) - 5 * 60_000 })
  })

  it('is written anew with a right time, which others take and later writes win over', async () => {
    await put(writer, 's', 1)
    await send(writer, other)
    now += FAR_MS
    await put(writer, 's', 2)
    // Handed to one who does not accept it.
    expect(await send(writer, other, latestAt(START))).toEqual(['future'])
    now = START + 1000
    expect(await writer.redate()).toMatchObject({ records: 1, namespaces: 0 })
    expect(await writer.future(ns)).toMatchObject({ records: 0 })
    expect(await send(writer, other)).toEqual(['stored'])
    expect(await other.get(ns, 'docs', 's')).toBe('{"_id":"s","v":2}')
    await put(writer, 's', 3)
    expect(await send(writer, other)).toEqual(['stored'])
    expect(await other.get(ns, 'docs', 's')).toBe('{"_id":"s","v":3}')
    expect((await writer.summary(ns)).root).toBe((await other.summary(ns)).root)
    expect(await writer.redate()).toMatchObject({ records: 0, namespaces: 0 })
  })

  it('in a log gets another id with a right time, and stands before what comes later', async () => {
    ns = (await writer.createNamespace({ name: 'chat', write: 'anyone', collections: { chat: { type: 'log' } } })).id
    await share(writer, other)
    const by = authorOfDid((await writer.info()).identity) ?? new Uint8Array()
    const append = async (text: string): Promise<void> => {
      const id = logId(await writer.entryTime(ns, 'chat', 1), by, '00000000')
      await writer.write(ns, 'chat', [{ id, content: canonicalJson({ _id: id, text }) }])
    }
    now += FAR_MS
    await append('one')
    await append('two')
    now = START + 1000
    expect(await writer.redate()).toMatchObject({ records: 4 })
    now += 1000
    await append('three')
    expect((await send(writer, other)).every((result) => result === 'stored')).toBe(true)
    const { contents } = await other.find(ns, 'chat', { limit: 10 })
    expect(contents.map((content) => (JSON.parse(content) as { text: string }).text)).toEqual(['one', 'two', 'three'])
    expect(contents).toEqual((await writer.find(ns, 'chat', { limit: 10 })).contents)
    expect((await writer.summary(ns)).root).toBe((await other.summary(ns)).root)
  })

  it('is written anew after a restart too, deletions and the id that was touched again included', async () => {
    await put(writer, 'gone', 1)
    await put(writer, 's', 1)
    await send(writer, other)
    now += FAR_MS
    await writer.write(ns, 'docs', [{ id: 'gone', content: null }])
    await put(writer, 's', 2)
    now = START
    writer = await open(storage)
    await put(writer, 's', 3)
    expect(await writer.future(ns)).toMatchObject({ records: 2, mendable: 2 })
    expect(await writer.redate()).toMatchObject({ records: 2, namespaces: 0 })
    expect(await send(writer, other)).toEqual(['stored', 'stored'])
    expect(await other.get(ns, 'docs', 'gone')).toBeUndefined()
    expect(await other.get(ns, 'docs', 's')).toBe('{"_id":"s","v":3}')
    expect((await writer.summary(ns)).root).toBe((await other.summary(ns)).root)
  })

  it('is written anew in bounded transactions, however many there are', async () => {
    now += FAR_MS
    await writer.write(
      ns,
      'docs',
      Array.from({ length: 1000 }, (_, i) => ({ id: `${i}`, content: `{"_id":"${i}"}` })),
    )
    now = START
    const sizes: number[] = []
    const commit = storage.commit.bind(storage)
    storage.commit = (number, entries, seals) => {
      sizes.push(entries.length)
      return commit(number, entries, seals)
    }
    expect(await writer.redate()).toMatchObject({ records: 1000, namespaces: 0 })
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64)
    expect(new Set(await send(writer, other))).toEqual(new Set(['stored']))
    expect(await writer.checkSummaries()).toEqual([])
  })

  it('is written anew behind any number that were replaced meanwhile, and each is read once', async () => {
    now += FAR_MS
    const ids = Array.from({ length: 150 }, (_, i) => `${i}`)
    const write = (of: readonly string[], v: number) =>
      writer.write(
        ns,
        'docs',
        of.map((id) => ({ id, content: JSON.stringify({ _id: id, v }) })),
      )
    await write(ids, 1)
    now = START
    const asked: number[] = []
    const unknownFuture = storage.unknownFuture.bind(storage)
    storage.unknownFuture = async (number, which) => {
      asked.push(which.since)
      const found = await unknownFuture(number, which)
      // All of the first page, so that none of it is left to be written anew.
      if (asked.length === 1) await write(ids.slice(0, found.length), 2)
      return found
    }
    expect(await writer.redate()).toMatchObject({ records: 150, namespaces: 0 })
    expect(await writer.future(ns)).toMatchObject({ records: 0 })
    expect(asked[0]).toBe(0)
    expect(asked).toEqual([...new Set(asked)].toSorted((a, b) => a - b))
    expect(await writer.count(ns, 'docs', { v: 2 })).toBe(64)
  })

  it('is looked for no more once it is mended', async () => {
    now += FAR_MS
    await put(writer, 's', 1)
    now = START
    expect(await writer.redate()).toMatchObject({ records: 1, namespaces: 0 })
    const asked: unknown[] = []
    const times = storage.times.bind(storage)
    storage.times = (number) => {
      asked.push(number)
      return times(number)
    }
    expect(await writer.redate()).toMatchObject({ records: 0, namespaces: 0 })
    expect(asked).toEqual([])
  })

  it('makes a namespace that others take once its head is made anew', async () => {
    now += FAR_MS
    ns = (await writer.createNamespace({ name: 'from the future', write: 'anyone' })).id
    now = START
    expect(await share(writer, other)).toEqual({ refused: 'future' })
    expect(await writer.redate()).toMatchObject({ records: 0, namespaces: 1 })
    expect(await share(writer, other)).toEqual({ id: ns })
    expect((await writer.namespace(ns))?.createdAt).toBe(new Date(START).toISOString())
    // Whoever had taken the first head takes the next one.
    const wrong = await open(openNodeStorage(':memory:'), () => START + FAR_MS)
    expect(await share(writer, wrong)).toEqual({ id: ns })
    await wrong.close()
  })
})

describe('a full store with records of the future', () => {
  it('writes them anew all the same, and sends them', async () => {
    await writer.close()
    storage = openNodeStorage(':memory:', { maxBytes: 2 ** 20 })
    writer = await open(storage)
    ns = (await writer.createNamespace({ name: 'full', write: 'anyone' })).id
    await share(writer, other)
    now += FAR_MS
    let records = 0
    const fill = async (): Promise<void> => {
      for (; ; records++)
        await writer.write(ns, 'docs', [{ id: `${records}`, content: JSON.stringify({ _id: `${records}`, text: 'x'.repeat(2000) }) }])
    }
    await expect(fill()).rejects.toMatchObject({ code: 'disk-full' })
    await writer.write(ns, 'docs', [{ id: '0', content: null }])
    now = START
    expect(await writer.future(ns)).toMatchObject({ records, mendable: records })
    expect(await writer.redate()).toMatchObject({ records, namespaces: 0 })
    expect(await writer.future(ns)).toMatchObject({ records: 0 })
    expect(new Set(await send(writer, other))).toEqual(new Set(['stored']))
    expect(await other.count(ns, 'docs', {})).toBe(records - 1)
    expect((await other.summary(ns)).root).toBe((await writer.summary(ns)).root)
  })

  it('counts those it took for known, where they take no more room than what they replace', async () => {
    await put(other, 's', 1)
    await send(other, writer)
    await put(other, 's', 2)
    storage.commit = () => {
      throw new DocstoreError('disk-full', 'planned')
    }
    expect(await send(other, writer)).toEqual(['stored'])
    const { known, newest } = await storage.times(1)
    const [last] = await writer.changes(ns, 0, 10)
    expect(known).toBeGreaterThanOrEqual(last?.at ?? Number.POSITIVE_INFINITY)
    expect(newest).toBeGreaterThanOrEqual(known)
  })

  it('says so where not even that is possible', async () => {
    now += FAR_MS
    await put(writer, 's', 1)
    now = START
    storage.commit = storage.commitShrinking = () => {
      throw new DocstoreError('disk-full', 'planned')
    }
    await expect(writer.redate()).rejects.toMatchObject({ code: 'disk-full' })
    expect(await writer.future(ns)).toMatchObject({ records: 1, mendable: 1 })
  })
})

describe('a record of the future that somebody has taken', () => {
  it('keeps its time, so that no later write loses to it one day', async () => {
    const wrong = await open(openNodeStorage(':memory:'), () => START + FAR_MS)
    await share(writer, wrong)
    now += FAR_MS
    await put(writer, 's', 2)
    expect(await send(writer, wrong, latestAt(START + FAR_MS))).toEqual(['stored'])
    now = START
    expect(await writer.redate()).toMatchObject({ records: 0, namespaces: 0 })
    expect(await writer.future(ns)).toMatchObject({ records: 1, mendable: 0 })
    // What is written to it wins there at once, and everywhere once its time has come.
    await put(writer, 's', 3)
    expect(await send(writer, wrong)).toEqual(['stored'])
    expect(await send(writer, other)).toEqual(['future'])
    expect(await wrong.get(ns, 'docs', 's')).toBe('{"_id":"s","v":3}')
    await put(writer, 't', 1)
    expect(await send(writer, other)).toEqual(['future', 'stored'])
    await wrong.close()
  })

  it('counts as taken from before it is handed out: a process that is killed on the way does not forget', async () => {
    now += FAR_MS
    await put(writer, 's', 2)
    await writer.batchSince(ns, 0, { maxBytes: 1_000_000 })
    writer = await open(storage)
    now = START
    expect(await writer.redate()).toMatchObject({ records: 0, namespaces: 0 })
    expect(await writer.future(ns)).toMatchObject({ records: 1, mendable: 0 })
  })

  it('of somebody else is told, and left alone', async () => {
    const wrong = await open(openNodeStorage(':memory:'), () => START + FAR_MS)
    await share(writer, wrong)
    await put(wrong, 's', 1)
    now += FAR_MS
    await send(wrong, writer)
    await put(writer, 't', 1)
    now = START
    expect(await writer.future(ns)).toMatchObject({ records: 2, mendable: expect.any(Number) })
    expect(await writer.redate()).toMatchObject({ records: 0, namespaces: 0 })
    await wrong.close()
  })
})

describe('a clock that is set back', () => {
  it('does not take what was written under the right one for a record of the future that may be changed', async () => {
    await put(writer, 's', 1)
    await send(writer, other)
    const before = await put(writer, 's', 2)
    now -= 30 * DAY_MS
    // Its head wins over the one before whatever their times are.
    expect(await writer.redate()).toMatchObject({ records: 0, namespaces: 1 })
    expect(await share(writer, other)).toEqual({ id: ns })
    // Wins over what others know, at the price of a time that they take and this clock calls future.
    expect(await put(writer, 's', 3)).toBeGreaterThan(before)
    expect(await send(writer, other)).toEqual(['stored'])
    expect(await other.get(ns, 'docs', 's')).toBe('{"_id":"s","v":3}')
  })
})

it('another identity does not write anew what it did not write', async () => {
  now += FAR_MS
  await put(writer, 's', 1)
  now = START
  await storage.setMeta('identity', createSeed())
  const stranger = await open(storage)
  expect(await stranger.future(ns)).toMatchObject({ records: 1, mendable: 0 })
  expect(await stranger.redate()).toMatchObject({ records: 0, namespaces: 0 })
})
