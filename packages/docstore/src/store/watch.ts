import type { Document, Replica } from '@p2p-docstore/core'
import { Signal } from './signal.ts'

/** What a watch shows. */
export interface WatchedResult<T> {
  readonly documents: readonly T[]
  /** Whether a relay has everything that is here. */
  readonly synced: boolean
}

/** The share of the time that a watch may spend on asking again: one part in this many plus one. */
const REST_FACTOR = 3
/** Shortest pause between two results, milliseconds: one frame of a screen. */
const MIN_PAUSE_MS = 16

interface Watched {
  readonly replica: Replica
  readonly namespace: string
  readonly name: string
  readonly isSynced: () => Promise<boolean>
  readonly onSync: (listener: () => void) => () => void
}

/** Runs a query now and again after each commit that touches its collection, and when `synced` changes. */
export async function* watchQuery<T extends Document>(
  { replica, namespace, name, isSynced, onSync }: Watched,
  query: () => Promise<readonly T[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchedResult<T>> {
  const news = new Signal(signal)
  let isStale = true
  const unlisten = replica.onCommit((event) => {
    // A tombstone of a document that was never here names no collection, and changes no result.
    if (event.namespace !== namespace || !event.collections.includes(name)) return
    isStale = true
    news.raise()
  })
  const unlistenSync = onSync(() => news.raise())
  try {
    let shown: WatchedResult<T> | undefined
    while (!news.isAborted) {
      const began = performance.now()
      const synced = await isSynced()
      if (isStale || shown === undefined) {
        isStale = false
        shown = { documents: await query(), synced }
        yield shown
        // A query that takes long leaves time for others while documents stream in.
        const pause = Math.max(MIN_PAUSE_MS, REST_FACTOR * (performance.now() - began))
        await new Promise((resolve) => setTimeout(resolve, pause))
      } else if (shown.synced !== synced) {
        shown = { documents: shown.documents, synced }
        yield shown
      }
      if (!isStale) await news.wait()
    }
  } finally {
    news.end()
    unlisten()
    unlistenSync()
  }
}
