import { toHex } from '../bytes.ts'
import { MAX_EDITS, MAX_LOSERS } from '../limits.ts'
import { compareVersions } from './compare-versions.ts'
import { hasSeen, type SeeingVersion } from './seen.ts'

/** A record of a document, as far as it competes with others of it. */
export interface DocumentVersion extends SeeingVersion {
  readonly hash: Uint8Array
  /** The slot for which it competes, of the document or of one field of it, hexadecimal. */
  readonly unit: string
  /** Whether it is about one field, and not about the document. */
  readonly isEdit: boolean
}

/** Of all records of one document those that stay. */
export interface NormalForm<V extends DocumentVersion> {
  /** The put or tombstone that holds the document's slot. */
  readonly base: V | undefined
  /** In their order. */
  readonly edits: readonly V[]
  /** Versions that others won over who had not seen them, in their order. */
  readonly losers: readonly V[]
}

/**
 * What is kept of records of one document: the latest whole version, the latest edit of each field that is later, the newest 128 of these, and of
 * what they won over the newest 16 that no later one of them has seen. Which record stays is decided by later ones alone, so whoever exchanges
 * what he has ends with the same.
 */
export function normalForm<V extends DocumentVersion>(records: readonly V[]): NormalForm<V> {
  let base: V | undefined
  const edits = new Map<string, V>()
  const others: V[] = []
  let last: V | undefined
  for (const record of records.toSorted((a, b) => compareVersions(b, a))) {
    const isRepeated = last !== undefined && compareVersions(last, record) === 0
    last = record
    if (isRepeated) continue
    if (base === undefined && !record.isEdit) base = record
    else if (base === undefined && !edits.has(record.unit) && edits.size < MAX_EDITS) edits.set(record.unit, record)
    // What is older than as many edits as there may be can have been seen by one that had to go for these.
    else if (!record.isEdit || edits.size < MAX_EDITS) others.push(record)
  }
  const winners = base === undefined ? [...edits.values()] : [base, ...edits.values()]
  return { base, edits: [...edits.values()].reverse(), losers: losersOf(winners, others) }
}

/** `others` begin with the latest. */
function losersOf<V extends DocumentVersion>(winners: readonly V[], others: readonly V[]): readonly V[] {
  const losers: V[] = []
  const places = new Set(winners.map(({ unit }) => unit.slice(-PLACE_DIGITS)))
  for (const record of others) {
    if (losers.length === MAX_LOSERS) break
    const place = placeOf(record)
    // Two for one place can be made with some work: it is no conflict then.
    if (places.has(place) || winners.some((one) => sees(one, record)) || losers.some((one) => sees(one, record))) continue
    places.add(place)
    losers.push(record)
  }
  return losers.reverse()
}

/** Half a slot, hexadecimal: in the other half the records of a document are alike. */
const PLACE_DIGITS = 16

function placeOf({ hash }: DocumentVersion): string {
  return toHex(hash.subarray(0, PLACE_DIGITS / 2))
}

/** Whether a version says anew what an earlier one says, and its writer had that before him. */
function sees(later: DocumentVersion, earlier: DocumentVersion): boolean {
  return (!later.isEdit || later.unit === earlier.unit) && compareVersions(earlier, later) < 0 && hasSeen(later, earlier)
}

/** Whether a version takes the place of another one of its unit as if that had never been: it is later, and its writer had that before him. */
export function follows(later: SeeingVersion & { readonly hash: Uint8Array }, earlier: SeeingVersion & { readonly hash: Uint8Array }): boolean {
  return compareVersions(earlier, later) < 0 && hasSeen(later, earlier)
}
