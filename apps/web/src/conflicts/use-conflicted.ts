import type { Docstore } from 'p2p-docstore'
import { useCallback, useMemo } from 'react'
import { type Live, useLive } from '../store/use-live.ts'

/** Documents that are looked at in one step, and that are told at most: who has more settles some first. */
const STEP = 100
const MAX_TOLD = 500
/** Looking takes the database's time, milliseconds. */
const PAUSE_MS = 300

/** A document of which versions lost to others whose writers had not seen them. */
export type ConflictedDocument = Awaited<ReturnType<Docstore['replica']['conflicted']>>['documents'][number]

/** The documents of a namespace that have conflicts. */
export interface Conflicted {
  readonly documents: readonly ConflictedDocument[]
  /** Whether there are more, which are not told. */
  readonly hasMore: boolean
  /** How many versions of a document lost, by its id. */
  readonly countsIn: (collection: string) => ReadonlyMap<string, number>
}

/** Which documents of a namespace have conflicts, in any collection, as they come and are settled. */
export function useConflicted(store: Docstore, namespace: string): Live<Conflicted> {
  const load = useCallback(() => loadConflicted(store, namespace), [store, namespace])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && nudge()),
    [store, namespace],
  )
  return useLive(load, subscribe, PAUSE_MS)
}

/** How many versions of each document of a collection lost. */
export function useConflictCounts(conflicted: Conflicted | undefined, collection: string | undefined): ReadonlyMap<string, number> {
  return useMemo(() => (conflicted === undefined || collection === undefined ? NONE : conflicted.countsIn(collection)), [conflicted, collection])
}

const NONE: ReadonlyMap<string, number> = new Map()

async function loadConflicted({ replica }: Docstore, namespace: string): Promise<Conflicted> {
  const documents: ConflictedDocument[] = []
  let after: Parameters<typeof replica.conflicted>[1]['after']
  do {
    const page = await replica.conflicted(namespace, { after, limit: STEP })
    documents.push(...page.documents)
    after = page.after
  } while (after !== undefined && documents.length < MAX_TOLD)
  const countsIn = (collection: string): ReadonlyMap<string, number> =>
    new Map(documents.filter((one) => one.collection === collection).map(({ id, conflicts }) => [id, conflicts]))
  return { documents, hasMore: after !== undefined, countsIn }
}
