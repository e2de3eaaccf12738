import type { CommitOutcome, Version } from '../../storage/storage.ts'
import type { CommitEvent, ReplicaEvents } from '../types.ts'
import type { NewestTime } from './newest-time.ts'
import type { Tidying } from './tidying.ts'

/** Hears of versions of a namespace that went. */
export type GoneListener = (ns: number, gone: readonly Pick<Version, 'slot' | 'hash'>[]) => void

/** Tells of commits: those who listen, and those in the house who have something to do after each. */
export class CommitNews implements ReplicaEvents {
  readonly #newest: NewestTime
  readonly #tidying: Tidying
  readonly #goneListeners = new Set<GoneListener>()
  #noteExpiry: ((exp: number) => void) | undefined
  readonly #listeners = new Set<(event: CommitEvent) => void>()

  constructor(newest: NewestTime, tidying: Tidying) {
    this.#newest = newest
    this.#tidying = tidying
  }

  onCommit(listener: (event: CommitEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls back with versions that went though nothing took their slots; for those in the house who live as long. */
  onGone(listener: GoneListener): void {
    this.#goneListeners.add(listener)
  }

  /** Tells of versions that went though nothing took their slots. */
  gone(ns: number, versions: readonly Pick<Version, 'slot' | 'hash'>[]): void {
    for (const listener of this.#goneListeners) listener(ns, versions)
  }

  /** Calls back with the hybrid time at which something expires that was stored. */
  onExpiring(listener: (exp: number) => void): void {
    this.#noteExpiry = listener
  }

  /** Tells of what was stored; gives its positions. What took several transactions may have those of others in between, which must not count as its own. */
  tellOf(namespace: string, outcomes: readonly (CommitOutcome | undefined)[]): [from: number, to: number][] {
    const lost = new Map<string, { readonly collection: string; readonly id: string }>()
    const ranges: { from: number; to: number; readonly collections: Set<string> }[] = []
    for (const outcome of outcomes) {
      if (outcome === undefined) continue
      const { seq, record, replaced, edited } = outcome
      let last = ranges.at(-1)
      if (last?.to !== seq - 1) ranges.push((last = { from: seq - 1, to: seq, collections: new Set() }))
      last.to = seq
      if (record.collection !== null) last.collections.add(record.collection)
      this.#newest.raise(record.at)
      const { collection, id } = record
      if (outcome.lost !== undefined && collection !== null && id !== null) lost.set(`${collection}/${id}`, { collection, id })
      if (record.exp !== null && record.erased === undefined) this.#noteExpiry?.(record.exp)
      if (edited !== undefined) this.gone(edited.ns, edited.gone)
      // Of what an edit comes to, all stays: what it hides is said by other rows.
      const hasErased = edited === undefined ? replaced !== undefined && replaced.content !== null : replaced !== undefined || edited.gone.length > 0
      if (hasErased) this.#tidying.scrubSoon()
    }
    if (ranges.length > 0) this.#tidying.settleSoon()
    for (const [i, { from, to, collections }] of ranges.entries())
      this.tell({ namespace, from, to, collections: [...collections], ...(i === 0 && lost.size > 0 && { conflicts: [...lost.values()] }) })
    return ranges.map(({ from, to }) => [from, to])
  }

  /** Documents were removed: their bytes have to go from the disk. */
  erased(): void {
    this.#tidying.scrubSoon()
    this.#tidying.settleSoon()
  }

  tell(event: CommitEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        // The commit stands, and the other listeners must hear of it; the failure is reported as uncaught.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
