import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { delay } from './delay.ts'
import type { Kademlia } from './kademlia-protocol.ts'

/** Namespaces of which a relay says that it keeps them, and how many it tells others about at a time. */
const MAX_KEPT = 10_000
const TELL_CONCURRENCY = 4
/** How long telling of one may take, and how often it is looked whether there is something to tell, milliseconds. */
const TELL_MS = 5000
const LOOK_MS = 5000

/** How long a relay's answer holds, milliseconds, how many it remembers, and how many searches it makes for others at once. */
const ANSWER_MS = 30_000
const MAX_ANSWERS = 1000
const MAX_SEARCHES = 8
/** How long a search for others may take, milliseconds. They wait for five seconds. */
const SEARCH_MS = 3000

/** What finding relays takes. */
export interface ProvidersInit {
  /** This peer's id. */
  readonly own: string
  /** Kademlia; browsers have none. */
  readonly kademlia: Kademlia | undefined
  /** Asks the connected relays who keeps a namespace. */
  readonly askRelays: (ns: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Called with what went wrong, where others may still be told or found. */
  readonly onError?: (message: string) => void
}

/** Which relays keep which namespace: a relay tells it of itself, and any peer finds it out. */
export class Providers {
  readonly #init: ProvidersInit
  readonly #ended = new AbortController()
  readonly #kept = new Set<string>()
  readonly #pending = new Set<string>()
  readonly #answers = new Map<string, { readonly until: number; readonly relays: Promise<readonly string[]> }>()
  #searches = 0
  /** How many relays Kademlia knew when everything was told. */
  #toldAt = 0
  #wakeUp = new AbortController()
  #running: Promise<void> | undefined

  constructor(init: ProvidersInit) {
    this.#init = init
  }

  /** This relay keeps a namespace: it says so to who asks, and tells other relays for as long as it runs. */
  keep(ns: string): void {
    if (this.#kept.has(ns) || this.#kept.size >= MAX_KEPT) return
    this.#kept.add(ns)
    this.#pending.add(ns)
    this.#running ??= this.#tell()
    this.#wakeUp.abort()
  }

  /** Peer ids of relays that keep a namespace: the connected relays and Kademlia are asked at once, and the first that knows of any answers. */
  async find(ns: string, signal: AbortSignal): Promise<readonly string[]> {
    const { kademlia, askRelays, own } = this.#init
    const found = new AbortController()
    const abort = AbortSignal.any([signal, this.#ended.signal, found.signal])
    const some = async (search: Promise<readonly string[]> | undefined): Promise<readonly string[]> => {
      const peers = (await this.#orNone(search)).filter((peer) => peer !== own)
      return peers.length > 0 ? peers : Promise.reject(new DocstoreError('not-found', 'Nobody is known to keep it'))
    }
    const searches = [some(askRelays(ns, abort)), some(kademlia?.find(ns, abort))]
    try {
      return await Promise.any(searches).catch(() => [])
    } finally {
      found.abort()
    }
  }

  /** The answer of a relay that is asked: itself, and whom it finds. */
  async answer(ns: string): Promise<readonly string[]> {
    const others = await this.#search(ns)
    return this.#kept.has(ns) ? [this.#init.own, ...others] : others
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await this.#running
  }

  #search(ns: string): Promise<readonly string[]> {
    const { kademlia } = this.#init
    const now = Date.now()
    const before = this.#answers.get(ns)
    if (before !== undefined && before.until > now) return before.relays
    if (kademlia === undefined || kademlia.size === 0 || this.#searches >= MAX_SEARCHES) return Promise.resolve([])
    this.#searches++
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(SEARCH_MS)])
    const relays = this.#orNone(kademlia.find(ns, signal)).finally(() => {
      this.#searches--
    })
    this.#answers.delete(ns)
    this.#answers.set(ns, { until: now + ANSWER_MS, relays })
    if (this.#answers.size > MAX_ANSWERS) this.#answers.delete(this.#answers.keys().next().value ?? ns)
    return relays
  }

  async #tell(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      this.#wakeUp = new AbortController()
      const size = this.#init.kademlia?.size ?? 0
      // Relays that came since may be closer to what was told of before: everything is told again when there are twice as many.
      if (size > 2 * this.#toldAt) {
        this.#toldAt = size
        for (const ns of this.#kept) this.#pending.add(ns)
      }
      if (size > 0) await this.#tellPending()
      // Those that reached nobody are tried again.
      await delay(LOOK_MS, AbortSignal.any([signal, this.#wakeUp.signal]))
    }
  }

  async #tellPending(): Promise<void> {
    const queue = [...this.#pending]
    const work = async (): Promise<void> => {
      for (let ns = queue.shift(); ns !== undefined && !this.#ended.signal.aborted; ns = queue.shift()) {
        const told = await this.#tellOne(ns)
        if (told > 0) this.#pending.delete(ns)
      }
    }
    await Promise.all(Array.from({ length: TELL_CONCURRENCY }, work))
  }

  async #tellOne(ns: string): Promise<number> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(TELL_MS)])
    try {
      return (await this.#init.kademlia?.provide(ns, signal)) ?? 0
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#init.onError?.(`Other relays could not be told of ${ns} (${errorMessage(error)})`)
      return 0
    }
  }

  /** One way to find relays that fails must not keep us from the others. */
  async #orNone(search: Promise<readonly string[]> | undefined): Promise<readonly string[]> {
    try {
      return (await search) ?? []
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#init.onError?.(`Relays could not be looked for (${errorMessage(error)})`)
      return []
    }
  }
}
