import type { Collection, Docstore } from 'p2p-docstore'
import { useCallback, useState } from 'react'
import { useLive } from '../../store/use-live.ts'
import { type SearchFields, searchFieldsOf } from './search-filter.ts'

/** Documents from either end of a collection whose fields are searched. */
const SAMPLE = 50
/** Shortest pause between two looks, milliseconds: other fields come rarely. */
const PAUSE_MS = 2000

/** The fields in which words are looked for, once that is wanted: those of the first and of the last documents of a collection. */
export function useSearchFields(
  { store, namespace, collection }: { readonly store: Docstore; readonly namespace: string; readonly collection: Collection },
  isWanted: boolean,
): SearchFields | undefined {
  const load = useCallback(async () => {
    if (!isWanted) return undefined
    const [first, last] = await Promise.all(([1, -1] as const).map((way) => collection.find({}, { sort: { _id: way }, limit: SAMPLE }).toArray()))
    return searchFieldsOf([...(first ?? []), ...(last ?? [])])
  }, [collection, isWanted])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && event.collections.includes(collection.name) && nudge()),
    [store, namespace, collection],
  )
  const { value } = useLive(load, subscribe, PAUSE_MS)
  // The same fields again are no other search.
  const [kept, setKept] = useState(value)
  if (value !== undefined && JSON.stringify(value) !== JSON.stringify(kept)) setKept(value)
  return isWanted ? kept : undefined
}
