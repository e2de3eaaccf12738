import { isHex32, MAX_EVENT_TAGS, readEvent } from '@p2p-docstore/core/nostr'
import type { Client } from '../connection/client.ts'
import { count, type Desk, prefixOf } from '../desk.ts'
import { answerTo } from '../intake/intake.ts'
import { noticeFrame, okFrame } from '../message/frames.ts'

/** `EVENT`: judged, checked, stored, and answered with `OK`, always. */
export async function publish(desk: Desk, client: Client, value: unknown, bytes: number): Promise<void> {
  const answer = (id: string, isTaken: boolean, reason: string): void => {
    count(desk.counts, isTaken ? 'taken' : `refused-${prefixOf(reason)}`)
    client.outbox.send(okFrame(id, isTaken, reason))
  }
  const named = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  // Before its size is judged, a list of tags without end is not looked through.
  const { messageBytes } = desk.config
  if (bytes > messageBytes && isHex32(named)) return answer(named, false, `invalid: too large, ${bytes}>${messageBytes} bytes`)
  const read = readEvent(value)
  if (!read.ok) {
    const reason =
      read.reason === 'too-large'
        ? `invalid: too many tags, or values of one tag; ${MAX_EVENT_TAGS} tags are the most`
        : 'invalid: this is no event of NIP-01'
    if (typeof named === 'string' && named.length <= 64) answer(named, false, reason)
    else client.outbox.send(noticeFrame(reason))
    return
  }
  const event = read.value
  const fault = desk.judge.fault(event, bytes, client)
  if (fault !== undefined) {
    if (fault.startsWith('auth-required:')) client.askForKey()
    return answer(event.id, false, fault)
  }
  client.eventsUnderWay++
  try {
    answer(event.id, ...answerTo(await desk.intake.take(event, client.address)))
  } finally {
    client.written()
  }
}
