import type { NostrFilter } from '@p2p-docstore/core/nostr'
import { MAX_ID_LENGTH } from '../limits.ts'
import { readFilters } from './read-filter.ts'

/** What a client says. An event is as it came: whoever judges it reads it. */
export type ClientMessage =
  | { readonly type: 'EVENT' | 'AUTH'; readonly event: unknown }
  | { readonly type: 'REQ' | 'COUNT'; readonly id: string; readonly filters: readonly NostrFilter[] }
  | { readonly type: 'CLOSE' | 'NEG-CLOSE'; readonly id: string }
  | { readonly type: 'NEG-OPEN'; readonly id: string; readonly filter: NostrFilter; readonly message: string }
  | { readonly type: 'NEG-MSG'; readonly id: string; readonly message: string }

/** What cannot be done, and of which request that is said: `CLOSED`, `NEG-ERR`, or `NOTICE` where it is of none. */
export interface BadMessage {
  readonly answer: 'CLOSED' | 'NEG-ERR' | 'NOTICE'
  readonly id: string
  readonly reason: string
}

export type ReadMessage = { readonly ok: true; readonly message: ClientMessage } | { readonly ok: false; readonly bad: BadMessage }

/** Reads a text frame. */
export function readMessage(text: string): ReadMessage {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return notice('invalid: this is no JSON')
  }
  if (!Array.isArray(value)) return notice('invalid: a message is a list')
  const [type, first, ...rest] = value as readonly unknown[]
  switch (type) {
    case 'EVENT':
    case 'AUTH':
      return first === undefined ? notice(`invalid: ${type} has an event`) : good({ type, event: first })
    case 'REQ':
    case 'COUNT': {
      if (!isId(first)) return notice(`invalid: ${type} has an id of 1 to ${MAX_ID_LENGTH} characters`)
      const read = readFilters(rest)
      return typeof read === 'string' ? bad('CLOSED', first, read) : good({ type, id: first, filters: read })
    }
    case 'CLOSE':
    case 'NEG-CLOSE':
      return isId(first) ? good({ type, id: first }) : notice(`invalid: ${type} has an id of 1 to ${MAX_ID_LENGTH} characters`)
    case 'NEG-OPEN': {
      if (!isId(first)) return notice(`invalid: NEG-OPEN has an id of 1 to ${MAX_ID_LENGTH} characters`)
      // Some clients say between the two how long an id is.
      const message = rest.length > 2 && typeof rest[1] === 'number' ? rest[2] : rest[1]
      const read = readFilters(rest.slice(0, 1))
      if (typeof read === 'string') return bad('NEG-ERR', first, read)
      const [filter] = read
      if (filter === undefined || typeof message !== 'string') return bad('NEG-ERR', first, 'invalid: NEG-OPEN has a filter and a message')
      return good({ type, id: first, filter, message })
    }
    case 'NEG-MSG': {
      if (!isId(first)) return notice(`invalid: NEG-MSG has an id of 1 to ${MAX_ID_LENGTH} characters`)
      const [message] = rest
      return typeof message === 'string' ? good({ type, id: first, message }) : bad('NEG-ERR', first, 'invalid: NEG-MSG has a message')
    }
    default:
      return notice(`unsupported: there is no message ${JSON.stringify(type)?.slice(0, 40)}`)
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH
}

function good(message: ClientMessage): ReadMessage {
  return { ok: true, message }
}

function bad(answer: BadMessage['answer'], id: string, reason: string): ReadMessage {
  return { ok: false, bad: { answer, id, reason } }
}

function notice(reason: string): ReadMessage {
  return bad('NOTICE', '', reason)
}
