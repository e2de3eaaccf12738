import type { IndexInfo, IndexKind, StoredRecord } from '../../storage/storage.ts'
import type { ReplicaGround } from '../ground.ts'
import type { CameBack } from '../people/judging/set-aside.ts'
import type { RemovalReason } from '../removing.ts'
import type { PendingChange, PendingCounts, ReplicaPending, Write, WriteResult } from '../types.ts'
import type { Arrivals, PendingChanges } from './pending-changes.ts'
import { PENDING_PREFIX } from './pending-prefix.ts'

/** `PendingChanges`, loaded when something is to be kept, or was: few namespaces are written to before they are here. */
export class LazyPending implements ReplicaPending {
  readonly #ground: ReplicaGround
  readonly #namespaces: Arrivals
  #changes: Promise<PendingChanges> | undefined

  constructor(ground: ReplicaGround, namespaces: Arrivals) {
    this.#ground = ground
    this.#namespaces = namespaces
  }

  /** Takes up what the storage holds. */
  async load(): Promise<void> {
    if ((await this.#ground.storage.listMeta(PENDING_PREFIX)).length > 0) await (await this.#loaded()).load()
  }

  async keepWrites(ns: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[] | undefined> {
    return (await this.#loaded()).keepWrites(ns, collection, writes)
  }

  async keepIndex(ns: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<boolean | undefined> {
    return (await this.#loaded()).keepIndex(ns, collection, fields, kind)
  }

  async dropIndex(ns: string, collection: string, fields: readonly string[], kind?: IndexKind): Promise<boolean | undefined> {
    return (await this.#loaded()).dropIndex(ns, collection, fields, kind)
  }

  async indexes(ns: string, collection: string): Promise<readonly IndexInfo[]> {
    return (await this.#changes)?.indexes(ns, collection) ?? []
  }

  async keepRemoved(ns: string, records: readonly StoredRecord[], reason: RemovalReason): Promise<void> {
    await (await this.#loaded()).keepRemoved(ns, records, reason)
  }

  async cameBack(ns: string, records: readonly CameBack[]): Promise<void> {
    await (await this.#changes)?.cameBack(ns, records)
  }

  async apply(...args: Parameters<PendingChanges['apply']>): Promise<void> {
    await (await this.#changes)?.apply(...args)
  }

  async pending(ns: string): Promise<readonly PendingChange[]> {
    return (await this.#changes)?.pending(ns) ?? []
  }

  async pendingCounts(ns: string): Promise<PendingCounts> {
    return (await this.#changes)?.pendingCounts(ns) ?? { waiting: 0, refused: 0 }
  }

  async dropPending(ns: string, keys?: readonly string[]): Promise<number> {
    return (await this.#changes)?.dropPending(ns, keys) ?? 0
  }

  async awaited(): Promise<readonly string[]> {
    return (await this.#changes)?.awaited() ?? []
  }

  async #loaded(): Promise<PendingChanges> {
    this.#changes ??= import('./pending-changes.ts').then(({ PendingChanges }) => new PendingChanges(this.#ground, this.#namespaces))
    try {
      return await this.#changes
    } catch (error) {
      // Perhaps its file can be read the next time.
      this.#changes = undefined
      throw error
    }
  }
}
