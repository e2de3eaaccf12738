import { delay } from '../../network/timing/index.ts'
import type { Arrival } from '../life/arrival.ts'
import { Feed } from './feed.ts'
import type { Source } from './reading.ts'
import { orAborted, Signal } from '../signal.ts'

/** What a watch shows. */
export interface WatchedResult<T> {
  readonly documents: readonly T[]
  /** Whether a relay has everything that is here. */
  readonly synced: boolean
  /** Whether the namespace is here at all; until then there are no documents, and nothing is synced. */
  readonly state: Arrival
}

/** How a namespace stands. */
export interface Standing {
  /** Whether a relay has everything up to a position, else all that is here. */
  readonly synced: boolean
  readonly state: Arrival
}

/** The share of the time that a watch may spend on asking again: one part in this many plus one. */
const REST_FACTOR = 3
/** Shortest and longest pause after a query, milliseconds: one frame of a screen, and what nobody should wait longer for. */
const MIN_PAUSE_MS = 16
const MAX_PAUSE_MS = 1000

interface Watched extends Source {
  readonly standing: (seq?: number) => Promise<Standing>
  readonly onStanding: (listener: () => void) => () => void
}

/**
 * Runs a query now and again after each commit that touches its collection, and when `synced` or `state` changes. Whoever takes long with a result gets
 * the newest one next, at once: pauses are counted from the end of the query.
 */
export function watchQuery<T>(
  watched: Watched,
  query: () => Promise<{ readonly documents: readonly T[]; readonly seq: number }>,
  signal: AbortSignal,
): AsyncGenerator<WatchedResult<T>, void, undefined> {
  return new Feed<WatchedResult<T>>(signal, (signal) => showResults(watched, query, signal))
}

async function* showResults<T>(
  { replica, namespace, name, standing, onStanding }: Watched,
  query: () => Promise<{ readonly documents: readonly T[]; readonly seq: number }>,
  signal: AbortSignal,
): AsyncGenerator<WatchedResult<T>, void, undefined> {
  const news = new Signal(signal)
  let isStale = true
  const unlisten = replica.onCommit((event) => {
    // A tombstone of a document that was never here names no collection, and changes no result.
    if (event.namespace !== namespace || !event.collections.includes(name)) return
    isStale = true
    news.raise()
  })
  const unlistenStanding = onStanding(() => news.raise())
  try {
    let shown: WatchedResult<T> | undefined
    let restUntil = 0
    while (!news.isAborted) {
      if (isStale) {
        const rest = restUntil - performance.now()
        if (rest > 0) await delay(rest, signal)
        if (news.isAborted) return
        isStale = false
        const began = performance.now()
        const found = await orAborted(query(), signal)
        // A query that takes long leaves time for others while documents stream in.
        const ended = performance.now()
        restUntil = ended + Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, REST_FACTOR * (ended - began)))
        // Of these very documents: what was written after them is not in this result.
        const stands = found && (await orAborted(standing(found.seq), signal))
        if (found === undefined || stands === undefined) return
        shown = { documents: found.documents, ...stands }
        yield shown
      } else {
        const stands = await orAborted(standing(), signal)
        if (stands === undefined || shown === undefined) return
        if ((shown.synced !== stands.synced || shown.state !== stands.state) && !isStale) {
          shown = { documents: shown.documents, ...stands }
          yield shown
        }
      }
      if (!isStale) await news.wait()
    }
  } finally {
    news.end()
    unlisten()
    unlistenStanding()
  }
}
