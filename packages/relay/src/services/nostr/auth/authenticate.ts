import { eventId, firstTag, fromHex, isHex32, type NostrEvent, readEvent } from '@p2p-docstore/core/nostr'
import type { Client } from '../connection/client.ts'
import type { Desk } from '../desk.ts'
import { AUTH_SECONDS } from '../limits.ts'
import { noticeFrame, okFrame } from '../message/frames.ts'

/** Kind of what shows a key to a relay. */
const AUTH_KIND = 22_242

/** `AUTH`: notes that a client has a key (NIP-42). Whatever is wrong is said by `OK`, and the client may try again. */
export async function authenticate(desk: Desk, client: Client, value: unknown): Promise<void> {
  const read = readEvent(value)
  if (!read.ok) {
    const named = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
    const reason = 'invalid: this is no event of NIP-01'
    client.outbox.send(isHex32(named) ? okFrame(named, false, reason) : noticeFrame(reason))
    return
  }
  const fault = await authFault(desk, client, read.value)
  const isFull = fault === undefined && !client.addKey(read.value.pubkey)
  const reason = isFull ? 'restricted: too many keys for one connection' : (fault ?? '')
  client.outbox.send(okFrame(read.value.id, reason === '', reason))
}

async function authFault(desk: Desk, client: Client, event: NostrEvent): Promise<string | undefined> {
  if (event.kind !== AUTH_KIND) return `invalid: the kind is ${event.kind}, not ${AUTH_KIND}`
  const seconds = Math.floor(desk.now() / 1000)
  if (Math.abs(event.created_at - seconds) > AUTH_SECONDS)
    return `invalid: created_at lies ${Math.abs(event.created_at - seconds)}>${AUTH_SECONDS} seconds aside`
  if (client.challenge === undefined || firstTag(event, 'challenge') !== client.challenge) return 'invalid: the challenge is a different one'
  if (!desk.urls().has(firstTag(event, 'relay') ?? '')) return 'invalid: the relay is a different one'
  if (eventId(event) !== event.id) return 'invalid: the id is not that of this event'
  const [isRight] = await desk.verify([{ hash: fromHex(event.id), key: fromHex(event.pubkey), signature: fromHex(event.sig) }])
  return isRight === true ? undefined : 'invalid: the signature is wrong'
}
