import { errorMessage } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { inTurn } from '../in-turn.ts'
import { shuffled } from '../shuffled.ts'
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
const MAX_SEARCHES_PER_ASKER = 2
/** How long a search for others may take, milliseconds. They wait for five seconds. */
const SEARCH_MS = 3000

/** How long the others are waited for once one has named somebody, milliseconds, how many a relay may name, and how many are found at most. */
const GATHER_MS = 700
const MAX_PER_RELAY = 4
const MAX_FOUND = 64

/** What finding relays takes. */
export interface ProvidersInit {
  /** This peer's id. */
  readonly own: string
  /** Kademlia; browsers have none. */
  readonly kademlia: Kademlia | undefined
  /** Asks each connected relay who keeps a namespace; the answers end with the signal. */
  readonly askRelays: (ns: string, signal: AbortSignal) => readonly Promise<readonly string[]>[]
  /** Whether others are told what is kept here. Where placement says who keeps what, they need not be, and of thousands of namespaces that is most of the work. */
  readonly tells?: () => boolean
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
  /** Who waits for a search that runs here, one entry for each. */
  readonly #searching: string[] = []
  readonly #finding = new Set<Promise<readonly string[]>>()
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

  /** This relay keeps a namespace no longer. What others were told goes with time. */
  leave(ns: string): void {
    this.#kept.delete(ns)
    this.#pending.delete(ns)
  }

  /**
   * Peer ids of relays that keep a namespace, as the connected relays and Kademlia say, who are asked at once. Once one of them names somebody
   * the others have a moment to do so too, and what they say is taken in turn: who answers first must not decide alone.
   */
  async find(ns: string, signal: AbortSignal): Promise<readonly string[]> {
    const search = this.#gather(ns, AbortSignal.any([signal, this.#ended.signal])).finally(() => this.#finding.delete(search))
    this.#finding.add(search)
    return search
  }

  /** The answer of a relay that is asked: itself, and whom it finds. */
  async answer(ns: string, asker: string): Promise<readonly string[]> {
    const others = await this.#search(ns, asker)
    return this.#kept.has(ns) ? [this.#init.own, ...others] : others
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await Promise.all([this.#running, ...this.#finding, ...[...this.#answers.values()].map(({ relays }) => relays)])
  }

  async #gather(ns: string, signal: AbortSignal): Promise<readonly string[]> {
    const { kademlia, askRelays, own } = this.#init
    const enough = new AbortController()
    const abort = AbortSignal.any([signal, enough.signal])
    let timer: ReturnType<typeof setTimeout> | undefined
    const named = async (search: Promise<readonly string[]>): Promise<readonly string[]> => {
      const peers = (await this.#orNone(search)).filter((peer) => peer !== own)
      if (peers.length > 0) timer ??= setTimeout(() => enough.abort(), GATHER_MS)
      return shuffled(peers)
    }
    const asked = askRelays(ns, abort).map(async (search) => (await named(search)).slice(0, MAX_PER_RELAY))
    const answers = await Promise.all([...asked, ...(kademlia === undefined ? [] : [named(kademlia.find(ns, abort))])])
    clearTimeout(timer)
    return inTurn(shuffled(answers)).slice(0, MAX_FOUND)
  }

  #search(ns: string, asker: string): Promise<readonly string[]> {
    const { kademlia } = this.#init
    const now = performance.now()
    const before = this.#answers.get(ns)
    if (before !== undefined && before.until > now) return before.relays
    if (kademlia === undefined || kademlia.size === 0 || this.#ended.signal.aborted) return Promise.resolve([])
    if (this.#searching.length >= MAX_SEARCHES || this.#searching.filter((one) => one === asker).length >= MAX_SEARCHES_PER_ASKER)
      return Promise.resolve([])
    this.#searching.push(asker)
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(SEARCH_MS)])
    const relays = this.#orNone(kademlia.find(ns, signal)).finally(() => {
      this.#searching.splice(this.#searching.indexOf(asker), 1)
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
      if (size > 0 && this.#init.tells?.() !== false) await this.#tellPending()
      // Those that reached nobody are tried again.
      await delay(LOOK_MS, AbortSignal.any([signal, this.#wakeUp.signal]))
    }
  }

  async #tellPending(): Promise<void> {
    const queue = [...this.#pending]
    const work = async (): Promise<void> => {
      for (let ns = queue.shift(); ns !== undefined && !this.#ended.signal.aborted && this.#init.tells?.() !== false; ns = queue.shift()) {
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
  async #orNone(search: Promise<readonly string[]>): Promise<readonly string[]> {
    try {
      return await search
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#init.onError?.(`Relays could not be looked for (${errorMessage(error)})`)
      return []
    }
  }
}
