import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CommitEvent, Replica } from '@p2p-docstore/core'
import { createDocstore, type Docstore, type DocstoreOptions } from '../../index-node.ts'
import { OtherReadings } from '../../sharing/other-readings.ts'
import { handNamespace } from '../../testing/hand-over.ts'
import type { Change } from './changes.ts'
import { heldPages, MAX_HELD_LENGTH } from '../held-pages.ts'
import { watchQuery, type WatchedResult } from './watch.ts'

const stores: Docstore[] = []

async function open(options: DocstoreOptions = {}): Promise<Docstore> {
  const store = await createDocstore({ network: 'off', ...options })
  stores.push(store)
  return store
}

afterEach(async () => {
  vi.useRealTimers()
  for (const store of stores.splice(0).toReversed()) await store.close()
})

/** What the next changes are, in short. */
async function take(changes: AsyncGenerator<Change<object>>, count: number): Promise<string[]> {
  const taken: string[] = []
  while (taken.length < count) {
    const { value } = await changes.next()
    taken.push(value === undefined ? 'end' : `${value.type} ${value._id}`)
  }
  return taken
}

describe('changes', () => {
  it('begin with the call, not with the first look', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'before' })
    const [all, some] = [notes.changes(), notes.changes({ filter: { n: 1 } })]
    await notes.put({ _id: 'x', n: 1 })
    expect([await take(all, 1), await take(some, 1)]).toEqual([['put x'], ['put x']])
    await Promise.all([all.return(undefined), some.return(undefined)])
  })

  it.each([
    ['of everything', {}],
    ['of what matches', { filter: { n: { $gte: 0 } } }],
  ])('%s that many have begun and left hold a bounded part of it, and go on all the same', async (_, options) => {
    const notes = await (await open({ data: 'memory' })).namespaces.create({ name: 'notes' })
    const pad = 'x'.repeat(4000)
    await notes.putMany(Array.from({ length: 60 }, (_, n) => ({ _id: `${n}`, n, pad })))
    const readers = Array.from({ length: 200 }, () => notes.changes({ since: 0, ...options }))
    for (const reader of readers) expect(await take(reader, 1)).toEqual(['put 0'])
    expect(heldPages.length).toBeGreaterThan(MAX_HELD_LENGTH / 2)
    expect(heldPages.length).toBeLessThanOrEqual(MAX_HELD_LENGTH)
    await notes.delete('30')
    for (const reader of [readers[0], readers[199]]) {
      const rest = reader === undefined ? [] : await take(reader, 59)
      expect(rest.filter((change) => change.startsWith('put'))).toEqual(
        Array.from({ length: 59 }, (_, n) => `put ${n + 1}`).filter((change) => change !== 'put 30'),
      )
    }
    for (const reader of readers) await reader.return(undefined)
    expect(heldPages.length).toBe(0)
  })

  it('tell when a document that matched does not any more, and nothing of those that never did', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'in', n: 1 })
    await notes.put({ _id: 'out', n: 9 })
    const changes = notes.changes({ filter: { n: { $lt: 5 } } })
    await notes.put({ _id: 'out', n: 8 })
    await notes.put({ _id: 'in', n: 7 })
    await notes.put({ _id: 'new', n: 6 })
    await notes.put({ _id: 'back', n: 2 })
    expect(await take(changes, 2)).toEqual(['leave in', 'put back'])
    // Several steps between two looks are one.
    await notes.put({ _id: 'back', n: 9 })
    await notes.put({ _id: 'in', n: 3 })
    await notes.put({ _id: 'in', n: 6 })
    await notes.put({ _id: 'back', n: 7 })
    await notes.delete('out')
    await notes.put({ _id: 'back', n: 1 })
    await notes.put({ _id: 'back', n: 9 })
    await notes.put({ _id: 'last', n: 1 })
    expect(await take(changes, 3)).toEqual(['delete out', 'leave back', 'put last'])
    await changes.return(undefined)
    const { value } = await notes.changes({ since: 0, filter: { n: 1 } }).next()
    expect(value).toMatchObject({ type: 'delete', _id: 'out', document: undefined })
  })

  it('bring nothing of what does not match to their reader, who still gets to the end page by page', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes' })
    const before = await store.replica.lastSeq(notes.id)
    await notes.putMany(Array.from({ length: 300 }, (_, i) => ({ _id: `no${i}`, n: 9 })))
    await notes.collection('others').put({ _id: 'other', n: 1 })
    await notes.put({ _id: 'yes', n: 1 })
    const read = vi.spyOn(store.replica, 'readFeed')
    const pagesOf = () => Promise.all(read.mock.results.map(({ value }) => value as ReturnType<Replica['readFeed']>))
    const changes = notes.changes({ since: 0, filter: { n: 1 } })
    expect(await take(changes, 1)).toEqual(['put yes'])
    const pages = await pagesOf()
    expect(pages.map(({ rows }) => rows.length)).toEqual([0, 0, 1])
    expect(pages.map(({ seq }) => seq)).toEqual([before + 128, before + 256, before + 302])
    await notes.put({ _id: 'yes', n: 2 })
    expect((await changes.next()).value).toMatchObject({ type: 'leave', _id: 'yes', document: undefined })
    // No content of what has left.
    expect((await pagesOf()).flatMap(({ rows }) => rows).at(-1)).toMatchObject({ type: 'leave', content: null })
    await changes.return(undefined)
  })

  it('refuse a filter when somebody looks, also of a namespace that is not here', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes' })
    const other = await open({ descriptor: store.info.network.descriptor })
    const away = await other.namespaces.open(notes.id)
    for (const feed of [notes.changes({ filter: { n: { $no: 1 } } }), away.changes({ filter: { n: { $no: 1 } } })])
      await expect(feed.next()).rejects.toMatchObject({ code: 'bad-filter' })
    const changes = notes.changes({ filter: { name: /^a/i } })
    await notes.put({ _id: 'b', name: 'Berta' })
    await notes.put({ _id: 'a', name: 'Anna' })
    expect(await take(changes, 1)).toEqual(['put a'])
    await changes.return(undefined)
  })

  it('are told of a namespace that arrives later', async () => {
    const one = await open()
    const other = await open({ descriptor: one.info.network.descriptor })
    const notes = await one.namespaces.create({ name: 'notes' })
    const there = await other.namespaces.open(notes.id)
    const changes = there.changes({ filter: { n: 1 } })
    const next = changes.next()
    await notes.put({ _id: 'a', n: 1 })
    const { batch } = await one.replica.batchSince(notes.id, 0, { maxBytes: 10_000 })
    if (batch === undefined) throw new Error('nothing to hand over')
    await handNamespace(one.replica, other.replica, notes.id)
    await other.replica.accept(notes.id, batch)
    expect((await next).value).toMatchObject({ type: 'put', _id: 'a' })
    await changes.return(undefined)
  })

  it('end at once when they are left or aborted, waiting or not', async () => {
    const notes = await (await open()).namespaces.create({ name: 'notes' })
    const left = [notes.changes(), notes.changes({ filter: {} }), notes.watch()]
    await notes.watch().return(undefined)
    await left[2]?.next()
    const waiting = left.map((feed) => feed.next())
    for (const feed of left) await feed.return(undefined)
    expect((await Promise.all(waiting)).map(({ done }) => done)).toEqual([true, true, true])
    const abort = new AbortController()
    const aborted = [notes.changes({ signal: abort.signal }), notes.watch({ n: 1 }, { signal: abort.signal })]
    await aborted[1]?.next()
    const ending = aborted.map((feed) => feed.next())
    abort.abort()
    expect((await Promise.all(ending)).map(({ done }) => done)).toEqual([true, true])
  })
})

describe('a subscription', () => {
  it('begins with the call, and ends also where nobody ever looked', async () => {
    const store = await open({ network: 'on' })
    const topics: string[] = []
    const { network } = store
    if (network === undefined) throw new Error('no network')
    vi.spyOn(network, 'subscribe').mockImplementation(async (topic) => void topics.push(`+${topic}`))
    vi.spyOn(network, 'unsubscribe').mockImplementation(async (topic) => void topics.push(`-${topic}`))
    const messages = store.subscribe('room')
    expect(topics).toEqual(['+room'])
    await messages.return(undefined)
    const abort = new AbortController()
    store.subscribe('other', { signal: abort.signal })
    abort.abort()
    await expect.poll(() => topics).toEqual(['+room', '-room', '+other', '-other'])
  })
})

describe('a watch', () => {
  /** A watch whose queries take as long as said, on a clock that stands still otherwise. */
  function watching(tookMs: number, signal = new AbortController().signal) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const listeners = new Set<(event: CommitEvent) => void>()
    const onCommit: Replica['onCommit'] = (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
    let version = 0
    const commit = (): void => {
      version++
      for (const listener of listeners) listener({ namespace: 'n', from: version - 1, to: version, collections: ['docs'] })
    }
    const query = async () => {
      const documents = [{ _id: 'x', version }]
      vi.advanceTimersByTime(tookMs)
      return { documents, seq: version }
    }
    // Of a replica, a watch only listens to commits.
    const replica = { onCommit } as Replica
    const watched = {
      replica,
      namespace: 'n',
      name: 'docs',
      standing: async () => ({ synced: false, state: 'here' as const }),
      onStanding: () => () => undefined,
    }
    return { commit, results: watchQuery(watched, query, signal) }
  }

  const versionOf = ({ value }: IteratorResult<WatchedResult<{ _id: string; version: number }>, void>): unknown =>
    value === undefined ? 'end' : value.documents.map(({ version }) => version)

  it('shows the newest state at once to whoever took long with the last one', async () => {
    const { commit, results } = watching(300)
    expect(versionOf(await results.next())).toEqual([0])
    // The loop has the result for four seconds; the rest is over then, and nothing moves the clock any more.
    vi.advanceTimersByTime(4000)
    commit()
    commit()
    expect(versionOf(await results.next())).toEqual([2])
    await results.return(undefined)
  })

  it('rests a second at most, counted from the query', async () => {
    const { commit, results } = watching(60_000)
    await results.next()
    commit()
    const next = results.next()
    await vi.advanceTimersByTimeAsync(1000)
    expect(versionOf(await next)).toEqual([1])
    await results.return(undefined)
  })

  it('ends at once when it is aborted during its rest', async () => {
    const abort = new AbortController()
    const { commit, results } = watching(60_000, abort.signal)
    await results.next()
    commit()
    const next = results.next()
    abort.abort()
    expect(versionOf(await next)).toBe('end')
  })
})

describe('what another program reads here', () => {
  it('ends with its line, also what it was just opening', async () => {
    const ended: string[] = []
    const readings = new OtherReadings({ endReading: async (reading) => void ended.push(reading) })
    const opened = (reading: string | undefined) => ({ contents: [], reading, seq: 0 })
    readings.note('replica.openReading', [], opened('read'))
    readings.note('replica.openReading', [], opened('open'))
    readings.note('replica.openReading', [], opened('ended'))
    readings.note('replica.openReading', [], opened(undefined))
    readings.note('replica.openFeed', [], { feed: 'feed', seq: 0 })
    readings.note('replica.readOn', ['read', 0, 1], { contents: [], isLast: true })
    readings.note('replica.readOn', ['open', 0, 1], { contents: [], isLast: false })
    readings.note('replica.endReading', ['ended'], undefined)
    readings.close()
    readings.note('replica.openReading', [], opened('late'))
    expect(ended).toEqual(['open', 'feed', 'late'])
  })
})
