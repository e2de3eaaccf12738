import { DocstoreError } from '../errors.ts'
import type { Document } from '../model/content.ts'
import { textsOf } from '../query/index.ts'
import type { Leftover } from './leftovers.ts'
import { SEQ_SPAN } from './schema.ts'
import type { Statements } from './statements.ts'

/** Text indexes per namespace, and altogether. Each is an FTS5 table, which costs writes to its own collection only. */
export const MAX_NAMESPACE_TEXT_INDEXES = 16
export const MAX_TEXT_INDEXES = 64
/** Documents that are read at a time while an index is made over them. */
const BACKFILL_PAGE = 100
/** A word that nobody types, so that no phrase reaches from one text into the next. */
const BETWEEN_TEXTS = ' \u{f8ff} '

/** When FTS5 merges, as it does unless said, and never, as far as that is possible (sqlite.org/fts5.html#the_crisismerge_configuration_option). */
const MERGING: { readonly automerge: number; readonly crisismerge: number } = { automerge: 4, crisismerge: 16 }
const NO_MERGING: typeof MERGING = { automerge: 0, crisismerge: 1999 }

/** Words are found whatever their case and accents. */
const TOKENIZER = 'unicode61 remove_diacritics 2'

/** A version of a document, as far as its words are concerned. */
interface Version {
  readonly seq: number
  readonly collection: string | null
  readonly content: string | null
}

/** A text index, and whether its table is there. */
interface KnownIndex {
  readonly tx: number
  readonly table: string
  readonly paths: readonly string[]
  readonly isGivenUp: boolean
}

/** What is indexed of a version. */
interface Indexed {
  readonly index: KnownIndex
  readonly rid: number
  readonly words: string
}

/**
 * The text indexes of a database, at most one per collection: an FTS5 table each, which holds words and where they stand, but not the
 * texts. Its own option secure-delete takes the words of a deleted document out at once; `contentless_delete` would leave them there
 * behind a mark until segments happen to be merged. So what was indexed has to be said again to delete it, and it takes some
 * milliseconds. Therefore a version with the same texts as the one before keeps its row there: `text_moved` says whose that is now.
 *
 * A small change can write much: FTS5 merges what was indexed before, up to the whole table, and every word of a text has a page of its own
 * in it. On a full disk merging waits, and where that is not enough, the table is given up, until somebody searches and there is room for it.
 */
export class TextIndexes {
  readonly #statements: Statements
  /** By namespace and collection; read when first needed, and again after a transaction that failed. */
  #known: Map<string, KnownIndex> | undefined
  /** What the transaction has changed, or the last one that failed, by table. */
  readonly #changed = new Map<string, KnownIndex>()
  #isMerging = true

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** The text index of a collection, if it has one. */
  of(ns: number, collection: string): KnownIndex | undefined {
    const all = this.#all()
    return all.size === 0 ? undefined : all.get(keyOf(ns, collection))
  }

  /** Makes the text index of a collection over what is stored and what will be. Call inside a transaction. */
  create(ns: number, collection: string, paths: readonly string[]): void {
    const known = this.of(ns, collection)
    if (known !== undefined) {
      if (JSON.stringify(known.paths) === JSON.stringify(paths)) return this.remake(ns, collection)
      const fields = JSON.stringify(known.paths)
      throw new DocstoreError(
        'bad-index',
        `A collection has one text index, and this one's is over ${fields}. Drop that first; one index can have several fields`,
      )
    }
    this.#checkCount(ns)
    const row = this.#statements
      .own('INSERT INTO text_indexes (ns, collection, paths) VALUES (?, ?, ?) RETURNING tx')
      .get(ns, collection, JSON.stringify(paths))
    this.#make(ns, collection, indexOf(Number(row?.['tx']), paths))
  }

  /** Makes one that was given up again. Call inside a transaction. */
  remake(ns: number, collection: string): void {
    const index = this.of(ns, collection)
    if (index?.isGivenUp === true) this.#make(ns, collection, indexOf(index.tx, index.paths))
  }

  #make(ns: number, collection: string, index: KnownIndex): void {
    // Of one that had the number before, or of this one before it was given up.
    this.#statements.own('DELETE FROM text_moved WHERE tx = ?').run(index.tx)
    this.#statements.exec(`CREATE VIRTUAL TABLE ${index.table} USING fts5(words, content='', tokenize='${TOKENIZER}')`)
    this.#set(index, 'secure-delete', 1)
    this.#all().set(keyOf(ns, collection), index)
    this.#backfill(ns, collection)
  }

  #set({ table }: KnownIndex, option: string, value: number): void {
    this.#statements.exec(`INSERT INTO ${table} (${table}, rank) VALUES ('${option}', ${value})`)
  }

  /**
   * Drops the text index of a collection; `false` where there is none over these fields. Where space is short, says in `leftovers` what is yet to
   * be cleared. Call inside a transaction.
   */
  drop(ns: number, collection: string, paths: readonly string[], leftovers?: Leftover[]): boolean {
    const row = this.#statements
      .own('DELETE FROM text_indexes WHERE ns = ? AND collection = ? AND paths = ? RETURNING tx')
      .get(ns, collection, JSON.stringify(paths))
    if (row === undefined) return false
    const tx = Number(row['tx'])
    if (leftovers === undefined) this.#statements.own('DELETE FROM text_moved WHERE tx = ?').run(tx)
    else leftovers.push({ table: 'text_moved', column: 'tx', number: tx })
    this.#statements.exec(`DROP TABLE IF EXISTS ${tableOf(tx)}`)
    this.#all().delete(keyOf(ns, collection))
    return true
  }

  /** Puts the words of a version in place of those of the one that it replaces. Call inside a transaction. */
  replaced(ns: number, old: Version | undefined, version: Version): void {
    if (this.#all().size === 0) return
    const [before, after] = [old && this.#wordsOf(ns, old), this.#wordsOf(ns, version)]
    if (before !== undefined && before.index === after?.index && before.words === after.words) return this.#move(before, after)
    if (before !== undefined) this.#remove(before)
    if (after !== undefined) this.#add(after)
  }

  /** The tables that the transaction has changed, or the last one that failed. */
  get changed(): readonly string[] {
    return [...this.#changed.keys()]
  }

  /** To be called where a transaction begins. */
  began(): void {
    this.#changed.clear()
  }

  /** Does what a transaction does, and merges nothing meanwhile. */
  withoutMerging<T>(work: () => T): T {
    this.#isMerging = false
    try {
      const result = work()
      // Setting an option first writes what is pending.
      for (const index of this.#changed.values()) this.#setMerging(index, MERGING)
      return result
    } finally {
      this.#isMerging = true
    }
  }

  /** Gives tables up, until somebody searches. Call inside a transaction. */
  giveUp(tables: readonly string[]): void {
    for (const table of tables) this.#statements.exec(`DROP TABLE IF EXISTS ${table}`)
    this.#known = undefined
  }

  #setMerging(index: KnownIndex, { automerge, crisismerge }: typeof MERGING): void {
    this.#set(index, 'automerge', automerge)
    this.#set(index, 'crisismerge', crisismerge)
  }

  #changes(index: KnownIndex): void {
    if (this.#changed.has(index.table)) return
    this.#changed.set(index.table, index)
    if (!this.#isMerging) this.#setMerging(index, NO_MERGING)
  }

  /** Forgets what the transaction has learned: it is gone. */
  rolledBack(): void {
    this.#known = undefined
  }

  /** What is indexed of a version; `undefined` where nothing is. */
  #wordsOf(ns: number, { seq, collection, content }: Version): Indexed | undefined {
    const index = collection === null || content === null ? undefined : this.of(ns, collection)
    if (index === undefined || index.isGivenUp || content === null) return undefined
    const words = textsOf(JSON.parse(content) as Document, index.paths).join(BETWEEN_TEXTS)
    return words === '' ? undefined : { index, rid: ns * SEQ_SPAN + seq, words }
  }

  #add({ index, rid, words }: Indexed): void {
    this.#changes(index)
    const { table } = index
    this.#statements.query(`INSERT INTO ${table} (rowid, words) VALUES (?, ?)`).run(rid, words)
  }

  #remove(indexed: Indexed): void {
    this.#changes(indexed.index)
    const { table } = indexed.index
    this.#statements.query(`INSERT INTO ${table} (${table}, rowid, words) VALUES ('delete', ?, ?)`).run(this.#takeRow(indexed), indexed.words)
  }

  #move(before: Indexed, { index, rid }: Indexed): void {
    this.#statements.own('INSERT INTO text_moved (tx, row, rid) VALUES (?, ?, ?)').run(index.tx, this.#takeRow(before), rid)
  }

  /** The row of a version in the FTS5 table. It is no longer its own. */
  #takeRow({ index: { tx }, rid }: Indexed): number {
    const row = this.#statements.own('DELETE FROM text_moved WHERE rid = ? AND tx = ? RETURNING row').get(rid, tx)
    return Number(row?.['row'] ?? rid)
  }

  #backfill(ns: number, collection: string): void {
    const sql = 'SELECT rid, content FROM records WHERE rid > ? AND rid < ? AND collection = ? AND content IS NOT NULL ORDER BY rid LIMIT ?'
    for (let after = ns * SEQ_SPAN; ; ) {
      const page = this.#statements.own(sql).all(after, (ns + 1) * SEQ_SPAN, collection, BACKFILL_PAGE)
      for (const row of page) {
        after = Number(row['rid'])
        this.replaced(ns, undefined, { seq: after - ns * SEQ_SPAN, collection, content: String(row['content']) })
      }
      if (page.length < BACKFILL_PAGE) return
    }
  }

  #all(): Map<string, KnownIndex> {
    this.#known ??= new Map(
      this.#statements
        .own(`SELECT tx, ns, collection, paths, EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'text_' || tx) AS is_made FROM text_indexes`)
        .all()
        .map((row) => [
          keyOf(Number(row['ns']), String(row['collection'])),
          indexOf(Number(row['tx']), JSON.parse(String(row['paths'])) as string[], row['is_made'] === 0),
        ]),
    )
    return this.#known
  }

  #checkCount(ns: number): void {
    const row = this.#statements.own('SELECT count(*) AS total, count(*) FILTER (WHERE ns = ?) AS here FROM text_indexes').get(ns)
    const isFullHere = Number(row?.['here']) >= MAX_NAMESPACE_TEXT_INDEXES
    if (!isFullHere && Number(row?.['total']) < MAX_TEXT_INDEXES) return
    const full = isFullHere ? `a namespace can have ${MAX_NAMESPACE_TEXT_INDEXES}` : `a store can have ${MAX_TEXT_INDEXES}`
    throw new DocstoreError('too-many-indexes', `There is no room for another text index: ${full}`)
  }
}

function keyOf(ns: number, collection: string): string {
  return `${ns}/${collection}`
}

/** The text index of number `tx`. */
function indexOf(tx: number, paths: readonly string[], isGivenUp = false): KnownIndex {
  return { tx, table: tableOf(tx), paths, isGivenUp }
}

function tableOf(tx: number): string {
  return `text_${tx}`
}
