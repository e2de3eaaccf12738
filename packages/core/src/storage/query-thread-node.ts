/// <reference types="node" />
import { Worker } from 'node:worker_threads'
import { DocstoreError } from '../errors.ts'
import type { QueriesAside } from './queries-aside.ts'
import { type Asker, QueryQueue } from './query-queue.ts'
import type { FoundPage, StoredQuery } from './storage.ts'

/** Queries that wait, those of one host, and how long one may wait: with the longest ones in turn that is some fifteen hosts. */
const MAX_WAITING = 64
const MAX_PER_HOST = 8
const MAX_WAIT_MS = 15_000
/** How long the thread waits for the next query before it ends, milliseconds: while it reads, writes take longer. */
const IDLE_MS = 10_000
/** How much longer than it may a query takes that counts no rows, before the thread is given up, milliseconds. */
const GRACE_MS = 20_000
/** How long it may take to look for damage, milliseconds: it reads the whole file. */
const MAX_CHECK_MS: number = 30 * 60_000
/** Memory of the thread's JavaScript, MiB: a page, as it is and as it is sent, and orders of those who page. */
const MAX_HEAP_MB = 384

/** What the thread needs to begin. */
export interface QueryThreadData {
  readonly path: string
  /** Holds the number of the query that nobody waits for any more. */
  readonly cancelled: SharedArrayBuffer
}

/** What the thread is to do. */
export type QueryOrder = { readonly id: number } & (
  | { readonly kind: 'find'; readonly ns: number; readonly collection: string; readonly query: StoredQuery }
  | { readonly kind: 'damage' }
)

/** What came of it. */
export type QueryAnswer = { readonly id: number } & ({ readonly result: FoundPage | readonly string[] } | { readonly code: string; readonly message: string })

/** The connection that writes. While others read beside it, each of its transactions takes locks, so they are only let in when needed. */
export interface ReadersDoor {
  letReadersIn(): void
  /** To be called once there is no reader. */
  keepReadersOut(): void
}

/** Runs queries on a database in a thread of their own, one at a time, which starts when it is needed. */
export class QueryThread implements QueriesAside {
  readonly #path: string
  readonly #door: ReadersDoor
  readonly #queue: QueryQueue
  readonly #cancelled = new SharedArrayBuffer(4)
  #worker: Worker | undefined
  /** Resolves when the thread that was there before has ended. */
  #ended: Promise<unknown> = Promise.resolve()
  #idle: ReturnType<typeof setTimeout> | undefined
  #lastId = 0

  constructor(path: string, door: ReadersDoor, queue: QueryQueue = new QueryQueue({ max: MAX_WAITING, maxPerHost: MAX_PER_HOST, maxWaitMs: MAX_WAIT_MS })) {
    this.#path = path
    this.#door = door
    this.#queue = queue
  }

  find(ns: number, collection: string, query: StoredQuery, asker: Asker): Promise<FoundPage> {
    const order = (): QueryOrder => ({ id: this.#nextId(), kind: 'find', ns, collection, query })
    return this.#queue.run(asker, async () => this.#ask<FoundPage>(order(), asker.signal, (query.maxMs ?? 0) + GRACE_MS))
  }

  findDamage(): Promise<readonly string[]> {
    const asker = { host: '', signal: new AbortController().signal }
    return this.#queue.run(asker, async () => this.#ask<readonly string[]>({ id: this.#nextId(), kind: 'damage' }, asker.signal, MAX_CHECK_MS))
  }

  quiet(work: () => Promise<void>): Promise<void> {
    return this.#queue.run({ host: '', signal: new AbortController().signal }, work)
  }

  #nextId(): number {
    this.#lastId = this.#lastId >= 2 ** 30 ? 1 : this.#lastId + 1
    return this.#lastId
  }

  async #ask<T extends FoundPage | readonly string[]>(order: QueryOrder, signal: AbortSignal, maxMs: number): Promise<T> {
    clearTimeout(this.#idle)
    const worker = await this.#running()
    const answer = Promise.withResolvers<T>()
    const hear = (said: QueryAnswer): void => {
      if (said.id !== order.id) return
      if ('result' in said) answer.resolve(said.result as T)
      else answer.reject(new DocstoreError(said.code, said.message))
    }
    const fail = (cause: unknown): void => {
      this.#giveUp(worker)
      answer.reject(new DocstoreError('storage-failed', 'The thread that reads has ended in the middle of a query', { cause }))
    }
    const cancel = (): void => void Atomics.store(new Int32Array(this.#cancelled), 0, order.id)
    const late = setTimeout(() => {
      this.#giveUp(worker)
      answer.reject(new DocstoreError('too-slow', 'The query takes too long here. Ask for less, or declare an index that serves it'))
    }, maxMs)
    worker.on('message', hear).on('error', fail).on('exit', fail)
    signal.addEventListener('abort', cancel, { once: true })
    try {
      worker.postMessage(order)
      if (signal.aborted) cancel()
      return await answer.promise
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', cancel)
      worker.off('message', hear).off('error', fail).off('exit', fail)
      this.#endWhenIdle()
    }
  }

  async #running(): Promise<Worker> {
    if (this.#worker !== undefined) return this.#worker
    await this.#ended
    this.#door.letReadersIn()
    const worker = new Worker(new URL('./query-worker-node.ts', import.meta.url), {
      workerData: { path: this.#path, cancelled: this.#cancelled } satisfies QueryThreadData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    // A failure between two queries: the next one starts another thread.
    worker.on('error', () => this.#giveUp(worker))
    // A program that has nothing else to do may end.
    worker.unref()
    this.#worker = worker
    return worker
  }

  #giveUp(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    this.#ended = Promise.all([this.#ended, worker.terminate()])
  }

  #endWhenIdle(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      if (!this.#queue.isIdle) return
      // In its turn, so that no query begins meanwhile.
      this.quiet(async () => this.#end()).catch(() => undefined)
    }, IDLE_MS)
    this.#idle.unref()
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    if (worker !== undefined) {
      const hasEnded = new Promise((done) => worker.once('exit', done))
      worker.ref()
      worker.postMessage('close')
      await hasEnded
    }
    await this.#ended
    this.#door.keepReadersOut()
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    this.#queue.close()
    // Whatever runs is of no use to anybody now.
    Atomics.store(new Int32Array(this.#cancelled), 0, this.#lastId)
    await this.#end()
  }
}
