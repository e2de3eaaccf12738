import type { Docstore, Document, NamespaceInfo } from 'p2p-docstore'
import { useCallback } from 'react'
import { useLive } from '../store/use-live.ts'

/** Which of these documents break a rule of their collection, and which one, by their ids: updates of several people can do that together. */
export function useBroken(
  { store, info, collection }: { readonly store: Docstore; readonly info: NamespaceInfo; readonly collection: string },
  documents: readonly Document[],
): ReadonlyMap<string, string> {
  const { id, collections = {} } = info
  const { schema, maxBytes } = (Object.hasOwn(collections, collection) ? collections[collection] : undefined) ?? {}
  const canBreak = schema !== undefined || maxBytes !== undefined
  const load = useCallback(async () => {
    if (!canBreak || documents.length === 0) return NONE
    const ids = documents.map(({ _id }) => _id)
    const broken = await store.replica.broken(id, collection, { ids, limit: ids.length })
    return new Map(broken.documents.map((one) => [one.id, one.breaks.text]))
  }, [store, id, collection, canBreak, documents])
  return useLive(load, never).value ?? NONE
}

const NONE: ReadonlyMap<string, string> = new Map()

/** Documents that change are others. */
function never(): () => void {
  return () => undefined
}
