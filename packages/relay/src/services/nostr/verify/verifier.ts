import { Worker } from 'node:worker_threads'
import { errorMessage } from '@p2p-docstore/core'
import { type SchnorrCheck, type SchnorrVerifier, verifySchnorr } from '@p2p-docstore/core/nostr'
import type { Log } from '../../../log.ts'
import type { FromVerifyWorker, VerifyOrder } from './verify-worker.ts'
import { CHECK_BYTES } from './wasm-verify.ts'

/** Fewest checks for which another thread is worth it. */
const LEAST_EACH = 8
/** How long a thread may take for what it has to do, milliseconds: 500 checks take a tenth of a second, and ten times that without WebAssembly. */
const PATIENCE_MS = 20_000
/** Threads that ended by themselves before no further one is begun. */
const MAX_DEATHS = 5
/** Checks without a thread between which others get their turn. */
const SLICE = 8

interface Thread {
  readonly worker: Worker
  readonly orders: Map<number, PromiseWithResolvers<Uint8Array>>
}

/** Checks signatures in threads, which begin when they are needed. What a thread that ended or hangs has left is checked here, slowly. */
export class Verifier {
  readonly #max: number
  readonly #log: Log
  readonly #threads = new Set<Thread>()
  #lastId = 0
  #deaths = 0
  #isEnded = false
  /** What checks: `wasm`, or `pure` where that does not work; `none` before it was needed. */
  engine: 'none' | 'wasm' | 'pure' = 'none'
  /** Signatures that were checked, and those of them that no thread checked. */
  checked = 0
  checkedHere = 0

  constructor(max: number, log: Log) {
    this.#max = max
    this.#log = log
  }

  /** Says of each signature whether it is right. */
  readonly verify: SchnorrVerifier = async (checks) => {
    if (checks.length === 0) return []
    this.checked += checks.length
    const parts = Math.max(1, Math.min(this.#max, Math.floor(checks.length / LEAST_EACH)))
    const size = Math.ceil(checks.length / parts)
    const slices = Array.from({ length: parts }, (_, i) => checks.slice(i * size, (i + 1) * size))
    return (await Promise.all(slices.map((slice) => this.#check(slice)))).flat()
  }

  async #check(checks: readonly SchnorrCheck[]): Promise<readonly boolean[]> {
    const thread = this.#idlest()
    if (thread === undefined) return this.#checkHere(checks)
    try {
      const results = await this.#order(thread, packed(checks))
      return Array.from(results, (result) => result === 1)
    } catch (error) {
      if (!this.#isEnded) this.#log.warn({ reason: errorMessage(error) }, 'nostr-verifier-ended')
      return this.#checkHere(checks)
    }
  }

  async #order(thread: Thread, checks: Uint8Array): Promise<Uint8Array> {
    const id = ++this.#lastId
    const answer = Promise.withResolvers<Uint8Array>()
    thread.orders.set(id, answer)
    const late = setTimeout(() => this.#giveUp(thread, 'it takes too long'), PATIENCE_MS)
    try {
      thread.worker.postMessage({ id, checks } satisfies VerifyOrder)
      return await answer.promise
    } finally {
      clearTimeout(late)
      thread.orders.delete(id)
    }
  }

  /** The thread with the least to do, a new one where all have something. */
  #idlest(): Thread | undefined {
    const [idlest] = [...this.#threads].toSorted((a, b) => a.orders.size - b.orders.size)
    const isEnough = idlest?.orders.size === 0 || this.#threads.size >= this.#max || this.#deaths >= MAX_DEATHS || this.#isEnded
    return isEnough ? idlest : this.#start()
  }

  #start(): Thread {
    const worker = new Worker(new URL('./verify-worker.ts', import.meta.url))
    const thread: Thread = { worker, orders: new Map() }
    worker.on('message', (message: FromVerifyWorker) => {
      if ('engine' in message) {
        this.engine = message.engine
        if (message.engine === 'pure') this.#log.warn({}, 'nostr-verifier-slow')
      } else thread.orders.get(message.id)?.resolve(message.results)
    })
    worker.on('error', (error) => this.#giveUp(thread, errorMessage(error)))
    worker.once('exit', (code) => this.#giveUp(thread, `it ended with ${code}`))
    // A program that has nothing else to do may end.
    worker.unref()
    this.#threads.add(thread)
    return thread
  }

  #giveUp(thread: Thread, reason: string): void {
    if (!this.#threads.delete(thread)) return
    this.#deaths++
    for (const { reject } of thread.orders.values()) reject(new Error(reason))
    void thread.worker.terminate()
  }

  async #checkHere(checks: readonly SchnorrCheck[]): Promise<readonly boolean[]> {
    this.checkedHere += checks.length
    const results: boolean[] = []
    for (let i = 0; i < checks.length; i += SLICE) {
      results.push(...(await verifySchnorr(checks.slice(i, i + SLICE))))
      await new Promise(setImmediate)
    }
    return results
  }

  /** Ends the threads. */
  async stop(): Promise<void> {
    this.#isEnded = true
    const workers = [...this.#threads].map(({ worker }) => worker)
    for (const thread of this.#threads) this.#giveUp(thread, 'the relay ends')
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Checks as a thread gets them. */
function packed(checks: readonly SchnorrCheck[]): Uint8Array {
  const bytes = new Uint8Array(checks.length * CHECK_BYTES)
  for (const [i, { hash, key, signature }] of checks.entries()) {
    // What has another length stays zeros, by which nobody signs.
    if (hash.length !== 32 || key.length !== 32 || signature.length !== 64) continue
    bytes.set(hash, i * CHECK_BYTES)
    bytes.set(key, i * CHECK_BYTES + 32)
    bytes.set(signature, i * CHECK_BYTES + 64)
  }
  return bytes
}
