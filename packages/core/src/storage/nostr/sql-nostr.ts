import { fromHex } from '../../model/nostr/hex.ts'
import type { NostrFilter, NostrGate, NostrIds, NostrPage, PageOptions, SetOptions } from './types.ts'
import type { NostrCommit, NostrRecord, NostrStorage, Version } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'
import { NostrCommits } from './nostr-commits.ts'
import { NostrQueries } from './nostr-queries.ts'
import type { NostrRows } from './nostr-rows.ts'

/** Where the events of the network lie, in one namespace of the database. Every method is one step. */
export class SqlNostr implements NostrStorage {
  readonly #parts: StorageParts
  readonly #rows: NostrRows
  readonly #commits: NostrCommits
  readonly #queries: NostrQueries

  constructor(parts: StorageParts, rows: NostrRows) {
    this.#parts = parts
    this.#rows = rows
    this.#commits = new NostrCommits(parts, rows)
    this.#queries = new NostrQueries({ ...parts, ns: rows.ns })
  }

  commit(records: readonly NostrRecord[], now: number): NostrCommit {
    const { transactions, room } = this.#parts
    const done = transactions.growing(() => this.#commits.commit(records, now), this.#rows.ns)
    let units = 0
    for (const { outcome } of done.results) units += outcome?.record.content?.length ?? 0
    room.stored(done.results.length, units)
    return done
  }

  commitShrinking(records: readonly NostrRecord[], now: number): NostrCommit {
    return this.#parts.transactions.makingRoom(() => this.#commits.commit(records, now), records.length, this.#rows.ns)
  }

  known(ids: readonly string[]): ReturnType<NostrRows['stateOf']>[] {
    this.#parts.statements.assertOpen()
    return ids.map((id) => this.#rows.stateOf(id))
  }

  page(filter: NostrFilter, options: PageOptions): NostrPage {
    return this.#queries.page(filter, options)
  }

  count(filter: NostrFilter, gate: NostrGate | undefined): number {
    return this.#queries.count(filter, gate)
  }

  authorsOf(filter: NostrFilter, options: SetOptions): string[] {
    return this.#queries.authorsOf(filter, options)
  }

  ids(filter: NostrFilter, options: SetOptions): NostrIds | undefined {
    return this.#queries.ids(filter, options)
  }

  ban(ids: readonly string[]): readonly Pick<Version, 'slot' | 'hash'>[] {
    return this.#parts.transactions.makingRoom(() => this.#commits.ban(ids), ids.length, this.#rows.ns)
  }

  unban(ids: readonly string[]): void {
    this.#parts.transactions.makingRoom(
      () => {
        for (const id of ids) this.#rows.unban(fromHex(id))
      },
      ids.length,
      this.#rows.ns,
    )
  }
}
