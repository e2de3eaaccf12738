import type { Document } from 'p2p-docstore'
import { namingRank } from '../naming-fields.ts'

/** Columns besides the id and the rest: more do not fit on a screen. */
const MAX_COLUMNS = 6
/** A field gets a column where one in this many documents of the page has it. */
const MIN_SHARE = 10

/**
 * The top-level fields to show: the commonest ones of the documents on the screen, what names them first. Those that were shown before
 * keep their order; without documents they stay. `sorted` is shown in any case, since its head is what ends the order.
 */
export function columnsOf(documents: readonly Document[], last: readonly string[], sorted?: string): readonly string[] {
  if (documents.length === 0) return last
  const uses = new Map<string, number>()
  for (const document of documents) {
    for (const field of Object.keys(document)) if (field !== '_id') uses.set(field, (uses.get(field) ?? 0) + 1)
  }
  const isSorted = (field: string): number => (field === sorted ? 0 : 1)
  const common = [...uses].filter(([field, count]) => field === sorted || count * MIN_SHARE >= documents.length)
  const compare = (a: string, b: string): number => namingRank(a) - namingRank(b) || (uses.get(b) ?? 0) - (uses.get(a) ?? 0) || (a < b ? -1 : 1)
  common.sort(([a], [b]) => isSorted(a) - isSorted(b) || compare(a, b))
  const shown = common.slice(0, MAX_COLUMNS).map(([field]) => field)
  if (sorted !== undefined && sorted !== '_id' && !uses.has(sorted)) shown.splice(MAX_COLUMNS - 1, 1, sorted)
  const place = (field: string): number => (last.includes(field) ? last.indexOf(field) : last.length)
  const columns = shown.toSorted((a, b) => namingRank(a) - namingRank(b) || place(a) - place(b) || compare(a, b))
  return columns.length === last.length && columns.every((field, i) => field === last[i]) ? last : columns
}

/** What a document has besides its id and these columns; `undefined` where that is all. */
export function restOf(document: Document, columns: readonly string[]): Document[string] | undefined {
  const rest = Object.entries(document).filter(([field]) => field !== '_id' && !columns.includes(field))
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}
