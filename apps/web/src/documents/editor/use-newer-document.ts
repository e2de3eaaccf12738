import type { Collection, Docstore, Document } from 'p2p-docstore'
import { useCallback } from 'react'
import { useLive } from '../../store/use-live.ts'

/** What became of a document since it was opened for editing: another version, or gone; `undefined` where it is as it was. */
export function useNewerDocument({
  store,
  namespace,
  collection,
  base,
}: {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly base: Document | undefined
}): { readonly document: Document | undefined } | undefined {
  const load = useCallback(async () => {
    if (base === undefined) return undefined
    const document = await collection.get(base._id)
    // Contents are stored with sorted keys, so that equal ones have equal texts.
    return JSON.stringify(document) === JSON.stringify(base) ? undefined : { document }
  }, [collection, base])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && event.collections.includes(collection.name) && nudge()),
    [store, namespace, collection],
  )
  return useLive(load, subscribe).value
}
