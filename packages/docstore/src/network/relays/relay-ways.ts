import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
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

  async #load(): Promise<Map<string, string>> {
    const loading = (this.#loading ??= loadWays(this.#replica))
    try {
      return await loading
    } catch (error) {
      // The next one may be able to read them.
      this.#loading = undefined
      throw error
    }
  }
}

/** What cannot be read is no way: it says only what to dial first, and must not keep a relay from being dialled. */
async function loadWays(replica: Pick<Replica, 'getMeta'>): Promise<Map<string, string>> {
  const stored = await replica.getMeta(WAYS)
  const ways = stored && parsed(fromUtf8(stored) ?? '')
  return new Map(Array.isArray(ways) ? ways.filter(isWay) : [])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isWay(value: unknown): value is readonly [string, string] {
  if (!Array.isArray(value) || value.length !== 2 || value.some((part) => typeof part !== 'string')) return false
  try {
    multiaddr(String(value[1]))
    return true
  } catch {
    // Of a version that knew other protocols.
    return false
  }
}
