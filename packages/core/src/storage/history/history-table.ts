import { equalBytes } from '../../model/bytes.ts'
import { compareVersions } from '../../model/edits/compare-versions.ts'
import { type EditPath, pathText } from '../../model/edits/edit-path.ts'
import { MAX_EDITS } from '../../model/limits.ts'
import type { SqlRow } from '../drivers/driver.ts'
import type { AuthorTable } from '../records/author-table.ts'
import { ownContent } from '../records/own-content.ts'
import { bytes } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { HistorySize, NewRecord, PastRecord, StoredRecord } from '../storage.ts'
import {
  COUNTED_PART,
  GIVEN_ROWS,
  HISTORY_PART,
  MAX_HISTORY_BYTES,
  MAX_VERSIONS,
  ROW_BYTES,
  STORE_EVERY,
  TRIMMED_ROWS,
  VERSION_SLACK,
} from './limits.ts'

/** What a history works with. */
export interface HistoryTableInit {
  readonly statements: Statements
  readonly authors: AuthorTable
  /** Unix milliseconds. */
  readonly now: () => number
  /** What the database may take, bytes. */
  readonly maxBytes: number | undefined
}

/** What is known of the history of a namespace. */
interface Known {
  versions: number
  bytes: number
  /** Number of the last record that went. */
  last: number
  /** Records that were added in this transaction, and since the sum was stored. */
  added: number
  unstored: number
}

/** A record, as far as its place among others of its document is concerned. */
interface Placed {
  readonly hid: number
  readonly at: number
  readonly hash: Uint8Array
  readonly path: string | null
  readonly isTombstone: boolean
}

/**
 * Whether a document has no history before this record: it is a delete, or a version that is to expire. What has a time to live must not outlive that
 * in another form.
 */
export function endsHistory({ edit, kh, exp }: Pick<NewRecord, 'edit' | 'kh' | 'exp'>): boolean {
  return edit === undefined && (kh !== null || exp !== null)
}

/**
 * The records of documents that others took the place of: here alone, told to nobody. What is kept of a document depends on which records came, not on
 * their order: those that are newer than its last delete, of these the newest 64, and what they are changes of. Call its methods inside a transaction.
 */
export class HistoryTable {
  readonly #init: HistoryTableInit
  readonly #maxBytes: number
  readonly #kept = new Set<number>()
  readonly #known = new Map<number, Known>()
  /** Namespaces of which something has changed in this transaction. */
  readonly #changed = new Set<number>()
  #count = 0
  #isPaused = false

  constructor(init: HistoryTableInit) {
    this.#init = init
    this.#maxBytes = Math.min(MAX_HISTORY_BYTES, (init.maxBytes ?? Number.POSITIVE_INFINITY) * HISTORY_PART)
  }

  /** Says whether what goes from a namespace is kept from now on. */
  keep(ns: number, isKept: boolean): void {
    if (isKept) this.#kept.add(ns)
    else this.#kept.delete(ns)
  }

  /** Does a write that makes room: nothing is kept of what it replaces. */
  paused<T>(write: () => T): T {
    this.#isPaused = true
    try {
      return write()
    } finally {
      this.#isPaused = false
    }
  }

  /** Records of a document went because another one came. */
  replaced(ns: number, document: Uint8Array, gone: readonly StoredRecord[], by: NewRecord): void {
    if (endsHistory(by)) this.#removeBefore(ns, document, by)
    if (endsHistory(by) || !this.#isKept(ns)) return
    // A version that is to expire has no history before it, whenever it goes: one that had lost goes together with later ones.
    const end = gone.filter(endsHistory).toSorted(compareVersions).at(-1)
    if (end !== undefined) this.#removeBefore(ns, document, end)
    for (const record of gone) {
      // One that gives way to an earlier one is the same statement under a wrong clock.
      if (record.at > by.at || (end !== undefined && compareVersions(record, end) < 0)) continue
      this.#add(ns, document, record, equalBytes(record.by, by.by) ? by.by : record.by)
    }
    if (gone.length > 0) this.#fit(ns, document)
  }

  /** A record came that others took the place of before; `base` holds the slot of its document. */
  late(ns: number, document: Uint8Array, record: NewRecord, base: StoredRecord | undefined): void {
    if (endsHistory(record)) this.#removeBefore(ns, document, record)
    const isBeforeEnd = base !== undefined && endsHistory(base) && compareVersions(record, base) < 0
    if (isBeforeEnd || !this.#isKept(ns) || this.#isKnownOrBeforeEnd(ns, document, record)) return
    this.#add(ns, document, record, record.by)
    this.#fit(ns, document)
  }

  /** Forgets all that is known of a document. */
  forgetDocument(ns: number, document: Uint8Array): void {
    if (this.size(ns).versions === 0) return
    const remove = this.#init.statements.own('DELETE FROM history WHERE document = ? AND hid > ? AND hid < ? RETURNING size')
    this.#removed(ns, remove.all(document, ...range(ns)))
  }

  /** Whether there is something that went before a time. */
  isDue(ns: number, before: number): boolean {
    const row = this.#init.statements.own('SELECT gone FROM history WHERE hid > ? AND hid < ? ORDER BY hid LIMIT 1').get(...range(ns))
    return row !== undefined && Number(row['gone']) < before
  }

  /** Removes up to `limit` records that went before a time; gives their number. */
  tidy(ns: number, { before, limit }: { readonly before: number; readonly limit: number }): number {
    const { statements } = this.#init
    // Counted before any of them is gone.
    this.#of(ns)
    const old = statements.own('SELECT hid, gone FROM history WHERE hid > ? AND hid < ? ORDER BY hid LIMIT ?').all(...range(ns), limit)
    const end = old.findIndex(({ gone }) => Number(gone) >= before)
    const last = (end === -1 ? old : old.slice(0, end)).at(-1)
    if (last === undefined) return 0
    const removed = statements.own('DELETE FROM history WHERE hid > ? AND hid <= ? RETURNING size').all(ns * SEQ_SPAN, Number(last['hid']))
    this.#removed(ns, removed)
    return removed.length
  }

  /** A document has another slot, in another network. */
  moved(ns: number, from: Uint8Array, to: Uint8Array): void {
    const move = this.#init.statements.own('UPDATE history SET document = ? WHERE document = ? AND hid > ? AND hid < ?')
    move.run(to, from, ...range(ns))
  }

  /** Removes some of the oldest of the namespace that has most; `false` where there are none. */
  giveUp(): boolean {
    // By what is stored: the rest changes little.
    const row = this.#init.statements.own('SELECT ns FROM history_sizes WHERE versions > 0 ORDER BY bytes DESC LIMIT 1').get()
    if (row === undefined) return false
    const ns = Number(row['ns'])
    return this.tidy(ns, { before: Number.POSITIVE_INFINITY, limit: GIVEN_ROWS }) > 0
  }

  size(ns: number): HistorySize {
    const { versions, bytes } = this.#of(ns)
    return { versions, bytes }
  }

  /** The records of a document that went, in no order. */
  of(ns: number, document: Uint8Array): PastRecord[] {
    return this.#init.statements
      .own(
        'SELECT h.at, h.hash, a.key AS by, h.path, h.content FROM history h JOIN authors a ON a.author = h.author WHERE document = ? AND hid > ? AND hid < ?',
      )
      .all(document, ...range(ns))
      .map(({ at, hash, by, path, content }) => ({
        at: Number(at),
        hash: bytes(hash),
        by: bytes(by),
        content: typeof content === 'string' ? content : null,
        ...(typeof path === 'string' ? { path: JSON.parse(path) as EditPath } : {}),
      }))
  }

  /** Keeps what has changed within its share, and stores how much there is. To be called at the end of every transaction. */
  store(): void {
    for (const ns of this.#changed) {
      const known = this.#of(ns)
      if (known.bytes > this.#maxBytes) this.#trim(ns, known)
      known.added = 0
      if (known.unstored > 0 && known.unstored < STORE_EVERY) continue
      known.unstored = 0
      this.#init.statements
        .own(
          'INSERT INTO history_sizes (ns, versions, bytes, last) VALUES (?, ?, ?, ?) ON CONFLICT (ns) DO UPDATE SET versions = excluded.versions, bytes = excluded.bytes, last = excluded.last',
        )
        .run(ns, known.versions, known.bytes, known.last)
    }
    this.#changed.clear()
  }

  #trim(ns: number, known: Known): void {
    const remove = this.#init.statements.own(
      'DELETE FROM history WHERE hid IN (SELECT hid FROM history WHERE hid > ? AND hid < ? ORDER BY hid LIMIT ?) RETURNING size',
    )
    for (let left = known.added + TRIMMED_ROWS; left > 0 && known.bytes > this.#maxBytes; left -= TRIMMED_ROWS)
      this.#removed(ns, remove.all(...range(ns), TRIMMED_ROWS))
  }

  /** Forgets what a transaction that was rolled back has changed. */
  rolledBack(): void {
    this.#known.clear()
    this.#changed.clear()
  }

  #isKept(ns: number): boolean {
    return !this.#isPaused && this.#kept.has(ns)
  }

  #of(ns: number): Known {
    let known = this.#known.get(ns)
    if (known === undefined) {
      const { statements } = this.#init
      const row = statements.own('SELECT versions, bytes, last FROM history_sizes WHERE ns = ?').get(ns)
      const stored = Number(row?.['last'] ?? ns * SEQ_SPAN)
      const rest = statements
        .own('SELECT count(*) AS versions, sum(size) AS bytes, max(hid) AS last FROM history WHERE hid > ? AND hid < ?')
        .get(stored, (ns + 1) * SEQ_SPAN)
      const sum = (name: 'versions' | 'bytes'): number => Number(row?.[name] ?? 0) + Number(rest?.[name] ?? 0)
      known = { versions: sum('versions'), bytes: sum('bytes'), last: Number(rest?.['last'] ?? stored), added: 0, unstored: 0 }
      this.#known.set(ns, known)
    }
    return known
  }

  #changing(ns: number): Known {
    this.#changed.add(ns)
    return this.#of(ns)
  }

  #add(ns: number, document: Uint8Array, record: NewRecord | StoredRecord, by: Uint8Array): void {
    const { at, hash, edit, exp } = record
    if (edit !== undefined && exp !== null) return
    const { statements, authors, now } = this.#init
    const known = this.#changing(ns)
    // The first of them is stored at once: it says that there are some.
    known.unstored = known.versions === 0 ? STORE_EVERY : known.unstored + 1
    const content = endsHistory(record) ? null : ownContent(record)
    const size = ROW_BYTES + (content?.length ?? 0)
    known.versions++
    known.bytes += size
    known.added++
    statements
      .own('INSERT INTO history (hid, document, at, hash, author, gone, size, path, content) VALUES (?,?,?,?,?,?,?,?,?)')
      .run(++known.last, document, at, hash, authors.number(by), now(), size, edit === undefined ? null : pathText(edit.path), content)
  }

  /** Whether a record is among those of the document, or an end of it is that came later. */
  #isKnownOrBeforeEnd(ns: number, document: Uint8Array, { at, hash }: NewRecord): boolean {
    const { statements } = this.#init
    const known = statements.own('SELECT 1 FROM history WHERE document = ? AND at = ? AND hash = ? AND hid > ? AND hid < ?')
    if (known.get(document, at, hash, ...range(ns)) !== undefined) return true
    const deleted = statements.own(
      'SELECT 1 FROM history WHERE document = ? AND content IS NULL AND (at > ? OR (at = ? AND hash < ?)) AND hid > ? AND hid < ?',
    )
    return deleted.get(document, at, at, hash, ...range(ns)) !== undefined
  }

  #removeBefore(ns: number, document: Uint8Array, { at, hash }: Pick<NewRecord, 'at' | 'hash'>): void {
    if (this.size(ns).versions === 0) return
    const remove = this.#init.statements.own(
      'DELETE FROM history WHERE document = ? AND (at < ? OR (at = ? AND hash > ?)) AND hid > ? AND hid < ? RETURNING size',
    )
    this.#removed(ns, remove.all(document, at, at, hash, ...range(ns)))
  }

  /** Now and then, removes what no version that is shown is made of. */
  #fit(ns: number, document: Uint8Array): void {
    // Spread by the golden ratio, so that documents that change in turns have theirs counted too.
    this.#count = (this.#count + 0x9e3779b1) >>> 0
    if (this.#count * COUNTED_PART >= 2 ** 32) return
    const { statements } = this.#init
    const count = statements.own('SELECT count(*) AS n FROM history WHERE document = ? AND hid > ? AND hid < ?').get(document, ...range(ns))
    const versions = Number(count?.['n'])
    if (versions < MAX_VERSIONS + VERSION_SLACK) return
    const rows = statements
      .own('SELECT hid, at, hash, path, content IS NULL AS del FROM history WHERE document = ? AND hid > ? AND hid < ?')
      .all(document, ...range(ns))
    const remove = statements.own('DELETE FROM history WHERE hid = ? RETURNING size')
    for (const { hid } of unneeded(rows.map(placed))) this.#removed(ns, remove.all(hid))
  }

  #removed(ns: number, rows: readonly SqlRow[]): void {
    if (rows.length === 0) return
    const known = this.#changing(ns)
    known.unstored = STORE_EVERY
    known.versions -= rows.length
    for (const { size } of rows) known.bytes -= Number(size)
  }
}

function range(ns: number): readonly [after: number, before: number] {
  return [ns * SEQ_SPAN, (ns + 1) * SEQ_SPAN]
}

function placed(row: SqlRow): Placed {
  const { path } = row
  return {
    hid: Number(row['hid']),
    at: Number(row['at']),
    hash: bytes(row['hash']),
    path: typeof path === 'string' ? path : null,
    isTombstone: row['del'] === 1,
  }
}

/** Of the records of a document those that are no part of its newest versions, nor of what these are changes of. */
function unneeded(records: readonly Placed[]): readonly Placed[] {
  const sorted = records.toSorted(compareVersions)
  const first = Math.max(0, sorted.length - MAX_VERSIONS)
  const older = sorted.slice(0, first).toReversed()
  // What the first of the newest changes: a document, and the newest edit of each of its fields.
  const isWhole = sorted[first]?.path === null
  const base = isWhole ? undefined : older.find(({ path }) => path === null)
  const fields = new Map<string, Placed>()
  for (const one of isWhole ? [] : older)
    if (one.path !== null && !fields.has(one.path) && fields.size < MAX_EDITS && (base === undefined || one.at > base.at)) fields.set(one.path, one)
  const needed = new Set<Placed>(fields.values())
  if (base !== undefined) needed.add(base)
  return older.filter((one) => !needed.has(one))
}
