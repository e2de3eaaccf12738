import type { NamespaceInfo, Replica } from '@p2p-docstore/core'
import { DocstoreError } from '@p2p-docstore/core'
import type { NamespacePeerStatus, Network, SyncReport } from '../network/types.ts'
import { Collection, type CollectionInit } from './collection.ts'
import { type HeldBack, heldBack } from './held-back.ts'
import type { FileEntry, FileSource, GetFileInit, GetFileOptions, PutFileOptions, PutFileResult, StoredFile } from './files/index.ts'
import { checkOptions } from './options.ts'
import { type NamespaceEvents, SyncEvents } from './sync-events.ts'
import { turn } from './turn.ts'

/** The collection that a namespace itself stands for. */
const DEFAULT_COLLECTION = 'docs'
/** How long `sync` and `delivered` try unless told otherwise, milliseconds. */
const DEFAULT_TIMEOUT_MS = 30_000

/** How a namespace stands, here and with the relays. */
export interface NamespaceReport {
  /** Digest of the whole set of records: equal roots, equal sets. */
  readonly root: string
  readonly documents: number
  /** `offline`: no relay is connected. `syncing`: something is on its way. `live`: nothing is, as far as is known. `failed`: see the peers. */
  readonly state: 'offline' | 'syncing' | 'live' | 'failed'
  /** Records that are here, tombstones included. */
  readonly have: number
  /** Records that a peer is known to hold and that are on their way here; an estimate while both are compared. */
  readonly want: number
  /** Whether at least one relay has everything that is here, but for what is held back. */
  readonly synced: boolean
  /** What others do not take yet, and why. */
  readonly held: HeldBack
  /** Unix milliseconds of the last time that this peer and a relay were seen to be equal. */
  readonly lastSyncedAt: number | undefined
  readonly peers: readonly NamespacePeerStatus[]
}

/** What making a namespace equal with the relays did. */
export interface SyncResult extends SyncReport {
  readonly root: string
  readonly documents: number
  readonly seconds: number
}

/** A namespace: its own methods are those of the collection `docs`; `collection` gives the others. */
export class Namespace extends Collection {
  readonly id: string
  readonly #replica: Replica
  readonly #network: Network | undefined
  readonly #init: CollectionInit
  readonly #events: SyncEvents

  constructor(id: string, replica: Replica, network: Network | undefined, closing: AbortSignal) {
    const init: CollectionInit = {
      replica,
      namespace: id,
      name: DEFAULT_COLLECTION,
      closing,
      isSynced: async (seq) =>
        network !== undefined && (await isSynced(network, await network.namespaceStatus(id), seq ?? (await replica.lastSeq(id)))),
      onSync: (listener) => network?.on('sync', (event) => event.namespace === id && listener()) ?? (() => undefined),
    }
    super(init)
    this.id = id
    this.#replica = replica
    this.#network = network
    this.#init = init
    this.#events = new SyncEvents(replica, network, id, closing)
  }

  /** Another collection of the namespace. It needs no declaration. */
  collection(name: string): Collection {
    return new Collection({ ...this.#init, name })
  }

  /**
   * Stores a file: 1 GiB at most, cut into blocks as IPFS tools do it, none of them twice. The document that names it lies in the collection `files`,
   * and is written last. Throws `file-too-large`, `bad-source`, `no-file`, `not-allowed`, `disk-full`.
   */
  async putFile(source: FileSource, options?: PutFileOptions): Promise<PutFileResult> {
    const { putFile } = await import('./files/index.ts')
    return putFile(this.#filesInit(), source, options)
  }

  /** A file by its CID, to be read as a whole or in part; `undefined` where no document names one. What is not here is fetched as it is read. */
  async getFile(cid: string, options?: GetFileOptions): Promise<StoredFile | undefined> {
    const { getFile } = await import('./files/index.ts')
    return getFile(this.#filesInit(), cid, options)
  }

  /** The files of the namespace, by name. */
  async listFiles(): Promise<readonly FileEntry[]> {
    const { listFiles } = await import('./files/index.ts')
    return listFiles(this.#filesInit())
  }

  /** Deletes a file for everybody; resolves with whether there was one. Its blocks go where no other document names them. */
  async deleteFile(cid: string): Promise<boolean> {
    const { deleteFile } = await import('./files/index.ts')
    return deleteFile(this.#filesInit(), cid)
  }

  #filesInit(): GetFileInit {
    const { replica, closing } = this.#init
    return { replica, network: this.#network, namespace: this.id, files: this.collection('files'), closing }
  }

  /** Name, owner and write policy; `undefined` while the namespace has not arrived from a peer. */
  async info(): Promise<NamespaceInfo | undefined> {
    await turn()
    return this.#replica.namespace(this.id)
  }

  /** How it stands, here and with each peer. */
  async status(): Promise<NamespaceReport> {
    await turn()
    const isHere = (await this.info()) !== undefined
    const { root, count, seq, documents } = isHere ? await this.#replica.summary(this.id) : { root: '', count: 0, seq: 0, documents: 0 }
    const status = (await this.#network?.namespaceStatus(this.id)) ?? { peers: [] }
    const { peers } = status
    const times = peers.flatMap(({ lastSyncedAt }) => lastSyncedAt ?? [])
    return {
      root,
      documents,
      state: overallState(peers),
      have: count,
      want: Math.max(0, ...peers.map(({ want }) => want)),
      synced: isHere && this.#network !== undefined && (await isSynced(this.#network, status, seq)),
      held: heldBack(isHere ? await this.#replica.future(this.id) : undefined, peers),
      lastSyncedAt: times.length === 0 ? undefined : Math.max(...times),
      peers,
    }
  }

  /** What others do not take yet, and why. */
  async held(): Promise<HeldBack> {
    const future = (await this.info()) === undefined ? undefined : await this.#replica.future(this.id)
    return heldBack(future, (await this.#network?.namespaceStatus(this.id))?.peers ?? [])
  }

  /** Calls back with every such event from now on, for as long as the store is open; returns the way to stop. */
  on<K extends keyof NamespaceEvents>(event: K, listener: (payload: NamespaceEvents[K]) => void): () => void {
    return this.#events.on(event, listener)
  }

  /**
   * Makes this peer and its relays equal now; with `connectedOnly`, those that are connected already. Rejects with
   * `relay-unreachable` or `timeout` where that fails.
   */
  async sync(options: { timeoutMs?: number; connectedOnly?: boolean; signal?: AbortSignal } = {}): Promise<SyncResult> {
    checkOptions(options, ['timeoutMs', 'connectedOnly', 'signal'], 'sync')
    const { timeoutMs = DEFAULT_TIMEOUT_MS, connectedOnly = false, signal } = options
    const began = performance.now()
    const network = this.#connectedNetwork()
    const report = await network.sync(this.id, { timeoutMs, connectedOnly, ...(signal === undefined ? {} : { signal }) })
    if ((await this.info()) === undefined) {
      throw new DocstoreError('unknown-namespace', `No relay that was reached has the namespace ${this.id}. Check the id`)
    }
    const { root, documents } = await this.#replica.summary(this.id)
    return { root, documents, ...report, seconds: Math.round(performance.now() - began) / 1000 }
  }

  /** Resolves with the peers that have everything written here so far; rejects with `not-delivered` when time is over. */
  async delivered(options: { copies?: number; timeoutMs?: number; signal?: AbortSignal } = {}): Promise<readonly string[]> {
    checkOptions(options, ['copies', 'timeoutMs', 'signal'], 'delivered')
    const { copies = 1, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    checkCopies(copies)
    const seq = await this.#replica.lastSeq(this.id)
    return this.#connectedNetwork().delivered(this.id, { copies, seq, timeoutMs, ...(signal === undefined ? {} : { signal }) })
  }

  /**
   * Resolves with the relays that have all of a file; rejects with `not-delivered` when nothing of it has moved for so long, and `not-found`. Its document
   * is another matter: see `delivered`.
   */
  async fileDelivered(cid: string, options: { copies?: number; timeoutMs?: number; signal?: AbortSignal } = {}): Promise<readonly string[]> {
    checkOptions(options, ['copies', 'timeoutMs', 'signal'], 'fileDelivered')
    const { copies = 1, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    checkCopies(copies)
    return this.#connectedNetwork().fileDelivered(this.id, cid, { copies, timeoutMs, ...(signal === undefined ? {} : { signal }) })
  }

  #connectedNetwork(): Network {
    if (this.#network === undefined) throw new DocstoreError('offline', 'This store was opened without a network')
    return this.#network
  }
}

function checkCopies(copies: number): void {
  if (!Number.isInteger(copies) || copies < 1)
    throw new DocstoreError('bad-option', `copies is a whole number from 1 on, not ${JSON.stringify(copies)}`)
}

/** Whether a relay has everything up to a local position; a relay has what it has. */
async function isSynced(network: Network, { peers }: { readonly peers: readonly NamespacePeerStatus[] }, seq: number): Promise<boolean> {
  return peers.some(({ role, state, acked }) => role === 'relay' && state === 'live' && acked >= seq) || network.isRelay()
}

/** One working peer is enough for a namespace to be alive. */
function overallState(peers: readonly NamespacePeerStatus[]): NamespaceReport['state'] {
  const has = (...states: readonly NamespacePeerStatus['state'][]): boolean => peers.some(({ state }) => states.includes(state))
  if (has('syncing', 'waiting')) return 'syncing'
  if (has('live', 'absent')) return 'live'
  return has('failed') ? 'failed' : 'offline'
}
