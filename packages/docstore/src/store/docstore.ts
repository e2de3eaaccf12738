import {
  type ClockReport,
  type Document,
  DocstoreError,
  type NamespaceInfo,
  parseCid,
  DAG_CBOR,
  movedIds,
  type Replica,
  type ReplicaInfo,
  toHex,
  type CollectionType,
  type WritePolicy,
} from '@p2p-docstore/core'
import type { DocstoreLibp2p } from '../network/transport/index.ts'
import type { DirectoryPeer, ListedPage, Message, Network, NetworkEvents, PeerStatus } from '../network/types.ts'
import type { Erased, EraseOptions } from './erase.ts'
import type { ContentDocument, ContentFile, ContentOptions, ContentWhereabouts } from './content/index.ts'
import type { Diagnosis } from './doctor/diagnosis.ts'
import { failedFeed } from './reading/feed.ts'
import type { NewDocument } from './collection.ts'
import type { ListOptions } from './life/listed-namespaces.ts'
import type { CollectionRules } from './life/rules.ts'
import { Namespace } from './namespace.ts'
import { checkOptions } from './options.ts'
import { either } from './signal.ts'
import type { NetworkInfo, NetworkSet, SharedNetworks } from './networks/types.ts'
import { Names } from './names/names.ts'
import { Person } from './people/person.ts'
import { Presence } from './presence/presence.ts'
import { Profiles } from './profiles/profiles.ts'
import { subscriptionTo } from './subscription.ts'

/** What a store is made of; `createDocstore` puts it together. */
export interface DocstoreParts {
  readonly replica: Replica
  readonly network: Network | undefined
  /** libp2p itself, in the process and window that runs it. */
  readonly libp2p: DocstoreLibp2p | undefined
  readonly isOwner: boolean
  readonly isCopy: boolean
  readonly onOwner: (listener: (isOwner: boolean) => void) => () => void
  /** Calls back once another program or tab has left the network. */
  readonly onLeft: (listener: () => void) => () => void
  /** Calls back once the program or tab that had the passphrase has ended, and this one does not have it. */
  readonly onLocked: (listener: () => void) => () => void
  /** Whether a relay holds the data. */
  readonly isRelay: () => Promise<boolean>
  readonly close: () => Promise<void>
}

/** What a store tells of by itself. */
const STORE_EVENTS = ['peer', 'sync', 'directory', 'clock', 'owner', 'left', 'locked']

/** A document store: namespaces of documents on this machine, kept equal with the peers of a network. */
export class Docstore {
  readonly namespaces: Namespaces
  /** Who is who in the network. */
  readonly profiles: Profiles
  /** The person for whom this data signs. */
  readonly person: Person
  /** Usernames. */
  readonly names: Names
  /** Who is here now. */
  readonly presence: Presence
  /** The parts below, for those who build on them. */
  readonly replica: Replica
  readonly network: Network | undefined
  readonly #parts: DocstoreParts
  #info: ReplicaInfo
  /** What it shares with the stores of other networks on this data; nothing at a relay, which is of one network. */
  readonly #shared: SharedNetworks<Docstore> | undefined
  /** Ends what is being watched. */
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined
  /** Marks our own messages. */
  readonly #id: string = toHex(crypto.getRandomValues(new Uint8Array(8)))

  private constructor(info: ReplicaInfo, movedTo: ReadonlyMap<string, string>, parts: DocstoreParts, shared: SharedNetworks<Docstore> | undefined) {
    const { replica, network } = parts
    this.#info = info
    this.replica = replica
    this.network = network
    this.namespaces = new Namespaces({ store: this, movedTo, closing: this.#closing.signal, shared })
    this.person = new Person({
      replica,
      network,
      info: () => this.#info,
      open: (id) => this.namespaces.open(id),
      closing: this.#closing.signal,
      keeper: async () => {
        const first = (await this.#shared?.several)?.first
        return first !== undefined && first.info.person === this.#info.person ? first.replica : replica
      },
      everywhere: async () => {
        const stores = await (await this.#shared?.several)?.opened()
        return stores?.map((store) => store.replica) ?? [replica]
      },
      onPerson: async () => {
        await this.readInfo()
        await (await this.#shared?.several)?.carryPerson(this)
      },
      onRevoked: () => this.names.revoked(),
    })
    this.names = new Names({
      replica,
      network,
      info: () => this.#info,
      usernameOf: async (person) => (await this.profiles.show(person)).static.username,
      closing: this.#closing.signal,
    })
    this.profiles = new Profiles({
      replica,
      network,
      info: () => this.#info,
      personOf: (who, options) => this.names.person(who, options),
      open: (id) => this.namespaces.open(id),
      closing: this.#closing.signal,
    })
    this.presence = new Presence({
      replica,
      network,
      info: () => this.#info,
      closing: this.#closing.signal,
      // Their logs come with their profiles.
      onUnknown: (person) => void this.profiles.names([person]).catch(() => undefined),
    })
    this.#parts = parts
    this.#shared = shared
  }

  /** A store of these parts. */
  static async of(parts: DocstoreParts, shared?: SharedNetworks<Docstore>): Promise<Docstore> {
    const [info, movedTo] = await Promise.all([parts.replica.info(), movedIds(parts.replica)])
    const store = new Docstore(info, movedTo, parts, shared)
    // Where it fails, it is tried when the store is opened next: names are renewed in two months.
    if (parts.network !== undefined && parts.isOwner) store.names.keepUp().catch(() => undefined)
    return store
  }

  /** Who this is and which network it is in. */
  get info(): ReplicaInfo {
    return this.#info
  }

  /** Who writes here, as owners and authors are named: the id of the person, or the `did:key` of data that signs for its key alone. */
  get me(): string {
    return this.#info.person ?? this.#info.identity
  }

  /** Reads anew who this is, once that has changed under it. */
  async readInfo(): Promise<void> {
    this.#info = await this.replica.info()
  }

  /** libp2p itself, while this process runs it. */
  get libp2p(): DocstoreLibp2p | undefined {
    return this.#parts.libp2p
  }

  /** Whether this program or tab holds the data and its connections; else it works through the one that does, and may follow it. */
  get isOwner(): boolean {
    return this.#parts.isOwner
  }

  /**
   * Whether the data folder was found to be a copy when this program opened it: it has a database id and a peer key of its own now, so that
   * both can be used. Always false in browsers, which offer nothing to notice it by.
   */
  get isCopy(): boolean {
    return this.#parts.isCopy
  }

  /** This installation's libp2p peer id. */
  async peerId(): Promise<string> {
    if (this.network !== undefined) return this.network.peerId()
    // Only who works without a network asks here, and only they load this.
    const [{ peerKey }, { peerIdFromPrivateKey }] = await Promise.all([import('../network/transport/index.ts'), import('@libp2p/peer-id')])
    return peerIdFromPrivateKey(await peerKey(this.replica)).toString()
  }

  /** Relays and peers: who is connected, and who is being reached for. */
  async peers(): Promise<readonly PeerStatus[]> {
    return this.network?.peers() ?? []
  }

  /**
   * What the relays that greeted say about the clock here. Writing goes on whatever they say: it must not need a network, and they may be the
   * ones that are wrong. What is held back gets a right time once the clock is right.
   */
  async clock(): Promise<ClockReport> {
    return this.network?.clock() ?? { state: 'unknown', aheadMs: 0, relays: [], wrong: [] }
  }

  /** The network's relays, and the peers that want to be listed: what each says of itself, signed. */
  async directory(): Promise<readonly DirectoryPeer[]> {
    return this.network?.directory() ?? []
  }

  /**
   * Calls back after a change. `peer`: with all peers, when one came or went. `sync`: with the namespace whose state it is. `directory`: with
   * how many are listed. `clock`: with what the relays say about the clock here. `owner`: with `isOwner`. `left`: once another program or tab has left this network. `locked`: when
   * the program or tab that held this data has ended and the passphrase is needed to go on: open it anew. Returns the way to stop.
   */
  on(event: 'peer', listener: (peers: readonly PeerStatus[]) => void): () => void
  on(event: 'sync', listener: (change: NetworkEvents['sync']) => void): () => void
  on(event: 'directory', listener: (count: NetworkEvents['directory']) => void): () => void
  on(event: 'clock', listener: (report: ClockReport) => void): () => void
  on(event: 'owner', listener: (isOwner: boolean) => void): () => void
  on(event: 'left' | 'locked', listener: () => void): () => void
  on(event: 'peer' | 'sync' | 'directory' | 'clock' | 'owner' | 'left' | 'locked', listener: (payload: never) => void): () => void {
    if (!STORE_EVENTS.includes(event))
      throw new DocstoreError('bad-event', `There is no event ${JSON.stringify(event)}. There are ${STORE_EVENTS.join(', ')}`)
    if (event === 'owner') return this.#parts.onOwner(listener as (isOwner: boolean) => void)
    if (event === 'left') return this.#parts.onLeft(listener as () => void)
    if (event === 'locked') return this.#parts.onLocked(listener as () => void)
    if (this.network === undefined) return () => undefined
    return this.network.on(event === 'peer' ? 'peers' : event, listener as (payload: unknown) => void)
  }

  /** Sends a text to everyone who is subscribed to the topic now; resolves with the number of peers that it was handed to. Throws `bad-message`. */
  async publish(topic: string, text: string): Promise<{ recipients: number }> {
    if (typeof text !== 'string')
      throw new DocstoreError('bad-message', `A message is text, not ${typeof text}: JSON.stringify makes it of an object`)
    return { recipients: await this.#connectedNetwork().publish(topic, text, this.#id) }
  }

  /**
   * Messages of a topic, from the call on; a reader that is 1,000 behind loses the oldest. Ends with the signal, with the store, or when the
   * loop is left. Its reader hears of `bad-topic` and `offline`.
   */
  subscribe(topic: string, options: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<Message, void, undefined> {
    try {
      checkOptions(options, ['signal'], 'subscribe')
      const network = this.#connectedNetwork()
      const signal = either(this.#closing.signal, options.signal)
      return subscriptionTo(network, { topic, isOwn: ({ store }) => store === this.#id, signal })
    } catch (error) {
      return failedFeed(error)
    }
  }

  /** The networks that this data is in, the first one first. */
  async networks(): Promise<readonly NetworkInfo[]> {
    return (await this.#networks()).list()
  }

  /**
   * The store of another network of this data, by its id, its name or the last letters of its id: with namespaces, peers and topics of its own. Nothing
   * crosses from one to the other. Closing the store that `createDocstore` gave closes all of them. Throws `unknown-network`, `ambiguous-network`.
   */
  async inNetwork(network: string): Promise<Docstore> {
    return (await this.#networks()).open(network)
  }

  /**
   * Joins a network beside those that this data is in, and gives its store; of one that it is in already, relays and invitation of the link are
   * remembered. Documents stay where they are. Throws `bad-link`, `bad-invitation`, `relay-unreachable`, `too-many-networks`, `one-network`.
   */
  async join(link: string): Promise<Docstore> {
    return (await this.#networks()).join(link)
  }

  /** Id of the network of this data that a namespace is in, is waited for in, or was in under this id; nothing where it is in none of them. */
  async networkOf(namespace: string): Promise<string | undefined> {
    return (await this.#networks()).networkOf(namespace, this)
  }

  /** Lets a network be the one that this data is opened in from now on where none is named. Throws as `inNetwork`. */
  async useNetwork(network: string): Promise<NetworkInfo> {
    return (await this.#networks()).use(network)
  }

  /**
   * Leaves a network: removes everything of it from this machine, the store of it in this program included, also where other programs or tabs use it,
   * which hear `left`. Others keep what they have. Brings to a relay what none is known to have; where that takes too long, throws `not-delivered` with
   * `details.records`, unless with `force`. Throws `data-in-use` where a relay runs on it, `unknown-network`, `ambiguous-network`.
   */
  async leave(network: string, options: { force?: boolean; signal?: AbortSignal | undefined } = {}): Promise<NetworkInfo> {
    checkOptions(options, ['force', 'signal'], 'leave')
    return (await this.#networks()).leave(network, options)
  }

  /** The store of the data that came first: what it says of the identity holds for all networks. */
  async firstStore(): Promise<Docstore> {
    return this.#shared === undefined ? this : (await this.#shared.all()).first
  }

  async #networks(): Promise<NetworkSet<Docstore>> {
    if (this.#shared === undefined) throw new DocstoreError('one-network', 'A relay is of one network. Use its data without the relay for others')
    return this.#shared.all()
  }

  /**
   * What a CID names, in whatever namespace: a document as it is now, or a file, from this machine or from any relay of the network; checked by its hash. Throws `bad-cid`; `not-found` with
   * `details.asked`; `bad-file` and `bad-content` where the bytes are no file, or no document.
   */
  async content(cid: string, options: ContentOptions = {}): Promise<ContentDocument | ContentFile> {
    // Only who looks for content by its CID loads what does.
    const { readContent } = await import('./content/index.ts')
    return readContent({ replica: this.replica, network: this.network, closing: this.#closing.signal }, cid, options)
  }

  /** Which relays have what a CID names: each was asked for it. Throws `bad-cid`, `offline`. */
  async whereContent(cid: string, options: ContentOptions = {}): Promise<ContentWhereabouts> {
    const { whereContent } = await import('./content/index.ts')
    return whereContent({ replica: this.replica, network: this.#connectedNetwork(), closing: this.#closing.signal }, cid, options)
  }

  /**
   * Gives the space of what was deleted back to the disk, a megabyte at a time, so that everything goes on meanwhile. `onProgress` is called with the
   * bytes that are left. Throws `storage-busy` while something else reads the database for long, and then it may be called again.
   */
  async compact(options: { readonly onProgress?: (left: number) => void; readonly signal?: AbortSignal } = {}): Promise<void> {
    checkOptions(options, ['onProgress', 'signal'], 'compact')
    for (let left = 1; left > 0; ) {
      options.signal?.throwIfAborted()
      left = (await this.replica.compactSome()).left
      options.onProgress?.(left)
    }
  }

  /**
   * Deletes every document that this person wrote on any of their devices, or this identity, in some namespaces or in all, with their bytes; tells which of the relays that are in touch have
   * done so too. Others do at their next contact. What was changed in documents of others stays, and is counted.
   */
  async erase(options: EraseOptions): Promise<Erased> {
    checkOptions(options, ['author', 'namespaces', 'timeoutMs', 'signal', 'onProgress'], 'erase')
    // Only who erases loads it.
    const { erase } = await import('./erase.ts')
    return erase({ replica: this.replica, network: this.network }, options)
  }

  /** Looks for the commonest faults and names their fix. */
  async doctor(): Promise<readonly Diagnosis[]> {
    // Only who looks for faults loads what knows them.
    const { diagnose } = await import('./doctor/doctor.ts')
    return diagnose(this.replica, this.network)
  }

  /**
   * Ends everything that is being watched, then the network, then the database; on what `createDocstore` gave, those of all its networks. Calling it
   * again does no more.
   */
  async close(): Promise<void> {
    await (this.#shared === undefined ? this.closeAlone() : this.#shared.close(this))
  }

  /** Whether a relay runs on this data, in this program or in another one. */
  isRelay(): Promise<boolean> {
    return this.#parts.isRelay()
  }

  /** Closes what is of this network alone. */
  async closeAlone(): Promise<void> {
    this.#closing.abort()
    this.#closed ??= this.#parts.close()
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #connectedNetwork(): Network {
    if (this.network === undefined) throw new DocstoreError('offline', 'This store was opened without a network')
    return this.network
  }
}

/** What the namespaces of a store work with. */
/** A namespace to make. */
export interface NewNamespace {
  readonly name: string
  readonly write?: WritePolicy
  readonly listed?: boolean
  readonly types?: Readonly<Record<string, CollectionType>>
  readonly collections?: Readonly<Record<string, CollectionRules>>
  readonly network?: string
  readonly history?: number
  readonly split?: number
}

interface NamespacesInit {
  readonly store: Docstore
  /** Ids that they had in networks before, with those of now. */
  readonly movedTo: ReadonlyMap<string, string>
  readonly closing: AbortSignal
  readonly shared: SharedNetworks<Docstore> | undefined
}

/** The namespaces of a store. */
export class Namespaces {
  readonly #store: Docstore
  readonly #replica: Replica
  readonly #network: Network | undefined
  readonly #closing: AbortSignal
  readonly #movedTo: ReadonlyMap<string, string>
  readonly #shared: SharedNetworks<Docstore> | undefined

  constructor({ store, movedTo, closing, shared }: NamespacesInit) {
    this.#store = store
    this.#replica = store.replica
    this.#network = store.network
    this.#closing = closing
    this.#movedTo = movedTo
    this.#shared = shared
  }

  /**
   * Makes a namespace. `write` says who may write in it: `owner` (you alone), `author` (anyone, each their own documents) or `anyone`; `listed`, whether
   * relays name it to everyone in the network who asks what there is: without it, only who has its id finds it. `types` says of collections, by name, how
   * their documents are written, for good: `map`, `log` or `crdt`; the others are `lww`. `collections`: rules for documents, by the names of their
   * collections. `network`: id or name of the network that it is in for good, where that is another one than this store's. Throws `bad-name`, `bad-type`,
   * `bad-collection`, `bad-rules`. `history`: for how many days peers keep what documents were before (`set` says more). `split`: in how many parts
   * relays keep it that keep a part of the network each: 1, 2, 4, … 64. Throws `bad-split`.
   */
  async create(options: NewNamespace): Promise<Namespace> {
    checkOptions(options, ['name', 'write', 'listed', 'types', 'collections', 'network', 'history', 'split'], 'namespaces.create')
    const { name, write = 'owner', listed = false, types, collections, network, history, split } = options
    if (network !== undefined) {
      const { network: _, ...rest } = options
      return (await this.#store.inNetwork(network)).namespaces.create(rest)
    }
    const hasSettings = types !== undefined || collections !== undefined
    const settings = hasSettings ? (await import('./life/rules.ts')).collectionsOf(collections ?? {}, types) : undefined
    const { id } = await this.#replica.createNamespace({
      name,
      write,
      listed,
      ...(settings === undefined ? {} : { collections: settings }),
      ...(history === undefined ? {} : { history }),
      ...(split === undefined ? {} : { split }),
    })
    return this.open(id)
  }

  /**
   * Opens a namespace by id and keeps it equal with the relays. Never waits: what is not here yet arrives later. An id that it had before its documents
   * moved to this network will do; its `id` is the one that it has now. One that is in another network of this data is opened there: it belongs to one
   * alone, and no other hears of it.
   */
  async open(id: string): Promise<Namespace> {
    const namespace = this.peek(id)
    const networks = await this.#shared?.several
    if (networks !== undefined) {
      const network = await networks.networkOf(namespace.id, this.#store)
      if (network !== undefined && network !== this.#store.info.network.id) return (await networks.open(network)).namespaces.open(id)
    }
    await this.#network?.want(namespace.id)
    return namespace
  }

  /** A namespace as it is here: unlike `open` it does not keep it equal, nor lets a relay that keeps a part have it for good. Throws `bad-namespace-id`. */
  peek(id: string): Namespace {
    if (parseCid(DAG_CBOR, id) === undefined)
      throw new DocstoreError('bad-namespace-id', `${JSON.stringify(id.slice(0, 80))} is not a namespace id. It looks like bafyrei…`)
    // Apps keep ids, and data may have joined another network since.
    const personOf = (who: string): Promise<string> => this.#store.names.person(who)
    return new Namespace(this.#movedTo.get(id) ?? id, this.#replica, this.#network, this.#closing, personOf)
  }

  /**
   * Forgets a namespace here: stops looking for it and keeping it equal, and removes it from this machine with everything in it. Others keep theirs, and
   * should it be opened again, it comes back from them. Throws `not-delivered` where no relay is known to have all of it, unless with `force`, and
   * `relay-keeps` at a relay.
   */
  async forget(id: string, options: { force?: boolean } = {}): Promise<void> {
    checkOptions(options, ['force'], 'namespaces.forget')
    const { forgetNamespace } = await import('./life/forget.ts')
    await forgetNamespace(this.peek(id), this.#replica, this.#network, options)
  }

  /**
   * The namespace that takes the place of this one, and of that one in turn; itself where none does. Throws `successor-loop` where they lead in a
   * circle, or on for too long. One that has not arrived yet is the last.
   */
  async successor(id: string): Promise<Namespace> {
    const { lastSuccessor } = await import('./life/succession.ts')
    return lastSuccessor(this, id)
  }

  /**
   * Puts another namespace in the place of one that this identity owns: ends it, makes the new one, fills it with what `migrate` makes of each document
   * (`undefined` leaves it out; without an `_id` it keeps that of the old one), and lets the old one name it. Where it fails or the program ends in between, call it
   * again: it goes on with the same namespace. What others wrote before the end and had not
   * sent yet comes into the old one alone.
   */
  async succeed(
    id: string,
    options: { name?: string; write?: WritePolicy } = {},
    migrate: (document: Document, collection: string) => NewDocument | undefined = (document) => document,
  ): Promise<Namespace> {
    checkOptions(options, ['name', 'write'], 'namespaces.succeed')
    const { succeedNamespace } = await import('./life/succession.ts')
    return succeedNamespace(this, this.#replica, { id, ...options, migrate })
  }

  /**
   * Namespaces that the network's connected relays hold and whose owners list them (`listed` of `create` and `set`), by id, each checked: at most `limit`
   * (100, and 1,000 at most) behind the id `after`. `next` is where the next part begins. `relays` says how many answered in time; 0 where none is connected.
   */
  async listed(options: ListOptions = {}): Promise<ListedPage> {
    const { listedNamespaces } = await import('./life/listed-namespaces.ts')
    return listedNamespaces(this.#network, options)
  }

  /** Ids of namespaces that have not arrived yet, and for which something was written here: see `Namespace.pending`. */
  async awaited(): Promise<readonly string[]> {
    const [waited, here] = await Promise.all([this.#replica.awaited(), this.#replica.namespaceIds()])
    return waited.filter((id) => !here.includes(id))
  }

  /** All namespaces that are here. */
  async list(): Promise<readonly NamespaceInfo[]> {
    return this.#replica.namespaces()
  }
}
