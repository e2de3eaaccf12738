import { sha256 } from '#crypto'
import { concatBytes, utf8 } from '../model/bytes.ts'
import { partsOfRange } from '../sets/part-spans.ts'
import { joinedParts, NO_PARTS, type Parts } from '../sets/parts.ts'
import { MAX_SPLIT, PART_RECORDS } from './limits.ts'

const DOMAIN: Uint8Array = utf8('docstore/sector')
/** A namespace is split further only where one part has this many times the records that it should have: deletes and writes around a limit split nothing. */
const SPLIT_AT = 2

/** A range of slots of a namespace: those whose first `split` bits are `index`. Split by 0 it is all of the namespace. */
export interface Part {
  /** Digest of the namespace's id. */
  readonly ns: Uint8Array
  readonly split: number
  readonly index: number
}

/** The sector that a part of a namespace lies in: the first 10 bits of SHA-256( `docstore/sector` ‖ ns ‖ split ‖ index ), 0 to 1023. */
export function sectorOf({ ns, split, index }: Part): number {
  const digest = sha256(concatBytes(DOMAIN, ns, Uint8Array.of(split, index)))
  return new DataView(digest.buffer, digest.byteOffset).getUint16(0) >>> 6
}

/** All parts of a namespace. */
export function partsOf(ns: Uint8Array, split: number): readonly Part[] {
  return Array.from({ length: 2 ** split }, (_, index) => ({ ns, split, index }))
}

/** The part of a namespace that a slot lies in. */
export function partOfSlot(ns: Uint8Array, split: number, slot: Uint8Array): Part {
  return { ns, split, index: (slot[0] ?? 0) >>> (8 - split) }
}

/** A sector, and what of a namespace lies there besides its head and logs; `undefined` for all of it. */
export interface Home {
  readonly sector: number
  readonly parts: Parts | undefined
}

/**
 * Where a namespace lies, by rising number. Its head and logs lie wherever a part of it does, and in the sector that it has unsplit, too: there they are found
 * by who knows nothing but its id.
 */
export function homesOf(ns: Uint8Array, split: number): readonly Home[] {
  const first = sectorOf({ ns, split: 0, index: 0 })
  if (split === 0) return [{ sector: first, parts: undefined }]
  const bySector = new Map<number, Parts>([[first, NO_PARTS]])
  for (const part of partsOf(ns, split)) {
    const sector = sectorOf(part)
    bySector.set(sector, joinedParts(bySector.get(sector) ?? NO_PARTS, partsOfRange(split, part.index)))
  }
  return [...bySector].map(([sector, parts]) => ({ sector, parts })).sort((a, b) => a.sector - b.sector)
}

/** The slots of a part, as bounds of sync: from `low` to below `high`; an empty `low` is the beginning, an empty `high` the end. */
export function slotsOfPart({ split, index }: Part): { readonly low: Uint8Array; readonly high: Uint8Array } {
  const bound = (at: number): Uint8Array => (at === 0 || at === 2 ** split ? new Uint8Array() : Uint8Array.of(at << (8 - split)))
  return { low: bound(index), high: bound(index + 1) }
}

/** How a namespace of so many records should be split. It never becomes less: parts that come together again would move everything. */
export function splitFor(records: number, current = 0): number {
  let split = current
  while (split < MAX_SPLIT && records / 2 ** split > SPLIT_AT * PART_RECORDS) split++
  return split
}
