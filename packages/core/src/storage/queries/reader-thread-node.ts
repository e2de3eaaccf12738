/// <reference types="node" />
import type { AuthorUsage } from './author-usage.ts'
import { Worker } from 'node:worker_threads'
import { DocstoreError } from '../../errors.ts'
import type { FoundPage, StoredQuery } from '../storage.ts'

/** Memory of the thread's JavaScript, MiB: a page, as it is and as it is sent, and orders of those who page. */
const MAX_HEAP_MB = 384

/** What the thread needs to begin. */
export interface ReaderThreadData {
  readonly path: string
  /** Holds the number of the order that nobody waits for any more. */
  readonly cancelled: SharedArrayBuffer
}

/** What the thread is to do. */
export type ReaderOrder =
  | { readonly kind: 'find'; readonly ns: number; readonly collection: string; readonly query: StoredQuery }
  | { readonly kind: 'damage' }
  | { readonly kind: 'usage' }
  | { readonly kind: 'backup'; readonly path: string }

/** An order with its number. */
export type NumberedOrder = ReaderOrder & { readonly id: number }

/** A page, faults, what authors use, or nothing. */
export type ReaderResult = FoundPage | readonly string[] | readonly AuthorUsage[] | undefined

/** What came of an order. */
export type ReaderAnswer = { readonly id: number } & ({ readonly result: ReaderResult } | { readonly code: string; readonly message: string })

/** The connection that writes. While others read beside it, each of its transactions takes locks, so they are only let in when needed. */
export interface ReadersDoor {
  /** To be called before each connection. */
  letReadersIn(): void
  /** To be called after each. */
  keepReadersOut(): void
}

/** A thread with a connection that only reads, which starts with the first order and does one at a time. */
export class ReaderThread {
  readonly #path: string
  readonly #door: ReadersDoor
  readonly #cancelled = new SharedArrayBuffer(4)
  #worker: Worker | undefined
  /** Resolves when the threads that were there before have ended. */
  #ended: Promise<unknown> = Promise.resolve()
  #lastId = 0

  constructor(path: string, door: ReadersDoor) {
    this.#path = path
    this.#door = door
  }

  /** Does an order; one that takes longer than so many milliseconds costs the thread. Throws what it throws, `too-slow`, `storage-failed`. */
  async ask<T extends ReaderResult>(order: ReaderOrder, signal: AbortSignal, maxMs: number): Promise<T> {
    await this.#ended
    const worker = (this.#worker ??= this.#start())
    const id = (this.#lastId = (this.#lastId % 2 ** 30) + 1)
    const answer = Promise.withResolvers<T>()
    const hear = (said: ReaderAnswer): void => {
      if (said.id !== id) return
      if ('result' in said) answer.resolve(said.result as T)
      else answer.reject(DocstoreError.passedOn(said.code, said.message))
    }
    const fail = (cause: unknown): void => answer.reject(new DocstoreError('storage-failed', 'The thread that reads has ended', { cause }))
    const cancel = (): void => void Atomics.store(new Int32Array(this.#cancelled), 0, id)
    const late = setTimeout(() => {
      this.#giveUp(worker)
      answer.reject(new DocstoreError('too-slow', 'This takes too long here. Ask for less, or declare an index that serves it'))
    }, maxMs)
    worker.on('message', hear).on('error', fail).on('exit', fail)
    signal.addEventListener('abort', cancel, { once: true })
    try {
      worker.postMessage({ ...order, id } satisfies NumberedOrder)
      if (signal.aborted) cancel()
      return await answer.promise
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', cancel)
      worker.off('message', hear).off('error', fail).off('exit', fail)
    }
  }

  #start(): Worker {
    this.#door.letReadersIn()
    const worker = new Worker(new URL('./query-worker-node.ts', import.meta.url), {
      workerData: { path: this.#path, cancelled: this.#cancelled } satisfies ReaderThreadData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    // However it ends; the next order starts another one.
    worker.on('error', () => this.#giveUp(worker))
    worker.once('exit', () => {
      this.#giveUp(worker)
      this.#door.keepReadersOut()
    })
    // A program that has nothing else to do may end.
    worker.unref()
    return worker
  }

  #giveUp(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    this.#ended = Promise.all([this.#ended, worker.terminate()])
  }

  /** Ends the thread; what it is doing is cancelled, and the next order starts another one. */
  async end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    Atomics.store(new Int32Array(this.#cancelled), 0, this.#lastId)
    if (worker !== undefined) {
      const hasEnded = new Promise((done) => worker.once('exit', done))
      worker.ref()
      worker.postMessage('close')
      await hasEnded
    }
    await this.#ended
  }
}
