import { concatBytes } from '../../model/bytes.ts'
import { HashSum } from '../../sets/hash-sum.ts'
import { DocumentCounts } from './document-counts.ts'
import { bytes } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { CollectionCount, NewRecord, SetTotal, StoredRecord } from '../storage.ts'

const HASH_BYTES = 32
/** Versions after which a total is stored again. Storing it with every single write would cost each of them a page. */
const STORE_EVERY = 128

/** What the records of a namespace add up to, and the last position in it. */
interface Total {
  readonly sum: HashSum
  readonly documents: DocumentCounts
  seq: number
  /** Position up to which the stored total counts. */
  storedSeq: number
  /** Whether it has to be stored with this transaction. */
  isDue: boolean
}

/**
 * The total of every namespace, kept in step with its records inside of each transaction. It is stored now and then only: what came after
 * is added when it is read. A version that took the place of a counted one remembers in its column `counted` the hash of that, which was a document, or, with
 * a zero behind it, none. Of a document with edits several records can go at once: the last one remembers what all of them add up to, and behind it how
 * many documents less are shown by others. A tombstone, which stays for half a year, remembers nothing: with it the total is stored.
 */
export class Totals {
  readonly #statements: Statements
  readonly #totals = new Map<number, Total>()

  constructor(statements: Statements) {
    this.#statements = statements
  }

  lastSeq(ns: number): number {
    return this.#of(ns).seq
  }

  get(ns: number): SetTotal {
    const { sum, seq, documents } = this.#of(ns)
    return { seq, count: sum.count, fingerprint: sum.fingerprint(), documents: documents.all }
  }

  /** How many documents a collection has. */
  documents(ns: number, collection: string): number {
    return this.#of(ns).documents.of(collection)
  }

  /** Whether most records of the namespace are documents of this collection. */
  isMost(ns: number, collection: string): boolean {
    const { sum, documents } = this.#of(ns)
    return documents.of(collection) * 2 > sum.count
  }

  /** Collections that have documents, sorted. */
  collections(ns: number, limit: number): readonly CollectionCount[] {
    return this.#of(ns).documents.list(limit)
  }

  /** Counts a new version, and no longer the one that held its slot. Gives its position, and what its column `counted` must hold. */
  replace(ns: number, old: StoredRecord | undefined, record: NewRecord): { readonly seq: number; readonly counted: Uint8Array | null } {
    const total = this.#of(ns)
    if (record.kh !== null) total.isDue = true
    const isCounted = old !== undefined && !total.isDue
    const counted = isCounted ? (old.seq <= total.storedSeq ? countedAs(old) : this.#countedBy(ns, old.seq)) : null
    if (old !== undefined) total.sum.subtract(old.hash)
    total.sum.add(record.hash)
    total.documents.replace(record.collection, Number(record.content !== null) - Number(old !== undefined && old.content !== null))
    total.seq++
    return { seq: total.seq, counted }
  }

  /** The position of the next version, of a document with edits. */
  next(ns: number): number {
    return ++this.#of(ns).seq
  }

  /** Counts such a version, and no longer those that went for it. */
  swap(ns: number, gone: readonly Pick<StoredRecord, 'hash'>[], record: Pick<NewRecord, 'hash'>): void {
    const total = this.#of(ns)
    for (const { hash } of gone) total.sum.subtract(hash)
    total.sum.add(record.hash)
  }

  /** What the last record of a document with edits has to remember, before others are removed for it, and another one shows it no more. */
  countedBefore(
    ns: number,
    removed: readonly Pick<StoredRecord, 'seq' | 'hash' | 'content'>[],
    hidden: Pick<StoredRecord, 'seq'> | undefined,
  ): Uint8Array | null {
    const { storedSeq, isDue } = this.#of(ns)
    if (isDue) return null
    const sum = new HashSum()
    let documents = hidden !== undefined && hidden.seq <= storedSeq ? 1 : 0
    for (const { seq, hash, content } of removed) {
      const counted = seq <= storedSeq ? countedAs({ hash, content }) : this.#countedBy(ns, seq)
      if (counted === null) continue
      const before = readCounted(counted)
      sum.addAll(before.sum)
      documents += before.documents
    }
    return sum.count === 0 && documents === 0 ? null : concatBytes(sum.toBytes(), Uint8Array.of(documents))
  }

  /** Counts documents that appeared, or less of them, in a collection. */
  changedDocuments(ns: number, collection: string | null, by: number): void {
    this.#of(ns).documents.replace(collection, by)
  }

  /** Counts a record no longer that is removed, and that nothing replaces. To be followed by `storeNow` in its transaction: no version says what it was. */
  remove(ns: number, { hash, collection, content }: StoredRecord): void {
    const total = this.#of(ns)
    total.sum.subtract(hash)
    if (content !== null) total.documents.replace(collection, -1)
  }

  /** Moves the last position on without a record. Call inside a transaction. */
  moveOn(ns: number): void {
    this.#of(ns).seq++
    this.storeNow(ns)
  }

  /** Stores the total. Call inside a transaction. */
  storeNow(ns: number): void {
    this.#store(ns, this.#of(ns))
  }

  /** Stores the total where enough has changed. Call at the end of a transaction. */
  store(ns: number): void {
    const total = this.#of(ns)
    if (total.isDue || total.seq - total.storedSeq >= STORE_EVERY) this.#store(ns, total)
  }

  /** Adds up all records anew. False where the total was wrong, which puts it right. Call inside a transaction. */
  recount(ns: number): boolean {
    const sum = new HashSum()
    this.#statements.own('SELECT hash FROM records WHERE rid > ? AND rid < ?').each(range(ns, 0), (row) => {
      sum.add(bytes(row['hash']))
      return true
    })
    const total = this.#of(ns)
    const areCounted = total.documents.recount()
    if (sum.equals(total.sum) && areCounted) return true
    this.#store(ns, { sum, seq: total.seq, storedSeq: 0, isDue: false, documents: total.documents })
    return false
  }

  /** Forgets what a rolled-back transaction has changed. */
  rolledBack(): void {
    this.#totals.clear()
  }

  #of(ns: number): Total {
    this.#statements.assertOpen()
    const known = this.#totals.get(ns)
    if (known !== undefined) return known
    const total = this.#load(ns)
    this.#totals.set(ns, total)
    return total
  }

  #load(ns: number): Total {
    const row = this.#statements.own('SELECT seq, sum FROM totals WHERE ns = ?').get(ns)
    const storedSeq = Number(row?.['seq'] ?? 0)
    const sum = row === undefined ? new HashSum() : HashSum.fromBytes(bytes(row['sum']))
    const total: Total = { sum, seq: storedSeq, storedSeq, isDue: false, documents: new DocumentCounts(this.#statements, ns) }
    const versions = this.#statements.own(
      'SELECT rid, hash, counted, collection, content IS NOT NULL AS document FROM records WHERE rid > ? AND rid < ? ORDER BY rid',
    )
    versions.each(range(ns, storedSeq), ({ rid, hash, counted, collection, document }) => {
      const before = counted instanceof Uint8Array ? readCounted(counted) : undefined
      if (before !== undefined) total.sum.subtractAll(before.sum)
      total.sum.add(bytes(hash))
      total.documents.replace(typeof collection === 'string' ? collection : null, Number(document) - (before?.documents ?? 0))
      total.seq = Number(rid) - ns * SEQ_SPAN
      return true
    })
    return total
  }

  #store(ns: number, total: Total): void {
    total.storedSeq = total.seq
    total.isDue = false
    total.documents.store()
    this.#statements
      .own('INSERT INTO totals (ns, seq, sum) VALUES (?, ?, ?) ON CONFLICT (ns) DO UPDATE SET seq = excluded.seq, sum = excluded.sum')
      .run(ns, total.seq, total.sum.toBytes())
    this.#totals.set(ns, total)
  }

  #countedBy(ns: number, seq: number): Uint8Array | null {
    const counted = this.#statements.own('SELECT counted FROM records WHERE rid = ?').get(ns * SEQ_SPAN + seq)?.['counted']
    return counted instanceof Uint8Array ? counted : null
  }
}

/** What a stored total counts in the slot of a version that came after it. */
function readCounted(counted: Uint8Array): { readonly sum: HashSum; readonly documents: number } {
  if (counted.length > HASH_BYTES + 1) return { sum: HashSum.fromBytes(counted.subarray(0, -1)), documents: counted.at(-1) ?? 0 }
  const sum = new HashSum()
  sum.add(counted)
  return { sum, documents: counted.length === HASH_BYTES ? 1 : 0 }
}

function countedAs({ hash, content }: Pick<StoredRecord, 'hash' | 'content'>): Uint8Array {
  return content === null ? concatBytes(hash, Uint8Array.of(0)) : hash
}

/** Bounds of the row ids of a namespace after a position. */
function range(ns: number, since: number): readonly [after: number, before: number] {
  return [ns * SEQ_SPAN + since, (ns + 1) * SEQ_SPAN]
}
