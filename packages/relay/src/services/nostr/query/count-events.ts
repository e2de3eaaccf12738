import { errorMessage, toHex } from '@p2p-docstore/core'
import type { NostrFilter, NostrGate } from '@p2p-docstore/core/nostr'
import type { Client } from '../connection/client.ts'
import type { Desk } from '../desk.ts'
import { MAX_COUNTED_AUTHORS } from '../limits.ts'
import { closedFrame, countFrame } from '../message/frames.ts'
import { registerOffset, registersOf } from './registers.ts'
import { crowdFault, gateFault } from './subscribe.ts'

/** `COUNT` (NIP-45): how many events match, with registers where the filter has a place for them. */
export async function countEvents(desk: Desk, client: Client, id: string, filters: readonly NostrFilter[]): Promise<void> {
  const crowd = crowdFault(client)
  if (crowd !== undefined) {
    client.outbox.send(closedFrame(id, crowd))
    return
  }
  client.requestsUnderWay++
  try {
    const fault = await gateFault(desk, client, filters)
    if (fault !== undefined) {
      client.outbox.send(closedFrame(id, fault))
      return
    }
    await client.allWritten()
    const gate = desk.gate.for(client.keys)
    const [filter, ...others] = filters
    if (filter === undefined) return
    const number = others.length === 0 ? await desk.nostr.count(filter, { gate }) : await countAll(desk, [filter, ...others], gate)
    if (number === undefined) client.outbox.send(closedFrame(id, `error: too many events to count with several filters, ask for each alone`))
    else client.outbox.send(countFrame(id, number, others.length === 0 ? await registers(desk, filter, gate) : undefined))
  } catch (error) {
    desk.log.error({ reason: errorMessage(error) }, 'nostr-query-failed')
    client.outbox.send(closedFrame(id, 'error: the events could not be counted, try again'))
  } finally {
    client.requestsUnderWay--
  }
}

/** What several filters find together, each event once; `undefined` where that is too much to be held. */
async function countAll(desk: Desk, filters: readonly NostrFilter[], gate: NostrGate): Promise<number | undefined> {
  const found = new Set<string>()
  for (const filter of filters) {
    const ids = await desk.nostr.ids(filter, { max: MAX_COUNTED_AUTHORS, gate })
    if (ids === undefined) return undefined
    for (let at = 0; at < ids.ids.length; at += 32) found.add(toHex(ids.ids.subarray(at, at + 32)))
    if (found.size > MAX_COUNTED_AUTHORS) return undefined
  }
  return found.size
}

async function registers(desk: Desk, filter: NostrFilter, gate: NostrGate): Promise<string | undefined> {
  const offset = registerOffset(filter)
  if (offset === undefined) return undefined
  const authors = await desk.nostr.authorsOf(filter, { max: MAX_COUNTED_AUTHORS, gate })
  return authors.length < MAX_COUNTED_AUTHORS ? registersOf(authors, offset) : undefined
}
