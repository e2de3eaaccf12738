import { type Document, errorCode, type FeedRow, msFromTime } from '@p2p-docstore/core'
import { Feed } from './feed.ts'
import { heldPages } from './held-pages.ts'
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

/** Changes read at a time; fewer where they are large. */
const PAGE = 128
/** What a change takes in memory beside its content, UTF-16 units. */
const ROW_LENGTH = 256
/** How often in a row a feed is opened again that ended before it was read. */
const MAX_ATTEMPTS = 5

/** Where changes are read. */
interface Follower {
  /** Reads on. Of what it has read, perhaps nothing concerns the reader; `isEnd`: it has read everything that is there. */
  read(): Promise<{ readonly rows: readonly FeedRow[]; readonly isEnd: boolean }>
  /** Reads again what follows a position. */
  rewind(seq: number): Promise<void>
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
    const opening = filter === undefined ? openChanges(source, since) : openFeed(source, filter, since)
    // Whoever reads hears of a failure.
    opening.catch(() => undefined)
    const end = (): void => void opening.then((follower) => follower.end()).catch(() => undefined)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    return followChanges<T>({
      opening,
      signal,
      listen: (raise) => replica.onCommit((event) => event.namespace === namespace && raise()),
    })
  })
}

async function* followChanges<T extends Document>({
  opening,
  signal,
  listen,
}: {
  opening: Promise<Follower>
  signal: AbortSignal
  listen: (raise: () => void) => () => void
}): AsyncGenerator<Change<T>, void, undefined> {
  const news = new Signal(signal)
  const unlisten = listen(() => news.raise())
  try {
    const follower = await orAborted(opening, signal)
    if (follower === undefined) return
    while (!news.isAborted) {
      const page = await orAborted(Page.read(follower), signal)
      if (page === undefined) return
      const { isEnd, droppedAt } = yield* changesIn<T>(page, news)
      if (news.isAborted) return
      if (droppedAt !== undefined) await follower.rewind(droppedAt)
      else if (isEnd) await news.wait()
    }
  } finally {
    news.end()
    unlisten()
    await opening.then((follower) => follower.end()).catch(() => undefined)
  }
}

/** The changes of a page, until it is dropped for want of room; then says after which one that was. */
async function* changesIn<T extends Document>(
  page: Page,
  news: Signal,
): AsyncGenerator<Change<T>, { isEnd: boolean; droppedAt: number | undefined }> {
  heldPages.hold(page)
  try {
    let seq: number | undefined
    for (let row = page.take(); row !== undefined; row = page.take()) {
      ;({ seq } = row)
      yield changeOf<T>(row)
      if (news.isAborted) break
    }
    return { isEnd: page.isEnd, droppedAt: page.isDropped ? seq : undefined }
  } finally {
    heldPages.release(page)
  }
}

/** What was read ahead. Nobody else holds its rows. */
class Page {
  readonly length: number
  readonly isEnd: boolean
  isDropped = false
  #rows: readonly FeedRow[]
  #next = 0

  static async read(follower: Follower): Promise<Page> {
    const { rows, isEnd } = await follower.read()
    return new Page(rows, isEnd)
  }

  private constructor(rows: readonly FeedRow[], isEnd: boolean) {
    this.#rows = rows
    this.isEnd = isEnd
    this.length = rows.reduce((sum, { content }) => sum + ROW_LENGTH + (content?.length ?? 0), 0)
  }

  take(): FeedRow | undefined {
    return this.#rows[this.#next++]
  }

  drop(): void {
    this.#rows = []
    this.isDropped = true
  }
}

function changeOf<T extends Document>({ type, id, content, by, at, seq }: FeedRow): Change<T> {
  const document = content === null ? undefined : (JSON.parse(content) as T)
  return { type, _id: id, document, from: by, at: new Date(msFromTime(at)).toISOString(), seq }
}

async function openChanges({ replica, namespace, name }: Source, since: number | undefined): Promise<Follower> {
  let at = since ?? (await replica.lastSeq(namespace))
  return {
    read: async () => {
      const rows = await replica.changes(namespace, at, PAGE)
      at = rows.at(-1)?.seq ?? at
      const own = rows.filter(({ collection }) => collection === name)
      return { rows: own.map((row) => ({ ...row, type: row.content === null ? 'delete' : 'put' })), isEnd: rows.length === 0 }
    },
    rewind: async (seq) => {
      at = seq
    },
    end: async () => undefined,
  }
}

/** Changes of what matches, told apart where the data lies: its owner remembers from the call on what each replaced. */
async function openFeed({ replica, namespace, name }: Source, filter: unknown, since: number | undefined): Promise<Follower> {
  const request = { collection: name, filter }
  const opened = await replica.openFeed(namespace, request, since)
  let { feed } = opened
  let at = opened.seq
  const end = async (): Promise<void> => {
    const last = feed
    if (last !== undefined) await replica.endReading(last)
  }
  return {
    read: async () => {
      for (let attempt = 1; ; attempt++) {
        // The namespace may arrive later.
        feed ??= (await replica.openFeed(namespace, request, at)).feed
        if (feed === undefined) return { rows: [], isEnd: true }
        try {
          const { rows, seq } = await replica.readFeed(feed, request, PAGE)
          at = seq ?? at
          return { rows, isEnd: seq === undefined }
        } catch (error) {
          // Too much was changed before it was read, or another program owns the data now.
          if (errorCode(error) !== 'reading-ended' || attempt === MAX_ATTEMPTS) throw error
          feed = undefined
        }
      }
    },
    rewind: async (seq) => {
      // What each document was before is known again from here on.
      at = seq
      await end()
      feed = undefined
    },
    end,
  }
}
