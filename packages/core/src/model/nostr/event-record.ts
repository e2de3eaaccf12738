import { sha256 } from '#crypto'
import { concatBytes, utf8 } from '../bytes.ts'
import { MAX_TIME, timeFromMs } from '../clock.ts'
import { SLOT_BYTES } from '../record.ts'
import type { NostrEvent } from './event.ts'
import { fromHex } from './hex.ts'
import { coordinateOf, expirationOf, recipientOf } from './tags.ts'

/** Collection of the namespace in which events lie. */
export const EVENTS = 'events'

/** Bytes of a slot by which events of one owner lie side by side. */
const OWNER_BYTES = 4

/**
 * Hybrid time of a time of Nostr, seconds: the greater of it and of the seconds themselves, so that events of before 2025, where hybrid times begin, keep their order.
 * `undefined` beyond all times.
 */
export function timeOfEvent(seconds: number): number | undefined {
  const time = Math.max(seconds, timeFromMs(seconds * 1000))
  return time <= MAX_TIME ? time : undefined
}

/** Key of the one whose data an event is: its author, of a gift wrap its recipient. */
export function ownerOf(event: Pick<NostrEvent, 'kind' | 'pubkey' | 'tags'>): string {
  return recipientOf(event) ?? event.pubkey
}

/** What the slots of all events of an owner begin with. */
function slotPrefix(owner: string): Uint8Array {
  return sha256(fromHex(owner)).subarray(0, OWNER_BYTES)
}

/** The place for which an event competes: 4 bytes of its owner, and 12 of its coordinate or, where it has none, of its id. */
export function eventSlot(event: Pick<NostrEvent, 'id' | 'kind' | 'pubkey' | 'tags'>): Uint8Array {
  const coordinate = coordinateOf(event)
  const unit = coordinate === undefined ? fromHex(event.id) : sha256(utf8(coordinate))
  return concatBytes(slotPrefix(ownerOf(event)), unit.subarray(0, SLOT_BYTES - OWNER_BYTES))
}

/** Hybrid time at which an event expires; `null` where it never does. */
export function eventExpiry(event: Pick<NostrEvent, 'tags'>): number | null {
  const seconds = expirationOf(event)
  return seconds === undefined ? null : (timeOfEvent(seconds) ?? null)
}
