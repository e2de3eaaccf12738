import { DocstoreError } from '../../errors.ts'
import type { Document } from '../../model/content.ts'
import { textsOf, wordsOf } from '../../query/index.ts'
import { MAX_NAMESPACE_TEXT_INDEXES, MAX_TEXT_INDEXES, type TextIndexes } from '../indexes/text-indexes.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'

/** Characters of a word that are looked up: longer ones are told apart in the document. */
const WORD_LENGTH = 64
/** Words of one document that are kept. */
const MAX_WORDS = 16_384
/** Documents that are read at a time while an index is made over them. */
const BACKFILL_PAGE = 256

type Version = Parameters<TextIndexes['replaced']>[2]
type KnownIndex = NonNullable<ReturnType<TextIndexes['of']>>

/**
 * The text indexes of a database on PostgreSQL, at most one per collection: each word of a document is a row of `text_words`. They only narrow a search
 * down, by the words that SQLite's tokenizer finds too, so that both databases answer alike.
 */
export class WordIndexes implements Pick<TextIndexes, keyof TextIndexes> {
  readonly changed: readonly string[] = []
  readonly #statements: Statements
  /** By namespace and collection. Read when first needed, and again after a transaction that failed. */
  #known: Map<string, KnownIndex> | undefined

  constructor(statements: Statements) {
    this.#statements = statements
  }

  of(ns: number, collection: string): KnownIndex | undefined {
    const all = this.#all()
    return all.size === 0 ? undefined : all.get(`${ns}/${collection}`)
  }

  /** Makes the text index of a collection over what is stored and what will be. Call inside a transaction. */
  create(ns: number, collection: string, paths: readonly string[]): void {
    const known = this.of(ns, collection)
    if (known !== undefined) {
      const fields = JSON.stringify(known.paths)
      if (fields === JSON.stringify(paths)) return
      throw new DocstoreError(
        'bad-index',
        `A collection has one text index, and this one's is over ${fields}. Drop that first; one index can have several fields`,
      )
    }
    this.#checkCount(ns)
    this.#statements.own('INSERT INTO text_indexes (ns, collection, paths) VALUES (?, ?, ?)').run(ns, collection, JSON.stringify(paths))
    this.#known = undefined
    this.#backfill(ns, collection)
  }

  remake(): void {}

  /** Drops the text index of a collection; `false` where there is none over these fields. Call inside a transaction. */
  drop(ns: number, collection: string, paths: readonly string[]): boolean {
    const row = this.#statements
      .own('DELETE FROM text_indexes WHERE ns = ? AND collection = ? AND paths = ? RETURNING tx')
      .get(ns, collection, JSON.stringify(paths))
    if (row === undefined) return false
    this.#statements.own('DELETE FROM text_words WHERE tx = ?').run(Number(row['tx']))
    this.#known = undefined
    return true
  }

  /** Puts the words of a version in place of those of the one that it replaces. Call inside a transaction. */
  replaced(ns: number, old: Version | undefined, version: Version): void {
    if (this.#all().size === 0) return
    if (old !== undefined && old.collection !== null && this.of(ns, old.collection) !== undefined)
      this.#statements.own('DELETE FROM text_words WHERE rid = ?').run(ns * SEQ_SPAN + old.seq)
    const { seq, collection, content } = version
    const index = collection === null ? undefined : this.of(ns, collection)
    if (index === undefined || content === null) return
    const words = new Set(
      textsOf(JSON.parse(content) as Document, index.paths)
        .flatMap(wordsOf)
        .map(wordKey),
    )
    if (words.size === 0) return
    this.#statements
      .own('INSERT INTO text_words (tx, word, rid) SELECT ?, word, ? FROM jsonb_array_elements_text(?) AS words (word) ON CONFLICT DO NOTHING')
      .run(index.tx, ns * SEQ_SPAN + seq, JSON.stringify([...words].slice(0, MAX_WORDS)))
  }

  began(): void {}
  giveUp(): void {}

  withoutMerging<T>(work: () => T): T {
    return work()
  }

  /** Forgets what is known: it is others' now, or gone. */
  rolledBack(): void {
    this.#known = undefined
  }

  #backfill(ns: number, collection: string): void {
    const page = this.#statements.own(
      'SELECT rid, content FROM records WHERE rid > ? AND rid < ? AND collection = ? AND content IS NOT NULL ORDER BY rid LIMIT ?',
    )
    for (let after = ns * SEQ_SPAN; ; ) {
      const rows = page.all(after, (ns + 1) * SEQ_SPAN, collection, BACKFILL_PAGE)
      for (const { rid, content } of rows) {
        after = Number(rid)
        this.replaced(ns, undefined, { seq: after - ns * SEQ_SPAN, collection, content: String(content) })
      }
      if (rows.length < BACKFILL_PAGE) return
    }
  }

  #all(): Map<string, KnownIndex> {
    this.#known ??= new Map(
      this.#statements
        .own('SELECT tx, ns, collection, paths FROM text_indexes')
        .all()
        .map(({ tx, ns, collection, paths }) => [
          `${Number(ns)}/${String(collection)}`,
          { tx: Number(tx), table: 'text_words', paths: JSON.parse(String(paths)) as string[], isGivenUp: false },
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

/** What of a word is looked up. */
export function wordKey(word: string): string {
  return word.slice(0, WORD_LENGTH).toWellFormed()
}
