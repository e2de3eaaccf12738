import { toHex } from '../bytes.ts'
import { MAX_EDITS } from '../limits.ts'
import { compareVersions } from './compare-versions.ts'

/** A record of a document, as far as it competes with others of it. */
export interface DocumentVersion {
  readonly slot: Uint8Array
  readonly at: number
  readonly hash: Uint8Array
  /** Whether it is about one field, and not about the document. */
  readonly isEdit: boolean
}

/** Of all records of one document those that stay. */
export interface NormalForm<V extends DocumentVersion> {
  /** The put or tombstone that holds the document's slot. */
  readonly base: V | undefined
  /** In their order. */
  readonly edits: readonly V[]
}

/**
 * What is kept of records of one document: the winner of each slot, without edits that are not later than the winner of the document's own,
 * and of the others the newest 128. A join: it is the same however the records are grouped, ordered and repeated.
 */
export function normalForm<V extends DocumentVersion>(records: readonly V[]): NormalForm<V> {
  const winners = new Map<string, V>()
  for (const record of records) {
    const slot = toHex(record.slot)
    const known = winners.get(slot)
    if (known === undefined || compareVersions(known, record) < 0) winners.set(slot, record)
  }
  const all = [...winners.values()]
  const base = all.find(({ isEdit }) => !isEdit)
  const edits = all.filter(({ isEdit, at }) => isEdit && (base === undefined || at > base.at)).sort(compareVersions)
  return { base, edits: edits.slice(-MAX_EDITS) }
}
