import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Asker, QueryQueue } from './query-queue.ts'

const asker = (host: string, signal = new AbortController().signal): Asker => ({ host, signal })

/** Queries that end when they are told to, in the order in which they began. */
class Queries {
  readonly began: string[] = []
  readonly #ends: (() => void)[] = []

  readonly run = (queue: QueryQueue, name: string, who: Asker): Promise<string> =>
    queue.run(who, async () => {
      this.began.push(name)
      await new Promise<void>((end) => this.#ends.push(end))
      return name
    })

  /** Ends the one that runs, and lets the next one begin. */
  async endOne(): Promise<void> {
    const begun = (): Promise<void> => new Promise((done) => setImmediate(done))
    await begun()
    this.#ends.shift()?.()
    await begun()
  }
}

describe('a queue of queries', () => {
  it('runs one at a time, and gives each host its turn', async () => {
    const queue = new QueryQueue({ max: 10, maxPerHost: 5, maxWaitMs: 1000 })
    const queries = new Queries()
    const all = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map((name) => queries.run(queue, name, asker(name.slice(0, 1))))
    for (let n = 0; n < all.length; n++) await queries.endOne()
    await Promise.all(all)
    expect(queries.began).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2'])
    expect(queue.isIdle).toBe(true)
  })

  it('refuses what has no place, and says when to ask again', async () => {
    const queue = new QueryQueue({ max: 3, maxPerHost: 2, maxWaitMs: 1000 })
    const queries = new Queries()
    const kept = ['a1', 'a2', 'b1', 'c1'].map((name) => queries.run(queue, name, asker(name.slice(0, 1))))
    await expect(queries.run(queue, 'a3', asker('a'))).rejects.toMatchObject({ code: 'too-many-queries', details: { retryAfter: 2 } })
    await expect(queries.run(queue, 'd1', asker('d'))).rejects.toMatchObject({ code: 'queries-full', details: { retryAfter: 2 } })
    for (let n = 0; n < kept.length; n++) await queries.endOne()
    expect(await Promise.all(kept)).toHaveLength(4)
  })

  it('forgets who has gone, and does not begin what has waited for too long', async () => {
    let now = 0
    const queue = new QueryQueue({ max: 3, maxPerHost: 3, maxWaitMs: 1000, now: () => now })
    const queries = new Queries()
    const gone = new AbortController()
    const running = queries.run(queue, 'a1', asker('a'))
    const left = queries.run(queue, 'b1', asker('b', gone.signal))
    const late = queries.run(queue, 'c1', asker('c'))
    gone.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    now = 1001
    const inTime = queries.run(queue, 'd1', asker('d'))
    const isRefused = expect(late).rejects.toMatchObject({ code: 'queries-full' })
    await queries.endOne()
    await isRefused
    await queries.endOne()
    await Promise.all([running, inTime])
    expect(queries.began).toEqual(['a1', 'd1'])
  })

  it('refuses what waits when it is closed', async () => {
    const queue = new QueryQueue({ max: 3, maxPerHost: 3, maxWaitMs: 1000 })
    const queries = new Queries()
    const running = queries.run(queue, 'a1', asker('a'))
    const waiting = queries.run(queue, 'a2', asker('a'))
    queue.close()
    await expect(waiting).rejects.toMatchObject({ code: 'closed' })
    await expect(queries.run(queue, 'a3', asker('a'))).rejects.toMatchObject({ code: 'closed' })
    await queries.endOne()
    expect(await running).toBe('a1')
  })

  it('leaves nothing at a signal that goes on after the turn', async () => {
    const queue = new QueryQueue({ max: 2, maxPerHost: 2, maxWaitMs: 1000 })
    const { signal } = new AbortController()
    for (let n = 0; n < 5; n++) await queue.run(asker('a', signal), async () => undefined)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
