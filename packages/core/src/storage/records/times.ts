import { MAX_TIME } from '../../model/clock.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { CommitOutcome, FutureTotal, TimeMarks } from '../storage.ts'

/** How far a mark is moved beyond the time that it has to cover: one minute as hybrid time, so that it is written once a minute and not with every write. */
const MARK_STEP: number = 60_000 * 4096

/**
 * How far the times of each namespace reach: of all its records, and of those that somebody else may have. Both marks may lie up to a minute
 * beyond the truth, never below it.
 */
export class Times {
  readonly #statements: Statements
  /** Of namespaces that were looked at. Nobody else writes them. */
  readonly #known = new Map<number, TimeMarks>()

  constructor(statements: Statements) {
    this.#statements = statements
  }

  get(ns: number): TimeMarks {
    this.#statements.assertOpen()
    const known = this.#known.get(ns)
    if (known !== undefined) return known
    const row = this.#statements.own('SELECT newest, known FROM namespaces WHERE ns = ?').get(ns)
    const marks = { newest: Number(row?.['newest'] ?? 0), known: Number(row?.['known'] ?? 0) }
    // One that is not there yet has none.
    if (row !== undefined) this.#known.set(ns, marks)
    return marks
  }

  /** They are others now, or a transaction was rolled back that had changed them. */
  changed(): void {
    this.#known.clear()
  }

  /** Covers the records of a commit. Call inside its transaction. */
  committed(ns: number, outcomes: readonly (CommitOutcome | undefined)[], isFromOthers: boolean): void {
    let newest = 0
    for (const outcome of outcomes) if (outcome !== undefined && outcome.record.at > newest) newest = outcome.record.at
    if (newest === 0) return
    const marks = this.get(ns)
    if (newest > marks.newest) this.#setNewest(ns, markOf(newest))
    if (isFromOthers && newest > marks.known) this.#raiseKnown(ns, newest)
  }

  /** Notes that others may have records up to a time. */
  noteKnown(ns: number, time: number): void {
    if (time > this.get(ns).known) this.#raiseKnown(ns, time)
  }

  #raiseKnown(ns: number, time: number): void {
    this.#statements.own('UPDATE namespaces SET known = ? WHERE ns = ?').run(markOf(time), ns)
    this.#known.delete(ns)
  }

  /** What lies beyond a time; reads the whole namespace. Its `last` is the latest time of all, beyond or not. */
  future(ns: number, after: number, by: Uint8Array): FutureTotal {
    const { known } = this.get(ns)
    const row = this.#statements
      .own(
        'SELECT count(*) FILTER (WHERE at > ?3) AS records, count(*) FILTER (WHERE at > ?3 AND at > ?4 AND author = (SELECT author FROM authors WHERE key = ?5)) AS own, max(at) AS last FROM records WHERE rid > ?1 AND rid < ?2',
      )
      .get(ns * SEQ_SPAN, (ns + 1) * SEQ_SPAN, after, known, by)
    return { records: Number(row?.['records'] ?? 0), own: Number(row?.['own'] ?? 0), last: Number(row?.['last'] ?? 0) }
  }

  /** Says what the latest time is, where the mark lies too far beyond. */
  lowerNewest(ns: number, newest: number): void {
    this.#setNewest(ns, newest)
  }

  #setNewest(ns: number, newest: number): void {
    this.#statements.own('UPDATE namespaces SET newest = ? WHERE ns = ?').run(newest, ns)
    this.#known.delete(ns)
  }
}

function markOf(time: number): number {
  return Math.min(MAX_TIME, time + MARK_STEP)
}
