import { equalBytes } from '../../model/bytes.ts'
import { type Clock, msFromTime } from '../../model/clock.ts'
import { type Seen, seenBy, type SeenVersion } from '../../model/edits/seen.ts'
import { hiddenEdits, isConflict } from '../../storage/records/is-conflict.ts'
import type { DocumentView, StoredRecord } from '../../storage/storage.ts'
import { CONFLICT_LIFE_MS } from '../limits.ts'
import { principalId } from '../people/principal-id.ts'
import type { Settles } from '../types.ts'

/** What a write takes the place of. */
export interface Overwritten {
  /** What holds the slot. */
  readonly old: StoredRecord | undefined
  /** All that there is of the document, where that is more. */
  readonly document?: Pick<DocumentView, 'base' | 'edits' | 'losers'> | undefined
  /** Of an edit: its slot. */
  readonly edit?: Uint8Array
  /** What of that which lost is settled by it. */
  readonly settles?: Settles | undefined
}

/**
 * What a local write has seen: what it takes the place of. Versions that lost stay conflicts, as nobody need have looked at them, and so do changes that a delete
 * hides, unless the write is there to settle them, or they have lain here for thirty days.
 */
export function seenByWriter(version: SeenVersion, { old, document, edit, settles = false }: Overwritten, clock: Clock): { readonly seen?: Seen } {
  const hidden = document === undefined || edit !== undefined ? [] : hiddenEdits(document)
  const standing =
    document === undefined || edit !== undefined ? one(old) : [...one(document.base), ...document.edits.filter((one) => !hidden.includes(one))]
  const losers = (document?.losers ?? []).filter((loser) => edit === undefined || (loser.lost !== undefined && equalBytes(loser.lost.unit, edit)))
  const lost = [...losers, ...hidden]
  // Nearly always there is nothing by others.
  if (lost.length === 0 && standing.every(({ by, seen }) => seen === undefined && equalBytes(by, version.by))) return {}
  const since = msFromTime(clock.wall()) - CONFLICT_LIFE_MS
  const isSettled = (loser: StoredRecord): boolean =>
    isAmong(settles, loser) ||
    (!hidden.includes(loser) && ((loser.lost?.since ?? 0) < since || (document !== undefined && !isConflict(loser, document))))
  const seen = seenBy(version, { versions: [...standing, ...lost.filter(isSettled)], open: lost.filter((loser) => !isSettled(loser)) })
  return seen === undefined ? {} : { seen }
}

/** Whether a write settles anything. */
export function isSettling(settles: Settles | undefined): boolean {
  return typeof settles === 'object' ? settles.length > 0 : settles === true
}

function isAmong(settles: Settles, { at, by }: SeenVersion): boolean {
  return typeof settles === 'object' ? settles.some((seen) => seen.at === at && seen.by === principalId(by)) : settles
}

function one(record: StoredRecord | undefined): readonly StoredRecord[] {
  return record === undefined ? [] : [record]
}
