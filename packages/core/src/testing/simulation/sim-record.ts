import { sha256 } from '#crypto'
import { compareBytes, concatBytes, toHex } from '../../model/bytes.ts'
import { type Part, partOfSlot, sectorOf } from '../../placement/sector.ts'

/** A version of a document as the simulator has it: what merging and comparing look at, and a few bytes as its content. */
export interface SimRecord {
  readonly slot: Uint8Array
  /** The slot as text. */
  readonly id: string
  readonly sector: number
  readonly at: number
  readonly hash: Uint8Array
  /** Empty: the document was deleted. */
  readonly content: Uint8Array
}

/** A document that simulated clients write: where it lies. */
export interface SimDocument {
  readonly slot: Uint8Array
  readonly id: string
  readonly sector: number
}

/** A document in a namespace that is split so many times. */
export function simDocument(ns: Uint8Array, split: number, slot: Uint8Array): SimDocument {
  const part: Part = partOfSlot(ns, split, slot)
  return { slot, id: toHex(slot), sector: sectorOf(part) }
}

/** A version of it. */
export function simRecord(document: SimDocument, at: number, content: Uint8Array): SimRecord {
  const time = new Uint8Array(8)
  new DataView(time.buffer).setFloat64(0, at)
  return { ...document, at, content, hash: sha256(concatBytes(document.slot, time, content)) }
}

/** Whether a version wins over another of the same slot: the later, then the one with the lower hash, as in the data model. */
export function wins(one: SimRecord, other: SimRecord | undefined): boolean {
  return other === undefined || one.at > other.at || (one.at === other.at && compareBytes(one.hash, other.hash) < 0)
}
