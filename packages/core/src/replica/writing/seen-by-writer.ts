import { equalBytes } from '../../model/bytes.ts'
import { type Clock, msFromTime } from '../../model/clock.ts'
import { type Seen, seenBy, type SeenVersion } from '../../model/edits/seen.ts'
import { isConflict } from '../../storage/records/is-conflict.ts'
import type { DocumentView, StoredRecord } from '../../storage/storage.ts'
import { CONFLICT_LIFE_MS } from '../limits.ts'

/** What a write takes the place of. */
export interface Overwritten {
  /** What holds the slot. */
  readonly old: StoredRecord | undefined
  /** All that there is of the document, where that is more. */
  readonly document?: Pick<DocumentView, 'base' | 'edits' | 'losers'> | undefined
  /** Of an edit: its slot. */
  readonly edit?: Uint8Array
  /** Whether what lost is settled by it. */
  readonly settles?: boolean | undefined
}

/**
 * What a local write has seen: what it takes the place of. Versions that lost stay conflicts, as nobody need have looked at them, unless the write is there to
 * settle them, or they have lain here for thirty days.
 */
export function seenByWriter(version: SeenVersion, { old, document, edit, settles = false }: Overwritten, clock: Clock): { readonly seen?: Seen } {
  const standing = document === undefined || edit !== undefined ? one(old) : [...one(document.base), ...document.edits]
  const lost = (document?.losers ?? []).filter((loser) => edit === undefined || (loser.lost !== undefined && equalBytes(loser.lost.unit, edit)))
  // Nearly always there is nothing by others.
  if (lost.length === 0 && standing.every(({ by, seen }) => seen === undefined && equalBytes(by, version.by))) return {}
  const since = msFromTime(clock.wall()) - CONFLICT_LIFE_MS
  const isSettled = (loser: StoredRecord): boolean =>
    settles || (loser.lost?.since ?? 0) < since || (document !== undefined && !isConflict(loser, document))
  const seen = seenBy(version, { versions: [...standing, ...lost.filter(isSettled)], open: lost.filter((loser) => !isSettled(loser)) })
  return seen === undefined ? {} : { seen }
}

function one(record: StoredRecord | undefined): readonly StoredRecord[] {
  return record === undefined ? [] : [record]
}
