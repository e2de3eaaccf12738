import { compareBytes } from '../../model/bytes.ts'
import { fromHex } from '../../model/nostr/hex.ts'
import type { NostrIds } from './types.ts'

/** The largest time that an event here can have, seconds: hybrid times end before. */
const LAST_SECOND = 0xffffffff
/** Bytes of a place: four of a time, and an id. */
export const POSITION_BYTES = 36
const TIME_BYTES = 4

/** The place of an event in the order of clients, newest first and of one second by rising id: such bytes in their own order. */
export function positionOf(created_at: number, id: string): Uint8Array {
  const position = new Uint8Array(POSITION_BYTES)
  setTime(position, created_at)
  position.set(fromHex(id), TIME_BYTES)
  return position
}

/** The first place of a second. */
export function startOf(created_at: number): Uint8Array {
  const start = new Uint8Array(TIME_BYTES)
  setTime(start, Math.min(created_at, LAST_SECOND))
  return start
}

/** What comes after all places of a second. */
export function endOf(created_at: number): Uint8Array {
  return created_at <= 0 ? new Uint8Array(POSITION_BYTES + 1).fill(255) : startOf(created_at - 1)
}

function setTime(position: Uint8Array, created_at: number): void {
  new DataView(position.buffer).setUint32(0, LAST_SECOND - created_at)
}

/** Ids and times of places that lie one after another in rising order: by rising time, of one second by rising id. */
export function idsOf(positions: Uint8Array): NostrIds {
  const count = positions.length / POSITION_BYTES
  const view = new DataView(positions.buffer, positions.byteOffset)
  const times = new Float64Array(count)
  const ids = new Uint8Array(count * 32)
  let to = 0
  for (let end = count; end > 0; ) {
    // The second whose last place this is begins somewhere before it.
    const time = view.getUint32((end - 1) * POSITION_BYTES)
    let start = end - 1
    while (start > 0 && view.getUint32((start - 1) * POSITION_BYTES) === time) start--
    for (let i = start; i < end; i++, to++) {
      times[to] = LAST_SECOND - time
      ids.set(positions.subarray(i * POSITION_BYTES + TIME_BYTES, (i + 1) * POSITION_BYTES), to * 32)
    }
    end = start
  }
  return { times, ids }
}

/** Whether one place comes before another. */
export function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  return compareBytes(a, b) < 0
}
