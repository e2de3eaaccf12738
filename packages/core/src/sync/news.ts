import { errorCode } from '../errors.ts'
import type { Replica } from '../replica/types.ts'
import type { Ledger } from './ledger.ts'
import type { Response } from './messages.ts'
import { Wake } from './wake.ts'

/** Stands for the list of namespaces itself, where one can be followed; its position is how many there are. They only become more. */
export const ALL_NAMESPACES = ''

/** What is asked for news. */
export interface NewsSource {
  readonly replica: Replica
  readonly ledger: Ledger
  /** Time beyond which the other side surely accepts nothing, where its clock is known. */
  readonly latest?: () => number | undefined
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * The answer to a follow request: the first namespace with records that the other side may not have, as soon as there is one, or `idle`
 * after `waitMs`. What came from the other side itself is no news; its positions are moved past that.
 */
export async function waitForNews(source: NewsSource, positions: Map<string, number>, waitMs: number, signal: AbortSignal): Promise<Response> {
  const changed = new Set<string>()
  const wake = new Wake()
  const ended = new AbortController()
  const stop = (): void => ended.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  // Listens before it looks, so that nothing falls between.
  const unlisten = source.replica.onCommit(({ namespace, to }) => {
    // Without a position: a namespace that is new here, or its head.
    if (to === 0 && positions.has(ALL_NAMESPACES)) changed.add(ALL_NAMESPACES)
    if (positions.has(namespace)) changed.add(namespace)
    if (changed.size > 0) wake.ring()
  })
  let isOver = waitMs === 0
  const timeout = isOver
    ? Promise.resolve()
    : source.delay(waitMs, ended.signal).finally(() => {
        isOver = true
        wake.ring()
      })
  try {
    for (let namespaces = [...positions.keys()]; ; namespaces = [...changed]) {
      changed.clear()
      for (const ns of namespaces) {
        const since = positions.get(ns) ?? 0
        const last = await lastSeq(source.replica, ns)
        if (last <= since) continue
        if (ns === ALL_NAMESPACES) return { t: 'news', ns, batch: null, seq: last, more: false }
        const { batch, seq, more } = await source.ledger.batchSince(source.replica, ns, since, source.latest?.())
        // The position stays until the next request moves it: this answer may be lost.
        if (batch !== undefined) return { t: 'news', ns, batch, seq, more }
        positions.set(ns, seq)
      }
      if (isOver) return { t: 'idle' }
      await wake.wait()
    }
  } finally {
    unlisten()
    signal.removeEventListener('abort', stop)
    ended.abort()
    await timeout
  }
}

/** Position of a namespace, 0 where it is not here yet: who follows it is told when it comes. */
async function lastSeq(replica: Replica, ns: string): Promise<number> {
  if (ns === ALL_NAMESPACES) return (await replica.namespaces()).length
  try {
    return await replica.lastSeq(ns)
  } catch (error) {
    if (errorCode(error) === 'unknown-namespace') return 0
    throw error
  }
}
