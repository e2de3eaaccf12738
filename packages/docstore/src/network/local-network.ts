import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  ALL_PARTS,
  type ClockReport,
  DAG_CBOR,
  DocstoreError,
  identityFromSeed,
  KEEPS_OWNED_SERVICE,
  type Parts,
  parseCid,
  type Replica,
  type Role,
} from '@p2p-docstore/core'
import type { PlacementTimes } from '@p2p-docstore/core/placement'
import { readNetwork } from './admission/index.ts'
import { ByNamespace } from './by-namespace.ts'
import type { ContentService } from './content/index-content.ts'
import type { FindAnswer, NetworkDirectory } from './directory/index.ts'
import { filesProtocol } from './files/index.ts'
import type { FileExchange } from './files/index-exchange.ts'
import { Providers } from './finding/index.ts'
import { MAX_STREAMS_PER_CONNECTION } from './limits.ts'
import { NetworkListeners } from './network-events.ts'
import { listPeers } from './peer-list.ts'
import type { NameService } from './names/index-service.ts'
import type { DevicePairing } from './people/index-devices.ts'
import { type DirectLinks, Neighbours } from './peers/index.ts'
import type { NetworkQuestions } from './network-questions.ts'
import type { KnownSplits, PlacementView } from './placement/index-view.ts'
import type { RelaySectors } from './placement/index-relay.ts'
import { knownRelays, reachRelays, type RelayLinks, type RelayLinksInit, rememberOwnOrigin, rememberRelays } from './relays/index.ts'
import { Rendezvous, SIGNALING_PROTOCOL } from './signaling/index.ts'
import { noteMet } from './standing.ts'
import { Ledgers, namespaceStatusWith, patiently, serveSync, type SyncInit, type SyncPeer, TimeKeeper } from './sync/index.ts'
import type { RelayIntake } from './intake/index-node.ts'
import type { ForwardedTopics } from './topics/index-node.ts'
import { KEEPING, type NetworkService, offers } from './relay-services.ts'
import { lazily, limited, onWake, until } from './timing/index.ts'
import { Receipts, Topics } from './topics/index.ts'
import { type DocstoreLibp2p, mayDial, peerKey, rangeOf } from './transport/index.ts'
import type {
  ClaimedName,
  DirectoryPeer,
  FoundContent,
  ListedPage,
  NamespaceStatus,
  Network,
  NetworkEvents,
  PeerFacts,
  PeerStatus,
  RelaySectorsReport,
  RelayStorage,
  SectorsReport,
  SyncReport,
  ToldProfiles,
  Whereabouts,
} from './types.ts'

/** Namespaces that a relay copies from others: as many as others may bring in. */
const MAX_COPIED_NAMESPACES = 10_000
/** Pause before listeners are told of peers that came or went, milliseconds for each that is connected. */
const TELL_MS_PER_PEER = 0.5

/** What a network is made of. */
export interface LocalNetworkInit {
  readonly replica: Replica
  readonly networkId: string
  readonly libp2p: DocstoreLibp2p
  readonly role: Role
  /** What a relay keeps: `all` that is in the network, what it owns of that (`owned`), or what peers that are no relays bring (`asked`). */
  readonly storage?: RelayStorage
  /** What this relay does for others; everything, unless told otherwise. */
  readonly services?: readonly string[] | undefined
  /** What this relay takes from whom, and the topics that it passes on. */
  readonly intake?: Pick<RelayIntake, 'of'> | undefined
  readonly forwardedTopics?: ((isOwn: (topic: string) => boolean) => ForwardedTopics) | undefined
  /** Whether everyone in the network may know of this peer; relays are always listed. */
  readonly listed?: boolean
  /** How long what it says of itself holds, and how often directories are compared, milliseconds. */
  readonly directory?: { readonly lifeMs?: number; readonly compareMs?: number }
  /** How long a file is asked for that nobody has, milliseconds. */
  readonly filePatienceMs?: number | undefined
  /** Times of placement and repair: those of every network, except in tests. */
  readonly placementTimes?: PlacementTimes | undefined
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
  readonly #services: readonly string[] | undefined
  readonly #topics: Topics
  readonly #time: TimeKeeper
  readonly #now: () => number
  readonly #filePatienceMs: number | undefined
  readonly #receipts: Receipts
  readonly #ended = new AbortController()
  readonly #wanted = new Set<string>()
  readonly #relays: RelayLinks
  readonly #providers: Providers
  readonly #neighbours: Neighbours
  /** Where this peer can make direct connections: in a browser. */
  #direct: DirectLinks | undefined
  readonly #ledgers = new Ledgers()
  /** At a relay: which peers keep what. */
  readonly rendezvous: Rendezvous
  /** At a relay that keeps documents: what it takes from whom. */
  readonly #intake: Pick<RelayIntake, 'of'> | undefined
  #directory: NetworkDirectory | undefined
  readonly #placementTimes: PlacementTimes | undefined
  /** Who owns what: at relays that keep documents, and at peers where some relays keep only what they own. */
  #view: PlacementView | undefined
  #splits: Promise<KnownSplits> | undefined
  #isViewLoading = false
  /** At a relay that keeps documents. */
  #sectors: RelaySectors | undefined
  #wasPlaced = false
  /** Namespaces that a program of this peer has opened, and how many owners should have what was written there. */
  readonly #opened = new Set<string>()
  readonly #copiesWanted = new Set<{ readonly ns: string; readonly copies: number }>()
  readonly #listeners = new NetworkListeners()
  /** Who waits for a namespace to have moved. */
  readonly #waiting = new ByNamespace()
  readonly #unlisten: (() => void)[] = []
  #fileExchange: Promise<FileExchange> | undefined
  #tellingPeers: ReturnType<typeof setTimeout> | undefined

  private constructor(
    { replica, networkId, libp2p, role, storage = 'all', services, intake, now = Date.now, filePatienceMs, placementTimes }: LocalNetworkInit,
    Links: typeof RelayLinks,
  ) {
    this.#replica = replica
    this.#networkId = networkId
    this.libp2p = libp2p
    this.#role = role
    this.#storage = storage
    this.#services = services
    this.#intake = intake
    this.rendezvous = new Rendezvous(libp2p)
    this.#now = now
    this.#filePatienceMs = filePatienceMs
    this.#placementTimes = placementTimes
    const log = libp2p.logger.forComponent('docstore:time')
    this.#time = new TimeKeeper({
      replica,
      now,
      onChange: (report) => this.#listeners.emit('clock', report),
      onMended: () => {
        for (const { session } of this.#syncPeers()) session?.recheckHeld()
      },
      onError: (error) => log.error('what was written under a wrong clock could not be written anew - %e', error),
    })
    this.#receipts = new Receipts(libp2p, networkId)
    this.#topics = new Topics({
      pubsub: libp2p.services.pubsub,
      receipts: this.#receipts,
      relays: () => this.#relayConnections('messages').map(({ remotePeer }) => remotePeer.toString()),
      hasConnections: () => libp2p.getConnections().length > 0,
      networkId,
      onMessage: (message) => this.#listeners.emit('message', message),
    })
    this.#relays = new Links({
      ...this.#syncInit(),
      libp2p,
      onPeer: () => {
        this.#peersChanged()
        this.#direct?.look()
        this.#withFiles((files) => files.came())
        this.#reshare()
      },
      listed: {
        relays: () => this.#directory?.relays() ?? [],
        services: (peer) => this.#directory?.services(peer),
        addresses: (peer) => this.#directory?.addresses(peer) ?? [],
        onReached: (peer) => this.#directory?.reached(peer),
      },
      find: (ns, signal) => this.#providers.find(ns, signal),
      gathers: storage === 'asked',
      ...(role === 'relay' ? { needed: () => this.#sectors?.needed() ?? [] } : { owners: (ns) => this.#ownersOf(ns) }),
    })
    this.#providers = new Providers({
      own: libp2p.peerId.toString(),
      kademlia: libp2p.services.kademlia,
      askRelays: (ns, signal) => this.#relayConnections('discovery').map(async (relay) => (await this.#directory?.find(ns, relay, signal)) ?? []),
      tells: () => this.#storage !== 'owned' || this.#view?.isPlaced !== true,
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
      ledgerOf: this.#ledgers.of,
      clockOf: (peer, options) => this.#time.clocks.of(peer, options),
      onHeld: () => this.#time.held(),
      now: this.#now,
      wanted: this.#wanted,
      onSync: (namespace) => this.#moved(namespace),
      shares: (peer, ns) => this.#shares(peer, ns),
      partsOf: (peer, ns) => this.#partsOf(peer, ns),
      ...(this.#serves('storage') && this.#storage !== 'asked' ? { onNamespaces: (ids) => this.#copyNamespaces(ids) } : {}),
      isComparedElsewhere: (peer) => this.#sectors?.compares(peer) === true,
    }
  }

  /** Loads what a network takes and a page's first screen does not, all at once: whoever opens a page waits for less. */
  static load() {
    return Promise.all([
      import('./relays/index-links.ts'),
      import('./sync/index-session.ts'),
      import('./directory/index.ts'),
      import('./transport/index-gossip.ts'),
    ])
  }

  /** Takes up the network: answers others, and keeps in touch with the relays that this data knows. */
  static async start(init: LocalNetworkInit): Promise<LocalNetwork> {
    const [{ RelayLinks }] = await LocalNetwork.load()
    const network = new LocalNetwork(init, RelayLinks)
    try {
      await network.#start(init)
      return network
    } catch (error) {
      // What failed first is what is reported; libp2p must not go on listening without an owner.
      await network.close().catch(() => undefined)
      throw error
    }
  }

  async #start(init: LocalNetworkInit): Promise<void> {
    this.#topics.forward(init.forwardedTopics?.((topic) => this.#topics.has(topic)))
    await this.#answerOthers()
    await this.#startDirectory(init)
    this.#guardAddresses()
    if (this.#serves('storage')) await this.#startSectors()
    for (const origin of await knownRelays(this.#replica)) this.#relays.join(origin)
    this.#relays.start()
    if (canBeDirect(this.libp2p)) await this.#startDirect()
    if (this.#serves('storage')) await Promise.all([this.#keepAll(), this.#files(), this.#serveStored()])
    if (this.#serves('names')) await this.#serveNames()
  }

  /** Whether this is a relay that does this for others. */
  #serves(service: NetworkService): boolean {
    return this.#role === 'relay' && offers(this.#services, service)
  }

  async #answerOthers(): Promise<void> {
    const { doorkeeper, reservations } = this.libp2p.services
    await serveSync(this.libp2p, this.#networkId, {
      replica: this.#replica,
      role: this.#role,
      misconduct: doorkeeper.misconduct,
      ledgerOf: this.#ledgers.of,
      clockOf: (peer) => this.#time.clocks.of(peer),
      now: this.#now,
      keeps: this.#role === 'peer' || this.#serves('storage'),
      takes: (ns, from, split) => this.#takes(ns, from, split),
      ...(this.#storage !== 'asked' && this.#serves('storage')
        ? { bring: async (ns: string, parts: Parts | undefined) => this.#sectors?.bring(ns, parts) }
        : {}),
      intakeOf: this.#intake?.of.bind(this.#intake),
      onKeeper: (peer, ns) => {
        if (this.rendezvous.note(peer, ns)) this.#withFiles((files) => files.came(ns))
      },
    })
    const answerFiles = async (stream: Stream, connection: Connection): Promise<void> => (await this.#files()).answer(stream, connection)
    if (this.#role === 'peer' || this.#serves('storage'))
      await this.libp2p.handle(filesProtocol(this.#networkId), answerFiles, { maxInboundStreams: MAX_STREAMS_PER_CONNECTION })
    this.libp2p.addEventListener('peer:disconnect', ({ detail }) => {
      this.#ledgers.rest(detail.toString())
      this.rendezvous.forget(detail.toString())
      this.#withFiles((files) => files.left(detail.toString()))
      this.#peersChanged()
    })
    this.libp2p.addEventListener('connection:close', ({ detail }) => this.#direct?.lost(detail))
    const wake = (): void => {
      this.#relays.wake()
      this.#direct?.wake()
    }
    const unlisten = doorkeeper.onGuest(() => {
      unlisten()
      noteMet(this.#replica).catch((error: unknown) => {
        this.libp2p.logger.forComponent('docstore:network').error('that somebody was met could not be noted - %e', error)
      })
    })
    this.#unlisten.push(
      unlisten,
      doorkeeper.onGuest(() => this.#peersChanged()),
      onWake(wake),
    )
    if (reservations !== undefined) this.#unlisten.push(reservations.onChange(() => this.#peersChanged()))
  }

  async #startDirectory({ listed = false, directory }: LocalNetworkInit): Promise<void> {
    const { NetworkDirectory, shareRevocations } = await import('./directory/index.ts')
    this.#directory = await NetworkDirectory.start({
      replica: this.#replica,
      network: readNetwork((await this.#replica.info()).network.descriptor),
      libp2p: this.libp2p,
      role: this.#role,
      isListed: listed || this.#role === 'relay',
      ledgerOf: this.#ledgers.of,
      onChange: () => this.#directoryChanged(),
      onSent: () => this.#receipts.sent(),
      now: this.#now,
      services: this.#services,
      tells: this.#role === 'peer' || this.#serves('directory'),
      ...(this.#serves('discovery') ? { onFind: (ns, asker) => this.#answerFind(ns, asker) } : {}),
      ...(this.#serves('storage') ? { onList: (after) => this.#replica.listedNamespaces(after) } : {}),
      placementTimes: this.#placementTimes,
      ...(this.#serves('storage') ? { keeping: KEEPING[this.#storage] } : {}),
      ...directory,
    })
    const log = this.libp2p.logger.forComponent('docstore:revocations')
    const onError = (error: unknown): void => log.error('a revocation could not be kept - %e', error)
    const { admission } = this.libp2p.services.doorkeeper
    this.#unlisten.push(await shareRevocations(admission, this.#directory.directory, this.libp2p.peerId.toString(), onError))
  }

  /** Addresses that others name are noted, and dialled, only where they lie within reach from here. */
  #guardAddresses(): void {
    const { doorkeeper, kademlia } = this.libp2p.services
    const mayNote = (address: Multiaddr): boolean => mayDial(rangeOf(address), this.#relays.here())
    doorkeeper.addressBook.allows = mayNote
    kademlia?.guide({
      mayDial: mayNote,
      isNeeded: (peer) => this.#isNeeded(peer),
    })
  }

  async #startDirect(): Promise<void> {
    const { DirectLinks } = await import('./peers/index-direct.ts')
    this.#direct = new DirectLinks({
      libp2p: this.libp2p,
      wanted: this.#wanted,
      relays: () => this.#relayConnections('discovery'),
      find: async (relay, ns, signal) => (await this.#directory?.askFind(relay, ns, signal))?.peers ?? [],
      onChange: () => this.#peersChanged(),
    })
    this.#direct.start()
  }

  /** What only relays load. */
  async #serveStored(): Promise<void> {
    const { serveStored } = await import('./serve-stored.ts')
    await serveStored(this.libp2p, {
      replica: this.#replica,
      networkId: this.#networkId,
      ledgerOf: this.#ledgers.of,
      contents: await this.#contents(),
    })
  }

  async #serveNames(): Promise<void> {
    const { descriptor } = readNetwork((await this.#replica.info()).network.descriptor)
    if (descriptor.names !== undefined) await (await this.#names()).serve()
  }

  /** Looks after what this relay owns, or keeps until the owners have it. */
  async #startSectors(): Promise<void> {
    const [{ RelaySectors }, view, splits] = await Promise.all([import('./placement/index-relay.ts'), this.#openView(), this.#openSplits()])
    const { misconduct } = this.libp2p.services.doorkeeper
    const isDraining = (await this.#replica.getMeta(DRAINING)) !== undefined
    const log = this.libp2p.logger.forComponent('docstore:placement')
    this.#sectors = await RelaySectors.start(
      {
        replica: this.#replica,
        networkId: this.#networkId,
        key: await ownKey(this.#replica),
        libp2p: this.libp2p,
        misconduct,
        ledgerOf: this.#ledgers.of,
        view,
        splits,
        status: (peer, ns) => this.#relays.all.find((link) => link.peer === peer && link.isConnected)?.status.get(ns),
        givesUp: this.#storage === 'owned',
        connection: (peer) => this.#connectionTo(peer),
        sessions: () => this.#relays.connected.flatMap(({ session }) => session ?? []),
        session: (peer, signal) => this.#relays.sessionWith(peer, signal),
        isUsed: (ns) => this.#opened.has(ns),
        onNeeds: () => this.#relays.look(),
        onChange: () => this.#placementChanged(),
        onBrought: (ns) => this.#reshare([ns]),
        onGone: (ns) => this.#gone(ns),
        onError: (message, error) => log(message, error),
      },
      { isDraining },
    )
    if (isDraining) this.#directory?.describe({ draining: true })
  }

  async #openView(): Promise<PlacementView> {
    const [{ PlacementView }, splits] = await Promise.all([import('./placement/index-view.ts'), this.#openSplits()])
    this.#view ??= new PlacementView({
      network: readNetwork((await this.#replica.info()).network.descriptor),
      relays: () => this.#directory?.directory.relays() ?? [],
      times: this.#placementTimes,
      splitOf: (ns) => splits.of(ns),
      now: this.#now,
    })
    return this.#view
  }

  #openSplits(): Promise<KnownSplits> {
    return (this.#splits ??= this.#loadSplits())
  }

  async #loadSplits(): Promise<KnownSplits> {
    const { KnownSplits } = await import('./placement/index-view.ts')
    const splits = await KnownSplits.open(this.#replica, (ns) => {
      this.#sectors?.splitChanged(ns)
      this.#reshare([ns])
      this.#relays.look()
    })
    this.#unlisten.push(() => splits.stop())
    return splits
  }

  /** A connection to a peer that was let in. */
  #connectionTo(peer: string): Connection | undefined {
    const { doorkeeper } = this.libp2p.services
    const linked = this.#relays.connected.find((link) => link.peer === peer)?.connection
    return linked ?? this.libp2p.getConnections().find((one) => one.remotePeer.toString() === peer && doorkeeper.guestOf(one) !== undefined)
  }

  /** Relays that own a namespace, and how many of them should be connected: one, or as many as somebody waits for. */
  #ownersOf(ns: string): ReturnType<NonNullable<RelayLinksInit['owners']>> {
    const peersOfParts = this.#view?.isPlaced === true ? this.#view.ownersOfParts(ns) : []
    const wanted = [...this.#copiesWanted].map((one) => (one.ns === ns ? one.copies : 1))
    return { peersOfParts, wanted: Math.max(1, ...wanted) }
  }

  /** Whether a namespace is kept equal with a peer: not with a relay that would give it up again, where it is with one that does not. */
  #shares(peer: string | undefined, ns: string): boolean {
    return peer === undefined || this.#view === undefined || this.#partsWith(peer, ns, this.#view) !== undefined
  }

  /** What of it is kept equal with that peer; `undefined`: nothing. */
  #partsWith(peer: string, ns: string, view: PlacementView): Parts | undefined {
    if (this.#sectors !== undefined) return this.#sectors.partsWith(peer, ns)
    return view.partsWith(
      peer,
      ns,
      this.#relays.connected.flatMap((link) => link.peer ?? []),
    )
  }

  /** The same as a session asks for it, by the head that is here now. */
  async #partsOf(peer: string, ns: string): Promise<Parts | undefined> {
    const view = this.#view
    if (view?.isPlaced !== true || this.#splits === undefined) return undefined
    await (await this.#splits).look(ns)
    // A relay is asked for all of it by other relays alone, which are told what is there.
    if (this.#sectors === undefined && (await this.#replica.namespace(ns)) === undefined) return view.keepsAll(peer) ? undefined : view.headAlone
    return view.asked(ns, this.#partsWith(peer, ns, view))
  }

  /** Who owns what may have changed, or who is connected. */
  #reshare(namespaces: Iterable<string> = this.#wanted): void {
    if (this.#view === undefined || this.#ended.signal.aborted || !(this.#view.isPlaced || this.#wasPlaced)) return
    for (const { peer, session } of this.#syncPeers()) {
      if (session === undefined) continue
      for (const ns of namespaces) {
        if (!this.#wanted.has(ns)) continue
        if (!this.#shares(peer, ns)) {
          if (session.status.has(ns)) session.unwant(ns)
          continue
        }
        session.want(ns)
        if (session.status.get(ns)?.parts !== undefined || this.#view.homes(ns).length > 1)
          // Where the replica cannot say it, it is closing.
          session.partsChanged(ns).catch(() => undefined)
      }
    }
  }

  #placementChanged(): void {
    this.#reshare()
    const isPlaced = this.#view?.isPlaced === true
    const endsPlaced = this.#wasPlaced && !isPlaced
    this.#wasPlaced = isPlaced
    // Each keeps everything again: what others have is taken up, as when a relay has just come.
    if (!endsPlaced || this.#storage === 'asked') return
    for (const { session } of this.#relays.connected)
      session?.listNamespaces().then(
        (ids) => this.#copyNamespaces(ids),
        // It is listed with the next session.
        () => undefined,
      )
  }

  /** A namespace was given up here. */
  #gone(ns: string): void {
    this.#providers.leave(ns)
    if (!this.#wanted.delete(ns)) return
    for (const { session } of this.#syncPeers()) session?.unwant(ns)
    this.#moved(ns)
  }

  /** A relay keeps all that it has, and whatever comes. */
  async #keepAll(): Promise<void> {
    const log = this.libp2p.logger.forComponent('docstore:placement')
    this.#unlisten.push(
      this.#replica.onCommit(({ namespace }) => {
        if (this.#storage !== 'owned' || this.#wanted.has(namespace)) this.#keep(namespace)
        else this.#keepIfHere(namespace).catch((error: unknown) => log.error('a namespace could not be looked at - %e', error))
      }),
    )
    for (const id of await this.#replica.namespaceIds()) this.#keep(id)
  }

  /** What was given up is told of as what has changed is. */
  async #keepIfHere(ns: string): Promise<void> {
    if ((await this.#replica.namespace(ns)) !== undefined) this.#keep(ns)
  }

  /** A relay keeps a namespace equal with other relays, and lets others find it. */
  #keep(ns: string): void {
    this.#want(ns)
    this.#providers.keep(ns)
  }

  /** Connections to relays that do this for others. */
  #relayConnections(service: NetworkService): readonly Connection[] {
    const { doorkeeper } = this.libp2p.services
    return this.#relays.connected.flatMap(({ connection }) =>
      connection !== undefined && doorkeeper.offers(connection, service) ? [connection] : [],
    )
  }

  async #answerFind(ns: string, asker: string): Promise<FindAnswer> {
    const [relays, peers] = await Promise.all([this.#providers.answer(ns, asker), this.rendezvous.keepers(ns, asker)])
    const owners = this.#ownersOf(ns).peersOfParts.flat()
    return { relays: this.#directory?.descriptors([...new Set([...relays, ...owners])]) ?? [], peers }
  }

  /** Whether others may bring a namespace here. */
  #takes(ns: string, from: Role, split?: number): boolean {
    if (this.#role === 'peer') return this.#wanted.has(ns)
    if (from === 'peer') this.#sectors?.came(ns)
    // What another relay is to have it must not leave here.
    return this.#storage === 'all' || from === 'peer' || (this.#storage === 'owned' && this.#sectors?.owns(ns, split) !== false)
  }

  async peerId(): Promise<string> {
    return this.libp2p.peerId.toString()
  }

  async addresses(): Promise<readonly string[]> {
    return this.libp2p.getMultiaddrs().map((address) => address.toString())
  }

  async peers(): Promise<readonly PeerStatus[]> {
    return listPeers({
      libp2p: this.libp2p,
      relays: this.#relays,
      direct: this.#direct,
      directory: this.#directory,
      clock: this.#time.clocks.report(),
    })
  }

  async clock(): Promise<ClockReport> {
    return this.#time.clocks.report()
  }

  async directory(): Promise<readonly DirectoryPeer[]> {
    return this.#directory?.peers() ?? []
  }

  /** Loaded when something is asked that seldom is. */
  readonly #questions = lazily(async (): Promise<NetworkQuestions> => {
    const { NetworkQuestions } = await import('./network-questions.ts')
    return new NetworkQuestions({
      replica: this.#replica,
      networkId: this.#networkId,
      libp2p: this.libp2p,
      isRelay: this.#role === 'relay',
      relays: this.#relays,
      connections: (service) => this.#relayConnections(service),
      directory: () => this.#directory,
      onDirectory: (listener) => this.on('directory', listener),
      sectors: () => this.#sectors,
      view: () => this.#openView(),
      placementTimes: this.#placementTimes,
      now: this.#now,
      ended: this.#ended.signal,
    })
  })

  async listed(request: Parameters<Network['listed']>[0]): Promise<ListedPage> {
    return (await this.#questions()).listed(request)
  }

  async where(request: Parameters<Network['where']>[0]): Promise<Whereabouts> {
    return (await this.#questions()).where(request)
  }

  async sectors(request: Parameters<Network['sectors']>[0]): Promise<readonly RelaySectorsReport[]> {
    return (await this.#questions()).sectors(request)
  }

  async profiles(request: Parameters<Network['profiles']>[0]): Promise<ToldProfiles> {
    return (await this.#questions()).profiles(request)
  }

  async picture(request: Parameters<Network['picture']>[0]): Promise<Uint8Array | undefined> {
    return (await this.#questions()).picture(request)
  }

  async findPerson(request: Parameters<Network['findPerson']>[0]): ReturnType<Network['findPerson']> {
    return (await this.#questions()).findPerson(request)
  }

  async content(request: Parameters<Network['content']>[0]): Promise<FoundContent> {
    return (await this.#contents()).content(request)
  }

  async contentHolders(request: Parameters<Network['contentHolders']>[0]): Promise<readonly string[]> {
    return (await this.#contents()).holders(request)
  }

  /** Loaded when somebody asks for content by its CID, and at a relay that gives it. */
  readonly #contents = lazily(async (): Promise<ContentService> => {
    const { ContentService } = await import('./content/index-content.ts')
    return new ContentService({
      networkId: this.#networkId,
      replica: this.#replica,
      libp2p: this.libp2p,
      isRelay: this.#role === 'relay',
      gives: this.#serves('storage'),
      relays: () => this.#relayConnections('storage'),
      directory: () => this.#directory,
      isNeeded: (peer) => this.#isNeeded(peer),
      ledgerOf: this.#ledgers.of,
      ended: this.#ended.signal,
    })
  })

  /** Whether a connection to a peer is looked after by something that goes on. */
  #isNeeded(peer: string): boolean {
    return this.#relays.leadsTo(peer) || this.#neighbours.all.some((neighbour) => neighbour.peer === peer)
  }

  async placement(): Promise<SectorsReport | undefined> {
    return this.#sectors?.report()
  }

  async bring(ns: string): Promise<void> {
    await this.#sectors?.bring(ns)
  }

  async drain(isDraining: boolean): Promise<void> {
    if (this.#sectors === undefined) throw new DocstoreError('no-relay-here', 'Only a relay that keeps documents can hand them on')
    await this.#replica.setMeta(DRAINING, isDraining ? Uint8Array.of(1) : undefined, { flushed: true })
    this.#directory?.describe({ draining: isDraining })
    this.#sectors.drain(isDraining)
    this.#relays.look()
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

  async isRelay(): Promise<boolean> {
    return this.#role === 'relay'
  }

  async reach({ timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }): Promise<number> {
    return reachRelays(
      { relays: this.#relays, listed: () => this.#directory?.relays() ?? [], onPeers: this.#onPeers },
      limited(timeoutMs, signal, this.#ended.signal),
    )
  }

  async connected({ timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }): Promise<number> {
    if (this.#relays.all.length > 0)
      await until(() => this.#relays.connected.length > 0, this.#onPeers, limited(timeoutMs, signal, this.#ended.signal))
    return this.#relays.connected.length
  }

  async want(ns: string): Promise<void> {
    this.#opened.add(ns)
    this.#want(ns)
  }

  async unwant(ns: string): Promise<void> {
    this.#opened.delete(ns)
    if (!this.#wanted.delete(ns)) return
    for (const { session } of this.#syncPeers()) session?.unwant(ns)
    this.#direct?.look()
    this.#moved(ns)
  }

  #want(ns: string): void {
    if (this.#wanted.has(ns)) return
    this.#wanted.add(ns)
    for (const { session, peer } of this.#syncPeers()) if (this.#shares(peer, ns)) session?.want(ns)
    this.#direct?.look()
    this.#moved(ns)
  }

  #moved(namespace: string): void {
    this.#waiting.emit(namespace)
    this.#listeners.emit('sync', { namespace })
  }

  /** Everyone with whom namespaces are kept equal. */
  #syncPeers(): readonly SyncPeer[] {
    return [...this.#relays.all, ...this.#neighbours.all]
  }

  async namespaceStatus(ns: string): Promise<NamespaceStatus> {
    return { peers: this.#syncPeers().map((one) => namespaceStatusWith(one, ns)) }
  }

  async sync(
    ns: string,
    { timeoutMs, connectedOnly = false, signal }: { timeoutMs: number; connectedOnly?: boolean; signal?: AbortSignal },
  ): Promise<SyncReport> {
    if (this.#syncPeers().length === 0 && this.#role !== 'relay')
      throw new DocstoreError('no-relay', 'No relay is known yet. Join a network with its link first')
    await this.want(ns)
    const peers = this.#syncPeers().filter(({ session, peer }) => (session !== undefined || !connectedOnly) && this.#shares(peer, ns))
    const { syncRelays } = await import('./sync/index-session.ts')
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
    const ownParts = (): Parts | undefined =>
      this.#serves('storage') ? (this.#sectors === undefined ? ALL_PARTS : this.#sectors.ownedParts(ns)) : undefined
    const own = ownParts() === undefined ? [] : [await this.peerId()]
    // They are here since the network was taken up (`load`), as is what sessions take.
    const { Delivery } = await import('./relays/index-links.ts')
    const delivery = new Delivery(this.#relays, ns, seq, (peer) => (this.#view === undefined ? ALL_PARTS : this.#view.staysAt(peer, ns)))
    const holders = (): readonly string[] => [...new Set([...own, ...delivery.holders()])]
    // Held back is what has to wait for a right clock; where the clock is right already, that is being mended.
    const isHeldBack = (): boolean => delivery.held() > 0 && this.#time.clocks.report().state !== 'right'
    const isDecided = (): boolean =>
      delivery.copies(ownParts()) >= copies || delivery.shutOut() !== undefined || delivery.refused() !== undefined || isHeldBack()
    // Several may wait for one namespace, each until it has its own.
    const wanted = { ns, copies }
    this.#copiesWanted.add(wanted)
    if (this.#view?.isPlaced === true) this.#relays.look()
    try {
      await this.#patiently(ns, timeoutMs, signal, (abort) => until(isDecided, (changed) => this.#waiting.on(ns, changed), abort))
    } finally {
      this.#copiesWanted.delete(wanted)
    }
    const reached = delivery.copies(ownParts())
    if (reached < copies) throw delivery.notDelivered(reached, copies)
    return holders()
  }

  async fetchFile(ns: string, cid: string, options: { from: number; to: number; signal?: AbortSignal }): Promise<void> {
    // Not as what a program has opened: a relay that reads for others gives it up again.
    this.#want(ns)
    await (await this.#files()).fetch({ ns, cid, ...options })
  }

  async fileDelivered(ns: string, cid: string, options: { copies: number; timeoutMs: number; signal?: AbortSignal }): Promise<readonly string[]> {
    await this.want(ns)
    return (await this.#files()).whenDelivered({ ns, cid, ...options })
  }

  /** Loaded when somebody has files: many have none. A relay fetches all that it hears of. */
  #files(): Promise<FileExchange> {
    return (this.#fileExchange ??= this.#loadFiles().catch((error: unknown) => {
      this.#fileExchange = undefined
      throw error
    }))
  }

  async #loadFiles(): Promise<FileExchange> {
    const { FileExchange } = await import('./files/index-exchange.ts')
    return new FileExchange({
      libp2p: this.libp2p,
      replica: this.#replica,
      networkId: this.#networkId,
      misconduct: this.libp2p.services.doorkeeper.misconduct,
      ledgerOf: this.#ledgers.of,
      keepers: (ns) => [...this.#syncPeers().flatMap(({ peer }) => peer ?? []), ...this.rendezvous.peersOf(ns)],
      relays: () => this.#relayConnections('storage').map(({ remotePeer }) => remotePeer.toString()),
      isRelay: this.#serves('storage'),
      ended: this.#ended.signal,
      onError: this.libp2p.logger.forComponent('docstore:files').error,
      ...(this.#filePatienceMs === undefined ? {} : { patienceMs: this.#filePatienceMs }),
    })
  }

  /** What concerns files only where there are some. */
  #withFiles(work: (files: FileExchange) => void): void {
    this.#fileExchange?.then(work, () => undefined)
  }

  async publish(topic: string, text: string, store?: string): Promise<number> {
    this.#topics.check(topic, text)
    // Those here hear it at once: finding out who else is there takes its time.
    if (this.#topics.has(topic)) this.#listeners.emit('message', { topic, text, from: await this.peerId(), at: Date.now(), store })
    return this.#topics.publish(topic, text, this.#ended.signal)
  }

  async subscribe(topic: string): Promise<void> {
    this.#topics.subscribe(topic)
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#topics.unsubscribe(topic)
  }

  on<K extends keyof NetworkEvents>(event: K, listener: (payload: NetworkEvents[K]) => void): () => void {
    return this.#listeners.on(event, listener)
  }

  /** Loaded when a device is added: seldom. */
  readonly #devices = lazily(async (): Promise<DevicePairing> => {
    const { DevicePairing } = await import('./people/index-devices.ts')
    return new DevicePairing({ libp2p: this.libp2p, networkId: this.#networkId, replica: this.#replica, ended: this.#ended.signal })
  })

  async offerDevice(): ReturnType<Network['offerDevice']> {
    return (await this.#devices()).offer()
  }

  async comparedDevice({ signal }: Parameters<Network['comparedDevice']>[0]): ReturnType<Network['comparedDevice']> {
    return (await this.#devices()).compared(this.#untilEnd(signal))
  }

  async deviceDecided({ signal }: Parameters<Network['deviceDecided']>[0]): ReturnType<Network['deviceDecided']> {
    return (await this.#devices()).decided(this.#untilEnd(signal))
  }

  async confirmDevice(code: string): ReturnType<Network['confirmDevice']> {
    return (await this.#devices()).confirm(code)
  }

  async deviceDelivered({ timeoutMs }: Parameters<Network['deviceDelivered']>[0]): Promise<boolean> {
    return (await this.#devices()).delivered(limited(timeoutMs, this.#ended.signal))
  }

  async endDeviceOffer(): Promise<void> {
    await (await this.#devices()).end()
  }

  async beginJoining({ signal, ...options }: Parameters<Network['beginJoining']>[0]): ReturnType<Network['beginJoining']> {
    return (await this.#devices()).begin({ ...options, signal: this.#untilEnd(signal) })
  }

  async finishJoining(): Promise<readonly string[]> {
    return (await this.#devices()).finish()
  }

  /** Loaded when somebody asks for a name: many never do. */
  readonly #names = lazily(async (): Promise<NameService> => {
    const { NameService } = await import('./names/index-service.ts')
    const init = {
      replica: this.#replica,
      network: readNetwork((await this.#replica.info()).network.descriptor),
      libp2p: this.libp2p,
      relays: () => this.#relayConnections('names'),
      listed: () => this.#directory?.peers() ?? [],
      addresses: (peer: string) => this.#directory?.addresses(peer) ?? [],
      onListed: (listener: () => void) => this.on('directory', listener),
      isNeeded: (peer: string) => this.#isNeeded(peer),
      ledgerOf: this.#ledgers.of,
      ended: this.#ended.signal,
      now: this.#now,
    }
    return NameService.open(init, { isRelay: this.#serves('names') })
  })

  async askNames({ timeoutMs, signal, ...request }: Parameters<Network['askNames']>[0]): Promise<number> {
    return (await this.#names()).ask(request, limited(timeoutMs, signal, this.#ended.signal))
  }

  async claimName({ claim, timeoutMs, signal }: Parameters<Network['claimName']>[0]): Promise<ClaimedName> {
    return (await this.#names()).claim(claim, limited(timeoutMs, signal, this.#ended.signal))
  }

  async tellNames({ timeoutMs, signal, ...request }: Parameters<Network['tellNames']>[0]): Promise<number> {
    return (await this.#names()).tell(request, limited(timeoutMs, signal, this.#ended.signal))
  }

  #untilEnd(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal])
  }

  async close(): Promise<void> {
    this.#ended.abort(new DocstoreError('closed', 'The store was closed'))
    clearTimeout(this.#tellingPeers)
    for (const unlisten of this.#unlisten) unlisten()
    await Promise.all([this.#receipts.settle(), this.#directory?.settle()])
    await Promise.all([
      this.#time.stop(),
      this.#sectors?.stop(),
      this.#providers.stop(),
      this.#relays.stop(),
      this.#neighbours.stop(),
      this.#direct?.stop(),
      this.#directory?.stop(),
      this.#fileExchange?.then((files) => files.stop()),
    ])
    this.#topics.close()
    await this.libp2p.stop()
  }

  #directoryChanged(): void {
    const listed = this.#directory?.directory.peers() ?? []
    this.#listeners.emit('directory', { peers: listed.length, relays: listed.filter(({ isRelay }) => isRelay).length })
    this.#relays.look()
    this.#view?.changed()
    if (this.#view !== undefined) this.#placementChanged()
    else if (
      !this.#isViewLoading &&
      this.#directory?.directory.relays().some(({ descriptor }) => descriptor.services.includes(KEEPS_OWNED_SERVICE)) === true
    ) {
      // Loaded where some relays keep only a part.
      this.#isViewLoading = true
      this.#openView().then(
        () => this.#placementChanged(),
        () => {
          this.#isViewLoading = false
        },
      )
    }
  }

  /** The list is made anew each time: where it is long, for many changes at once. */
  #peersChanged(): void {
    if (this.#tellingPeers !== undefined || this.#ended.signal.aborted) return
    const pauseMs = this.libp2p.getConnections().length * TELL_MS_PER_PEER
    this.#tellingPeers = setTimeout(() => {
      this.#tellingPeers = undefined
      void this.peers().then((peers) => this.#listeners.emit('peers', peers))
    }, pauseMs)
  }

  /** Runs work whose signal aborts when nothing of the namespace has moved for so long. */
  async #patiently<T>(ns: string, timeoutMs: number, signal: AbortSignal | undefined, work: (abort: AbortSignal) => Promise<T>): Promise<T> {
    const { movedBy } = await import('./sync/index-session.ts')
    const moved = (): number => movedBy(this.#syncPeers(), ns)
    return patiently({ timeoutMs, moved, onChange: (listener) => this.#waiting.on(ns, listener) }, (idle) =>
      work(AbortSignal.any([idle, this.#ended.signal, ...(signal === undefined ? [] : [signal])])),
    )
  }

  readonly #onPeers = (listener: () => void): (() => void) => this.on('peers', listener)

  /** A relay keeps everything that those have whom it dials. Ids cost them nothing: beyond what could be kept here none is remembered. */
  #copyNamespaces(ids: readonly string[]): void {
    for (const id of ids)
      if (
        !this.#wanted.has(id) &&
        this.#sectors?.owns(id) !== false &&
        this.#wanted.size < MAX_COPIED_NAMESPACES &&
        parseCid(DAG_CBOR, id) !== undefined
      )
        this.#want(id)
  }
}

/** Name of the note that this relay is to be emptied, among the small values of the peer. */
const DRAINING = 'draining'

/** The key of this peer, as it stands in its descriptor. */
async function ownKey(replica: Replica): Promise<Uint8Array> {
  return identityFromSeed((await peerKey(replica)).raw.subarray(0, 32)).author
}

/** Whether libp2p can connect browsers: it listens for what their relays pass on. */
function canBeDirect(libp2p: DocstoreLibp2p): boolean {
  return libp2p.getProtocols().includes(SIGNALING_PROTOCOL)
}
