import { errorMessage, toHex } from '@p2p-docstore/core'
import { fromHex, type NostrFilter } from '@p2p-docstore/core/nostr'
import type { Client } from '../connection/client.ts'
import type { Desk } from '../desk.ts'
import { MAX_COMPARED, MAX_COMPARISONS, NEGENTROPY_FRAME_BYTES } from '../limits.ts'
import { negErrorFrame, negMessageFrame } from '../message/frames.ts'
import { crowdFault, gateFault } from '../query/subscribe.ts'
import { ComparedSet } from './compared-set.ts'
import type { Comparison } from './comparison.ts'
import { reconcile } from './reconcile.ts'

/** How long a comparison may rest, milliseconds. */
const IDLE_MS: number = 5 * 60_000

/** `NEG-OPEN` (NIP-77): reads the set, which stays as it is until the comparison ends, and answers the first message. */
export async function openComparison(desk: Desk, client: Client, id: string, filter: NostrFilter, message: string): Promise<void> {
  closeComparison(desk, client, id)
  const refuse = (reason: string): void => {
    client.outbox.send(negErrorFrame(id, reason))
  }
  if (client.comparisons.size >= MAX_COMPARISONS) return refuse(`blocked: too many comparisons, ${MAX_COMPARISONS + 1}>${MAX_COMPARISONS}`)
  const crowd = crowdFault(client)
  if (crowd !== undefined) return refuse(crowd)
  const comparison: Comparison = { set: undefined, usedAt: desk.now() }
  const isOver = (): boolean => client.comparisons.get(id) !== comparison || client.outbox.isClosed
  client.comparisons.set(id, comparison)
  client.requestsUnderWay++
  try {
    const fault = await gateFault(desk, client, [filter])
    if (isOver()) return
    if (fault !== undefined) {
      client.comparisons.delete(id)
      return refuse(fault)
    }
    await client.allWritten()
    const max = eventsLeft(desk, client)
    const ids = await desk.nostr.ids(filter, { max, gate: desk.gate.for(client.keys) })
    if (isOver()) return
    // Others may have been opened meanwhile.
    if (ids === undefined || ids.times.length > eventsLeft(desk, client)) {
      client.comparisons.delete(id)
      // Others look for these very words.
      return refuse(max < desk.config.negentropyEvents ? 'error: too much is compared here, come back in a while' : 'blocked: too many query results')
    }
    comparison.set = new ComparedSet(ids)
    desk.compared.events += comparison.set.size
    answer(desk, client, id, comparison.set, message)
  } catch (error) {
    desk.log.error({ reason: errorMessage(error) }, 'nostr-query-failed')
    if (isOver()) return
    closeComparison(desk, client, id)
    refuse('error: the events could not be read, try again')
  } finally {
    client.requestsUnderWay--
  }
}

/** How many events a client may compare yet: it has one large set, or several small ones, and half of what is left for all at most. */
function eventsLeft({ config, compared }: Desk, { comparisons }: Client): number {
  const own = [...comparisons.values()].reduce((sum, { set }) => sum + (set?.size ?? 0), 0)
  return Math.min(config.negentropyEvents - own, Math.floor((MAX_COMPARED - compared.events) / 2))
}

/** `NEG-MSG`: the next message of a comparison. */
export function continueComparison(desk: Desk, client: Client, id: string, message: string): void {
  const comparison = client.comparisons.get(id)
  if (comparison?.set === undefined) {
    client.outbox.send(negErrorFrame(id, 'closed: there is no comparison of this id'))
    return
  }
  comparison.usedAt = desk.now()
  answer(desk, client, id, comparison.set, message)
}

/** `NEG-CLOSE`, and what comes before a comparison of the same id. */
export function closeComparison(desk: Desk, client: Client, id: string): void {
  desk.compared.events -= client.comparisons.get(id)?.set?.size ?? 0
  client.comparisons.delete(id)
}

/** Ends those that nobody goes on with. */
export function closeIdleComparisons(desk: Desk, client: Client): void {
  for (const [id, { set, usedAt }] of client.comparisons) {
    if (set === undefined || desk.now() - usedAt < IDLE_MS) continue
    closeComparison(desk, client, id)
    client.outbox.send(negErrorFrame(id, 'closed: nothing was asked for a while'))
  }
}

function answer(desk: Desk, client: Client, id: string, set: ComparedSet, hex: string): void {
  const done = isHex(hex) ? reconcile(set, fromHex(hex), NEGENTROPY_FRAME_BYTES) : ({ ok: false, reason: 'malformed' } as const)
  if (done.ok) {
    client.outbox.send(negMessageFrame(id, toHex(done.reply)))
    return
  }
  closeComparison(desk, client, id)
  client.outbox.send(negErrorFrame(id, 'invalid: this is no message of negentropy'))
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-f]*$/.test(text)
}
