import { NotFoundError } from '@libp2p/interface'
import { BaseDatastore } from 'datastore-core'
import { Key, type KeyQuery, type Pair, type Query } from 'interface-datastore'
import { DocstoreError } from '@p2p-docstore/core'

/** Records that others may leave here: some 20 MiB. */
const MAX_RECORDS = 65_536
/** Peers that are remembered as keeping one namespace. */
const MAX_PER_NAMESPACE = 32
/** Peers among whom the one with the most is looked for, other ones each time. */
const LOOKED_AT = 16
/** Where Kademlia keeps them: this prefix, then the namespace, then the peer. */
const PROVIDER_PREFIX = '/dht/provider/'

/**
 * What Kademlia remembers: which peer keeps which namespace, in memory. Nothing else can be stored, so nobody keeps values for others. When it is
 * full, the oldest record of the one with the most of some peers makes room, other peers each time: who says much displaces itself, but not alone,
 * for an honest relay may keep much. What this peer says of itself stays.
 */
export class ProviderRecords extends BaseDatastore {
  readonly #max: number
  readonly #byNamespace = new Map<string, Map<string, Uint8Array>>()
  /** Namespaces of each peer, those that it named longest ago first. */
  readonly #byPeer = new Map<string, Set<string>>()
  #size = 0

  readonly #own: string

  /** `own` is the id of this peer. */
  constructor(own: string, max: number = MAX_RECORDS) {
    super()
    this.#own = own
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
    if (peer !== this.#own) this.#makeRoom(ns)
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

  #makeRoom(ns: string): void {
    const keepers = this.#byNamespace.get(ns)
    const others = [...(keepers?.keys() ?? [])].filter((peer) => peer !== this.#own)
    const [first] = others
    if (first !== undefined && others.length >= MAX_PER_NAMESPACE) this.#remove(ns, first)
    const own = this.#byPeer.get(this.#own)?.size ?? 0
    if (this.#size - own < this.#max) return
    let most: readonly [peer: string, namespaces: ReadonlySet<string>] | undefined
    for (const one of firstOf(this.#byPeer, LOOKED_AT)) {
      const [peer, namespaces] = one
      // To the end: others are looked at the next time.
      this.#byPeer.delete(peer)
      this.#byPeer.set(peer, namespaces)
      if (peer !== this.#own && (most === undefined || namespaces.size > most[1].size)) most = one
    }
    const [oldest] = most?.[1] ?? []
    if (most !== undefined && oldest !== undefined) this.#remove(oldest, most[0])
  }
}

function firstOf<K, V>(map: ReadonlyMap<K, V>, count: number): [K, V][] {
  const first: [K, V][] = []
  for (const one of map) if (first.push(one) >= count) break
  return first
}

function readKey(key: Key): { readonly ns: string; readonly peer: string } {
  const text = key.toString()
  const [ns, peer, ...rest] = text.startsWith(PROVIDER_PREFIX) ? text.slice(PROVIDER_PREFIX.length).split('/') : []
  if (ns === undefined || peer === undefined || rest.length > 0)
    throw new DocstoreError('values-refused', 'Peers keep no values for others: documents travel by sync')
  return { ns, peer }
}
