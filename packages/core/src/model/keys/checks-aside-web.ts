import { concatBytes } from '../bytes.ts'
import { nextTask } from '../next-task.ts'
import { type Check, CheckCrowd, type CheckHelper } from './check-crowd.ts'
import { verifyEquation } from './crypto-web.ts'

/** More would only take the cores of others: the rest of what is checked is done by one thread. */
const MAX_HELPERS = 3

/** What a worker that checks is asked: keys, then signatures, then messages, one after another. */
export interface AskedChecks {
  readonly bytes: Uint8Array
  /** Lengths of the messages. */
  readonly lengths: readonly number[]
}

const crowd: CheckCrowd = new CheckCrowd({ checkOne: verifyEquation, startHelpers, pause: nextTask })

/** The ed25519 equation, checked by this thread and by workers where there are many to check: Chromium checks in the thread that asks. */
export function checkAside(...check: Check): Promise<boolean> {
  return crowd.check(...check)
}

/** One for each core but that of this thread. */
function startHelpers(): readonly CheckHelper[] {
  // Workers that start others are younger than workers.
  if (typeof Worker === 'undefined') return []
  const count = Math.min(navigator.hardwareConcurrency - 1, MAX_HELPERS)
  return Array.from({ length: count }, () => new WorkerHelper())
}

/** A worker that checks. */
class WorkerHelper implements CheckHelper {
  readonly #worker = new Worker(new URL('./check-worker-web.ts', import.meta.url), { type: 'module' })
  /** What it was asked, the first of it first: it answers in this order. */
  readonly #asked: PromiseWithResolvers<readonly boolean[]>[] = []
  #isEnded = false

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<readonly boolean[]>) => this.#asked.shift()?.resolve(data))
    for (const fault of ['error', 'messageerror']) this.#worker.addEventListener(fault, () => this.end())
  }

  check(checks: readonly Check[]): Promise<readonly boolean[]> {
    if (this.#isEnded) return Promise.reject(new Error('The worker has ended'))
    const asked = Promise.withResolvers<readonly boolean[]>()
    this.#asked.push(asked)
    const bytes = concatBytes(...[0, 2, 1].flatMap((part) => checks.map((check) => check[part] ?? new Uint8Array())))
    const message: AskedChecks = { bytes, lengths: checks.map(([, { length }]) => length) }
    this.#worker.postMessage(message, [bytes.buffer])
    return asked.promise
  }

  end(): void {
    this.#isEnded = true
    this.#worker.terminate()
    for (const { reject } of this.#asked) reject(new Error('The worker has ended'))
    this.#asked.length = 0
  }
}
