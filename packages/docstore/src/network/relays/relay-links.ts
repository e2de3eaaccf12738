import type { Connection } from '@libp2p/interface'
import { DocstoreError, type Session } from '@p2p-docstore/core'
import { type AddressRange, narrowest, rangeOf, rangeOfHost, widest } from '../transport/index.ts'
import { delay } from '../timing/index.ts'
import { MAX_RELAYS } from '../limits.ts'
import { type NetworkService, offers } from '../relay-services.ts'
import { type Choice, chooseRelays, type Holders, type LinkState } from './relay-choice.ts'
import { RelayLink, type RelayLinkInit } from './relay-link.ts'
import { RelayWays } from './relay-ways.ts'
import { joinedRelay, type ListedAddresses, listedRelay, type RelaySource } from './relay-source.ts'
import { syncProtocol } from '../sync/index.ts'

/** Relays that should be connected: two, so that one may go; a relay dials three, so that no line of relays falls apart. */
const ENOUGH_FOR_PEER = 2
const ENOUGH_FOR_RELAY = 3
/** How often the choice of relays is looked at, milliseconds, besides whenever something about them changes. */
const LOOK_MS = 5000
/** Changes come in bursts. */
const DEBOUNCE_MS = 50
/** How long a relay that was given up is left alone, milliseconds. */
const REST_MS: number = 10 * 60_000
/** How long it counts where this peer is, unless a connection from here begins or ends, milliseconds. */
const HERE_MS = 1000
/** Links of a relay that has to do with many others. */
const MAX_LINKS = 72
/** Wanted namespaces whose owners are looked for at a time. */
const MAX_OWNED_SOUGHT = 1000
/** Namespaces that are looked for in one round, and how long a round may take, milliseconds. */
const MAX_SOUGHT = 16
const FIND_TIMEOUT_MS = 5000
/** First and longest pause until a namespace is looked for again, milliseconds: one that nobody keeps, and one of which it is known who does. */
const MIN_PAUSE_MS = 5000
const MAX_PAUSE_MISSING_MS = 30_000
const MAX_PAUSE_MS: number = 10 * 60_000

/** What keeping in touch with relays takes. */
export interface RelayLinksInit extends Omit<RelayLinkInit, 'source' | 'ways'> {
  /** What the directory knows: relays, the most wanted first, and how they are reached. It is told of those that were reached. */
  readonly listed: {
    readonly relays: () => readonly string[]
    /** What a relay does for others, by its own word; `undefined` where it is not known. */
    readonly services: (peer: string) => readonly string[] | undefined
    readonly addresses: ListedAddresses
    readonly onReached: (peer: string) => void
  }
  /** Peer ids of relays that keep a namespace, the most wanted first. */
  readonly find: (ns: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Relays that own each part of a namespace, where not all keep it, and how many of each it should be told. */
  readonly owners?: (ns: string) => { readonly peersOfParts: readonly (readonly string[])[]; readonly wanted: number }
  /** Relays that this one has to be linked to: at a relay, because of what both keep. */
  readonly needed?: () => readonly string[]
  /** Whether all relays that keep a namespace are to meet, because not every relay keeps it. */
  readonly gathers?: boolean
}

/** A namespace that was looked for: first, last, and who keeps it. */
interface Sought {
  readonly since: number
  readonly at: number
  readonly holders: readonly string[]
}

/** The links of a peer to relays: to those that it joined, and to as many others of the directory as `chooseRelays` says. */
export class RelayLinks {
  readonly #init: RelayLinksInit
  readonly #ways: RelayWays
  readonly #ended = new AbortController()
  readonly #links = new Map<string, RelayLink>()
  /** Links that are ending. */
  readonly #ending = new Set<Promise<void>>()
  /** Since when each link has not been connected, Unix milliseconds. */
  readonly #lostAt = new Map<string, number>()
  /** Relays that were given up, and until when they are left alone. */
  readonly #resting = new Map<string, number>()
  /** Wanted namespaces that no connected relay keeps; where relays gather, all that are wanted. */
  readonly #sought = new Map<string, Sought>()
  /** Relays that somebody asks something now, and how many do. */
  readonly #held = new Map<string, number>()
  #here: { readonly at: number; readonly range: AddressRange } | undefined
  #wakeUp = new AbortController()
  #running: Promise<void> | undefined
  #seeking: Promise<void> | undefined

  constructor(init: RelayLinksInit) {
    this.#ways = new RelayWays(init.replica)
    this.#init = {
      ...init,
      onSync: (ns) => {
        init.onSync(ns)
        if (this.#isMissing(ns)) this.look()
      },
    }
    init.libp2p.addEventListener('connection:open', this.#onConnection)
    init.libp2p.addEventListener('connection:close', this.#onConnection)
    init.libp2p.addEventListener('self:peer:update', this.#onMoved)
  }

  readonly #onConnection = ({ detail: { direction } }: CustomEvent<Connection>): void => {
    if (direction === 'outbound') this.#onMoved()
  }

  readonly #onMoved = (): void => {
    this.#here = undefined
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
    // Asked for every address that anybody names, which would be too dear at a relay with a thousand connections.
    if (this.#here !== undefined && performance.now() - this.#here.at < HERE_MS) return this.#here.range
    const own = libp2p.getMultiaddrs().filter((address) => !address.toString().includes('/p2p-circuit'))
    const dialled = libp2p.getConnections().filter(({ direction, limits }) => direction === 'outbound' && limits === undefined)
    const joined = this.all.flatMap(({ source }) => (source.origin === undefined ? [] : [rangeOfHost(new URL(source.origin).hostname)]))
    // Who listens on all addresses is reached from everywhere that one of them is.
    const range = narrowest([...joined, ...dialled.map(({ remoteAddr }) => rangeOf(remoteAddr)), widest(own.map(rangeOf))])
    this.#here = { at: performance.now(), range }
    return range
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
    const { libp2p } = this.#init
    libp2p.removeEventListener('connection:open', this.#onConnection)
    libp2p.removeEventListener('connection:close', this.#onConnection)
    libp2p.removeEventListener('self:peer:update', this.#onMoved)
    await Promise.all([this.#running, this.#seeking, ...this.#ending, ...this.all.map((link) => link.stop())])
  }

  /** The machine is online again, or the page is looked at. */
  wake(): void {
    for (const link of this.all) link.wake()
  }

  /**
   * The session with a relay of the directory, as soon as there is one. Throws why it was not reached when time is over. The link stays until `heldUntil`
   * aborts, whatever else it is for.
   */
  async sessionWith(peer: string, signal: AbortSignal, heldUntil: AbortSignal = signal): Promise<Session> {
    this.#hold(peer, heldUntil)
    const linked = (): RelayLink | undefined => this.all.find((link) => link.peer === peer)
    if (linked() === undefined && this.#links.size < MAX_LINKS) this.#add(listedRelay(peer, this.#init.listed.addresses, () => this.here()))
    const link = linked()
    if (link === undefined) throw new DocstoreError('relay-unreachable', `There are links to ${MAX_LINKS} relays already`)
    return link.untilSession(signal)
  }

  #hold(peer: string, until: AbortSignal): void {
    if (until.aborted) return
    this.#held.set(peer, (this.#held.get(peer) ?? 0) + 1)
    const release = (): void => {
      const left = (this.#held.get(peer) ?? 1) - 1
      if (left > 0) this.#held.set(peer, left)
      else this.#held.delete(peer)
      this.look()
    }
    until.addEventListener('abort', release, { once: true })
  }

  /** Something has changed that the choice depends on. */
  look(): void {
    this.#wakeUp.abort()
  }

  #add(source: RelaySource): void {
    const { onPeer, listed } = this.#init
    const link = new RelayLink({
      ...this.#init,
      source,
      ways: this.#ways,
      onPeer: () => {
        if (link.isConnected && link.peer !== undefined) listed.onReached(link.peer)
        this.look()
        onPeer()
      },
    })
    this.#links.set(source.id, link)
    this.#onMoved()
    this.#lostAt.set(source.id, performance.now())
    link.start()
  }

  #drop(id: string): void {
    const link = this.#links.get(id)
    if (link === undefined) return
    this.#links.delete(id)
    this.#lostAt.delete(id)
    this.#resting.set(id, performance.now() + REST_MS)
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
    const now = performance.now()
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
    const { libp2p, listed, role, gathers = false } = this.#init
    const needed = this.#needed()
    const neededPeers = [...new Set([...(this.#init.needed?.() ?? []), ...this.#held.keys()])]
    const own = libp2p.peerId.toString()
    const relays = listed.relays().filter((peer) => peer !== own && !this.#resting.has(peer))
    const known = new Set(relays)
    const guests = this.#guests()
    const free = relays.filter((peer) => role === 'peer' || !guests.has(peer))
    const listedFor = (service: NetworkService): readonly string[] => free.filter((peer) => offers(listed.services(peer), service))
    return {
      links: [...this.#links].map(([id, link]): LinkState => {
        const { isConnected, peer, error, source } = link
        const lostMs = now - (this.#lostAt.get(id) ?? now)
        const isJoined = source.origin !== undefined
        const services = link.services ?? (peer === undefined ? undefined : listed.services(peer))
        const does = { isKeeper: offers(services, 'storage'), givesPlaces: offers(services, 'signaling') }
        const hasFailed = error !== undefined
        return { id, peer, isJoined, isConnected, hasFailed, ...does, lostMs, isNeeded: needed.has(link), lacks: this.#lackedBy(link) }
      }),
      listed: listedFor('storage'),
      placeGivers: libp2p.services.reservations === undefined ? [] : listedFor('signaling'),
      holders: [
        ...this.#missingOwners(known),
        ...[...this.#sought].map(([ns, { holders }]): Holders => {
          const peers = holders.filter((peer) => known.has(peer))
          return { ns, peers: gathers ? this.#meetingPoint(ns, peers).filter((peer) => !guests.has(peer)) : peers }
        }),
      ],
      needed: neededPeers,
      enough: role === 'relay' ? ENOUGH_FOR_RELAY : ENOUGH_FOR_PEER,
      max: Math.min(MAX_LINKS, MAX_RELAYS + neededPeers.length),
    }
  }

  /** Of wanted namespaces that too few connected owners have: the others. */
  #missingOwners(known: ReadonlySet<string>): readonly Holders[] {
    const { owners, wanted } = this.#init
    if (owners === undefined) return []
    const connected = new Set(this.connected.map(({ peer }) => peer))
    const missing: Holders[] = []
    for (const ns of wanted) {
      const { peersOfParts, wanted: count } = owners(ns)
      for (const peers of peersOfParts) {
        if (peers.filter((peer) => connected.has(peer)).length >= Math.min(count, peers.length)) continue
        missing.push({ ns, peers: peers.filter((peer) => !connected.has(peer) && known.has(peer)) })
      }
      if (missing.length >= MAX_OWNED_SOUGHT) break
    }
    return missing
  }

  /** Peers that keep a link to this one: relays among them need none from here too. */
  #guests(): ReadonlySet<string> {
    const sync = syncProtocol(this.#init.networkId)
    const isSynced = ({ streams }: Connection): boolean => streams.some(({ protocol, direction }) => protocol === sync && direction === 'inbound')
    return new Set(
      this.#init.libp2p
        .getConnections()
        .filter(isSynced)
        .map(({ remotePeer }) => remotePeer.toString()),
    )
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
    return states.length > 0 && states.every(isLacking)
  }

  /** Namespaces that were looked for and that the relay at the other end does not keep. */
  #lackedBy({ isConnected, status }: RelayLink): ReadonlySet<string> {
    return new Set(isConnected ? [...this.#sought.keys()].filter((ns) => isLacking(status.get(ns)?.state)) : [])
  }

  /** Looks for relays that keep what no connected one keeps; where relays gather, for others that keep the same. */
  async #seek(): Promise<void> {
    const { wanted, find, gathers = false } = this.#init
    const now = performance.now()
    for (const ns of this.#sought.keys()) if (!gathers && !this.#isMissing(ns)) this.#sought.delete(ns)
    const due = [...wanted].filter((ns) => this.#isDue(ns, now)).sort((a, b) => (this.#sought.get(a)?.at ?? 0) - (this.#sought.get(b)?.at ?? 0))
    if (due.length === 0) return
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(FIND_TIMEOUT_MS)])
    const seek = async (ns: string): Promise<void> => {
      const holders = await find(ns, signal)
      this.#sought.set(ns, { since: this.#sought.get(ns)?.since ?? now, at: now, holders: gathers ? holders.toSorted() : holders })
    }
    await Promise.all(due.slice(0, MAX_SOUGHT).map(seek))
    this.look()
  }

  /** Whether a namespace is to be looked for: at once, and then after growing pauses. */
  #isDue(ns: string, now: number): boolean {
    const isMissing = this.#isMissing(ns)
    if (!isMissing && this.#init.gathers !== true) return false
    const before = this.#sought.get(ns)
    if (before === undefined) return this.connected.length > 0
    const pause = Math.max(MIN_PAUSE_MS, before.at - before.since)
    return now - before.at > Math.min(pause, isMissing ? MAX_PAUSE_MISSING_MS : MAX_PAUSE_MS)
  }

  /**
   * The relay at which all meet that keep a namespace, so that what one gets comes to all: the first by peer id, unless it says that it keeps none. It
   * waits for the others.
   */
  #meetingPoint(ns: string, holders: readonly string[]): readonly string[] {
    const first = holders.find((peer) => !this.all.some((link) => link.peer === peer && link.isConnected && isLacking(link.status.get(ns)?.state)))
    return first !== undefined && first < this.#init.libp2p.peerId.toString() ? [first] : []
  }
}

function isKept(state: string | undefined): boolean {
  return state === 'live' || state === 'syncing'
}

function isLacking(state: string | undefined): boolean {
  return state === 'absent' || state === 'declined'
}
