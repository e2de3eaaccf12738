import type { FoundPage } from '../../storage/storage.ts'

/** A cursor with the moment of its first page in front: position and, because positions mean nothing elsewhere, part of the database's id. */
const BOUNDED = /^([0-9a-z]{1,10})\.([0-9a-f]{8})\.(.*)$/s

/** Adds the moment of a page, or of the one that it follows, to its cursor: what changed after that comes on no later page. */
export function boundedCursor(
  cursor: string,
  { seq, upTo = seq, epoch }: Pick<FoundPage, 'seq'> & { upTo?: number | undefined; epoch: string },
): string {
  return `${upTo.toString(36)}.${epoch.slice(0, 8)}.${cursor}`
}

/** The cursor without it, and the moment where it is one of this database. */
export function readBound(text: string, epoch: string): { readonly cursor: string; readonly upTo: number | undefined } {
  const [, upTo, database, cursor] = BOUNDED.exec(text) ?? []
  if (upTo === undefined || cursor === undefined) return { cursor: text, upTo: undefined }
  return { cursor, upTo: database === epoch.slice(0, 8) ? Number.parseInt(upTo, 36) : undefined }
}
