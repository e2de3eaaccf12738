import type { Document } from 'p2p-docstore'

/** Columns besides the id: more do not fit on a screen. */
const MAX_COLUMNS = 6

/** Fields that name a document; they come first. */
const NAMING = ['name', 'title', 'label', 'subject', 'text']

/** The top-level fields to show: those that were shown before, then others of these documents, the commonest first. */
export function columnsOf(documents: readonly Document[], known: readonly string[]): readonly string[] {
  if (known.length >= MAX_COLUMNS) return known
  const uses = new Map<string, number>()
  for (const document of documents) {
    for (const field of Object.keys(document)) if (field !== '_id') uses.set(field, (uses.get(field) ?? 0) + 1)
  }
  const isNew = ([field]: readonly [string, number]): boolean => !known.includes(field)
  const found = [...uses].filter(isNew).sort(([a, usesA], [b, usesB]) => rank(a) - rank(b) || usesB - usesA)
  const added = found.slice(0, MAX_COLUMNS - known.length).map(([field]) => field)
  return added.length === 0 ? known : [...known, ...added]
}

function rank(field: string): number {
  const at = NAMING.indexOf(field)
  return at === -1 ? NAMING.length : at
}

/** Longest text of a cell; the screen shows less. */
const MAX_CELL = 160

/** A value in one line. */
export function cellText(value: Document[string] | undefined): string {
  if (value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text
}
