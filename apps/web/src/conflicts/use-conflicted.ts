import type { ConflictedDocument, Docstore, Namespace } from 'p2p-docstore'
import { useCallback, useMemo } from 'react'
import { type Live, useLive } from '../store/use-live.ts'

/** Documents that are told at most: who has more settles some first. */
const MAX_TOLD = 500
/** Looking takes the database's time, milliseconds. */
const PAUSE_MS = 300

/** The documents of a namespace that have conflicts. */
export interface Conflicted {
  readonly documents: readonly ConflictedDocument[]
  /** Whether there are more, which are not told. */
  readonly hasMore: boolean
  /** How many versions of a document lost, by its id. */
  readonly countsIn: (collection: string) => ReadonlyMap<string, number>
}

/** Which documents of a namespace have conflicts, in any collection, as they come and are settled. */
export function useConflicted(store: Docstore, namespace: Namespace): Live<Conflicted> {
  const load = useCallback(() => loadConflicted(namespace), [namespace])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace.id && nudge()),
    [store, namespace],
  )
  return useLive(load, subscribe, PAUSE_MS)
}

/** How many versions of each document of a collection lost. */
export function useConflictCounts(conflicted: Conflicted | undefined, collection: string | undefined): ReadonlyMap<string, number> {
  return useMemo(() => (conflicted === undefined || collection === undefined ? NONE : conflicted.countsIn(collection)), [conflicted, collection])
}

const NONE: ReadonlyMap<string, number> = new Map()

async function loadConflicted(namespace: Namespace): Promise<Conflicted> {
  const documents: ConflictedDocument[] = []
  let hasMore = false
  for await (const one of namespace.conflictedDocuments()) {
    hasMore = documents.length === MAX_TOLD
    if (hasMore) break
    documents.push(one)
  }
  const countsIn = (collection: string): ReadonlyMap<string, number> =>
    new Map(documents.filter((one) => one.collection === collection).map(({ _id, conflicts }) => [_id, conflicts]))
  return { documents, hasMore, countsIn }
}
