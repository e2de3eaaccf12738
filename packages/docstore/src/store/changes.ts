import { type ChangeRow, type Document, errorCode, type FeedRow, matches, msFromTime, readDocumentFilter } from '@p2p-docstore/core'
import { Feed } from './feed.ts'
import type { Source } from './reading.ts'
import { orAborted, Signal } from './signal.ts'

/** One change of a collection. */
export interface Change<T> {
  /** `leave`: the document is there, but matches the filter no more. */
  readonly type: 'put' | 'delete' | 'leave'
  readonly _id: string
  /** The new content; absent where the document was deleted, or does not match any more. */
  readonly document: T | undefined
  /** `did:key` of the author. */
  readonly from: string
  readonly at: string
  /** Position in the local order: pass it as `since` to go on from here. */
  readonly seq: number
}

/** Changes read at a time; so many are in memory at once, however slow their reader is. */
const PAGE = 128
/** How often in a row a feed is opened again that ended before it was read. */
const MAX_ATTEMPTS = 5

/** Where changes are read. */
interface Follower {
  /** The next ones, none where there are none yet. */
  read(): Promise<readonly (ChangeRow | FeedRow)[]>
  end(): Promise<void>
}

/**
 * The change feed of a collection: what follows `since` (default: the call), and then whatever comes. It reads the store's order, where each
 * document has its last change only, so that a slow reader misses steps in between and nothing else.
 */
export function changesOf<T extends Document>(
  source: Source,
  { since, filter, signal }: { since?: number | undefined; filter?: unknown; signal: AbortSignal },
): AsyncGenerator<Change<T>, void, undefined> {
  const { replica, namespace } = source
  return new Feed<Change<T>>(signal, (signal) => {
    // Now: the call is the beginning, not the first `next`.
    const opening = filter === undefined ? openChanges(source, since) : openFeed(source, since)
    // Whoever reads hears of a failure.
    opening.catch(() => undefined)
    const end = (): void => void opening.then((follower) => follower.end()).catch(() => undefined)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    return followChanges<T>(source, {
      opening,
      filter,
      signal,
      listen: (raise) => replica.onCommit((event) => event.namespace === namespace && raise()),
    })
  })
}

async function* followChanges<T extends Document>(
  { name }: Source,
  {
    opening,
    filter,
    signal,
    listen,
  }: { opening: Promise<Follower>; filter: unknown; signal: AbortSignal; listen: (raise: () => void) => () => void },
): AsyncGenerator<Change<T>, void, undefined> {
  const news = new Signal(signal)
  const unlisten = listen(() => news.raise())
  try {
    const parsed = filter === undefined ? undefined : await readDocumentFilter(filter)
    const follower = await orAborted(opening, signal)
    if (follower === undefined) return
    for (;;) {
      const rows = await orAborted(follower.read(), signal)
      if (rows === undefined) return
      for (const row of rows) {
        if (row.collection !== name) continue
        const document = row.content === null ? undefined : (JSON.parse(row.content) as T)
        const isIn = document !== undefined && (parsed === undefined || matches(parsed, document))
        const type = document === undefined ? 'delete' : isIn ? 'put' : 'leave'
        if (parsed !== undefined && type === 'leave' && !wasIn(row, (before) => matches(parsed, before))) continue
        const { id: _id, by: from, seq } = row
        yield { type, _id, document: isIn ? document : undefined, from, at: new Date(msFromTime(row.at)).toISOString(), seq }
        if (news.isAborted) return
      }
      if (rows.length === 0) await news.wait()
      if (news.isAborted) return
    }
  } finally {
    news.end()
    unlisten()
    await opening.then((follower) => follower.end()).catch(() => undefined)
  }
}

/** Whether the document matched when it was last read. Where that is not known any more it may have: better told once too often. */
function wasIn(row: ChangeRow | FeedRow, isMatch: (document: Document) => boolean): boolean {
  const before = 'before' in row ? row.before : undefined
  return before === undefined || (before !== null && isMatch(JSON.parse(before) as Document))
}

async function openChanges({ replica, namespace }: Source, since: number | undefined): Promise<Follower> {
  let at = since ?? (await replica.lastSeq(namespace))
  return {
    read: async () => {
      const rows = await replica.changes(namespace, at, PAGE)
      at = rows.at(-1)?.seq ?? at
      return rows
    },
    end: async () => undefined,
  }
}

/** Changes with what each replaced, which their owner remembers from the call on. */
async function openFeed({ replica, namespace }: Source, since: number | undefined): Promise<Follower> {
  const opened = await replica.openFeed(namespace, since)
  let { feed } = opened
  let at = opened.seq
  return {
    read: async () => {
      for (let attempt = 1; ; attempt++) {
        // The namespace may arrive later.
        feed ??= (await replica.openFeed(namespace, at)).feed
        if (feed === undefined) return []
        try {
          const rows = await replica.readFeed(feed, PAGE)
          at = rows.at(-1)?.seq ?? at
          return rows
        } catch (error) {
          // Too much was changed before it was read, or another program owns the data now.
          if (errorCode(error) !== 'reading-ended' || attempt === MAX_ATTEMPTS) throw error
          feed = undefined
        }
      }
    },
    end: async () => {
      const last = feed
      if (last !== undefined) await replica.endReading(last)
    },
  }
}
