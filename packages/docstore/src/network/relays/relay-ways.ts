import type { Multiaddr } from '@multiformats/multiaddr'
import { fromUtf8, type Replica, utf8 } from '@p2p-docstore/core'
import { wayOf } from './dial-order.ts'
import { WAYS } from './known-relays.ts'

/** Relays of which it is remembered; those that were reached last. */
const MAX_WAYS = 32

/** How each relay was reached last, kept with the data: what worked before is dialled first. */
export class RelayWays {
  readonly #replica: Pick<Replica, 'getMeta' | 'setMeta'>
  #loading: Promise<Map<string, string>> | undefined

  constructor(replica: Pick<Replica, 'getMeta' | 'setMeta'>) {
    this.#replica = replica
  }

  /** The way by which a relay was reached last, as `wayOf` writes it. */
  async last(relay: string): Promise<string | undefined> {
    return (await this.#load()).get(relay)
  }

  /** Remembers how a relay was reached. */
  async worked(relay: string, address: Multiaddr): Promise<void> {
    const ways = await this.#load()
    const way = wayOf(address)
    if (ways.get(relay) === way) return
    ways.delete(relay)
    ways.set(relay, way)
    for (const oldest of [...ways.keys()].slice(0, -MAX_WAYS)) ways.delete(oldest)
    await this.#replica.setMeta(WAYS, utf8(JSON.stringify([...ways])))
  }

  #load(): Promise<Map<string, string>> {
    this.#loading ??= loadWays(this.#replica)
    return this.#loading
  }
}

async function loadWays(replica: Pick<Replica, 'getMeta'>): Promise<Map<string, string>> {
  const stored = await replica.getMeta(WAYS)
  const text = stored && fromUtf8(stored)
  return new Map(text === undefined ? [] : (JSON.parse(text) as readonly (readonly [string, string])[]))
}
