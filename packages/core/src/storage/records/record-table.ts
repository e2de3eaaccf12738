import { sha256 } from '#crypto'
import { errorCode } from '../../errors.ts'
import { compareBytes } from '../../model/bytes.ts'
import { SLOT_BYTES } from '../../model/record.ts'
import type { AuthorTable } from './author-table.ts'
import type { DeclaredIndexes } from '../indexes/declared-indexes.ts'
import type { SqlRow, SqlValue } from '../drivers/driver.ts'
import { pageOf } from '../reading/page.ts'
import type { Readings } from '../reading/readings.ts'
import { bytes, documentColumn, keyHashColumn, RECORD_COLUMNS, RECORD_TABLES, storedRecord } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import { documentOf } from './document-of.ts'
import { moreColumn } from './more-column.ts'
import type { SealTable } from './seal-table.ts'
import type { Statements } from '../statements.ts'
import type { CommitOutcome, FoundDocument, LaterRecords, NewRecord, Restated, StoredRecord, UnknownFuture, Version } from '../storage.ts'
import type { TextIndexes } from '../indexes/text-indexes.ts'
import type { Totals } from './totals.ts'

/** Reads records whole. */
export const SELECT: string = `SELECT ${RECORD_COLUMNS} FROM ${RECORD_TABLES}`

/** Comes after every slot, because it is longer. */
const AFTER_SLOTS: Uint8Array = new Uint8Array(SLOT_BYTES + 1).fill(255)

/** What a record table works with. */
export interface RecordTableInit {
  readonly statements: Statements
  readonly authors: AuthorTable
  readonly seals: SealTable
  readonly indexes: Pick<DeclaredIndexes, keyof DeclaredIndexes>
  readonly texts: Pick<TextIndexes, keyof TextIndexes>
  readonly totals: Totals
  readonly readings: Readings
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
  /** To be called with what goes of a document because another record came. */
  readonly onReplaced: (ns: number, document: Uint8Array, gone: readonly StoredRecord[], by: NewRecord) => void
  /** To be called when a document goes, or a part of it, and nothing takes its place. */
  readonly onRemoved: (ns: number, document: Uint8Array, record?: StoredRecord) => void
}

// What every write runs is put together once: a text that is made anew is read from end to end to find its statement.
const BY_SLOT = `${SELECT} WHERE r.ns = ? AND r.slot = ?`
const COLUMNS = 'rid, ns, slot, collection, id, at, hash, author, seal, prev, exp, kh, counted, content_key, content, document, more'
const INSERT = `INSERT INTO records (${COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`

/** The versions that hold the slots, by position, slot, document and content. */
export class RecordTable {
  readonly #statements: Statements
  readonly #authors: AuthorTable
  readonly #seals: SealTable
  readonly #indexes: RecordTableInit['indexes']
  readonly #texts: RecordTableInit['texts']
  readonly #totals: Totals
  readonly #readings: Readings
  readonly #onReplaced: RecordTableInit['onReplaced']
  readonly #onRemoved: RecordTableInit['onRemoved']
  /** Whether there was no room for the index of contents. */
  #hasNoRoom = false

  constructor({ statements, authors, seals, indexes, texts, totals, readings, onReplaced, onRemoved }: RecordTableInit) {
    this.#statements = statements
    this.#authors = authors
    this.#seals = seals
    this.#indexes = indexes
    this.#texts = texts
    this.#totals = totals
    this.#readings = readings
    this.#onReplaced = onReplaced
    this.#onRemoved = onRemoved
  }

  bySlot(ns: number, slot: Uint8Array): StoredRecord | undefined {
    const row = this.#statements.own(BY_SLOT).get(ns, slot)
    return row && storedRecord(row)
  }

  since(ns: number, since: number, limit: number): StoredRecord[] {
    return this.#page('WHERE r.rid > ? AND r.rid < ? ORDER BY r.rid LIMIT ?', limit, ns * SEQ_SPAN + since, (ns + 1) * SEQ_SPAN)
  }

  unsealed(ns: number, limit: number): StoredRecord[] {
    const condition = 'r.rid > ? + (SELECT sealed FROM namespaces WHERE ns = ?) AND r.rid < ? AND r.seal IS NULL'
    return this.#page(`WHERE ${condition} ORDER BY r.rid LIMIT ?`, limit, ns * SEQ_SPAN, ns, (ns + 1) * SEQ_SPAN)
  }

  /** Records of one author beyond a time, after a position. Reads all from there on: no index has the times. */
  beyond(ns: number, { after, by, since, limit }: UnknownFuture): StoredRecord[] {
    const condition = 'r.rid > ? AND r.rid < ? AND r.at > ? AND r.author = (SELECT author FROM authors WHERE key = ?)'
    return this.#page(`WHERE ${condition} ORDER BY r.rid LIMIT ?`, limit, ns * SEQ_SPAN + since, (ns + 1) * SEQ_SPAN, after, by)
  }

  /** Records of a later time, after a position. Reads all from there on. */
  later(ns: number, { after, since, limit }: LaterRecords): StoredRecord[] {
    const condition = 'WHERE r.rid > ? AND r.rid < ? AND r.at > ? ORDER BY r.rid LIMIT ?'
    return this.#page(condition, limit, ns * SEQ_SPAN + since, (ns + 1) * SEQ_SPAN, after)
  }

  /** Those of them at some positions. */
  at(ns: number, { after, since, limit }: LaterRecords, seqs: readonly number[]): StoredRecord[] {
    const condition = 'WHERE r.rid IN (SELECT ? + value FROM json_each(?)) AND r.rid > ? AND r.at > ? ORDER BY r.rid LIMIT ?'
    const first = ns * SEQ_SPAN
    return this.#page(condition, limit, first, JSON.stringify(seqs), first + since, after)
  }

  #page(condition: string, limit: number, ...params: readonly SqlValue[]): StoredRecord[] {
    const statement = this.#statements.own(`${SELECT} ${condition}`)
    return pageOf(statement, [...params, limit], limit).rows.map(storedRecord)
  }

  versionsSince(ns: number, since: number, limit: number): Version[] {
    return this.#statements
      .own('SELECT rid, slot, hash, at FROM records WHERE rid > ? AND rid < ? ORDER BY rid LIMIT ?')
      .all(ns * SEQ_SPAN + since, (ns + 1) * SEQ_SPAN, limit)
      .map(versionOf)
  }

  versionsBetween(ns: number, low: Uint8Array, high: Uint8Array | undefined, limit: number): Version[] {
    return this.#statements
      .own('SELECT rid, slot, hash, at FROM records WHERE ns = ? AND slot >= ? AND slot < ? ORDER BY slot LIMIT ?')
      .all(ns, low, high ?? AFTER_SLOTS, limit)
      .map(versionOf)
  }

  content(ns: number, collection: string, id: string): string | undefined {
    const row = this.#statements
      .own('SELECT content FROM records WHERE ns = ? AND collection = ? AND id = ? AND content IS NOT NULL')
      .get(ns, collection, id)
    return row && String(row['content'])
  }

  /** The record that shows a document. */
  shown(ns: number, collection: string, id: string): StoredRecord | undefined {
    const row = this.#statements.own(`${SELECT} WHERE r.ns = ? AND r.collection = ? AND r.id = ? AND r.content IS NOT NULL`).get(ns, collection, id)
    return row && storedRecord(row)
  }

  documentByDigest(digest: Uint8Array): FoundDocument | undefined {
    this.#indexContent()
    // Databases of before have keys of 48 bits too.
    const next = this.#statements.own(
      'SELECT rid, collection, id, content FROM records WHERE content_key IN (?, ?) AND content IS NOT NULL AND rid > ? ORDER BY rid LIMIT 1',
    )
    // One at a time: any number of documents can have this content, and others can be made to share its first bits.
    let row: SqlRow | undefined
    while ((row = next.get(contentKey(digest), formerContentKey(digest), Number(row?.['rid'] ?? 0))) !== undefined) {
      const content = String(row['content'])
      if (compareBytes(sha256(content), digest) === 0)
        return { ns: Math.floor(Number(row['rid']) / SEQ_SPAN), collection: String(row['collection']), id: String(row['id']), content }
    }
    return undefined
  }

  /** Made when it is first needed: most peers never look content up by CID, and every write would pay for it. */
  #indexContent(): void {
    if (this.#hasNoRoom) return
    try {
      this.#statements.own('CREATE INDEX IF NOT EXISTS records_by_content ON records (content_key) WHERE content IS NOT NULL').run()
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      // The records are looked through. Whoever asks need not be known, so it is not tried for each of them.
      this.#hasNoRoom = true
    }
  }

  /** To be called when there may be more room than before. */
  madeRoom(): void {
    this.#hasNoRoom = false
  }

  /** Stores a version in place of the one that holds the slot. Call inside a transaction. */
  replace(ns: number, slot: Uint8Array, old: StoredRecord | undefined, record: NewRecord, seal: number | null): CommitOutcome {
    const { seq, counted } = this.#totals.replace(ns, old, record)
    if (old !== undefined) {
      this.#remove(ns, slot, old)
      this.#onReplaced(ns, slot, [old], record)
    }
    const rid = ns * SEQ_SPAN + seq
    const { collection, id, at, hash, prev, exp, kh, digest, content } = record
    const author = this.#authors.number(record.by)
    const key = digest && contentKey(digest)
    this.#statements
      .own(INSERT)
      .run(
        rid,
        ns,
        slot,
        collection,
        id,
        at,
        hash,
        author,
        seal,
        prev,
        exp,
        keyHashColumn(kh, slot),
        counted,
        key,
        content,
        documentColumn(record),
        moreColumn(record),
      )
    if (content !== null && collection !== null) this.#indexes.added(ns, collection, rid, content)
    this.#texts.replaced(ns, old, { seq, collection, content })
    return { seq, record, replaced: old }
  }

  /** Removes a version that nothing replaces. Call inside a transaction, and `totals.storeNow` at its end. */
  remove(ns: number, record: StoredRecord): void {
    this.#totals.remove(ns, record)
    this.#texts.replaced(ns, record, { seq: record.seq, collection: null, content: null })
    this.#remove(ns, record.slot, record)
    this.#onRemoved(ns, documentOf(record), record)
  }

  #remove(ns: number, slot: Uint8Array, old: StoredRecord): void {
    const { seq, seal } = old
    const rid = ns * SEQ_SPAN + seq
    this.#readings.replaced(ns, slot, old)
    this.#indexes.removed(rid)
    this.#statements.own('DELETE FROM records WHERE rid = ?').run(rid)
    if (seal !== null) this.#seals.release(seal)
  }

  /** Calls a version something else and puts it under another seal; what it says stays. What it replaced, nobody knows under the new name. */
  restate(ns: number, { seq, erased, lost }: StoredRecord, { slot, hash, kh, document }: Restated, seal: number): void {
    this.#statements
      .own(
        'UPDATE records SET slot = ?, hash = ?, kh = ?, document = coalesce(?, document), seal = ?, more = ?, prev = NULL, counted = NULL WHERE rid = ?',
      )
      .run(slot, hash, keyHashColumn(kh, slot), document ?? null, seal, moreColumn({ erased, unit: lost?.unit }), ns * SEQ_SPAN + seq)
  }

  /** Puts a record that has no seal under one; `false` where there is no such record. */
  seal(ns: number, seq: number, seal: number): boolean {
    const row = this.#statements.own('UPDATE records SET seal = ? WHERE rid = ? AND seal IS NULL RETURNING rid').get(seal, ns * SEQ_SPAN + seq)
    return row !== undefined
  }

  /** Moves on to the first record without a seal, so that `unsealed` need not pass over all the others. An index would cost every write a page. */
  advanceSealed(ns: number): void {
    const first = 'SELECT rid FROM records WHERE rid > ?1 + sealed AND rid < ?2 AND seal IS NULL ORDER BY rid LIMIT 1'
    this.#statements
      .own(`UPDATE namespaces SET sealed = coalesce((${first}) - 1 - ?1, ?3) WHERE ns = ?4`)
      .run(ns * SEQ_SPAN, (ns + 1) * SEQ_SPAN, this.#totals.lastSeq(ns), ns)
  }
}

function versionOf(row: SqlRow): Version {
  return { seq: Number(row['rid']) % SEQ_SPAN, slot: bytes(row['slot']), hash: bytes(row['hash']), at: Number(row['at']) }
}

/** First 32 bits of a digest, as an integer with a sign, which takes four bytes whatever it is. */
export function contentKey(digest: Uint8Array): number {
  // Without a view, which would give the digest a buffer outside V8's heap.
  return ((digest[0] ?? 0) << 24) | ((digest[1] ?? 0) << 16) | ((digest[2] ?? 0) << 8) | (digest[3] ?? 0)
}

/** First 48 bits, as databases before version 13 have them. */
function formerContentKey(digest: Uint8Array): number {
  let key = 0
  for (let i = 0; i < 6; i++) key = key * 256 + (digest[i] ?? 0)
  return key
}
