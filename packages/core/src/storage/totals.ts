import { HashSum } from '../sets/hash-sum.ts'
import { bytes } from './rows.ts'
import { SEQ_SPAN } from './schema.ts'
import type { Statements } from './statements.ts'
import type { SetTotal, StoredRecord } from './storage.ts'

/** Versions after which a total is stored again. Storing it with every single write would cost each of them a page. */
const STORE_EVERY = 128

/** What the records of a namespace add up to, and the last position in it. */
interface Total {
  readonly sum: HashSum
  seq: number
  /** Position up to which the stored total counts. */
  storedSeq: number
}

/**
 * The total of every namespace, kept in step with its records inside of each transaction. It is stored now and then only: what came after
 * is added when it is read. A version that took the place of a counted one remembers the hash of that in its column `counted`.
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
    const { sum, seq } = this.#of(ns)
    return { seq, count: sum.count, fingerprint: sum.fingerprint() }
  }

  /** Counts a new version, and no longer the one that held its slot. Gives its position, and what its column `counted` must hold. */
  replace(ns: number, old: StoredRecord | undefined, hash: Uint8Array): { readonly seq: number; readonly counted: Uint8Array | null } {
    const total = this.#of(ns)
    const counted = old === undefined ? null : old.seq <= total.storedSeq ? old.hash : this.#countedBy(ns, old.seq)
    if (old !== undefined) total.sum.subtract(old.hash)
    total.sum.add(hash)
    total.seq++
    return { seq: total.seq, counted }
  }

  /** Stores the total where enough has changed. Call at the end of a transaction. */
  store(ns: number): void {
    const total = this.#of(ns)
    if (total.seq - total.storedSeq >= STORE_EVERY) this.#store(ns, total)
  }

  /** Adds up all records anew. False where the total was wrong, which puts it right. Call inside a transaction. */
  recount(ns: number): boolean {
    const sum = new HashSum()
    this.#statements.own('SELECT hash FROM records WHERE rid > ? AND rid < ?').each(range(ns, 0), (row) => {
      sum.add(bytes(row['hash']))
      return true
    })
    const total = this.#of(ns)
    if (sum.equals(total.sum)) return true
    this.#store(ns, { sum, seq: total.seq, storedSeq: 0 })
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
    const total: Total = { sum: row === undefined ? new HashSum() : HashSum.fromBytes(bytes(row['sum'])), seq: storedSeq, storedSeq }
    this.#statements.own('SELECT rid, hash, counted FROM records WHERE rid > ? AND rid < ? ORDER BY rid').each(range(ns, storedSeq), (version) => {
      if (version['counted'] !== null) total.sum.subtract(bytes(version['counted']))
      total.sum.add(bytes(version['hash']))
      total.seq = Number(version['rid']) - ns * SEQ_SPAN
      return true
    })
    return total
  }

  #store(ns: number, total: Total): void {
    total.storedSeq = total.seq
    this.#statements.own('INSERT OR REPLACE INTO totals (ns, seq, sum) VALUES (?, ?, ?)').run(ns, total.seq, total.sum.toBytes())
    this.#totals.set(ns, total)
  }

  #countedBy(ns: number, seq: number): Uint8Array | null {
    const row = this.#statements.own('SELECT counted FROM records WHERE rid = ?').get(ns * SEQ_SPAN + seq)
    const counted = row?.['counted']
    return counted instanceof Uint8Array ? counted : null
  }
}

/** Bounds of the row ids of a namespace after a position. */
function range(ns: number, since: number): readonly [after: number, before: number] {
  return [ns * SEQ_SPAN + since, (ns + 1) * SEQ_SPAN]
}
