import { sha256 } from '#crypto'
import { toHex } from '../bytes.ts'
import type { NostrEvent } from './event.ts'

// The same pieces of JSON make the document, what is hashed, and what clients are sent. Each is cut out of the document at places that are fixed or
// found without reading it: to parse and write an event again takes ten times as long.

/** What a text begins with: `{"_id":"` and the id. */
const ID_AT = '{"_id":"'.length
const CONTENT_AT: number = ID_AT + 64 + '","content":'.length
/** No string of JSON has a bare quotation mark before a comma, and in a list none is followed by a colon. */
const CREATED = ',"created_at":'
const KIND = ',"kind":'
const PUBKEY = ',"pubkey":"'
const SIG = '","sig":"'
const TAGS = '","tags":'

/** Canonical JSON of an event as a document of its namespace: its `_id` is its id. */
export function eventDocument({ id, pubkey, created_at, kind, tags, content, sig }: NostrEvent): string {
  return `{"_id":"${id}","content":${JSON.stringify(content)}${CREATED}${created_at}${KIND}${kind}${PUBKEY}${pubkey}${SIG}${sig}${TAGS}${JSON.stringify(tags)}}`
}

/** What an event's id is the sha-256 of (NIP-01), by how `JSON.stringify` writes strings: that is what all clients and relays do. */
export function eventMessage({ pubkey, created_at, kind, tags, content }: Omit<NostrEvent, 'id' | 'sig'>): string {
  return `[0,"${pubkey}",${created_at},${kind},${JSON.stringify(tags)},${JSON.stringify(content)}]`
}

/** The id that an event must have. */
export function eventId(event: Omit<NostrEvent, 'id' | 'sig'>): string {
  return toHex(sha256(eventMessage(event)))
}

/** The fields of an event, cut out of its document; those that are strings or lists as JSON. */
export interface EventPieces {
  readonly id: string
  readonly pubkey: string
  readonly created_at: number
  readonly kind: number
  readonly sig: string
  readonly tags: string
  readonly content: string
}

/** The same from a document that `eventDocument` made. */
export function eventPieces(document: string): EventPieces {
  const created = document.indexOf(CREATED, CONTENT_AT)
  const kind = document.indexOf(KIND, created + CREATED.length)
  const pubkey = document.indexOf(PUBKEY, kind + KIND.length)
  const keyAt = pubkey + PUBKEY.length
  const sigAt = keyAt + 64 + SIG.length
  return {
    id: document.slice(ID_AT, ID_AT + 64),
    pubkey: document.slice(keyAt, keyAt + 64),
    created_at: Number(document.slice(created + CREATED.length, kind)),
    kind: Number(document.slice(kind + KIND.length, pubkey)),
    sig: document.slice(sigAt, sigAt + 128),
    tags: document.slice(sigAt + 128 + TAGS.length, -1),
    content: document.slice(CONTENT_AT, created),
  }
}

/** Compact JSON of an event, in the order of fields that clients look at first. */
export function eventJson({ id, pubkey, created_at, kind, sig, tags, content }: EventPieces): string {
  return `{"id":"${id}","pubkey":"${pubkey}","created_at":${created_at},"kind":${kind},"tags":${tags},"content":${content},"sig":"${sig}"}`
}

/** The event of a document. */
export function eventOf(document: string): NostrEvent {
  const { tags, content, ...rest } = eventPieces(document)
  return { ...rest, tags: JSON.parse(tags) as string[][], content: JSON.parse(content) as string }
}
