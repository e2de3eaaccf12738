import { type Document, matches, msFromTime, readDocumentFilter, type Replica } from '@p2p-docstore/core'
import { Signal } from './signal.ts'

/** One change of a collection. */
export interface Change<T> {
  readonly type: 'put' | 'delete'
  readonly _id: string
  /** The new content; absent where the document was deleted. */
  readonly document: T | undefined
  /** `did:key` of the author. */
  readonly from: string
  readonly at: string
  /** Position in the local order: pass it as `since` to go on from here. */
  readonly seq: number
}

/** Changes read at a time. */
const PAGE = 128

/** The change feed of a collection: what follows `since` (default: from now on), and then whatever comes. */
export async function* changesOf<T extends Document>(
  { replica, namespace, name }: { readonly replica: Replica; readonly namespace: string; readonly name: string },
  { since, filter, signal }: { since?: number; filter?: unknown; signal?: AbortSignal },
): AsyncGenerator<Change<T>> {
  const parsed = filter === undefined ? undefined : await readDocumentFilter(filter)
  const news = new Signal(signal)
  const unlisten = replica.onCommit((event) => event.namespace === namespace && news.raise())
  try {
    let at = since ?? (await replica.lastSeq(namespace))
    while (!news.isAborted) {
      const rows = await replica.changes(namespace, at, PAGE)
      for (const row of rows) {
        at = row.seq
        if (row.collection !== name) continue
        const document = row.content === null ? undefined : (JSON.parse(row.content) as T)
        if (parsed !== undefined && document !== undefined && !matches(parsed, document)) continue
        yield {
          type: document === undefined ? 'delete' : 'put',
          _id: row.id,
          document,
          from: row.by,
          at: new Date(msFromTime(row.at)).toISOString(),
          seq: row.seq,
        }
      }
      if (rows.length === 0) await news.wait()
    }
  } finally {
    news.end()
    unlisten()
  }
}
