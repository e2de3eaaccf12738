import { errorCode } from '../../errors.ts'
import type { CommitEntry, CommitOutcome, Storage } from '../../storage/storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { CommitNews } from './commit-news.ts'
import type { Notes } from './update/noted-updates.ts'

/** Writes to one namespace that share the next transaction. */
interface PendingGroup {
  readonly entries: CommitEntry[]
  readonly notes: (() => Notes)[]
  readonly settle: {
    readonly count: number
    readonly notes: (() => Notes) | undefined
    readonly resolve: (outcomes: readonly (CommitOutcome | undefined)[]) => void
    readonly reject: (error: unknown) => void
  }[]
}

/** Group commit: all single writes of one turn of the event loop share a transaction. Their seal can wait. */
export class GroupCommit {
  readonly #storage: Storage
  readonly #news: CommitNews
  readonly #pending = new Map<OpenNamespace, PendingGroup>()

  constructor(storage: Storage, news: CommitNews) {
    this.#storage = storage
    this.#news = news
  }

  /** Resolves after the commit, with what became of these entries; `notes` are written with them. Where a full store takes not all of a group, each caller has its own answer. */
  commit(open: OpenNamespace, entries: readonly CommitEntry[], notes?: () => Notes): Promise<readonly (CommitOutcome | undefined)[]> {
    return new Promise((resolve, reject) => {
      let group = this.#pending.get(open)
      if (group === undefined) {
        group = { entries: [], notes: [], settle: [] }
        this.#pending.set(open, group)
        queueMicrotask(() => void this.#flush(open))
      }
      group.entries.push(...entries)
      if (notes !== undefined) group.notes.push(notes)
      group.settle.push({ count: entries.length, notes, resolve, reject })
    })
  }

  async #flush(open: OpenNamespace): Promise<void> {
    const group = this.#pending.get(open)
    this.#pending.delete(open)
    if (group === undefined) return
    try {
      const { entries, notes } = group
      const outcomes = await this.#storage.commit(open.ns, entries, notes.length === 0 ? {} : { notes: () => notes.flatMap((note) => note()) })
      let at = 0
      for (const { count, resolve } of group.settle) {
        resolve(outcomes.slice(at, at + count))
        at += count
      }
      this.#news.tellOf(open.id, outcomes)
    } catch (error) {
      if (errorCode(error) === 'disk-full') await this.#flushEach(open, group)
      else for (const { reject } of group.settle) reject(error)
    }
  }

  async #flushEach(open: OpenNamespace, { entries, settle }: PendingGroup): Promise<void> {
    let at = 0
    const callers = settle.map(({ count, notes }) => ({ entries: entries.slice(at, (at += count)), notes }))
    const { commitEach } = await import('./full-store.ts')
    const settled = await commitEach(this.#storage, open.ns, callers)
    settle.forEach(({ resolve, reject }, i) => {
      const one = settled[i]
      if (one !== undefined && 'outcomes' in one) resolve(one.outcomes)
      else reject(one?.error)
    })
    this.#news.tellOf(
      open.id,
      settled.flatMap((one) => ('outcomes' in one ? one.outcomes : [])),
    )
  }
}
