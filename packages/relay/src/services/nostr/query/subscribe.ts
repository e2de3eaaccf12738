import { errorMessage } from '@p2p-docstore/core'
import type { NostrFilter } from '@p2p-docstore/core/nostr'
import type { Client } from '../connection/client.ts'
import { count, type Desk, prefixOf } from '../desk.ts'
import { AUTH_HOLD_MS, MAX_CLIENT_VALUES, MAX_LISTENED_VALUES, MIN_CLIENT_VALUES, MAX_REQUESTS_UNDER_WAY } from '../limits.ts'
import { Subscription } from '../live/subscription.ts'
import { closedFrame, eoseFrame } from '../message/frames.ts'
import { valuesOf } from '../message/read-filter.ts'
import { StoredEvents } from './stored-events.ts'

/** `REQ`: stored events, then exactly one `EOSE` or `CLOSED`, then new events. */
export async function subscribe(desk: Desk, client: Client, id: string, filters: readonly NostrFilter[]): Promise<void> {
  unsubscribe(desk, client, id)
  const refuse = (reason: string): void => {
    count(desk.counts, `closed-${prefixOf(reason)}`)
    client.outbox.send(closedFrame(id, reason))
  }
  const values = filters.reduce((sum, filter) => sum + valuesOf(filter), 0)
  const { subscriptions: most } = desk.config
  if (client.subscriptions.size >= most) return refuse(`rate-limited: too many subscriptions, ${client.subscriptions.size + 1}>${most}`)
  const mostValues = valuesLeft(desk.listened.values)
  if (client.values + values > mostValues) return refuse(`rate-limited: too many values in filters, ${client.values + values}>${mostValues}`)
  const crowd = crowdFault(client)
  if (crowd !== undefined) return refuse(crowd)
  const giveUp = (reason: string): void => {
    unsubscribe(desk, client, id)
    refuse(reason)
  }
  const subscription = new Subscription({ id, filters, values, outbox: client.outbox, keys: client.keys, giveUp })
  client.subscriptions.set(id, subscription)
  client.values += values
  desk.listened.values += values
  client.requestsUnderWay++
  try {
    const fault = await gateFault(desk, client, filters)
    if (subscription.isClosed) return
    if (fault === undefined) await sendStored(desk, client, subscription)
    else giveUp(fault)
  } catch (error) {
    desk.log.error({ reason: errorMessage(error) }, 'nostr-query-failed')
    if (!subscription.isClosed) giveUp('error: the events could not be read, try again')
  } finally {
    client.requestsUnderWay--
  }
}

/** How many values a client may have in its filters where all clients have so many. */
export function valuesLeft(listened: number): number {
  return Math.max(MIN_CLIENT_VALUES, Math.min(MAX_CLIENT_VALUES, Math.floor((MAX_LISTENED_VALUES - listened) / 8)))
}

/** `CLOSE`, and what comes before a subscription of the same id. */
export function unsubscribe(desk: Desk, client: Client, id: string): void {
  const subscription = client.subscriptions.get(id)
  if (subscription === undefined) return
  subscription.isClosed = true
  subscription.release()
  client.subscriptions.delete(id)
  client.values -= subscription.values
  desk.listened.values -= subscription.values
  desk.live.remove(subscription)
}

/** Why a client has to wait before it asks for more. */
export function crowdFault(client: Client): string | undefined {
  if (client.requestsUnderWay >= MAX_REQUESTS_UNDER_WAY) return 'rate-limited: too many requests at once, wait for their answers'
  return client.requests.take() ? undefined : 'rate-limited: too many requests, come back in a while'
}

/** Why a client may not read. Where it was asked for a key, that may be on its way behind the request. */
export async function gateFault(desk: Desk, client: Client, filters: readonly NostrFilter[]): Promise<string | undefined> {
  const fault = desk.gate.fault(filters, client.keys)
  if (fault === undefined || client.askForKey()) return fault
  await client.shownKey(AUTH_HOLD_MS)
  return desk.gate.fault(filters, client.keys)
}

async function sendStored(desk: Desk, client: Client, subscription: Subscription): Promise<void> {
  const { id, filters } = subscription
  // Before anything is read, so that nothing is missed between the two.
  desk.live.add(subscription)
  // What it has written itself it finds.
  await client.allWritten()
  const stored = new StoredEvents(desk.nostr, filters, desk.gate.for(client.keys), desk.config)
  while (await client.outbox.turn(() => sendPage(stored, subscription)));
  if (subscription.isClosed) return
  const isLiveOnly = filters.every(({ limit }) => limit === 0)
  client.outbox.send(eoseFrame(id, isLiveOnly ? undefined : stored.isFinished))
  for (const body of subscription.release()) client.outbox.send(Buffer.concat([subscription.headBytes, body]))
}

/** Sends the next page; false where there is none. */
async function sendPage(stored: StoredEvents, subscription: Subscription): Promise<boolean> {
  const { head, outbox } = subscription
  const events = subscription.isClosed ? [] : await stored.next()
  for (const { id, json } of events) {
    if (!outbox.hasRoom) await outbox.room()
    if (subscription.isClosed) return false
    subscription.forget(id)
    outbox.send(`${head}${json}]`)
  }
  // Others have their turn between two pages.
  await new Promise(setImmediate)
  return events.length > 0
}
