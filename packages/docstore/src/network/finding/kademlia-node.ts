import {
  type Connection,
  isStartable,
  KEEP_ALIVE,
  type Peer,
  type PeerId,
  type PeerInfo,
  type PeerStore,
  start,
  type Startable,
  stop,
} from '@libp2p/interface'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DAG_CBOR, DocstoreError, parseCid } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { PROVIDER_TAG } from '../admission/index.ts'
import { type Kademlia, kademliaProtocol } from './kademlia-protocol.ts'
import { MAX_ANNOUNCED_ADDRESSES } from '../limits.ts'
import { PassingConnections } from './passing-connections.ts'
import { ProviderRecords } from './provider-records.ts'

/** How long one request to a relay may take, milliseconds. */
const REQUEST_MS = 5000
/** Paths on which a relay is looked for at once; each asks one relay at a time. */
const PATHS = 4
/** Streams that one connection may have open for this. */
const MAX_STREAMS = 16
/** Relays that wait to be taken into the table. */
const MAX_QUEUED = 512
/** Unconnected peers of whom others told us whose addresses are noted in a minute. The doorkeeper forgets whoever nobody connects to. */
const MAX_TOLD_PER_MINUTE = 512

/** How long others believe that a relay keeps a namespace, when it tells them again, and how often it looks, milliseconds. */
const VALID_MS: number = 60 * 60_000
const RENEW_MS: number = 30 * 60_000
const RENEW_INTERVAL_MS: number = 10 * 60_000
/** How much is told again at once, and how much may wait for that. */
const RENEW_CONCURRENCY = 2
const MAX_RENEWING = 1024

/** How soon after another relay has connected a relay looks for its neighbours in the table, and how long it rests after that, milliseconds. */
const SETTLE_MS = 500
const SETTLED_MS = 5000

/** How long the first search of a peer waits until it knows a relay to ask, milliseconds, and how often it looks. */
const WARM_UP_MS = 1000
const LOOK_MS = 20

/** libp2p's list of who speaks what. */
type Registrar = KadDHTComponents['registrar']

/** What we use of libp2p's class, which is not exported. */
interface KadDhtService extends KadDHT {
  readonly routingTable: { readonly size: number }
  addEventListener(type: 'peer', listener: (event: CustomEvent<PeerInfo>) => void): void
}

/** How Kademlia takes part. */
export interface NodeKademliaInit {
  readonly networkId: string
  /** Whether it answers others, as relays do. */
  readonly isRelay: boolean
}

/**
 * libp2p's Kademlia in the name of our network, for one thing only: to find the relays that keep a namespace. Relays answer each other; other
 * peers ask, and load it when they do so for the first time.
 */
export class NodeKademlia implements Kademlia, Startable {
  readonly #components: KadDHTComponents
  readonly #init: NodeKademliaInit
  readonly #passing: PassingConnections
  #dht: Promise<KadDhtService> | undefined
  #size: () => number = () => 0
  #mayDial: (address: Multiaddr) => boolean = () => true
  readonly #ended = new AbortController()
  /** Looking for this relay's neighbours in the table, and whether somebody has come since. */
  #settling: Promise<void> | undefined
  #isUnsettled = false

  constructor(components: KadDHTComponents, init: NodeKademliaInit) {
    this.#components = components
    this.#passing = new PassingConnections(components.connectionManager)
    this.#init = init
  }

  get size(): number {
    return this.#size()
  }

  guide({ mayDial, isNeeded }: Parameters<Kademlia['guide']>[0]): void {
    this.#mayDial = mayDial
    this.#passing.start(isNeeded)
  }

  async start(): Promise<void> {
    if (this.#init.isRelay) await this.#load()
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    this.#passing.stop()
    // Where loading it has failed, whoever asked for it was told so.
    const dht = await this.#dht?.catch(() => undefined)
    if (dht !== undefined) await stop(dht)
    await this.#settling
  }

  async provide(ns: string, signal: AbortSignal): Promise<number> {
    const dht = await this.#load()
    let told = 0
    for await (const event of dht.provide(cidOf(ns), { signal })) if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') told++
    return told
  }

  async find(ns: string, signal: AbortSignal): Promise<readonly string[]> {
    const found = new Set<string>()
    try {
      const dht = await this.#load()
      for (const since = performance.now(); this.size === 0 && performance.now() - since < WARM_UP_MS && !signal.aborted; )
        await delay(LOOK_MS, signal)
      for await (const event of dht.findProviders(cidOf(ns), { signal }))
        if (event.name === 'PROVIDER') for (const { id } of event.providers) found.add(id.toString())
    } catch (error) {
      // What was found so far is an answer too; so is that nothing was found in time.
      if (!signal.aborted && !this.#ended.signal.aborted) throw error
    }
    found.delete(this.#components.peerId.toString())
    return [...found]
  }

  #load(): Promise<KadDhtService> {
    this.#dht ??= this.#create().catch((error: unknown) => {
      // The next search tries again.
      this.#dht = undefined
      throw error
    })
    return this.#dht
  }

  async #create(): Promise<KadDhtService> {
    const { kadDHT, passthroughMapper } = await import('@libp2p/kad-dht')
    if (this.#ended.signal.aborted) throw new DocstoreError('closed', 'The store was closed')
    const { networkId, isRelay } = this.#init
    const { peerId, privateKey, addressManager, events, logger, ping, peerStore, registrar } = this.#components
    const timeout = { minTimeout: REQUEST_MS, maxTimeout: REQUEST_MS }
    const records = new ProviderRecords(peerId.toString())
    const create = kadDHT({
      protocol: kademliaProtocol(networkId),
      clientMode: !isRelay,
      peerInfoMapper: passthroughMapper,
      // There are no values: without this, public keys would be stored for others.
      validators: { pk: refuseValue },
      allowQueryWithZeroPeers: true,
      alpha: PATHS,
      disjointPaths: PATHS,
      maxInboundStreams: MAX_STREAMS,
      maxOutboundStreams: MAX_STREAMS,
      routingTableUpdateMaxQueueSize: MAX_QUEUED,
      networkDialTimeout: timeout,
      onPeerConnectTimeout: REQUEST_MS,
      reprovide: {
        concurrency: RENEW_CONCURRENCY,
        maxQueueSize: MAX_RENEWING,
        validity: VALID_MS,
        threshold: VALID_MS - RENEW_MS,
        interval: RENEW_INTERVAL_MS,
      },
    })
    const dht = create({
      peerId,
      privateKey,
      addressManager,
      connectionManager: this.#passingConnectionManager(),
      events,
      logger,
      ping: { ping: (peer, options) => this.#passing.use(peer, () => ping.ping(peer, options)) },
      datastore: records,
      peerStore: modestPeerStore(peerStore, records, (addresses) => this.#dialable(addresses)),
      registrar: this.#withThosePresent(registrar),
    }) as KadDhtService
    dht.addEventListener('peer', this.#noteTold())
    if (isStartable(dht)) await start(dht)
    this.#size = () => dht.routingTable.size
    return dht
  }

  /** Finds out who is next to this relay in the table. libp2p does it every five minutes, so that relays that begin one after another would not find anything. */
  async #settle(): Promise<void> {
    const { peerId, logger } = this.#components
    const { signal } = this.#ended
    while (this.#isUnsettled && !signal.aborted) {
      await delay(SETTLE_MS, signal)
      this.#isUnsettled = false
      try {
        const dht = await this.#load()
        const late = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)])
        for await (const _ of dht.getClosestPeers(peerId.toMultihash().bytes, { signal: late }));
      } catch (error) {
        if (!signal.aborted) logger.forComponent('docstore:kademlia').error('neighbours in the table could not be looked for - %e', error)
      }
      await delay(SETTLED_MS, signal)
    }
    this.#settling = undefined
  }

  #unsettle(): void {
    this.#isUnsettled = true
    if (this.#init.isRelay) this.#settling ??= this.#settle()
  }

  /** What Kademlia uses of libp2p's: it opens streams, on connections that end when nobody needs them. */
  #passingConnectionManager(): KadDHTComponents['connectionManager'] {
    const { connectionManager } = this.#components
    type Manager = typeof connectionManager
    return {
      isDialable: (...args: Parameters<Manager['isDialable']>) => connectionManager.isDialable(...args),
      openStream: (...args: Parameters<Manager['openStream']>) => this.#passing.use(args[0], () => connectionManager.openStream(...args)),
    } satisfies Partial<Manager> as Manager
  }

  /** libp2p tells a newcomer of the peers that connect from then on; here also of those who are there already. */
  #withThosePresent(registrar: Registrar): Registrar {
    const { connectionManager, peerStore } = this.#components
    const register: Registrar['register'] = async (protocol, { onConnect, ...topology }, options) => {
      const greet = async (peer: PeerId, connection: Connection): Promise<void> => {
        await onConnect?.(peer, connection)
        this.#unsettle()
      }
      const id = await registrar.register(protocol, { ...topology, onConnect: greet }, options)
      for (const connection of connectionManager.getConnections()) {
        const { remotePeer, limits } = connection
        if (limits === undefined && (await protocolsOf(remotePeer, peerStore)).includes(protocol)) await greet(remotePeer, connection)
      }
      return id
    }
    return {
      register,
      handle: (...args: Parameters<Registrar['handle']>) => registrar.handle(...args),
      unhandle: (...args: Parameters<Registrar['unhandle']>) => registrar.unhandle(...args),
      unregister: (id: string) => registrar.unregister(id),
    } satisfies Partial<Registrar> as Registrar
  }

  /** Those of the addresses that may be dialled, as many as a peer has at most. */
  #dialable(addresses: readonly Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => this.#mayDial(address)).slice(0, MAX_ANNOUNCED_ADDRESSES)
  }

  /** Remembers how peers are reached of whom others told us: as many as a search needs. */
  #noteTold(): (event: CustomEvent<PeerInfo>) => void {
    const { peerStore, peerId, connectionManager, logger } = this.#components
    const log = logger.forComponent('docstore:kademlia')
    let minute = 0
    let told = 0
    return ({ detail: { id, multiaddrs } }) => {
      const now = Math.floor(Date.now() / 60_000)
      if (now !== minute) told = 0
      minute = now
      if (id.equals(peerId) || connectionManager.getConnections(id).length > 0 || ++told > MAX_TOLD_PER_MINUTE) return
      peerStore
        .merge(id, { multiaddrs: this.#dialable(multiaddrs) })
        .catch((error: unknown) => log.error('addresses of %p could not be noted - %e', id, error))
    }
  }
}

function cidOf(ns: string) {
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new DocstoreError('bad-namespace-id', `${JSON.stringify(ns.slice(0, 80))} is not a namespace id`)
  return cid
}

function refuseValue(): void {
  throw new DocstoreError('values-refused', 'Peers keep no values for others: documents travel by sync')
}

async function protocolsOf(peer: PeerId, peerStore: PeerStore): Promise<readonly string[]> {
  try {
    return (await peerStore.get(peer)).protocols
  } catch {
    // It has not said yet what it speaks, or has just left.
    return []
  }
}

/**
 * The address book as Kademlia may use it: it keeps no connection open, notes a bounded number of addresses of a peer for as long as what that
 * peer said is believed, and an answer that names a peer does not fail because nobody knows its addresses any more.
 */
function modestPeerStore(peerStore: PeerStore, records: ProviderRecords, dialable: (addresses: readonly Multiaddr[]) => Multiaddr[]): PeerStore {
  return {
    get: async (peer: PeerId, options?: Parameters<PeerStore['get']>[1]) =>
      records.hasPeer(peer.toString()) && !(await peerStore.has(peer))
        ? ({ id: peer, addresses: [], protocols: [], metadata: new Map(), tags: new Map() } satisfies Peer)
        : peerStore.get(peer, options),
    getInfo: (peer: PeerId, options?: Parameters<PeerStore['getInfo']>[1]) => peerStore.getInfo(peer, options),
    all: (query?: Parameters<PeerStore['all']>[0]) => peerStore.all(query),
    merge: (peer: PeerId, { multiaddrs, tags = {}, ...data }: Parameters<PeerStore['merge']>[1], options?: Parameters<PeerStore['merge']>[2]) =>
      peerStore.merge(
        peer,
        {
          ...data,
          ...(multiaddrs === undefined ? {} : { multiaddrs: dialable(multiaddrs) }),
          tags: {
            ...Object.fromEntries(Object.entries(tags).filter(([name]) => !name.startsWith(KEEP_ALIVE))),
            ...(multiaddrs === undefined ? {} : { [PROVIDER_TAG]: { ttl: VALID_MS } }),
          },
        },
        options,
      ),
  } satisfies Partial<PeerStore> as PeerStore
}
