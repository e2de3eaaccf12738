import { schnorr } from '@noble/curves/secp256k1.js'
import { sha256 } from '#crypto'
import { toHex } from '../model/bytes.ts'
import type { NostrEvent } from '../model/nostr/event.ts'
import { eventId } from '../model/nostr/event-text.ts'
import { fromHex } from '../model/nostr/hex.ts'
import type { NostrFilter, NostrGate } from '../storage/nostr/types.ts'

/** What a test says of an event. */
export type EventFields = Partial<Pick<NostrEvent, 'created_at' | 'kind' | 'tags' | 'content'>>

/** Somebody who writes events. */
export interface TestAuthor {
  readonly pubkey: string
  /** Signed. */
  readonly sign: (fields: EventFields) => NostrEvent
}

/** The time of events that do not say one: the beginning of 2026, seconds. */
export const EVENT_TIME: number = Date.UTC(2026, 0, 1) / 1000

/** The author of a name. */
export function testAuthor(name: string): TestAuthor {
  const secret = sha256(`author ${name}`)
  const pubkey = toHex(schnorr.getPublicKey(secret))
  return {
    pubkey,
    sign: (fields) => {
      const event = unsignedEvent(pubkey, fields)
      return { ...event, sig: toHex(schnorr.sign(Uint8Array.from(fromHex(event.id)), secret, new Uint8Array(32))) }
    },
  }
}

/** An event whose signature is none, for what checks none: to sign takes a millisecond. */
export function unsignedEvent(pubkey: string, fields: EventFields): NostrEvent {
  const event = { pubkey, created_at: EVENT_TIME, kind: 1, tags: [], content: '', ...fields }
  return { id: eventId(event), ...event, sig: '0'.repeat(128) }
}

/** What a filter finds among events, found without any index: newest first, of one second by rising id. `search` is not looked at. */
export function matching(events: readonly NostrEvent[], filter: NostrFilter, gate?: NostrGate): readonly NostrEvent[] {
  const { ids, authors, kinds, tags = {}, since = 0, until = Number.POSITIVE_INFINITY } = filter
  return events
    .filter(
      (event) =>
        (ids?.includes(event.id) ?? true) &&
        (authors?.includes(event.pubkey) ?? true) &&
        (kinds?.includes(event.kind) ?? true) &&
        event.created_at >= since &&
        event.created_at <= until &&
        Object.entries(tags).every(([letter, values]) =>
          event.tags.some(([name, value]) => name === letter && value !== undefined && values.includes(value)),
        ) &&
        (gate === undefined ||
          !gate.kinds.includes(event.kind) ||
          gate.readers.some((key) => key === event.pubkey || event.tags.some(([name, value]) => name === 'p' && value === key))),
    )
    .sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1))
}
