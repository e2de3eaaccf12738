import { NotFoundError } from '@libp2p/interface'
import { BaseDatastore } from 'datastore-core'
import { Key, type KeyQuery, type Pair, type Query } from 'interface-datastore'
import { DocstoreError } from '@p2p-docstore/core'

/** Records that others may leave here: some 20 MiB. */
const MAX_RECORDS = 65_536
/** Where Kademlia keeps them: this prefix, then the namespace, then the peer. */
const PROVIDER_PREFIX = '/dht/provider/'

/**
 * What Kademlia remembers: which peer keeps which namespace, in memory. Nothing else can be stored, so nobody keeps values for others. When it is
 * full, the oldest record of the peer with the most makes room, so that who says much displaces itself.
 */
export class ProviderRecords extends BaseDatastore {
  readonly #max: number
  readonly #byNamespace = new Map<string, Map<string, Uint8Array>>()
  /** Namespaces of each peer, those that it named longest ago first. */
  readonly #byPeer = new Map<string, Set<string>>()
  #size = 0

  constructor(max: number = MAX_RECORDS) {
    super()
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /** Whether a peer said that it keeps anything. */
  hasPeer(peer: string): boolean {
    return this.#byPeer.has(peer)
  }

  override put(key: Key, value: Uint8Array): Key {
    const { ns, peer } = readKey(key)
    this.#remove(ns, peer)
    if (this.#size >= this.#max) this.#makeRoom()
    this.#byNamespace.set(ns, (this.#byNamespace.get(ns) ?? new Map()).set(peer, value))
    this.#byPeer.set(peer, (this.#byPeer.get(peer) ?? new Set()).add(ns))
    this.#size++
    return key
  }

  override get(key: Key): Uint8Array {
    const { ns, peer } = readKey(key)
    const value = this.#byNamespace.get(ns)?.get(peer)
    if (value === undefined) throw new NotFoundError(`Nobody said so: ${key.toString()}`)
    return value
  }

  override has(key: Key): boolean {
    const { ns, peer } = readKey(key)
    return this.#byNamespace.get(ns)?.has(peer) === true
  }

  override delete(key: Key): void {
    const { ns, peer } = readKey(key)
    this.#remove(ns, peer)
  }

  override *_all({ prefix = '' }: Query): Generator<Pair> {
    const ns = prefix.startsWith(PROVIDER_PREFIX) ? prefix.slice(PROVIDER_PREFIX.length) : ''
    for (const one of ns === '' ? this.#byNamespace.keys() : [ns])
      for (const [peer, value] of this.#byNamespace.get(one) ?? []) yield { key: new Key(`${PROVIDER_PREFIX}${one}/${peer}`), value }
  }

  override *_allKeys(query: KeyQuery): Generator<Key> {
    for (const { key } of this._all(query.prefix === undefined ? {} : { prefix: query.prefix })) yield key
  }

  #remove(ns: string, peer: string): void {
    const peers = this.#byNamespace.get(ns)
    if (peers?.delete(peer) !== true) return
    if (peers.size === 0) this.#byNamespace.delete(ns)
    const namespaces = this.#byPeer.get(peer)
    namespaces?.delete(ns)
    if (namespaces?.size === 0) this.#byPeer.delete(peer)
    this.#size--
  }

  #makeRoom(): void {
    let most: [peer: string, namespaces: ReadonlySet<string>] | undefined
    for (const one of this.#byPeer) if (most === undefined || one[1].size > most[1].size) most = one
    const oldest = most?.[1].values().next().value
    if (most !== undefined && oldest !== undefined) this.#remove(oldest, most[0])
  }
}

function readKey(key: Key): { readonly ns: string; readonly peer: string } {
  const text = key.toString()
  const [ns, peer, ...rest] = text.startsWith(PROVIDER_PREFIX) ? text.slice(PROVIDER_PREFIX.length).split('/') : []
  if (ns === undefined || peer === undefined || rest.length > 0)
    throw new DocstoreError('values-refused', 'Peers keep no values for others: documents travel by sync')
  return { ns, peer }
}
