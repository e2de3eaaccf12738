import { BaseDatastore } from 'datastore-core'
import { Key, type KeyQuery, type Pair, type Query } from 'interface-datastore'
import { NotFoundError } from '@libp2p/interface'
import type { Replica } from '@p2p-docstore/core'

/** Prefix of libp2p's own values among the small values of the peer. */
const PREFIX = 'libp2p'

/** libp2p's datastore (its certificate, its address book) inside the peer's database, so that one file holds everything. */
export class MetaDatastore extends BaseDatastore {
  readonly #replica: Replica

  constructor(replica: Replica) {
    super()
    this.#replica = replica
  }

  override async put(key: Key, value: Uint8Array): Promise<Key> {
    await this.#replica.setMeta(PREFIX + key.toString(), value)
    return key
  }

  override async get(key: Key): Promise<Uint8Array> {
    const value = await this.#replica.getMeta(PREFIX + key.toString())
    if (value === undefined) throw new NotFoundError(`Nothing is stored under ${key.toString()}`)
    return value
  }

  override async has(key: Key): Promise<boolean> {
    return (await this.#replica.getMeta(PREFIX + key.toString())) !== undefined
  }

  override async delete(key: Key): Promise<void> {
    await this.#replica.setMeta(PREFIX + key.toString(), undefined)
  }

  override async *_all({ prefix }: Query): AsyncGenerator<Pair> {
    for (const [key, value] of await this.#replica.listMeta(PREFIX + (prefix ?? '/'))) yield { key: new Key(key.slice(PREFIX.length)), value }
  }

  override async *_allKeys({ prefix }: KeyQuery): AsyncGenerator<Key> {
    for await (const { key } of this._all(prefix === undefined ? {} : { prefix })) yield key
  }
}
