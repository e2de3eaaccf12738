import { DocstoreError, errorCode, errorMessage, type NamespaceInfo, type Replica } from '@p2p-docstore/core'
import type { Network } from '../../network/types.ts'
import { arrivalOf } from './arrival.ts'
import { Signal } from '../signal.ts'

interface WaitOptions {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const STILL_WAITING =
  'The namespace is here, but what was written before could not be written yet: is there room on the disk? It is tried again by itself'

/** Which namespace is waited for, and where. */
export interface Awaited {
  readonly id: string
  readonly replica: Replica
  readonly network: Network | undefined
  /** Aborts when the store closes. */
  readonly closing: AbortSignal
}

/** Resolves when a namespace is here, and what had waited for that has been written or refused. Rejects with `timeout`, `closed`, and the reason of the signal. */
export async function untilHere({ id, replica, network, closing }: Awaited, { timeoutMs, signal }: WaitOptions): Promise<NamespaceInfo> {
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) throw new DocstoreError('bad-option', 'timeoutMs is a number of milliseconds, from 0 on')
  const over = new AbortController()
  const timer = timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => over.abort(), timeoutMs)
  const ends = [closing, over.signal, ...(signal === undefined ? [] : [signal])]
  const news = new Signal(AbortSignal.any(ends))
  // Other programs on the data bring it too, so that this works without a network of our own.
  const unlisten = replica.onCommit((event) => event.namespace === id && news.raise())
  try {
    for (;;) {
      const info = await replica.namespace(id)
      if (info !== undefined && (await replica.pendingCounts(id)).waiting === 0) return info
      signal?.throwIfAborted()
      if (closing.aborted) throw new DocstoreError('closed', 'The store was closed')
      if (over.signal.aborted) throw info === undefined ? await late(id, network) : new DocstoreError('timeout', STILL_WAITING)
      await news.wait()
    }
  } finally {
    news.end()
    unlisten()
    clearTimeout(timer)
  }
}

/** Resolves when nothing waits for a namespace any more. Rejects as `delivered` does. */
export async function untilWritten(awaited: Awaited, options: WaitOptions): Promise<void> {
  try {
    await untilHere(awaited, options)
  } catch (error) {
    if (errorCode(error) !== 'timeout') throw error
    throw new DocstoreError('not-delivered', errorMessage(error), { cause: error, details: { copies: 0 } })
  }
}

async function late(id: string, network: Network | undefined): Promise<DocstoreError> {
  const arrival = arrivalOf((await network?.namespaceStatus(id))?.peers ?? [])
  const why = arrival === 'absent' ? 'nobody who was reached has it. Check the id' : 'nobody who may have it was reached yet'
  return new DocstoreError('timeout', `The namespace ${id} is not here: ${why}; it is looked for all the same`, { details: { arrival } })
}
