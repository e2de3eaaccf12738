import { sha256 } from '#crypto'
import type { NostrEvent } from '../../model/nostr/event.ts'
import { eventExpiry, EVENTS, eventSlot, timeOfEvent } from '../../model/nostr/event-record.ts'
import { fromHex } from '../../model/nostr/hex.ts'
import type { NewRecord, NostrRecord } from '../storage.ts'

/** The record of an event and its document; `undefined` where it lies beyond all times. Its signature is checked elsewhere. */
export function nostrRecord(event: NostrEvent, document: string): NostrRecord | undefined {
  const at = timeOfEvent(event.created_at)
  if (at === undefined) return undefined
  const [hash, by] = [fromHex(event.id), fromHex(event.pubkey)]
  const record: NewRecord = {
    collection: EVENTS,
    id: event.id,
    at,
    by,
    prev: null,
    exp: eventExpiry(event),
    hash,
    kh: null,
    digest: sha256(document),
    content: document,
  }
  return { event, slot: eventSlot(event), record, seal: { by, hashes: hash, signature: fromHex(event.sig) } }
}
