import { isHex32, type NostrEvent } from './event.ts'
import { GIFT_WRAP, kindClass } from './kinds.ts'
import { MAX_KIND } from './limits.ts'

type Tagged = Pick<NostrEvent, 'tags'>

/** Value of the first tag of a name; `undefined` where there is none. */
export function firstTag({ tags }: Tagged, name: string): string | undefined {
  const tag = tags.find(([first]) => first === name)
  return tag && (tag[1] ?? '')
}

/** The coordinate for which an event competes, as tags `a` have it; `undefined` for one that competes with none. */
export function coordinateOf(event: Pick<NostrEvent, 'kind' | 'pubkey' | 'tags'>): string | undefined {
  switch (kindClass(event.kind)) {
    case 'replaceable':
      return `${event.kind}:${event.pubkey}:`
    case 'addressable':
      return `${event.kind}:${event.pubkey}:${firstTag(event, 'd') ?? ''}`
    case 'regular':
    case 'ephemeral':
      return undefined
  }
}

/** When an event expires (NIP-40), seconds; `undefined` where it does not, or says it in no number. */
export function expirationOf(event: Tagged): number | undefined {
  const text = firstTag(event, 'expiration')
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Whether only its author may publish an event (NIP-70). */
export function isProtected({ tags }: Tagged): boolean {
  return tags.some(([name]) => name === '-')
}

/** What a deletion names: ids of events, and coordinates of its own author. What is no target is passed over. */
export function deletionTargets({ pubkey, tags }: Pick<NostrEvent, 'pubkey' | 'tags'>): {
  readonly ids: readonly string[]
  readonly coordinates: readonly string[]
} {
  const ids = new Set<string>()
  const coordinates = new Set<string>()
  for (const [name, value = ''] of tags) {
    if (name === 'e' && isHex32(value)) ids.add(value)
    if (name === 'a' && isCoordinateOf(value, pubkey)) coordinates.add(value)
  }
  return { ids: [...ids], coordinates: [...coordinates] }
}

function isCoordinateOf(text: string, pubkey: string): boolean {
  const kind = /^(0|[1-9]\d{0,4}):/.exec(text)?.[1]
  if (kind === undefined || Number(kind) > MAX_KIND || !text.startsWith(`${pubkey}:`, kind.length + 1)) return false
  const form = kindClass(Number(kind))
  return form === 'addressable' || (form === 'replaceable' && text.length === kind.length + pubkey.length + 2)
}

/** Relays that a request to vanish is for (NIP-62), `ALL_RELAYS` perhaps. */
export function vanishRelays({ tags }: Tagged): readonly string[] {
  return tags.flatMap(([name, value = '']) => (name === 'relay' && value !== '' ? [value] : []))
}

/** The one to whom a gift wrap is sent, and who may have it deleted; `undefined` for any other event. */
export function recipientOf(event: Pick<NostrEvent, 'kind' | 'tags'>): string | undefined {
  const recipient = event.kind === GIFT_WRAP ? firstTag(event, 'p') : undefined
  return isHex32(recipient) ? recipient : undefined
}

/** Whether a name of a tag is one by which events are found: a single letter. */
export function isTagLetter(name: string): boolean {
  return /^[A-Za-z]$/.test(name)
}

/** Letters and values by which an event is found, each pair once. */
export function indexedTags({ tags }: Tagged): readonly (readonly [letter: string, value: string])[] {
  const pairs = new Map<string, readonly [string, string]>()
  for (const [name = '', value] of tags) if (value !== undefined && isTagLetter(name)) pairs.set(name + value, [name, value])
  return [...pairs.values()]
}
