import { EVENTS } from '../../model/nostr/event-record.ts'
import { fromHex } from '../../model/nostr/hex.ts'
import type { NostrFilter, NostrGate } from './types.ts'
import type { SqlValue } from '../drivers/driver.ts'
import { endOf, startOf } from './position.ts'
import { tagKey } from './tag-key.ts'
import { searchOf } from './words.ts'

/** Conditions on a row `e` that has a place, a kind and an author, and what they are asked with. */
export interface Conditions {
  readonly sql: readonly string[]
  readonly params: readonly SqlValue[]
}

/** What a filter asks of rows, by the numbers of those authors who are here; `isEmpty` where nobody can match. */
export interface ReadFilter {
  /** Number of the namespace. */
  readonly ns: number
  readonly isEmpty: boolean
  readonly authors: readonly number[] | undefined
  readonly kinds: readonly number[] | undefined
  /** Letters with the keys of their values. */
  readonly tags: readonly (readonly SqlValue[])[]
  readonly ids: readonly string[] | undefined
  readonly search: string | undefined
  /** Places between which it lies: from the first, and before the second. */
  readonly from: Uint8Array | undefined
  readonly to: Uint8Array | undefined
}

/** Reads a filter with what gives the number of an author, where there is one. */
export function readFilter(ns: number, filter: NostrFilter, numberOf: (key: Uint8Array) => number | undefined): ReadFilter {
  const { ids, authors, kinds, tags = {}, since, until, search } = filter
  const known = authors === undefined ? undefined : [...new Set(authors)].flatMap((key) => numberOf(fromHex(key)) ?? [])
  const keys = Object.entries(tags).map(([letter, values]) => [...new Set(values)].map((value) => tagKey(letter, value)))
  const isPast = until !== undefined && until < 0
  return {
    ns,
    isEmpty: isPast || known?.length === 0 || ids?.length === 0 || kinds?.length === 0 || keys.some((values) => values.length === 0),
    authors: known,
    kinds: kinds && [...new Set(kinds)],
    tags: keys,
    ids: ids && [...new Set(ids)],
    search: search === undefined ? undefined : searchOf(search),
    from: until === undefined ? undefined : startOf(until),
    to: since === undefined ? undefined : endOf(since),
  }
}

/** Only what may be seen by who asks. */
export function gateConditions(gate: NostrGate | undefined, numberOf: (key: Uint8Array) => number | undefined): Conditions {
  if (gate === undefined || gate.kinds.length === 0) return { sql: [], params: [] }
  const readers = gate.readers.flatMap((key) => numberOf(fromHex(key)) ?? [])
  const ways = [`e.kind NOT IN (${gate.kinds.join()})`]
  if (readers.length > 0) ways.push(`e.author IN (${readers.join()})`)
  const named = gate.readers.map((key) => tagKey('p', key))
  if (named.length > 0) ways.push(`EXISTS (SELECT 1 FROM nostr_tags g WHERE g.pos = e.pos AND g.tag IN (${marks(named.length)}))`)
  return { sql: [`(${ways.join(' OR ')})`], params: named }
}

/** All that a filter asks, of rows of `nostr_events`, or, with one letter left out, of those of `nostr_tags` for that letter. */
export function conditionsOf(
  filter: ReadFilter,
  { without }: { readonly without?: 'authors and kinds' | 'kinds' | readonly SqlValue[] } = {},
): Conditions {
  const sql: string[] = []
  const params: SqlValue[] = []
  const { authors, kinds, tags, ids, search } = filter
  if (ids !== undefined) {
    sql.push(`e.rid IN (SELECT rid FROM records WHERE ns = ? AND collection = '${EVENTS}' AND id IN (${marks(ids.length)}) AND content IS NOT NULL)`)
    params.push(filter.ns, ...ids)
  }
  if (authors !== undefined && without !== 'authors and kinds') sql.push(`e.author IN (${authors.join()})`)
  if (kinds !== undefined && without !== 'kinds' && without !== 'authors and kinds') sql.push(`e.kind IN (${kinds.join()})`)
  for (const keys of tags) {
    if (keys === without) continue
    sql.push(`EXISTS (SELECT 1 FROM nostr_tags t WHERE t.pos = e.pos AND t.tag IN (${marks(keys.length)}))`)
    params.push(...keys)
  }
  if (search !== undefined) {
    sql.push('e.rid IN (SELECT rowid FROM nostr_words WHERE nostr_words MATCH ?)')
    params.push(search)
  }
  return { sql, params }
}

/** Those about places. */
export function rangeConditions({ from, to }: Pick<ReadFilter, 'from' | 'to'>): Conditions {
  const sql: string[] = []
  const params: SqlValue[] = []
  if (from !== undefined) {
    sql.push('e.pos >= ?')
    params.push(from)
  }
  if (to !== undefined) {
    sql.push('e.pos < ?')
    params.push(to)
  }
  return { sql, params }
}

/** Several of them together, as what follows WHERE. */
export function together(...all: readonly Conditions[]): { readonly where: string; readonly params: readonly SqlValue[] } {
  const sql = all.flatMap((one) => one.sql)
  return { where: sql.length === 0 ? 'TRUE' : sql.join(' AND '), params: all.flatMap((one) => one.params) }
}

/** So many places for values. */
export function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join()
}
