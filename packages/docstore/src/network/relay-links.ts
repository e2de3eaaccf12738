import { type AddressRange, narrowest, rangeOf, rangeOfHost, widest } from './address-range.ts'
import { delay } from './delay.ts'
import { MAX_RELAYS } from './limits.ts'
import { type Choice, chooseRelays, type LinkState } from './relay-choice.ts'
import { RelayLink, type RelayLinkInit } from './relay-link.ts'
import { joinedRelay, type ListedAddresses, listedRelay, type RelaySource } from './relay-source.ts'

/** Relays that should be connected: two, so that one may go; a relay dials three, so that no line of relays falls apart. */
const ENOUGH_FOR_PEER = 2
const ENOUGH_FOR_RELAY = 3
/** How often the choice of relays is looked at, milliseconds, besides whenever something about them changes. */
const LOOK_MS = 5000
/** Changes come in bursts. */
const DEBOUNCE_MS = 50
/** How long a relay that was given up is left alone, milliseconds. */
const REST_MS: number = 10 * 60_000
/** Namespaces that are looked for in one round, how long a round may take, and when one that was not found is looked for again, milliseconds. */
const MAX_SOUGHT = 16
const FIND_TIMEOUT_MS = 5000
const SEEK_AGAIN_MS = 30_000

/** What keeping in touch with relays takes. */
export interface RelayLinksInit extends Omit<RelayLinkInit, 'source'> {
  /** What the directory knows: relays, and how they are reached. */
  readonly listed: { readonly relays: () => readonly string[]; readonly addresses: ListedAddresses }
  /** Peer ids of relays that keep a namespace. */
  readonly find: (ns: string, signal: AbortSignal) => Promise<readonly string[]>
}

/** The links of a peer to relays: to those that it joined, and to as many others of the directory as `chooseRelays` says. */
export class RelayLinks {
  readonly #init: RelayLinksInit
  readonly #ended = new AbortController()
  readonly #links = new Map<string, RelayLink>()
  /** Links that are ending. */
  readonly #ending = new Set<Promise<void>>()
  /** Since when each link has not been connected, Unix milliseconds. */
  readonly #lostAt = new Map<string, number>()
  /** Relays that were given up, and until when they are left alone. */
  readonly #resting = new Map<string, number>()
  /** Wanted namespaces that no connected relay keeps: when they were looked for, and who keeps them. */
  readonly #sought = new Map<string, { readonly at: number; readonly holders: readonly string[] }>()
  #wakeUp = new AbortController()
  #running: Promise<void> | undefined
  #seeking: Promise<void> | undefined

  constructor(init: RelayLinksInit) {
    this.#init = {
      ...init,
      onSync: (ns) => {
        init.onSync(ns)
        if (this.#isMissing(ns)) this.look()
      },
    }
  }

  get all(): readonly RelayLink[] {
    return [...this.#links.values()]
  }

  get connected(): readonly RelayLink[] {
    return this.all.filter((link) => link.isConnected)
  }

  /** Whether one of the links leads to this peer. */
  leadsTo(peer: string): boolean {
    return this.all.some((link) => link.peer === peer)
  }

  /** From where addresses that others name may be dialled: the relays that were joined say so, whom we dialled, and what this peer listens on itself. */
  here(): AddressRange {
    const { libp2p } = this.#init
    const own = libp2p.getMultiaddrs().filter((address) => !address.toString().includes('/p2p-circuit'))
    const dialled = libp2p.getConnections().filter(({ direction, limits }) => direction === 'outbound' && limits === undefined)
    const joined = this.all.flatMap(({ source }) => (source.origin === undefined ? [] : [rangeOfHost(new URL(source.origin).hostname)]))
    // Who listens on all addresses is reached from everywhere that one of them is.
    return narrowest([...joined, ...dialled.map(({ remoteAddr }) => rangeOf(remoteAddr)), widest(own.map(rangeOf))])
  }

  /** Keeps in touch with a relay that was joined. */
  join(origin: string): void {
    const { replica, networkId, listed } = this.#init
    if (!this.#links.has(origin)) this.#add(joinedRelay({ replica, networkId, origin, listed: listed.addresses }))
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await Promise.all([this.#running, this.#seeking, ...this.#ending, ...this.all.map((link) => link.stop())])
  }

  /** The machine is online again, or the page is looked at. */
  wake(): void {
    for (const link of this.all) link.wake()
  }

  /** Something has changed that the choice depends on. */
  look(): void {
    this.#wakeUp.abort()
  }

  #add(source: RelaySource): void {
    const { onPeer } = this.#init
    const link = new RelayLink({
      ...this.#init,
      source,
      onPeer: () => {
        this.look()
        onPeer()
      },
    })
    this.#links.set(source.id, link)
    this.#lostAt.set(source.id, Date.now())
    link.start()
  }

  #drop(id: string): void {
    const link = this.#links.get(id)
    if (link === undefined) return
    this.#links.delete(id)
    this.#lostAt.delete(id)
    this.#resting.set(id, Date.now() + REST_MS)
    const ending = link.stop().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      this.#wakeUp = new AbortController()
      this.#choose()
      this.#seeking ??= this.#seek().finally(() => {
        this.#seeking = undefined
      })
      await delay(LOOK_MS, AbortSignal.any([signal, this.#wakeUp.signal]))
      await delay(DEBOUNCE_MS, signal)
    }
  }

  #choose(): void {
    const now = Date.now()
    for (const [id, until] of this.#resting) if (until < now) this.#resting.delete(id)
    for (const [id, link] of this.#links) {
      if (link.isConnected) this.#lostAt.delete(id)
      else if (!this.#lostAt.has(id)) this.#lostAt.set(id, now)
    }
    const { add, drop } = chooseRelays(this.#choice(now))
    for (const id of drop) this.#drop(id)
    for (const peer of add) this.#add(listedRelay(peer, this.#init.listed.addresses, () => this.here()))
  }

  #choice(now: number): Choice {
    const { libp2p, listed, role } = this.#init
    const needed = this.#needed()
    const own = libp2p.peerId.toString()
    const relays = shuffled(listed.relays().filter((peer) => peer !== own && !this.#resting.has(peer)))
    const known = new Set(relays)
    // A relay that came here by itself needs no link from here too.
    const guests = new Set(libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString()))
    return {
      links: [...this.#links].map(([id, link]): LinkState => {
        const { isConnected, peer, error, source } = link
        const lostMs = now - (this.#lostAt.get(id) ?? now)
        return { id, peer, isJoined: source.origin !== undefined, isConnected, hasFailed: error !== undefined, lostMs, isNeeded: needed.has(link) }
      }),
      listed: relays.filter((peer) => role === 'peer' || !guests.has(peer)),
      holders: [...this.#sought.values()].map(({ holders }) => holders.filter((peer) => known.has(peer))),
      enough: role === 'relay' ? ENOUGH_FOR_RELAY : ENOUGH_FOR_PEER,
      max: MAX_RELAYS,
    }
  }

  /** Links to relays that keep something wanted which no other connected one keeps. */
  #needed(): ReadonlySet<RelayLink> {
    const needed = new Set<RelayLink>()
    for (const ns of this.#init.wanted) {
      const [first, ...others] = this.connected.filter(({ status }) => isKept(status.get(ns)?.state))
      if (first !== undefined && others.length === 0) needed.add(first)
    }
    return needed
  }

  /** Whether all connected relays were asked for a namespace, and none keeps it. */
  #isMissing(ns: string): boolean {
    const states = this.connected.map(({ status }) => status.get(ns)?.state)
    return states.length > 0 && states.every((state) => state === 'absent' || state === 'declined')
  }

  /** Looks for relays that keep what no connected one keeps. */
  async #seek(): Promise<void> {
    const now = Date.now()
    for (const ns of this.#sought.keys()) if (!this.#isMissing(ns)) this.#sought.delete(ns)
    const due = [...this.#init.wanted].filter((ns) => this.#isMissing(ns) && now - (this.#sought.get(ns)?.at ?? 0) > SEEK_AGAIN_MS)
    due.sort((a, b) => (this.#sought.get(a)?.at ?? 0) - (this.#sought.get(b)?.at ?? 0))
    if (due.length === 0) return
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(FIND_TIMEOUT_MS)])
    await Promise.all(
      due.slice(0, MAX_SOUGHT).map(async (ns) => this.#sought.set(ns, { at: now, holders: shuffled(await this.#init.find(ns, signal)) })),
    )
    this.look()
  }
}

function isKept(state: string | undefined): boolean {
  return state === 'live' || state === 'syncing'
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
