import { toHex } from '../../model/bytes.ts'
import { eventJson, eventPieces } from '../../model/nostr/event-text.ts'
import type { NostrFilter, NostrGate, NostrIds, NostrPage, PageOptions, SetOptions, StoredEvent } from './types.ts'
import type { SqlValue } from '../drivers/driver.ts'
import type { FileMapping } from '../reading/file-mapping.ts'
import { bytes } from '../rows.ts'
import type { Statements } from '../statements.ts'
import { type Conditions, conditionsOf, gateConditions, marks, rangeConditions, type ReadFilter, readFilter, together } from './filter-sql.ts'
import { after, type FoundPlace, mergedPlaces, type StreamQuery } from './merged-streams.ts'
import { idsOf, POSITION_BYTES, positionOf } from './position.ts'

/** Streams that are merged at most: beyond that, fewer streams are read, and what does not belong there is passed over. */
const MAX_STREAMS = 8192
/** From so many on, the newest events are looked at first, so many for each that is wanted, and so many at most: that takes less than to begin each stream. */
const MANY_STREAMS = 128
const NEWEST_PER_EVENT = 20
const MAX_NEWEST = 4000
/** Events that are compared to find the best: the last of those that came. A word that is in every event would take a second otherwise. */
const MAX_SCORED = 5000
/** Rows that are looked at to find out which of two tags fewer events have. */
const LOOKED_ROWS = 1000

const FIRST = new Uint8Array()
const BEYOND: Uint8Array = new Uint8Array(POSITION_BYTES + 1).fill(255)

/** What queries stand on. */
export interface NostrQueriesInit {
  /** Number of the namespace. */
  readonly ns: number
  readonly statements: Statements
  readonly mapping: Pick<FileMapping, 'documentsRead'>
}

/** Where rows of a query come from, and what that says of them already. */
interface Source {
  readonly from: string
  readonly conditions: Conditions
  /** Whether an event can come more than once. */
  readonly repeats: boolean
}

/** Finds events. Each filter is answered by the index that leaves least to be looked at. */
export class NostrQueries {
  readonly #init: NostrQueriesInit

  constructor(init: NostrQueriesInit) {
    this.#init = init
  }

  page(filter: NostrFilter, { limit, units = Number.POSITIVE_INFINITY, after: end, gate }: PageOptions): NostrPage {
    this.#init.mapping.documentsRead()
    const read = this.#read(filter)
    if (read.isEmpty || limit <= 0) return { events: [] }
    const gated = this.#gate(gate)
    if (read.search !== undefined) return { events: this.#searched(read, read.search, gated, limit) }
    const low = end === undefined ? (read.from ?? FIRST) : later(after(positionOf(end.created_at, end.id)), read.from)
    const range = { low, high: read.to ?? BEYOND, limit: limit + 1 }
    const streams = this.#streams(read, gated)
    const places =
      (streams.length > MANY_STREAMS && read.tags.length === 0 ? this.#newest(read, gated, range) : undefined) ??
      mergedPlaces(this.#init.statements, streams, range)
    const content = this.#init.statements.own('SELECT content FROM records WHERE rid = ?')
    const events: StoredEvent[] = []
    let left = units
    for (const { rid } of places.slice(0, limit)) {
      if (left <= 0) break
      const document = String(content.get(rid)?.['content'])
      left -= document.length
      events.push(storedEvent(document))
    }
    const last = events.at(-1)
    return { events, ...(places.length > events.length && last !== undefined ? { end: { created_at: last.created_at, id: last.id } } : {}) }
  }

  #read(filter: NostrFilter): ReadFilter {
    return readFilter(this.#init.ns, filter, (key) => this.#authorOf(key))
  }

  #gate(gate: NostrGate | undefined): Conditions {
    return gateConditions(gate, (key) => this.#authorOf(key))
  }

  #authorOf(key: Uint8Array): number | undefined {
    const author = this.#init.statements.own('SELECT author FROM authors WHERE key = ?').get(key)?.['author']
    return typeof author === 'number' ? author : undefined
  }

  /** The best first. */
  #searched(read: ReadFilter, search: string, gated: Conditions, limit: number): StoredEvent[] {
    const { where, params } = together(conditionsOf({ ...read, search: undefined }), rangeConditions(read), gated)
    const matches = `SELECT e.rid AS rid, e.pos AS pos, bm25(nostr_words) AS score FROM nostr_words JOIN nostr_events e ON e.rid = nostr_words.rowid WHERE nostr_words MATCH ? AND ${where} ORDER BY nostr_words.rowid DESC LIMIT ${MAX_SCORED}`
    const rows = this.#init.statements
      .query(`SELECT r.content FROM (${matches}) m JOIN records r ON r.rid = m.rid ORDER BY m.score, m.pos LIMIT ?`)
      .all(search, ...params, limit)
    return rows.map(({ content }) => storedEvent(String(content)))
  }

  /** What of the newest events matches, where that is a page: of many authors some have written lately. */
  #newest(read: ReadFilter, gated: Conditions, { low, high, limit }: Parameters<typeof mergedPlaces>[2]): readonly FoundPlace[] | undefined {
    const { where, params } = together(conditionsOf(read), gated)
    const newest = 'SELECT pos, rid, kind, author FROM nostr_events INDEXED BY nostr_by_time WHERE pos >= ? AND pos < ? ORDER BY pos LIMIT ?'
    const rows = this.#init.statements
      .query(`SELECT e.pos AS pos, e.rid AS rid FROM (${newest}) e WHERE ${where} ORDER BY e.pos LIMIT ?`)
      .all(low, high, Math.min(MAX_NEWEST, limit * NEWEST_PER_EVENT), ...params, limit)
    return rows.length < limit ? undefined : rows.map(({ pos, rid }) => ({ pos: bytes(pos), rid: Number(rid) }))
  }

  /** The streams in which all that matches lies, and nothing else. */
  #streams(read: ReadFilter, gated: Conditions): readonly StreamQuery[] {
    const { authors = [], kinds = [], ids } = read
    const letter = this.#fewest(read)
    if (letter !== undefined && ids === undefined) {
      const rest = together(conditionsOf(read, { without: letter }), gated)
      return letter.map((key) => stream('nostr_tags e', 'e.tag = ?', [key], rest))
    }
    if (ids !== undefined) return [stream('nostr_events e', 'TRUE', [], together(conditionsOf(read), gated))]
    const ofAuthors = this.#streamsOfAuthors(authors, kinds)
    if (ofAuthors.length > 0) {
      const rest = together(conditionsOf(read, { without: 'authors and kinds' }), gated)
      return ofAuthors.map((of) => stream('nostr_events e INDEXED BY nostr_by_author', 'e.author = ? AND e.kind = ?', of, rest))
    }
    if (kinds.length > 0 && kinds.length <= MAX_STREAMS) {
      const rest = together(conditionsOf(read, { without: 'kinds' }), gated)
      return kinds.map((kind) => stream('nostr_events e INDEXED BY nostr_by_kind', 'e.kind = ?', [kind], rest))
    }
    return [stream('nostr_events e INDEXED BY nostr_by_time', 'TRUE', [], together(conditionsOf(read), gated))]
  }

  /** Authors with kinds of theirs, each as one stream; none where that would be too many. An author without any event has a stream too. */
  #streamsOfAuthors(authors: readonly number[], kinds: readonly number[]): readonly (readonly [author: number, kind: number])[] {
    if (authors.length * Math.max(1, kinds.length) > MAX_STREAMS) return []
    if (kinds.length > 0) return authors.flatMap((author) => kinds.map((kind) => [author, kind] as const))
    // One look for each kind that somebody has: few have many.
    const next = this.#init.statements.own(
      'SELECT kind FROM nostr_events INDEXED BY nostr_by_author WHERE author = ? AND kind > ? ORDER BY kind LIMIT 1',
    )
    const streams: [number, number][] = []
    for (const author of authors)
      for (let kind = -1; ; ) {
        const row = next.get(author, kind)
        if (row === undefined) {
          if (kind === -1) streams.push([author, kind])
          break
        }
        kind = Number(row['kind'])
        streams.push([author, kind])
        if (streams.length > MAX_STREAMS) return []
      }
    return streams
  }

  /** The keys of the letter that the fewest events have, as far as that is soon known. */
  #fewest({ tags }: ReadFilter): readonly SqlValue[] | undefined {
    if (tags.length < 2) return tags[0]
    const look = this.#init.statements.own('SELECT count(*) AS n FROM (SELECT 1 FROM nostr_tags WHERE tag = ? LIMIT ?)')
    const counts = tags.map((keys) => {
      let count = 0
      for (const key of keys) if (count < LOOKED_ROWS) count += Number(look.get(key, LOOKED_ROWS)?.['n'])
      return { keys, count }
    })
    return counts.reduce((fewest, one) => (one.count < fewest.count ? one : fewest)).keys
  }

  count(filter: NostrFilter, gate: NostrGate | undefined): number {
    const read = this.#read(filter)
    if (read.isEmpty) return 0
    const { from, where, params, repeats } = this.#set(read, gate)
    const row = this.#init.statements.query(`SELECT count(${repeats ? 'DISTINCT e.pos' : '*'}) AS n FROM ${from} WHERE ${where}`).get(...params)
    return Number(row?.['n'])
  }

  authorsOf(filter: NostrFilter, { max, gate }: SetOptions): string[] {
    const read = this.#read(filter)
    if (read.isEmpty) return []
    const { from, where, params, repeats } = this.#set(read, gate)
    const rows = this.#init.statements
      .query(
        `SELECT a.key FROM (SELECT ${repeats ? 'DISTINCT e.pos, e.author' : 'e.author'} FROM ${from} WHERE ${where} LIMIT ?) x JOIN authors a ON a.author = x.author`,
      )
      .all(...params, max)
    return rows.map(({ key }) => toHex(bytes(key)))
  }

  ids(filter: NostrFilter, { max, gate }: SetOptions): NostrIds | undefined {
    const read = this.#read(filter)
    if (read.isEmpty) return idsOf(FIRST)
    const { from, where, params, repeats } = this.#set(read, gate)
    const { limit = Number.POSITIVE_INFINITY } = filter
    // One value of all: as rows they would take ten times as long.
    const row = this.#init.statements
      .query(
        `SELECT count(*) AS n, CAST(group_concat(pos, '') AS BLOB) AS all_of_them FROM (SELECT ${repeats ? 'DISTINCT ' : ''}e.pos AS pos FROM ${from} WHERE ${where} ORDER BY e.pos LIMIT ?)`,
      )
      .get(...params, Math.min(limit, max + 1))
    return Number(row?.['n']) > max ? undefined : idsOf(bytes(row?.['all_of_them']))
  }

  /** All that matches, in no order. */
  #set(
    read: ReadFilter,
    gate: NostrGate | undefined,
  ): { readonly from: string; readonly where: string; readonly params: readonly SqlValue[]; readonly repeats: boolean } {
    const letter = read.ids === undefined && read.search === undefined ? this.#fewest(read) : undefined
    const source: Source =
      letter === undefined
        ? { from: 'nostr_events e', conditions: { sql: [], params: [] }, repeats: false }
        : { from: 'nostr_tags e', conditions: { sql: [`e.tag IN (${marks(letter.length)})`], params: letter }, repeats: letter.length > 1 }
    const rest = conditionsOf(read, letter === undefined ? {} : { without: letter })
    return { from: source.from, repeats: source.repeats, ...together(source.conditions, rest, rangeConditions(read), this.#gate(gate)) }
  }
}

/** One stream; its condition comes first, as its parameters do. */
function stream(from: string, condition: string, params: readonly SqlValue[], rest: ReturnType<typeof together>): StreamQuery {
  return {
    sql: `SELECT e.pos AS pos, e.rid AS rid FROM ${from} WHERE ${condition} AND ${rest.where} AND e.pos >= ? AND e.pos < ? ORDER BY e.pos LIMIT ?`,
    params: [...params, ...rest.params],
  }
}

function later(a: Uint8Array, b: Uint8Array | undefined): Uint8Array {
  return b === undefined || toHex(a) > toHex(b) ? a : b
}

/** An event as it is given, from its document. */
export function storedEvent(document: string): StoredEvent {
  const pieces = eventPieces(document)
  const { id, pubkey, created_at, kind } = pieces
  return { id, pubkey, created_at, kind, json: eventJson(pieces) }
}
