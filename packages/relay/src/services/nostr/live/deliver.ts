import { eventJson, type NostrEvent, type StoredEvent } from '@p2p-docstore/core/nostr'
import { count, type Desk } from '../desk.ts'
import { MAX_WAITING_BYTES } from '../limits.ts'

/** New events, to all who listen to them. */
export function deliverStored(desk: Desk, events: readonly StoredEvent[]): void {
  if (desk.live.size === 0) return
  for (const { json } of events) deliver(desk, JSON.parse(json) as NostrEvent, json)
}

/** An event that is not kept. */
export function deliverEphemeral(desk: Desk, event: NostrEvent): void {
  if (desk.live.size > 0) deliver(desk, event, eventJson({ ...event, tags: JSON.stringify(event.tags), content: JSON.stringify(event.content) }))
}

function deliver(desk: Desk, event: NostrEvent, json: string): void {
  // The same bytes for all; only what stands before them differs.
  let body: Buffer | undefined
  for (const subscription of desk.live.find(event)) {
    const { outbox, keys, headBytes, giveUp } = subscription
    if (!desk.gate.lets(event, keys)) continue
    if (outbox.waiting > MAX_WAITING_BYTES / 2) {
      giveUp('error: new events come faster than you read them')
      continue
    }
    body ??= Buffer.from(`${json}]`)
    if (!subscription.isWaiting) {
      count(desk.counts, 'live')
      outbox.send(Buffer.concat([headBytes, body]))
    } else if (!subscription.hold(event.id, body)) giveUp('error: new events come faster than you read stored ones')
  }
}
