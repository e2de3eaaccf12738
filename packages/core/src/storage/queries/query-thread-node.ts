/// <reference types="node" />
import type { QueriesAside } from './queries-aside.ts'
import { type Asker, QueryQueue } from './query-queue.ts'
import type { AuthorUsage } from './author-usage.ts'
import { type ReaderOrder, type ReaderResult, type ReadersDoor, ReaderThread } from './reader-thread-node.ts'
import type { FoundPage, StoredQuery } from '../storage.ts'
import { writeWholeFile } from '../whole-file-node.ts'

/** Queries that wait, those of one host, and how long one may wait: with the longest ones in turn that is some eight hosts. */
const MAX_WAITING = 64
const MAX_PER_HOST = 8
const MAX_WAIT_MS = 15_000
/** How long the thread waits for the next query before it ends, milliseconds: while it reads, writes take longer. */
const IDLE_MS = 10_000
/** How much longer than it may a query takes that counts no rows, before the thread is given up, milliseconds. */
const GRACE_MS = 20_000
/** How long it may take to look for damage, or to make a backup, milliseconds: both read the whole file. */
const MAX_LONG_MS: number = 30 * 60_000

/** Runs queries on a database in a thread of their own, one at a time, which starts when it is needed; what reads everything gets another one. */
export class QueryThread implements QueriesAside {
  readonly #path: string
  readonly #door: ReadersDoor
  readonly #queue: QueryQueue
  readonly #thread: ReaderThread
  readonly #closing = new AbortController()
  /** What reads everything, one after the other. */
  #long: Promise<unknown> = Promise.resolve()
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(
    path: string,
    door: ReadersDoor,
    queue: QueryQueue = new QueryQueue({ max: MAX_WAITING, maxPerHost: MAX_PER_HOST, maxWaitMs: MAX_WAIT_MS }),
  ) {
    this.#path = path
    this.#door = door
    this.#queue = queue
    this.#thread = new ReaderThread(path, door)
  }

  find(ns: number, collection: string, query: StoredQuery, asker: Asker): Promise<FoundPage> {
    return this.#queue.run(asker, async () => {
      clearTimeout(this.#idle)
      try {
        return await this.#thread.ask<FoundPage>({ kind: 'find', ns, collection, query }, asker.signal, (query.maxMs ?? 0) + GRACE_MS)
      } finally {
        this.#endWhenIdle()
      }
    })
  }

  findDamage(): Promise<readonly string[]> {
    return this.#readAll<readonly string[]>({ kind: 'damage' })
  }

  usage(): Promise<readonly AuthorUsage[]> {
    return this.#readAll<readonly AuthorUsage[]>({ kind: 'usage' })
  }

  backup(path: string): Promise<void> {
    return writeWholeFile(path, (part) => this.#readAll<undefined>({ kind: 'backup', path: part }))
  }

  quiet(work: () => Promise<void>): Promise<void> {
    return this.#queue.run({ host: '', signal: this.#closing.signal }, work)
  }

  #readAll<T extends ReaderResult>(order: ReaderOrder): Promise<T> {
    const done = this.#long.then(async () => {
      this.#closing.signal.throwIfAborted()
      const thread = new ReaderThread(this.#path, this.#door)
      const late = (): void => void thread.end()
      this.#closing.signal.addEventListener('abort', late, { once: true })
      try {
        return await thread.ask<T>(order, this.#closing.signal, MAX_LONG_MS)
      } finally {
        this.#closing.signal.removeEventListener('abort', late)
        await thread.end()
      }
    })
    // Whoever asked hears of a failure.
    this.#long = done.catch(() => undefined)
    return done
  }

  #endWhenIdle(): void {
    clearTimeout(this.#idle)
    if (this.#closing.signal.aborted) return
    this.#idle = setTimeout(() => {
      // In its turn, so that no query begins meanwhile; a store that was closed has ended it.
      if (this.#queue.isIdle) this.quiet(() => this.#thread.end()).catch(() => undefined)
    }, IDLE_MS)
    this.#idle.unref()
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    this.#queue.close()
    this.#closing.abort()
    await this.#thread.end()
    await this.#long
  }
}
