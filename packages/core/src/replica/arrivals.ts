import type { Seal } from '../model/seal.ts'
import type { CommitEntry, CommitOutcome } from '../storage/storage.ts'
import { competitor, type Judged } from './accept.ts'
import { MAX_HELD_RECORDS } from './limits.ts'
import type { Acceptance, AcceptResult } from './types.ts'

/** Stores judged records in one transaction, and tells what became of each. */
type Commit = (entries: readonly CommitEntry[], seals: readonly Seal[]) => Promise<readonly (CommitOutcome | undefined)[]>

/** A judged batch that waits for its commit. */
interface Arrival {
  readonly judged: readonly Judged[]
  readonly resolve: (result: AcceptResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * Batches of one namespace that share a transaction. The slots of what arrives lie all over an index, so a commit writes about as many
 * pages for one batch as for eight: together they cost little more than half.
 */
export class Arrivals {
  readonly #commit: Commit
  #held: Arrival[] = []
  #entries: CommitEntry[] = []
  #seals: Seal[] = []
  readonly #same = new Set<CommitEntry>()
  #committing: Promise<void> = Promise.resolve()

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** Adds a batch; resolves when it is stored. With `hold` that can be as late as the next `flush`. */
  add(judged: readonly Judged[], seals: readonly Seal[], { hold }: { readonly hold: boolean }): Promise<AcceptResult> {
    const firstSeal = this.#seals.length
    this.#seals.push(...seals)
    for (const one of judged) if (one.ok) this.#entries.push(this.#entry(one, firstSeal))
    return new Promise((resolve, reject) => {
      this.#held.push({ judged, resolve, reject })
      if (!hold || this.#entries.length >= MAX_HELD_RECORDS) void this.flush()
    })
  }

  /** Stores what is held. Never rejects: whoever added a batch hears of a failure. */
  flush(): Promise<void> {
    const held = this.#held
    if (held.length > 0) {
      const entries = this.#entries
      const seals = this.#seals
      this.#held = []
      this.#entries = []
      this.#seals = []
      this.#committing = this.#committing.then(() => this.#store(held, entries, seals))
    }
    return this.#committing
  }

  #entry(judged: Extract<Judged, { ok: true }>, firstSeal: number): CommitEntry {
    const { slot, seal, build } = competitor(judged)
    const { at, hash } = judged.record
    const entry: CommitEntry = {
      slot,
      seal: firstSeal + (seal ?? 0),
      build: (old) => {
        if (old !== undefined && old.at === at && old.hash.every((byte, i) => byte === hash[i])) this.#same.add(entry)
        return build(old)
      },
    }
    return entry
  }

  async #store(held: readonly Arrival[], entries: readonly CommitEntry[], seals: readonly Seal[]): Promise<void> {
    try {
      const outcomes = await this.#commit(entries, seals)
      let next = 0
      for (const { judged, resolve } of held) {
        let from = 0
        let to = 0
        const results = judged.map((one): Acceptance => {
          if (!one.ok) return one.reason
          const entry = entries[next]
          const outcome = outcomes[next++]
          if (outcome === undefined) return entry !== undefined && this.#same.has(entry) ? 'same' : 'superseded'
          if (to === 0) from = outcome.seq - 1
          to = outcome.seq
          return 'stored'
        })
        resolve({ results, from, to })
      }
    } catch (error) {
      for (const { reject } of held) reject(error)
    } finally {
      for (const entry of entries) this.#same.delete(entry)
    }
  }
}
