import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  acceptableFrom,
  type ClockReport,
  DAG_CBOR,
  DocstoreError,
  Ledger,
  type NamespaceSync,
  parseCid,
  type Replica,
  Responder,
  type Role,
} from '@p2p-docstore/core'
import { mayDial, rangeOf } from './transport/address-range.ts'
import { ByNamespace } from './by-namespace.ts'
import { delay } from './timing/delay.ts'
import type { DirectLinks } from './peers/direct-links.ts'
import type { FindAnswer } from './directory/messages.ts'
import type { NetworkDirectory } from './directory/network-directory.ts'
import { readNetwork } from './admission/join-link.ts'
import { knownRelays, rememberOwnOrigin, rememberRelays } from './relays/known-relays.ts'
import type { DocstoreLibp2p } from './transport/libp2p.ts'
import { GRACE_MS, MAX_INBOUND_STREAMS, MAX_STREAMS_PER_CONNECTION } from './limits.ts'
import { Neighbours } from './peers/neighbours.ts'
import { patiently } from './sync/patience.ts'
import { Providers } from './finding/providers.ts'
import { Receipts } from './topics/receipts.ts'
import { RelayLink } from './relays/relay-link.ts'
import { shareRevocations } from './admission/revocations.ts'
import { RelayLinks } from './relays/relay-links.ts'
import { Rendezvous, SIGNALING_PROTOCOL } from './signaling/rendezvous.ts'
import { isShutOut } from './relays/shut-out.ts'
import { answerStream, syncProtocol } from './sync/streams.ts'
import type { SyncInit, SyncPeer } from './sync/sync-connection.ts'
import { movedBy, syncRelays } from './sync/sync-relays.ts'
import { TimeKeeper } from './sync/time-keeper.ts'
import { Topics } from './topics/topics.ts'
import type {
  DirectoryPeer,
  NamespacePeerStatus,
  NamespaceStatus,
  Network,
  NetworkEvents,
  PeerFacts,
  PeerStatus,
  RelayStorage,
  SyncReport,
} from './types.ts'
import { viaOf } from './transport/via.ts'
import { onWake } from './timing/wake-events.ts'

/** Namespaces that a relay copies from others: as many as others may bring in. */
const MAX_COPIED_NAMESPACES = 10_000
/** Peers of whom something is remembered: more than can be connected, and those who left last. */
const MAX_LEDGERS = 4096
/** How long relays that are only known from the directory are waited for, milliseconds. */
const OTHERS_TIMEOUT_MS = 5000
/** Pause before listeners are told of peers that came or went, milliseconds for each that is connected. */
const TELL_MS_PER_PEER = 0.5
/** How often waiting calls look again; changes wake them earlier. */
const POLL_MS = 1000

/** What a network is made of. */
export interface LocalNetworkInit {
  readonly replica: Replica
  readonly networkId: string
  readonly libp2p: DocstoreLibp2p
  readonly role: Role
  /** What a relay keeps: `all` that is in the network, or what peers that are no relays bring (`asked`). */
  readonly storage?: RelayStorage
  /** Whether everyone in the network may know of this peer; relays are always listed. */
  readonly listed?: boolean
  /** How long what it says of itself holds, and how often directories are compared, milliseconds. */
  readonly directory?: { readonly lifeMs?: number; readonly compareMs?: number }
  /** Wall clock, Unix milliseconds. */
  readonly now?: () => number
}

/** The network of the process that holds the data. */
export class LocalNetwork implements Network {
  readonly libp2p: DocstoreLibp2p
  readonly #replica: Replica
  readonly #networkId: string
  readonly #role: Role
  readonly #storage: RelayStorage
  readonly #topics: Topics
  readonly #time: TimeKeeper
  readonly #now: () => number
  readonly #receipts: Receipts
  readonly #ended = new AbortController()
  readonly #wanted = new Set<string>()
  readonly #relays: RelayLinks
  readonly #providers: Providers
  readonly #neighbours: Neighbours
  /** Where this peer can make direct connections: in a browser. */
  #direct: DirectLinks | undefined
  readonly #ledgers = new Map<string, Ledger>()
  /** At a relay: which peers keep what. */
  readonly rendezvous: Rendezvous
  #directory: NetworkDirectory | undefined
  readonly #listeners = new Map<keyof NetworkEvents, Set<(payload: never) => void>>()
  /** Who waits for a namespace to have moved. */
  readonly #waiting = new ByNamespace()
  readonly #unlisten: (() => void)[] = []
  #tellingPeers: ReturnType<typeof setTimeout> | undefined

  private constructor({ replica, networkId, libp2p, role, storage = 'all', now = Date.now }: LocalNetworkInit) {
    this.#replica = replica
    this.#networkId = networkId
    this.libp2p = libp2p
    this.#role = role
    this.#storage = storage
    this.rendezvous = new Rendezvous(libp2p)
    this.#now = now
    const log = libp2p.logger.forComponent('docstore:time')
    this.#time = new TimeKeeper({
      replica,
      now,
      onChange: (report) => this.#emit('clock', report),
      onMended: () => {
        for (const { session } of this.#syncPeers()) session?.recheckHeld()
      },
      onError: (error) => log.error('what was written under a wrong clock could not be written anew - %e', error),
    })
    this.#receipts = new Receipts(libp2p, networkId)
    this.#topics = new Topics({
      pubsub: libp2p.services.pubsub,
      receipts: this.#receipts,
      relays: () => this.#relays.connected.flatMap(({ peer }) => (peer === undefined ? [] : [peer])),
      hasConnections: () => libp2p.getConnections().length > 0,
      networkId,
      forwards: role === 'relay',
      onMessage: (message) => this.#emit('message', message),
    })
    this.#relays = new RelayLinks({
      ...this.#syncInit(),
      libp2p,
      onPeer: () => {
        this.#peersChanged()
        this.#direct?.look()
      },
      listed: {
        relays: () => this.#directory?.relays() ?? [],
        addresses: (peer) => this.#directory?.addresses(peer) ?? [],
        onReached: (peer) => this.#directory?.reached(peer),
      },
      find: (ns, signal) => this.#providers.find(ns, signal),
      gathers: storage === 'asked',
    })
    this.#providers = new Providers({
      own: libp2p.peerId.toString(),
      kademlia: libp2p.services.kademlia,
      askRelays: (ns, signal) => this.#relayConnections().map(async (relay) => (await this.#directory?.find(ns, relay, signal)) ?? []),
      onError: libp2p.logger.forComponent('docstore:providers').error,
    })
    this.#neighbours = new Neighbours({
      ...this.#syncInit(),
      libp2p,
      // Relays are looked after by links; Kademlia dials others now and then, for a question.
      isRelay: (peer) => this.#relays.leadsTo(peer) || this.#directory?.isRelay(peer) === true,
      onPeer: () => this.#peersChanged(),
    })
  }

  #syncInit(): SyncInit {
    return {
      replica: this.#replica,
      networkId: this.#networkId,
      role: this.#role,
      ledgerOf: (peer) => this.#ledgerOf(peer),
      clockOf: (peer, options) => this.#time.clocks.of(peer, options),
      onHeld: () => this.#time.held(),
      now: this.#now,
      wanted: this.#wanted,
      onSync: (namespace) => this.#moved(namespace),
      ...(this.#role === 'relay' && this.#storage === 'all' ? { onNamespaces: (ids) => this.#copyNamespaces(ids) } : {}),
    }
  }

  /** Takes up the network: answers others, and keeps in touch with the relays that this data knows. */
  static async start(init: LocalNetworkInit): Promise<LocalNetwork> {
    const network = new LocalNetwork(init)
    try {
      await network.#start(init)
      return network
    } catch (error) {
      // What failed first is what is reported; libp2p must not go on listening without an owner.
      await network.close().catch(() => undefined)
      throw error
    }
  }

  async #start({ listed = false, directory }: LocalNetworkInit): Promise<void> {
    const { reservations } = this.libp2p.services
    await this.libp2p.handle(syncProtocol(this.#networkId), (stream, connection) => this.#answer(stream, connection), {
      // Counted by `#answer`, which knows whose streams are too many; this is what a connection may have in all.
      maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
    })
    const { doorkeeper } = this.libp2p.services
    this.#unlisten.push(doorkeeper.onGuest(() => this.#peersChanged()))
    this.libp2p.addEventListener('peer:disconnect', ({ detail }) => {
      this.#ledgers.get(detail.toString())?.rest()
      this.rendezvous.forget(detail.toString())
      this.#peersChanged()
    })
    if (reservations !== undefined) this.#unlisten.push(reservations.onChange(() => this.#peersChanged()))
    const wake = (): void => {
      this.#relays.wake()
      this.#direct?.wake()
    }
    this.#unlisten.push(onWake(wake))
    // A page loads it after the rest: whoever opens it waits for less.
    const { NetworkDirectory } = await import('./directory/network-directory.ts')
    this.#directory = await NetworkDirectory.start({
      replica: this.#replica,
      network: readNetwork((await this.#replica.info()).network.descriptor),
      libp2p: this.libp2p,
      role: this.#role,
      isListed: listed || this.#role === 'relay',
      ledgerOf: (peer) => this.#ledgerOf(peer),
      onChange: () => this.#directoryChanged(),
      onSent: () => this.#receipts.sent(),
      ...(this.#role === 'relay' ? { onFind: (ns, asker) => this.#answerFind(ns, asker) } : {}),
      ...directory,
    })
    const log = this.libp2p.logger.forComponent('docstore:revocations')
    const onError = (error: unknown): void => log.error('a revocation could not be kept - %e', error)
    this.#unlisten.push(await shareRevocations(doorkeeper.admission, this.#directory.directory, this.libp2p.peerId.toString(), onError))
    const mayNote = (address: Multiaddr): boolean => mayDial(rangeOf(address), this.#relays.here())
    doorkeeper.addressBook.allows = mayNote
    this.libp2p.services.kademlia?.guide({
      mayDial: mayNote,
      isNeeded: (peer) => this.#relays.leadsTo(peer) || this.#neighbours.all.some((neighbour) => neighbour.peer === peer),
    })
    for (const origin of await knownRelays(this.#replica)) this.#relays.join(origin)
    this.#relays.start()
    if (canBeDirect(this.libp2p)) await this.#startDirect()
    if (this.#role === 'relay') {
      this.#unlisten.push(this.#replica.onCommit(({ namespace }) => this.#keep(namespace)))
      for (const id of await this.#replica.namespaceIds()) this.#keep(id)
    }
  }

  async #startDirect(): Promise<void> {
    const { DirectLinks } = await import('./peers/direct-links.ts')
    this.#direct = new DirectLinks({
      libp2p: this.libp2p,
      wanted: this.#wanted,
      relays: () => this.#relayConnections(),
      find: async (relay, ns, signal) => (await this.#directory?.askFind(relay, ns, signal))?.peers ?? [],
      onChange: () => this.#peersChanged(),
    })
    this.#direct.start()
  }

  /** A relay keeps a namespace equal with other relays, and lets others find it. */
  #keep(ns: string): void {
    this.#want(ns)
    this.#providers.keep(ns)
  }

  #relayConnections(): readonly Connection[] {
    return this.#relays.connected.flatMap(({ connection }) => (connection === undefined ? [] : [connection]))
  }

  async #answerFind(ns: string, asker: string): Promise<FindAnswer> {
    const [relays, peers] = await Promise.all([this.#providers.answer(ns, asker), this.rendezvous.keepers(ns, asker)])
    return { relays: this.#directory?.descriptors(relays) ?? [], peers }
  }

  #answer(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString()
    const { misconduct } = this.libp2p.services.doorkeeper
    const count = connection.streams.filter(({ direction, protocol }) => direction === 'inbound' && protocol === stream.protocol).length
    if (count > MAX_INBOUND_STREAMS) {
      misconduct.note(peer, 'too-many-streams')
      stream.abort(new DocstoreError('too-many-streams', `One connection has at most ${MAX_INBOUND_STREAMS} streams for sync`))
      return Promise.resolve()
    }
    const responder = new Responder({
      replica: this.#replica,
      role: this.#role,
      ledger: this.#ledgerOf(peer),
      now: this.#now,
      clock: this.#time.clocks.of(peer),
      delay,
      isWanted: (id, from) => this.#takes(id, from),
      onNamespace: (ns) => this.rendezvous.note(peer, ns),
      onViolation: (violation) => misconduct.note(peer, violation),
    })
    return answerStream(stream, responder, (misdeed) => misconduct.note(peer, misdeed))
  }

  /** Whether others may bring a namespace here. */
  #takes(ns: string, from: Role): boolean {
    if (this.#role === 'peer') return this.#wanted.has(ns)
    return this.#storage === 'all' || from === 'peer'
  }

  async peerId(): Promise<string> {
    return this.libp2p.peerId.toString()
  }

  async addresses(): Promise<readonly string[]> {
    return this.libp2p.getMultiaddrs().map((address) => address.toString())
  }

  async peers(): Promise<readonly PeerStatus[]> {
    const clocks = new Map(this.#time.clocks.report().relays.map(({ peer, aheadMs }) => [peer, aheadMs]))
    const relays = this.#relays.all.map((link) => ({ ...link.peerStatus(), clockAheadMs: clocks.get(link.id) }))
    const known = new Set(relays.map(({ id }) => id))
    const others = new Map<string, PeerStatus>()
    const { doorkeeper } = this.libp2p.services
    const base = { role: 'peer', origin: undefined, errorCode: undefined, reservation: false } as const
    const direct = this.#direct?.states
    for (const [id, { state, error }] of direct ?? []) others.set(id, { ...base, id, via: undefined, state: 'connecting', error, direct: state })
    for (const connection of this.libp2p.getConnections()) {
      const id = connection.remotePeer.toString()
      const via = viaOf(connection)
      // Of several connections the direct one counts.
      if (known.has(id) || doorkeeper.guestOf(connection) === undefined || (via === 'relay' && others.get(id)?.state === 'connected')) continue
      const role = this.#directory?.isRelay(id) === true ? 'relay' : 'peer'
      others.set(id, { ...base, id, role, via, state: 'connected', error: undefined, direct: via === 'webrtc' ? 'open' : direct?.get(id)?.state })
    }
    return [...relays, ...others.values()]
  }

  async clock(): Promise<ClockReport> {
    return this.#time.clocks.report()
  }

  async directory(): Promise<readonly DirectoryPeer[]> {
    return this.#directory?.list() ?? []
  }

  async describe(facts: PeerFacts): Promise<void> {
    this.#directory?.describe(facts)
    if (facts.origin !== undefined) await rememberOwnOrigin(this.#replica, facts.origin)
  }

  async addRelay(origin: string): Promise<void> {
    await rememberRelays(this.#replica, [origin])
    this.#relays.join(origin)
  }

  async revoke(revocation: Uint8Array): Promise<number> {
    if (!(await this.libp2p.services.doorkeeper.admission.revoke(revocation)))
      throw new DocstoreError('bad-revocation', 'No authority of this network signed the revocation')
    return this.#directory?.share({ kind: 'revocation', packed: revocation }, this.#ended.signal) ?? 0
  }

  #ledgerOf(peer: string): Ledger {
    const ledger = this.#ledgers.get(peer) ?? new Ledger()
    // To the end of the map, which begins with whom nobody heard of for longest.
    this.#ledgers.delete(peer)
    this.#ledgers.set(peer, ledger)
    if (this.#ledgers.size > MAX_LEDGERS) this.#ledgers.delete(this.#ledgers.keys().next().value ?? peer)
    return ledger
  }

  async isRelay(): Promise<boolean> {
    return this.#role === 'relay'
  }

  async reach({ timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }): Promise<number> {
    const enough = new AbortController()
    const abort = limited(timeoutMs, signal, this.#ended.signal, enough.signal)
    const tries = Promise.all(this.#relays.all.map((link) => link.reach(abort)))
    await Promise.race([tries, this.#until(() => this.#relays.connected.length > 0, this.#onPeers, abort)])
    await Promise.race([tries, delay(GRACE_MS, abort)])
    await this.#untilOthersReached(abort)
    enough.abort()
    return this.#relays.connected.length
  }

  /** Where no relay that was tried answers, but the directory knows others, those are dialled now. */
  async #untilOthersReached(signal: AbortSignal): Promise<void> {
    const isSomebodyLeft = (): boolean => {
      const others = this.#directory?.relays().some((peer) => !this.#relays.leadsTo(peer)) === true
      return others || this.#relays.all.some(({ source, isConnected, error }) => source.origin === undefined && !isConnected && error === undefined)
    }
    if (this.#relays.connected.length > 0 || !isSomebodyLeft()) return
    this.#relays.look()
    await this.#until(
      () => this.#relays.connected.length > 0 || !isSomebodyLeft(),
      this.#onPeers,
      AbortSignal.any([signal, AbortSignal.timeout(OTHERS_TIMEOUT_MS)]),
    )
  }

  async connected({ timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }): Promise<number> {
    if (this.#relays.all.length > 0)
      await this.#until(() => this.#relays.connected.length > 0, this.#onPeers, limited(timeoutMs, signal, this.#ended.signal))
    return this.#relays.connected.length
  }

  async want(ns: string): Promise<void> {
    this.#want(ns)
  }

  #want(ns: string): void {
    if (this.#wanted.has(ns)) return
    this.#wanted.add(ns)
    for (const { session } of this.#syncPeers()) session?.want(ns)
    this.#direct?.look()
    this.#moved(ns)
  }

  #moved(namespace: string): void {
    this.#waiting.emit(namespace)
    this.#emit('sync', { namespace })
  }

  /** Everyone with whom namespaces are kept equal. */
  #syncPeers(): readonly SyncPeer[] {
    return [...this.#relays.all, ...this.#neighbours.all]
  }

  async namespaceStatus(ns: string): Promise<NamespaceStatus> {
    const peers = this.#syncPeers().map((one): NamespacePeerStatus => {
      const sync = one.status.get(ns)
      return {
        id: one instanceof RelayLink ? one.id : (one.peer ?? ''),
        role: one.role,
        via: one.via,
        state: one.session === undefined ? 'offline' : (sync?.state ?? 'waiting'),
        lastSyncedAt: sync?.lastSyncedAt,
        acked: sync?.acked ?? 0,
        have: sync?.have ?? 0,
        want: sync?.want ?? 0,
        received: sync?.received ?? 0,
        sent: sync?.sent ?? 0,
        refused: sync?.refused ?? 0,
        lastRefusal: sync?.lastRefusal,
        held: sync?.held ?? 0,
        heldUntil: sync === undefined || sync.heldAt === 0 ? undefined : acceptableFrom(sync.heldAt),
        error: one.session === undefined ? one.error : sync?.error,
      }
    })
    return { peers }
  }

  async sync(
    ns: string,
    { timeoutMs, connectedOnly = false, signal }: { timeoutMs: number; connectedOnly?: boolean; signal?: AbortSignal },
  ): Promise<SyncReport> {
    if (this.#syncPeers().length === 0 && this.#role !== 'relay')
      throw new DocstoreError('no-relay', 'No relay is known yet. Join a network with its link first')
    await this.want(ns)
    const peers = this.#syncPeers().filter(({ session }) => session !== undefined || !connectedOnly)
    return this.#patiently(ns, timeoutMs, signal, (abort) =>
      syncRelays(ns, peers, { signal: abort, onChange: (listener) => this.#waiting.on(ns, listener) }),
    )
  }

  async delivered(
    ns: string,
    { copies, seq, timeoutMs, signal }: { copies: number; seq: number; timeoutMs: number; signal?: AbortSignal },
  ): Promise<readonly string[]> {
    await this.want(ns)
    // What is on a relay's own disk is a copy on a relay.
    const own = this.#role === 'relay' ? [await this.peerId()] : []
    const holders = (): string[] => {
      const relays = this.#relays.connected.flatMap(({ session, peer }) => {
        const sync = session?.status.get(ns)
        // A namespace without documents is at position 0, as is one that the relay never heard of.
        const isThere = sync !== undefined && sync.acked >= seq && sync.heldSeq < Math.max(1, seq) && (seq > 0 || sync.state === 'live')
        return peer !== undefined && isThere ? [peer] : []
      })
      // Two addresses can lead to one relay, which has one copy.
      return [...new Set([...own, ...relays])]
    }
    await this.#patiently(ns, timeoutMs, signal, (abort) =>
      this.#until(
        () => holders().length >= copies || this.#shutOut() !== undefined || this.#isHeldBack(ns, seq),
        (changed) => this.#waiting.on(ns, changed),
        abort,
      ),
    )
    if (holders().length >= copies) return holders()
    const shutOut = this.#shutOut()
    if (shutOut !== undefined)
      throw new DocstoreError('not-delivered', `No relay lets this peer in. ${shutOut.error}. The documents are safe here`, {
        details: { copies: holders().length, reason: shutOut.errorCode },
      })
    const held = this.#heldBy(ns, seq)
    if (held > 0)
      throw new DocstoreError(
        'not-delivered',
        `The relays hold the last write back, with ${held} records in all: their time lies in the future. The documents are safe here; set the clock right, and they are sent by themselves`,
        { details: { copies: holders().length, reason: 'future', held } },
      )
    const isFull = this.#relays.connected.some(({ session }) => isRefusedForRoom(session?.status.get(ns)))
    if (isFull)
      throw new DocstoreError('not-delivered', `A relay has no room for more. The documents are safe here, and are sent as soon as it has room`, {
        details: { copies: holders().length, reason: 'quota' },
      })
    throw new DocstoreError(
      'not-delivered',
      `${holders().length} of ${copies} relays confirmed within the time. The documents are safe here and are sent as soon as a relay is reached`,
      {
        details: { copies: holders().length },
      },
    )
  }

  /** How much a connected relay holds back that was asked to take a position; 0 where none does. */
  #heldBy(ns: string, seq: number): number {
    const held = this.#relays.connected.map(({ session }) => session?.status.get(ns)).filter((sync) => sync !== undefined && sync.heldSeq >= seq)
    return Math.max(0, ...held.map((sync) => sync?.held ?? 0))
  }

  /** Whether waiting is in vain: relays hold the last write back, and it is not known that the clock is right, which would mend that. */
  #isHeldBack(ns: string, seq: number): boolean {
    return this.#heldBy(ns, seq) > 0 && this.#time.clocks.report().state !== 'right'
  }

  /** What a relay says where all of them answer, and none lets this peer in. */
  #shutOut(): PeerStatus | undefined {
    const relays = this.#relays.all.map((link) => link.peerStatus())
    return relays.every(isShutOut) ? relays[0] : undefined
  }

  async publish(topic: string, text: string, store?: string): Promise<number> {
    this.#topics.check(topic, text)
    // Those here hear it at once: finding out who else is there takes its time.
    if (this.#topics.has(topic)) this.#emit('message', { topic, text, from: await this.peerId(), at: Date.now(), store })
    return this.#topics.publish(topic, text, this.#ended.signal)
  }

  async subscribe(topic: string): Promise<void> {
    this.#topics.subscribe(topic)
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#topics.unsubscribe(topic)
  }

  on<K extends keyof NetworkEvents>(event: K, listener: (payload: NetworkEvents[K]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#ended.abort(new DocstoreError('closed', 'The store was closed'))
    clearTimeout(this.#tellingPeers)
    for (const unlisten of this.#unlisten) unlisten()
    await Promise.all([this.#receipts.settle(), this.#directory?.settle()])
    await Promise.all([
      this.#time.stop(),
      this.#providers.stop(),
      this.#relays.stop(),
      this.#neighbours.stop(),
      this.#direct?.stop(),
      this.#directory?.stop(),
    ])
    this.#topics.close()
    await this.libp2p.stop()
  }

  #emit<K extends keyof NetworkEvents>(event: K, payload: NetworkEvents[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        ;(listener as (payload: NetworkEvents[K]) => void)(payload)
      } catch (error) {
        // A program's mistake must not end the loop that keeps in touch with a relay; it is reported as uncaught.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  #directoryChanged(): void {
    const listed = this.#directory?.directory.peers() ?? []
    this.#emit('directory', { peers: listed.length, relays: listed.filter(({ isRelay }) => isRelay).length })
    this.#relays.look()
  }

  /** The list is made anew each time: where it is long, for many changes at once. */
  #peersChanged(): void {
    if (this.#tellingPeers !== undefined || this.#ended.signal.aborted) return
    const pauseMs = this.libp2p.getConnections().length * TELL_MS_PER_PEER
    this.#tellingPeers = setTimeout(() => {
      this.#tellingPeers = undefined
      void this.peers().then((peers) => this.#emit('peers', peers))
    }, pauseMs)
  }

  /** Runs work whose signal aborts when nothing of the namespace has moved for so long. */
  async #patiently<T>(ns: string, timeoutMs: number, signal: AbortSignal | undefined, work: (abort: AbortSignal) => Promise<T>): Promise<T> {
    const moved = (): number => movedBy(this.#syncPeers(), ns)
    return patiently({ timeoutMs, moved, onChange: (listener) => this.#waiting.on(ns, listener) }, (idle) =>
      work(AbortSignal.any([idle, this.#ended.signal, ...(signal === undefined ? [] : [signal])])),
    )
  }

  readonly #onPeers = (listener: () => void): (() => void) => this.on('peers', listener)

  /** Resolves when the condition holds or the signal aborts; looks again at every change that it is told of. */
  async #until(condition: () => boolean, onChange: (listener: () => void) => () => void, signal: AbortSignal): Promise<void> {
    while (!condition() && !signal.aborted) {
      const changed = new AbortController()
      const unlisten = onChange(() => changed.abort())
      await delay(POLL_MS, AbortSignal.any([signal, changed.signal]))
      unlisten()
    }
  }

  /** A relay keeps everything that those have whom it dials. Ids cost them nothing: beyond what could be kept here none is remembered. */
  #copyNamespaces(ids: readonly string[]): void {
    for (const id of ids)
      if (!this.#wanted.has(id) && this.#wanted.size < MAX_COPIED_NAMESPACES && parseCid(DAG_CBOR, id) !== undefined) this.#want(id)
  }
}

function limited(timeoutMs: number, ...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(timeoutMs), ...signals.filter((signal) => signal !== undefined)])
}

/** Whether libp2p can connect browsers: it listens for what their relays pass on. */
function canBeDirect(libp2p: DocstoreLibp2p): boolean {
  return libp2p.getProtocols().includes(SIGNALING_PROTOCOL)
}

/** Whether a peer does not take what it is sent because it is full. */
function isRefusedForRoom(status: NamespaceSync | undefined): boolean {
  return status?.lastRefusal === 'quota' && status.refused > status.held
}
