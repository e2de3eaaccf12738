import type { Connection, Logger, Stream } from '@libp2p/interface'
import {
  createVoucher,
  DRAINING_SERVICE,
  type Identity,
  identityFromSeed,
  type Ledger,
  MAX_ADDRESS_LENGTH,
  MAX_PEER_ADDRESSES,
  MAX_PEER_DESCRIPTOR_BYTES,
  MAX_PEER_LINKS,
  type Network,
  packSigned,
  type Replica,
  type Role,
  signPeerDescriptor,
} from '@p2p-docstore/core'
import type { PlacementTimes } from '@p2p-docstore/core/placement'
import { type DocstoreLibp2p, peerKey, viaOf, webSocketAddress } from '../transport/index.ts'
import { type Misdeed, ownIdentity } from '../admission/index.ts'
import { isNetworkService } from '../relay-services.ts'
import { answerStream } from '../sync/index.ts'
import type { DirectoryPeer, ListedPage, ListRequest, PeerFacts } from '../types.ts'
import { Announcer, type SelfDescription } from './announcer.ts'
import { Directory } from './directory.ts'
import { DirectoryGossip } from './directory-gossip.ts'
import { askFind, directoryProtocol, openDirectory } from './directory-protocol.ts'
import { DirectoryResponder } from './directory-responder.ts'
import { DirectorySync } from './directory-sync.ts'
import { type PeerEntry, peerIdOfKey } from './entry.ts'
import { findRelays, relayDescriptors } from './find-relays.ts'
import { MAX_DIRECTORY_STREAMS, PEER_LIFE_MS, RELAY_LIFE_MS } from './limits.ts'
import type { FindAnswer, Listing, PackedEntry } from './messages.ts'
import { orderRelays } from './relay-order.ts'
import { loadDirectory, MAX_STORED_RELAYS, storeDirectory, type StoredRelays } from './stored-directory.ts'

/** How long changes are collected before listeners hear of them, and before they are written down, milliseconds. */
const TELL_MS = 500
const STORE_MS = 30_000
/** Longest pause between two looks at what has expired, milliseconds. Timers of more than 24 days would fire at once. */
const MAX_EXPIRY_PAUSE_MS = 60_000
/** Shortest one: what expires together goes together. */
const MIN_EXPIRY_PAUSE_MS = 250

/** Peers that are told at once of an entry that was made here; the others hear of it from those. */
const MAX_SHARED = 32

/** What the directory of a peer works with. */
export interface NetworkDirectoryInit {
  readonly replica: Replica
  readonly network: Network
  readonly libp2p: DocstoreLibp2p
  readonly role: Role
  /** What this relay does for others, where it is known from the beginning. */
  readonly services?: readonly string[] | undefined
  /** What else it says of what it keeps, as services do. */
  readonly keeping?: readonly string[]
  /** Whether who asks is told who is in the network. */
  readonly tells?: boolean
  /** Whether others may know of this peer. */
  readonly isListed: boolean
  /** What is remembered of a peer. */
  readonly ledgerOf: (peer: string) => Ledger
  /** Who keeps a namespace, as others ask. */
  readonly onFind?: (ns: string, asker: string, signal: AbortSignal) => Promise<FindAnswer>
  /** Which namespaces may be named to everyone, as others ask. */
  readonly onList?: (after: string) => Promise<Listing>
  /** Called when the list has changed. */
  readonly onChange: () => void
  /** Called when something is handed to GossipSub. */
  readonly onSent?: () => void
  /** How long a descriptor of this peer holds, and how often directories are compared, milliseconds. */
  readonly lifeMs?: number | undefined
  readonly compareMs?: number | undefined
  /** Of a relay: how often it says that it is there, and for how long it may be away and still have been there. */
  readonly placementTimes?: PlacementTimes | undefined
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
}

/** The directory of a running peer: filled by comparing and by gossip, told what this peer is, and kept for the next start. */
export class NetworkDirectory {
  readonly directory: Directory
  readonly #init: NetworkDirectoryInit
  readonly #self: string
  #since: number
  readonly #sync: DirectorySync
  readonly #gossip: DirectoryGossip
  readonly #log: Logger
  readonly #unlisten: (() => void)[] = []
  readonly #connected: Set<string>
  #announcer: Announcer | undefined
  #facts: PeerFacts = {}
  #stored: StoredRelays = { relays: [], reached: new Map() }
  #storeTimer: ReturnType<typeof setTimeout> | undefined
  #tellTimer: ReturnType<typeof setTimeout> | undefined
  #expiryTimer: ReturnType<typeof setTimeout> | undefined
  #nextExpiry = Number.POSITIVE_INFINITY
  #isStopped = false

  private constructor(init: NetworkDirectoryInit) {
    const { network, libp2p, compareMs, onSent, services, now } = init
    this.#init = init
    if (services !== undefined) this.#facts = { services }
    this.#since = now()
    this.#self = libp2p.peerId.toString()
    this.#log = libp2p.logger.forComponent('docstore:directory')
    this.#connected = new Set([this.#self])
    this.directory = new Directory({ network, isConnected: (peer) => this.#connected.has(peer), now })
    const shared = { libp2p, networkId: network.id, directory: this.directory, onMisdeed: this.#onMisdeed }
    this.#sync = new DirectorySync({ ...shared, ...(compareMs === undefined ? {} : { intervalMs: compareMs }) })
    this.#gossip = new DirectoryGossip({ ...shared, pubsub: libp2p.services.pubsub, ...(onSent === undefined ? {} : { onSent }) })
  }

  static async start(init: NetworkDirectoryInit): Promise<NetworkDirectory> {
    const directory = new NetworkDirectory(init)
    await directory.#start()
    return directory
  }

  async #start(): Promise<void> {
    const { libp2p, network, replica, role, isListed, lifeMs } = this.#init
    this.#stored = await loadDirectory(replica, this.directory, network)
    this.#unlisten.push(
      this.directory.onEntry((entry) => {
        if (entry.kind === 'peer') this.#onPeer(entry)
      }),
      this.directory.onExpired(() => this.#changed()),
      libp2p.services.doorkeeper.onGuest(({ remotePeer }) => {
        this.#connected.add(remotePeer.toString())
        this.#connectionsChanged()
      }),
      listen(libp2p, 'peer:disconnect', (peer) => {
        this.#connected.delete(peer)
        this.directory.leave(peer)
        this.#connectionsChanged()
      }),
      listen(libp2p, 'self:peer:update', () => this.#announcer?.changed()),
    )
    this.#expire()
    await libp2p.handle(directoryProtocol(network.id), (stream, connection) => this.#answer(stream, connection), {
      maxInboundStreams: MAX_DIRECTORY_STREAMS,
    })
    if (!isListed) return
    // One that comes back soon keeps its place among relays: a restart must not move what it keeps.
    const asRelay = role === 'relay' ? await import('./last-said.ts') : undefined
    if (asRelay !== undefined) this.#since = await asRelay.sinceOf(replica, this.#init.now(), this.#init.placementTimes)
    const key = identityFromSeed((await peerKey(replica)).raw.subarray(0, 32))
    const identity = packSigned(createVoucher(network.cid, this.#self, await ownIdentity(replica)))
    this.#announcer = new Announcer({
      describe: () => this.#describe(identity),
      announce: (description) => {
        this.#announce(description, key)
        // Without it, it is new again when it comes back.
        asRelay
          ?.noteSaid(replica, description)
          .catch((error: unknown) => this.#log.error('what this relay said of itself could not be noted - %e', error))
      },
      now: this.#init.now,
      lifeMs: lifeMs ?? (role === 'relay' ? RELAY_LIFE_MS : PEER_LIFE_MS),
      ...(asRelay === undefined ? {} : { refreshMs: asRelay.refreshMsOf(this.#init.placementTimes) }),
    })
    this.#announcer.start()
  }

  /** Adds to what this peer tells others of itself, where it is listed. */
  describe(facts: PeerFacts): void {
    this.#facts = { ...this.#facts, ...facts, limits: { ...this.#facts.limits, ...facts.limits } }
    this.#announcer?.describedAnew()
  }

  /** Takes in an entry that was made here, and hands it to those who are connected; resolves with how many took it. */
  async share(entry: PackedEntry, signal: AbortSignal): Promise<number> {
    await this.directory.add(entry, this.#self)
    await this.#gossip.publish(entry)
    const direct = [...connectionsByPeer(this.#init.libp2p).values()].filter(({ limits }) => limits === undefined)
    const given = await Promise.all(direct.slice(0, MAX_SHARED).map((connection) => this.#give(connection, entry, signal)))
    return given.filter((isGiven) => isGiven).length
  }

  /** Who is listed. */
  peers(): readonly DirectoryPeer[] {
    const connections = connectionsByPeer(this.#init.libp2p)
    return this.directory.peers().map(({ peer, isRelay, identity, descriptor }) => {
      const connection = connections.get(peer)
      const { addresses, origin, services, limits, links, since, at, expires } = descriptor
      return {
        peer,
        role: isRelay ? 'relay' : 'peer',
        identity,
        addresses,
        origin: origin ?? undefined,
        services,
        limits,
        links: links.map((link) => ({ peer: peerIdOfKey(link.peer), via: link.via })),
        since,
        at,
        expires,
        isSelf: peer === this.#self,
        connected: connection !== undefined,
        via: connection && viaOf(connection),
      }
    })
  }

  /** Peer ids of all relays that are listed, or were when this peer last ran, the best first. */
  relays(): readonly string[] {
    const { relays, reached } = this.#stored
    const all = orderRelays({ directory: this.directory, former: relays, isReached: (peer) => reached.has(peer) })
    return all.filter((peer) => peer !== this.#self)
  }

  /** What a listed relay does for others, by its own word; `undefined` where it does not say: it does everything then. */
  services(peer: string): readonly string[] | undefined {
    const services = this.directory.peer(peer)?.descriptor.services
    return services?.some(isNetworkService) === true ? services : undefined
  }

  /** A relay was reached: it is remembered before those that were only heard of. */
  reached(peer: string): void {
    const { reached } = this.#stored
    reached.delete(peer)
    reached.set(peer, this.#init.now())
    const [oldest] = reached.keys()
    if (reached.size > MAX_STORED_RELAYS && oldest !== undefined) reached.delete(oldest)
    this.#storeSoon()
  }

  /** Multiaddrs of a listed peer, or of a relay that was listed when this peer last ran; the port of its page is one. */
  addresses(peer: string): readonly string[] {
    const entry = this.directory.peer(peer) ?? this.#stored.relays.find((one) => one.peer === peer)
    if (entry === undefined) return []
    const { addresses, origin } = entry.descriptor
    const door = origin === null ? [] : [webSocketAddress(origin)]
    return [...new Set([...addresses, ...door])].map((address) => `${address}/p2p/${peer}`)
  }

  /** Asks a connected relay who keeps a namespace. */
  askFind(relay: Connection, ns: string, signal: AbortSignal): Promise<FindAnswer> {
    return askFind(relay, this.#init.network.id, ns, signal)
  }

  /** Which namespaces connected relays hold that their owners list. */
  async list(relays: readonly Connection[], request: ListRequest, signal: AbortSignal): Promise<ListedPage> {
    const { network, replica, role } = this.#init
    const { listNamespaces } = await import('./list-namespaces.ts')
    return listNamespaces(relays, request, { networkId: network.id, replica, isRelay: role === 'relay', onMisdeed: this.#onMisdeed }, signal)
  }

  /** Whether a peer is listed as a relay. */
  isRelay(peer: string): boolean {
    return this.directory.peer(peer)?.isRelay === true
  }

  /** Peer ids of relays that keep a namespace, as a connected relay says. */
  find(ns: string, relay: Connection, signal: AbortSignal): Promise<readonly string[]> {
    return findRelays(
      ns,
      relay,
      { network: this.#init.network, directory: this.directory, onMisdeed: this.#onMisdeed, now: this.#init.now() },
      signal,
    )
  }

  /** Packed descriptors of those of these peers that are relays, for an answer to others. */
  descriptors(peers: readonly string[]): readonly Uint8Array[] {
    return relayDescriptors(peers, this.directory)
  }

  /** To be called before connections are closed: what is just being learnt of others is learnt, unless that takes long. */
  settle(): Promise<void> {
    return this.#sync.settle()
  }

  /** To be called before libp2p stops. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const unlisten of this.#unlisten) unlisten()
    this.#announcer?.stop()
    this.#gossip.stop()
    clearTimeout(this.#tellTimer)
    clearTimeout(this.#expiryTimer)
    await this.#sync.stop()
    if (this.#storeTimer === undefined) return
    clearTimeout(this.#storeTimer)
    this.#storeTimer = undefined
    await this.#store()
  }

  async #give(connection: Connection, entry: PackedEntry, signal: AbortSignal): Promise<boolean> {
    const { network, libp2p } = this.#init
    try {
      const exchange = await openDirectory(connection, network.id, signal)
      try {
        await exchange.put([entry])
        return true
      } finally {
        exchange.close()
      }
    } catch (error) {
      // It hears of it by comparing, or from others.
      libp2p.logger.forComponent('docstore:directory')('%p could not be told - %e', connection.remotePeer, error)
      return false
    }
  }

  readonly #onMisdeed = (peer: string, misdeed: Misdeed): void => this.#init.libp2p.services.doorkeeper.misconduct.note(peer, misdeed)

  #answer(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString()
    const onMisdeed = (misdeed: Misdeed): void => this.#onMisdeed(peer, misdeed)
    const { onFind, onList, ledgerOf, tells = true } = this.#init
    const responder = new DirectoryResponder({
      directory: this.directory,
      ledger: ledgerOf(peer),
      peer,
      tells,
      onFind,
      onList,
      onNews: () => this.#sync.news(peer),
      onMisdeed,
    })
    return answerStream(stream, responder, onMisdeed)
  }

  #onPeer({ peer, isRelay, descriptor }: PeerEntry): void {
    this.#changed()
    this.#expireAt(descriptor.expires)
    if (isRelay) this.#storeSoon()
    // Only listed peers are told as links, and this one may be connected.
    if (this.#connected.has(peer)) this.#announcer?.linksChanged()
  }

  #connectionsChanged(): void {
    this.#announcer?.linksChanged()
    this.#changed()
  }

  #describe(identity: Uint8Array): SelfDescription {
    const { libp2p, role } = this.#init
    const { origin = null, services = [], limits = {}, draining = false } = this.#facts
    const keeping = [...(this.#init.keeping ?? []), ...(draining ? [DRAINING_SERVICE] : [])]
    const places = libp2p.services.places?.max
    const suffix = `/p2p/${this.#self}`
    const addresses = libp2p
      .getMultiaddrs()
      .map((address) => address.toString())
      .map((address) => (address.endsWith(suffix) ? address.slice(0, -suffix.length) : address))
      .filter((address) => address.length <= MAX_ADDRESS_LENGTH)
      .slice(0, MAX_PEER_ADDRESSES)
    const links = [...connectionsByPeer(libp2p)].flatMap(([peer, connection]) => {
      const entry = this.directory.peer(peer)
      return entry === undefined ? [] : [{ peer: entry.descriptor.by, via: viaOf(connection), id: peer }]
    })
    return {
      identity,
      addresses,
      origin: origin && new URL(origin).origin,
      services: [...new Set([...(role === 'relay' ? ['relay'] : []), ...services, ...keeping])],
      limits: { ...(places === undefined ? {} : { places }), ...limits },
      // In one order, so that only what has changed looks changed.
      links: links
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, MAX_PEER_LINKS)
        .map(({ peer, via }) => ({ peer, via })),
      since: this.#since,
    }
  }

  #announce(description: Parameters<typeof signPeerDescriptor>[1], key: Identity): void {
    const { cid } = this.#init.network
    let { links } = description
    let signed = signPeerDescriptor(cid, description, key)
    // With many long addresses there is no room for all links; they are the least of it.
    while (signed.bytes.length > MAX_PEER_DESCRIPTOR_BYTES && links.length > 0) {
      links = links.slice(0, links.length >> 1)
      signed = signPeerDescriptor(cid, { ...description, links }, key)
    }
    const entry: PackedEntry = { kind: 'peer', packed: packSigned(signed) }
    this.directory
      .add(entry, this.#self)
      .then((added) => (added === 'new' || added === 'newer' ? this.#gossip.publish(entry) : this.#log.error('the own descriptor is %s', added)))
      // Who missed it hears of it when directories are compared.
      .catch((error: unknown) => this.#log.error('the own descriptor could not be sent - %e', error))
  }

  #changed(): void {
    this.#tellTimer ??= setTimeout(() => {
      this.#tellTimer = undefined
      this.#init.onChange()
    }, TELL_MS)
  }

  #storeSoon(): void {
    if (this.#isStopped) return
    this.#storeTimer ??= setTimeout(() => {
      this.#storeTimer = undefined
      void this.#store()
    }, STORE_MS)
  }

  /** Never fails: the next change stores it again, and without it a start takes a little longer. */
  async #store(): Promise<void> {
    try {
      this.#stored = await storeDirectory(this.#init.replica, this.directory, this.#stored)
    } catch (error) {
      this.#log.error('the directory could not be stored - %e', error)
    }
  }

  #expireAt(at: number): void {
    if (this.#isStopped || at >= this.#nextExpiry) return
    clearTimeout(this.#expiryTimer)
    this.#nextExpiry = at
    this.#expiryTimer = setTimeout(() => this.#expire(), Math.min(MAX_EXPIRY_PAUSE_MS, Math.max(MIN_EXPIRY_PAUSE_MS, at - this.#init.now())))
  }

  #expire(): void {
    this.#nextExpiry = Number.POSITIVE_INFINITY
    const next = this.directory.expire()
    if (next !== undefined) this.#expireAt(next)
  }
}

/** One connection per peer, a direct one where there is one. */
function connectionsByPeer(libp2p: DocstoreLibp2p): ReadonlyMap<string, Connection> {
  const connections = new Map<string, Connection>()
  for (const connection of libp2p.getConnections()) {
    if (connection.status !== 'open' || libp2p.services.doorkeeper.guestOf(connection) === undefined) continue
    const peer = connection.remotePeer.toString()
    if (connections.get(peer)?.limits === undefined && connections.has(peer)) continue
    connections.set(peer, connection)
  }
  return connections
}

function listen(libp2p: DocstoreLibp2p, event: 'peer:disconnect' | 'self:peer:update', listener: (peer: string) => void): () => void {
  const onEvent = ({ detail }: CustomEvent<unknown>): void => listener(String(detail))
  libp2p.addEventListener(event, onEvent)
  return () => libp2p.removeEventListener(event, onEvent)
}
