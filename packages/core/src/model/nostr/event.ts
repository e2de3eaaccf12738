import { isPlainObject } from '../content.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'
import { MAX_EVENT_TAGS, MAX_KIND, MAX_TAG_VALUES } from './limits.ts'

/** An event as NIP-01 has it. Ids, keys and signatures are lower-case hexadecimal, `created_at` is in seconds. */
export interface NostrEvent {
  readonly id: string
  readonly pubkey: string
  readonly created_at: number
  readonly kind: number
  readonly tags: readonly (readonly string[])[]
  readonly content: string
  readonly sig: string
}

const HEX_32 = /^[0-9a-f]{64}$/
const HEX_64 = /^[0-9a-f]{128}$/

/** Whether a text is 32 bytes as lower-case hexadecimal: an id or a key. */
export function isHex32(value: unknown): value is string {
  return typeof value === 'string' && HEX_32.test(value)
}

/** An event from parsed JSON, without any other field that came with it. Its id and signature are checked elsewhere, and so is its size. */
export function readEvent(value: unknown): Verdict<NostrEvent> {
  if (!isPlainObject(value)) return refuse('malformed')
  const { id, pubkey, created_at, kind, tags, content, sig } = value
  if (!isHex32(id) || !isHex32(pubkey) || typeof sig !== 'string' || !HEX_64.test(sig)) return refuse('malformed')
  if (!isUpTo(created_at, Number.MAX_SAFE_INTEGER) || !isUpTo(kind, MAX_KIND)) return refuse('malformed')
  // What is not well-formed has no UTF-8, and so no id.
  if (typeof content !== 'string' || !content.isWellFormed() || !Array.isArray(tags)) return refuse('malformed')
  if (tags.length > MAX_EVENT_TAGS) return refuse('too-large')
  for (const tag of tags as readonly unknown[]) {
    if (!Array.isArray(tag)) return refuse('malformed')
    if (tag.length > MAX_TAG_VALUES) return refuse('too-large')
    for (const text of tag as readonly unknown[]) if (typeof text !== 'string' || !text.isWellFormed()) return refuse('malformed')
  }
  return accept({ id, pubkey, created_at, kind, tags: tags as readonly (readonly string[])[], content, sig })
}

function isUpTo(value: unknown, max: number): value is number {
  // `JSON.stringify` writes -0 as 0, and such an event would have two forms.
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max && !Object.is(value, -0)
}
