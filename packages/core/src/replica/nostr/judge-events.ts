import type { Batch, WireRecord } from '../../model/batch.ts'
import { equalBytes, fromUtf8, utf8Length } from '../../model/bytes.ts'
import { type NostrEvent, readEvent } from '../../model/nostr/event.ts'
import { EVENTS } from '../../model/nostr/event-record.ts'
import { eventDocument, eventId } from '../../model/nostr/event-text.ts'
import { kindClass } from '../../model/nostr/kinds.ts'
import { splitKey } from '../../model/record.ts'
import type { Refusal } from '../../model/verdict.ts'
import { isPlainObject } from '../../model/content.ts'
import { nostrRecord } from '../../storage/nostr/nostr-record.ts'
import type { NostrRecord } from '../../storage/storage.ts'

/** What an event is judged by besides itself. */
export interface EventRules {
  readonly maxContentBytes: number
  /** Hybrid time beyond which it is held back. */
  readonly latest: number
}

/** The record of an event whose id is right, or why it is not taken. Its signature is checked elsewhere. */
export function judgeEvent(event: NostrEvent, { maxContentBytes, latest }: EventRules): NostrRecord | 'malformed' | 'too-large' | 'future' {
  if (kindClass(event.kind) === 'ephemeral') return 'malformed'
  const document = eventDocument(event)
  // No UTF-16 unit takes more than three bytes.
  if (document.length > maxContentBytes || (document.length * 3 > maxContentBytes && utf8Length(document) > maxContentBytes)) return 'too-large'
  const record = nostrRecord(event, document)
  return record === undefined || record.record.at > latest ? 'future' : record
}

/** Judges an event that comes as a record of a batch: every part of that has to follow from it. */
export function judgeWire(
  { key, at, content, exp, prev, path, ownSlot, seen, seal: number }: WireRecord,
  seals: Batch['seals'],
  rules: EventRules,
): NostrRecord | Refusal {
  const seal = seals[number]
  const split = typeof key === 'string' ? splitKey(key) : undefined
  if (seal === undefined || split?.collection !== EVENTS || content === null) return 'malformed'
  if (prev !== null || path !== undefined || ownSlot !== undefined || seen !== undefined) return 'malformed'
  if (content.length > rules.maxContentBytes) return 'too-large'
  const text = fromUtf8(content)
  const event = text === undefined ? undefined : readDocument(text)
  if (text === undefined || event === undefined || event.id !== split.id || eventId(event) !== event.id) return 'bad-content'
  if (eventDocument(event) !== text) return 'not-canonical'
  const judged = judgeEvent(event, rules)
  if (typeof judged === 'string') return judged
  const { record } = judged
  if (record.at !== at || record.exp !== exp) return 'malformed'
  if (!equalBytes(seal.hashes, record.hash)) return 'not-sealed'
  return equalBytes(seal.by, record.by) && equalBytes(seal.signature, judged.seal.signature) ? judged : 'bad-signature'
}

function readDocument(text: string): NostrEvent | undefined {
  try {
    const document: unknown = JSON.parse(text)
    const read = isPlainObject(document) ? readEvent({ ...document, id: document['_id'] }) : undefined
    return read?.ok === true ? read.value : undefined
  } catch {
    return undefined
  }
}
