import { concatBytes, equalBytes } from '../bytes.ts'
import { isBytes } from '../encoding/cbor.ts'
import { MAX_PAST_HEADS } from '../limits.ts'

/** Bytes of a hash by which a head knows those before it. Only their one owner makes heads, so nobody gains by two that begin alike. */
const MARK_BYTES = 8

/** What a head says of those before it, and by what later ones name it. */
interface LinkedHead {
  readonly hash: Uint8Array
  readonly head: { readonly prev: Uint8Array | null; readonly past?: Uint8Array }
}

/** Whether a value is a list of heads before another one. */
export function isPast(value: unknown): value is Uint8Array {
  return isBytes(value) && value.length > 0 && value.length % MARK_BYTES === 0 && value.length <= MAX_PAST_HEADS * MARK_BYTES
}

/** What a head after this one says of those before it, where its writer knew `other` too. */
export function pastAfter({ head }: LinkedHead, other?: LinkedHead): { readonly past?: Uint8Array } {
  const marks: Uint8Array[] = []
  const known = [...(other === undefined ? [] : [headMark(other.hash)]), ...marksOf(head), ...(other === undefined ? [] : marksOf(other.head))]
  for (const mark of known) if (marks.length < MAX_PAST_HEADS && !marks.some((one) => equalBytes(one, mark))) marks.push(mark)
  return marks.length === 0 ? {} : { past: concatBytes(...marks) }
}

/** Whether who wrote a head knew the one with this hash; false too where that lies more than `MAX_PAST_HEADS` back. */
export function hasSeen({ head }: LinkedHead, hash: Uint8Array): boolean {
  const mark = headMark(hash)
  return marksOf(head).some((one) => equalBytes(one, mark))
}

/** By what a head is known among those before another one. */
export function headMark(hash: Uint8Array): Uint8Array {
  return hash.slice(0, MARK_BYTES)
}

function marksOf({ prev, past }: LinkedHead['head']): readonly Uint8Array[] {
  const marks = prev === null ? [] : [headMark(prev)]
  if (past !== undefined) for (let at = 0; at < past.length; at += MARK_BYTES) marks.push(past.slice(at, at + MARK_BYTES))
  return marks
}
