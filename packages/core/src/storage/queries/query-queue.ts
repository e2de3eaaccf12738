import { DocstoreError } from '../../errors.ts'

/** Who asks, as far as it matters for whose turn it is, and how long an answer is of use. */
export interface Asker {
  /** What shares a place in the queue: an address, say. */
  readonly host: string
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** How much may wait. */
export interface QueryQueueInit {
  /** Queries that wait at once, and those of one host, the running one included. */
  readonly max: number
  readonly maxPerHost: number
  /** How long one may wait for its turn, milliseconds. */
  readonly maxWaitMs: number
  readonly now?: () => number
}

interface Waiting {
  readonly asker: Asker
  readonly since: number
  readonly start: () => void
  readonly fail: (error: unknown) => void
}

/** Seconds after which somebody who was turned away may ask again: some queries have had their turn then. */
const RETRY_AFTER_S = 2

/**
 * Who may query next where one query runs at a time: hosts take turns, so that one that asks much waits for itself. What has no place is refused at once,
 * with the seconds after which to ask again in `details.retryAfter`.
 */
export class QueryQueue {
  readonly #init: QueryQueueInit
  readonly #now: () => number
  /** By host, the one whose turn is next first. */
  readonly #hosts = new Map<string, Waiting[]>()
  #waiting = 0
  #running: string | undefined
  #isClosed = false

  constructor(init: QueryQueueInit) {
    this.#init = init
    this.#now = init.now ?? Date.now
  }

  /** Whether nothing runs and nothing waits. */
  get isIdle(): boolean {
    return this.#running === undefined && this.#waiting === 0
  }

  /** Does one piece of work in its turn. Throws `too-many-queries`, `queries-full`, `closed`, or the reason of the asker's signal. */
  async run<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
    await this.#turn(asker)
    try {
      return await work()
    } finally {
      this.#running = undefined
      this.#next()
    }
  }

  #turn(asker: Asker): Promise<void> {
    const { max, maxPerHost } = this.#init
    if (this.#isClosed) throw closed()
    asker.signal.throwIfAborted()
    const ofHost = this.#hosts.get(asker.host) ?? []
    if (ofHost.length + Number(this.#running === asker.host) >= maxPerHost)
      throw refused('too-many-queries', `${maxPerHost} queries from your address are under way already`)
    if (this.#waiting >= max) throw refused('queries-full', `${max} queries wait for their turn already`)
    return new Promise((start, fail) => {
      const leave = (): void => this.#leave(waiting)
      // A signal can outlive any number of turns.
      const stay = (): void => asker.signal.removeEventListener('abort', leave)
      const waiting: Waiting = {
        asker,
        since: this.#now(),
        start: () => {
          stay()
          start()
        },
        fail: (error) => {
          stay()
          fail(error)
        },
      }
      this.#hosts.set(asker.host, [...ofHost, waiting])
      this.#waiting++
      asker.signal.addEventListener('abort', leave, { once: true })
      this.#next()
    })
  }

  #leave(waiting: Waiting): void {
    if (this.#remove(waiting)) waiting.fail(waiting.asker.signal.reason)
  }

  #remove(waiting: Waiting): boolean {
    const { host } = waiting.asker
    const ofHost = this.#hosts.get(host) ?? []
    const left = ofHost.filter((one) => one !== waiting)
    if (left.length === ofHost.length) return false
    if (left.length === 0) this.#hosts.delete(host)
    else this.#hosts.set(host, left)
    this.#waiting--
    return true
  }

  #next(): void {
    while (this.#running === undefined) {
      const [first] = this.#hosts
      const waiting = first?.[1][0]
      if (first === undefined || waiting === undefined) return
      const [host] = first
      this.#remove(waiting)
      // The others of this host come after those of all other hosts.
      const left = this.#hosts.get(host)
      if (left !== undefined && this.#hosts.delete(host)) this.#hosts.set(host, left)
      if (this.#now() - waiting.since > this.#init.maxWaitMs) waiting.fail(refused('queries-full', 'the queries before yours took too long'))
      else {
        this.#running = host
        waiting.start()
      }
    }
  }

  /** Refuses what waits, and everything from now on. */
  close(): void {
    this.#isClosed = true
    for (const waiting of [...this.#hosts.values()].flat()) if (this.#remove(waiting)) waiting.fail(closed())
  }
}

function refused(code: 'too-many-queries' | 'queries-full', why: string): DocstoreError {
  return new DocstoreError(code, `No room for another query: ${why}. Ask again in ${RETRY_AFTER_S} seconds`, {
    details: { retryAfter: RETRY_AFTER_S },
  })
}

function closed(): DocstoreError {
  return new DocstoreError('closed', 'The store was closed')
}
