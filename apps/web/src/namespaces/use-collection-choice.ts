import type { Docstore } from 'p2p-docstore'
import { useCallback, useState } from 'react'
import { useLive } from '../store/use-live.ts'

/** Collection that is shown where none has documents: the one that a program writes to unless it names another. */
export const DEFAULT_COLLECTION = 'docs'
/** Counts lag a little, milliseconds. */
const PAUSE_MS = 300

interface CollectionCount {
  readonly collection: string
  readonly documents: number
}

/** The collections of a namespace, and the one that is shown. */
export interface CollectionChoice {
  /** Names of those that have documents, and of the one that is shown. */
  readonly names: readonly string[]
  /** `undefined` until it is known which one has documents. */
  readonly shown: string | undefined
  /** Stays with the one that is shown, whatever arrives. */
  readonly hold: () => void
}

/** The collection that was asked for; without one, that in which the documents are, once and for all. */
export function useCollectionChoice(store: Docstore, namespace: string, asked: string | undefined): CollectionChoice {
  const load = useCallback(() => store.replica.collections(namespace), [store, namespace])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && nudge()),
    [store, namespace],
  )
  const { value: counts } = useLive(load, subscribe, PAUSE_MS)
  const [kept, setKept] = useState<string>()
  const found = counts && collectionWithDocuments(counts)
  if (asked === undefined && kept === undefined && found !== undefined) setKept(found)
  const shown = asked ?? kept ?? (counts === undefined ? undefined : (found ?? DEFAULT_COLLECTION))
  const hold = useCallback(() => setKept((last) => last ?? shown), [shown])
  const here = counts?.filter(({ documents }) => documents > 0).map(({ collection }) => collection) ?? []
  return { names: [...new Set([...here, ...(shown === undefined ? [] : [shown])])].sort(), shown, hold }
}

/** The usual one where it has documents, else the one with most; none where nothing is anywhere. */
export function collectionWithDocuments(counts: readonly CollectionCount[]): string | undefined {
  const [most] = counts.toSorted((a, b) => rank(a) - rank(b) || b.documents - a.documents)
  return most === undefined || most.documents === 0 ? undefined : most.collection
}

function rank({ collection, documents }: CollectionCount): number {
  return collection === DEFAULT_COLLECTION && documents > 0 ? 0 : 1
}
