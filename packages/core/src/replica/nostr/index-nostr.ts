export { isHex32, type NostrEvent, readEvent } from '../../model/nostr/event.ts'
export { fromHex } from '../../model/nostr/hex.ts'
export { eventDocument, eventId, eventJson, eventMessage, eventOf, eventPieces, type EventPieces } from '../../model/nostr/event-text.ts'
export { DELETION, GIFT_WRAP, kindClass, type KindClass, VANISH } from '../../model/nostr/kinds.ts'
export { MAX_EVENT_TAGS, MAX_KIND, MAX_TAG_VALUES } from '../../model/nostr/limits.ts'
export {
  coordinateOf,
  deletionTargets,
  expirationOf,
  firstTag,
  indexedTags,
  isProtected,
  isTagLetter,
  recipientOf,
  vanishRelays,
} from '../../model/nostr/tags.ts'
export { type SchnorrCheck, type SchnorrVerifier, verifySchnorr } from '../../model/nostr/verify.ts'
export type {
  NostrEnd,
  NostrFilter,
  NostrGate,
  NostrIds,
  NostrOutcome,
  NostrPage,
  ReplicaNostr,
  StoredEvent,
} from './types.ts'
