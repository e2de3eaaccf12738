import { fromUtf8, utf8 } from '../model/bytes.ts'
import { isUint } from '../model/encoding/cbor.ts'
import type { Replica } from '../replica/types.ts'

/** How far a namespace went between us and one peer. */
export interface Positions {
  /** Position in the peer's local order up to which we were offered everything. */
  readonly pulled: number
  /** Position in ours up to which the peer was. */
  readonly pushed: number
}

/** Positions are written down at most this often, milliseconds. What is lost in a crash costs a few records sent twice. */
const SAVE_INTERVAL_MS = 1000
/** Databases of peers that are remembered per namespace. A peer can call itself new whenever it likes; that must not fill our disk. */
const MAX_EPOCHS = 16

/**
 * Positions that outlive sessions and restarts, so that an interrupted copy goes on where it was, in the order in which it was sealed.
 * They only save work: whether two peers are equal is decided by their roots.
 */
export class KeptPositions {
  readonly #replica: Replica
  readonly #now: () => number
  readonly #key: string
  #positions: Positions = { pulled: 0, pushed: 0 }
  #savedAt = 0
  #isSaved = true

  private constructor(replica: Replica, now: () => number, key: string) {
    this.#replica = replica
    this.#now = now
    this.#key = key
  }

  /** Reads what is known about a namespace and the peer whose database has this epoch. */
  static async load(replica: Replica, ns: string, epoch: string, now: () => number): Promise<KeptPositions> {
    const prefix = prefixOf(ns)
    const kept = new KeptPositions(replica, now, prefix + epoch)
    const stored = await replica.getMeta(kept.#key)
    const [pulled, pushed] = ((stored && fromUtf8(stored)) ?? '').split(' ').map(Number)
    if (isUint(pulled) && isUint(pushed)) kept.#positions = { pulled, pushed }
    if (stored === undefined) {
      const others = await replica.listMeta(prefix)
      // Forgetting costs one comparison with each.
      if (others.length >= MAX_EPOCHS) for (const [key] of others) await replica.setMeta(key, undefined)
    }
    return kept
  }

  /** Forgets a namespace with all peers. */
  static async forget(replica: Pick<Replica, 'listMeta' | 'setMeta'>, ns: string): Promise<void> {
    for (const [key] of await replica.listMeta(prefixOf(ns))) await replica.setMeta(key, undefined)
  }

  get current(): Positions {
    return this.#positions
  }

  /** Notes new positions; now and then they are written down. */
  async note(positions: Partial<Positions>, { isFinal = false }: { isFinal?: boolean } = {}): Promise<void> {
    const { pulled, pushed } = this.#positions
    const next = { pulled: Math.max(pulled, positions.pulled ?? 0), pushed: Math.max(pushed, positions.pushed ?? 0) }
    if (next.pulled === pulled && next.pushed === pushed) return
    this.#positions = next
    this.#isSaved = false
    if (isFinal || Math.abs(this.#now() - this.#savedAt) >= SAVE_INTERVAL_MS) await this.save()
  }

  /** Writes down what was noted last. */
  async save(): Promise<void> {
    if (this.#isSaved) return
    this.#isSaved = true
    this.#savedAt = this.#now()
    const { pulled, pushed } = this.#positions
    await this.#replica.setMeta(this.#key, utf8(`${pulled} ${pushed}`))
  }

  /** Forgets them: the peer's database is not what it was. */
  reset(): void {
    this.#positions = { pulled: 0, pushed: 0 }
  }
}

function prefixOf(ns: string): string {
  return `positions/${ns}/`
}
