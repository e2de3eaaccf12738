import { DocstoreError } from '../errors.ts'
import type { Document } from '../model/content.ts'
import { type TextIndex, textsOf } from '../query/index.ts'
import { SEQ_SPAN } from './schema.ts'
import type { Statements } from './statements.ts'

/** Text indexes per namespace, and altogether. Each is an FTS5 table, which costs writes to its own collection only. */
const MAX_NAMESPACE_TEXT_INDEXES = 16
const MAX_TEXT_INDEXES = 64
/** Documents that are read at a time while an index is made over them. */
const BACKFILL_PAGE = 100
/** A word that nobody types, so that no phrase reaches from one text into the next. */
const BETWEEN_TEXTS = ' \u{f8ff} '

/** Words are found whatever their case and accents. */
const TOKENIZER = 'unicode61 remove_diacritics 2'

/**
 * The text indexes of a database, at most one per collection: an FTS5 table each, which holds words and where they stand, but not the
 * texts. Its own option secure-delete takes the words of a deleted document out at once; `contentless_delete` would leave them there
 * behind a mark until segments happen to be merged. So what was indexed has to be said again to delete it.
 */
export class TextIndexes {
  readonly #statements: Statements
  /** By namespace and collection; read when first needed, and again after a transaction that failed. */
  #known: Map<string, TextIndex> | undefined

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** The text index of a collection, if it has one. */
  of(ns: number, collection: string): TextIndex | undefined {
    const all = this.#all()
    return all.size === 0 ? undefined : all.get(keyOf(ns, collection))
  }

  /** Makes the text index of a collection over what is stored and what will be. Call inside a transaction. */
  create(ns: number, collection: string, paths: readonly string[]): void {
    const known = this.of(ns, collection)
    if (known !== undefined) {
      if (JSON.stringify(known.paths) === JSON.stringify(paths)) return
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
    const index = { table: tableOf(Number(row?.['tx'])), paths }
    this.#statements.exec(`CREATE VIRTUAL TABLE ${index.table} USING fts5(words, content='', tokenize='${TOKENIZER}')`)
    this.#statements.exec(`INSERT INTO ${index.table} (${index.table}, rank) VALUES ('secure-delete', 1)`)
    this.#all().set(keyOf(ns, collection), index)
    this.#backfill(ns, collection, index)
  }

  /** Drops the text index of a collection; `false` where there is none over these fields. Call inside a transaction. */
  drop(ns: number, collection: string, paths: readonly string[]): boolean {
    const row = this.#statements
      .own('DELETE FROM text_indexes WHERE ns = ? AND collection = ? AND paths = ? RETURNING tx')
      .get(ns, collection, JSON.stringify(paths))
    if (row === undefined) return false
    this.#statements.exec(`DROP TABLE ${tableOf(Number(row['tx']))}`)
    this.#all().delete(keyOf(ns, collection))
    return true
  }

  /** Adds the words of a new version. Call inside a transaction. */
  added(ns: number, collection: string, rid: number, content: string): void {
    const index = this.of(ns, collection)
    if (index !== undefined) this.#add(index, rid, content)
  }

  /** Removes the words of a version that is replaced. Call inside a transaction. */
  removed(ns: number, collection: string | null, rid: number, content: string | null): void {
    const index = collection === null || content === null ? undefined : this.of(ns, collection)
    if (index === undefined || content === null) return
    const words = wordsOf(index, content)
    if (words === '') return
    this.#statements.query(`INSERT INTO ${index.table} (${index.table}, rowid, words) VALUES ('delete', ?, ?)`).run(rid, words)
  }

  /** Forgets what the transaction has learned: it is gone. */
  rolledBack(): void {
    this.#known = undefined
  }

  #add(index: TextIndex, rid: number, content: string): void {
    const words = wordsOf(index, content)
    if (words !== '') this.#statements.query(`INSERT INTO ${index.table} (rowid, words) VALUES (?, ?)`).run(rid, words)
  }

  #backfill(ns: number, collection: string, index: TextIndex): void {
    const sql = 'SELECT rid, content FROM records WHERE rid > ? AND rid < ? AND collection = ? AND content IS NOT NULL ORDER BY rid LIMIT ?'
    for (let after = ns * SEQ_SPAN; ; ) {
      const page = this.#statements.own(sql).all(after, (ns + 1) * SEQ_SPAN, collection, BACKFILL_PAGE)
      for (const row of page) {
        after = Number(row['rid'])
        this.#add(index, after, String(row['content']))
      }
      if (page.length < BACKFILL_PAGE) return
    }
  }

  #all(): Map<string, TextIndex> {
    this.#known ??= new Map(
      this.#statements
        .own('SELECT tx, ns, collection, paths FROM text_indexes')
        .all()
        .map((row) => [
          keyOf(Number(row['ns']), String(row['collection'])),
          { table: tableOf(Number(row['tx'])), paths: JSON.parse(String(row['paths'])) as string[] },
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

function tableOf(tx: number): string {
  return `text_${tx}`
}

/** What is indexed of a document. */
function wordsOf({ paths }: TextIndex, content: string): string {
  return textsOf(JSON.parse(content) as Document, paths).join(BETWEEN_TEXTS)
}
