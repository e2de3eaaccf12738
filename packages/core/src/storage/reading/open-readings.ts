import { isShown } from '../records/own-content.ts'
import { factsOfRows, shownFacts } from '../records/shown-facts.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { FeedRecord, OpenedReading, ReadingQuery, ReadPiece, ShownFacts, StoredRecord } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'
import { MAX_PAGE_LENGTH } from './page.ts'
import { type KeptRow, readingEnded } from './readings.ts'

/** Contents that are read in one call: 15 MB where all are of the largest size. */
const ROWS_AT_ONCE = 128

/** Results of one moment that are read piece by piece, and feeds of what changes from a moment on. */
export class OpenReadings {
  readonly #parts: StorageParts

  constructor(parts: StorageParts) {
    this.#parts = parts
  }

  open(
    ns: number,
    collection: string,
    { filter, sort, limit = Number.POSITIVE_INFINITY, skip = 0, first, withFacts = false }: ReadingQuery,
  ): OpenedReading {
    const { statements, totals, queries, readings, mapping } = this.#parts
    mapping.documentsRead()
    const seq = totals.lastSeq(ns)
    // One more than the first piece has room for tells whether that is all.
    const selected = queries.select(ns, collection, { filter, sort, limit, skip, few: Math.min(limit, first + 1) })
    if ('whole' in selected) {
      const rows = selected.whole
      const facts = withFacts ? { facts: this.#facts(Float64Array.from(rows, ({ rowid }) => Number(rowid))) } : {}
      return { contents: rows.map((row) => String(row['content'])), ...facts, reading: undefined, seq }
    }
    const { rows } = selected
    const contents = this.#contents(rows, 0, first)
    const facts = withFacts ? { facts: this.#facts(rows.subarray(0, contents.length)) } : {}
    if (contents.length === rows.length) return { contents, ...facts, reading: undefined, seq }
    const factsOf = withFacts ? (record: StoredRecord) => shownFacts(statements, ns, record) : undefined
    return { contents, ...facts, reading: readings.select(ns, rows, ns * SEQ_SPAN + seq, factsOf), seq }
  }

  /** Who made the documents of rows what they are; of those that were replaced, what was kept. */
  #facts(rows: Float64Array, kept?: ReadonlyMap<number, KeptRow>): ShownFacts[] {
    return factsOfRows(this.#parts.statements, [...rows]).map((facts, i) => facts ?? kept?.get(rows[i] ?? 0)?.facts ?? notKept())
  }

  readOn(reading: string, from: number, limit: number): ReadPiece {
    const { statements, readings } = this.#parts
    statements.assertOpen()
    const { rows, kept, factsOf } = readings.selection(reading, from)
    const contents = this.#contents(rows, from, limit, kept)
    const facts = factsOf === undefined ? {} : { facts: this.#facts(rows.subarray(from, from + contents.length), kept) }
    const isLast = from + contents.length >= rows.length
    if (isLast) readings.end(reading)
    return { contents, ...facts, isLast }
  }

  /** Contents of versions by row id, in order, until they fill a page; those that were replaced are in `kept`. */
  #contents(rows: Float64Array, from: number, limit: number, kept?: ReadonlyMap<number, KeptRow>): string[] {
    const contents: string[] = []
    const end = Math.min(rows.length, from + limit)
    const statement = this.#parts.statements.own(
      'SELECT j.key AS position, r.content AS content FROM json_each(?) j LEFT JOIN records r ON r.rid = j.value',
    )
    let length = 0
    // All rows of one call at once take less time than one by one, and so many cannot be too large.
    for (let at = from; at < end; at += ROWS_AT_ONCE) {
      const wanted = [...rows.subarray(at, Math.min(end, at + ROWS_AT_ONCE))]
      for (const { position, content } of statement.all(JSON.stringify(wanted))) {
        const text = typeof content === 'string' ? content : (kept?.get(wanted[Number(position)] ?? 0)?.content ?? notKept())
        // Nothing promises that a join gives its rows in this order.
        contents[at - from + Number(position)] = text
        length += text.length
      }
      if (length >= MAX_PAGE_LENGTH) break
    }
    return contents
  }

  openFeed(ns: number, since?: number): { feed: string; seq: number } {
    const { totals, readings } = this.#parts
    const last = totals.lastSeq(ns)
    const seq = since ?? last
    return { feed: readings.feed(ns, seq, last), seq }
  }

  readFeed(feed: string, limit: number): FeedRecord[] {
    const { statements, readings, records: table } = this.#parts
    statements.assertOpen()
    const { ns, at } = readings.feedPlace(feed)
    for (let since = at; ; ) {
      const records = table.since(ns, since, limit)
      const before = readings.seenBefore(feed, records)
      const changes = records.flatMap((record, i) => (isShown(record) ? { record, before: before[i] } : []))
      const last = records.at(-1)
      if (last === undefined || changes.length > 0) return changes
      since = last.seq
    }
  }
}

/** Another process has replaced it. */
function notKept(): never {
  throw readingEnded()
}
