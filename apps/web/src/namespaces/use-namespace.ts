import type { Docstore, Namespace, NamespaceInfo, NamespaceReport } from 'p2p-docstore'
import { useCallback, useEffect, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { rememberNamespace } from '../store/remembered.ts'
import { type Live, useLive } from '../store/use-live.ts'

/** A namespace by id: `undefined` for a moment, then itself, or why the id is none. */
export function useNamespace(store: Docstore, id: string): { readonly namespace: Namespace | undefined; readonly error: string | undefined } {
  const [opened, setOpened] = useState<{ readonly namespace: Namespace | undefined; readonly error: string | undefined }>({
    namespace: undefined,
    error: undefined,
  })
  useEffect(() => {
    let isCurrent = true
    store.namespaces.open(id).then(
      (namespace) => {
        // It may take a while to arrive: it is looked for until then, also after a reload.
        rememberNamespace(store.info.network.id, id)
        if (isCurrent) setOpened({ namespace, error: undefined })
      },
      (error: unknown) => isCurrent && setOpened({ namespace: undefined, error: errorText(error) }),
    )
    return () => {
      isCurrent = false
    }
  }, [store, id])
  return opened
}

/** How a namespace stands, together with what it is. */
export interface NamespaceState {
  /** `undefined` while it has not arrived. */
  readonly info: NamespaceInfo | undefined
  readonly report: NamespaceReport
  /** Collections besides which there may be empty ones. */
  readonly collections: readonly string[]
}

/** Status takes the database's time, milliseconds. */
const PAUSE_MS = 300

/** Name, policy, synchronization and collections of a namespace, as they change. */
export function useNamespaceState(store: Docstore, namespace: Namespace): Live<NamespaceState> {
  const load = useCallback(async () => {
    const [info, report, collections] = await Promise.all([namespace.info(), namespace.status(), store.replica.collections(namespace.id)])
    return { info, report, collections: collections.map(({ collection }) => collection) }
  }, [store, namespace])
  const subscribe = useCallback(
    (nudge: () => void) => {
      const unlisten = store.replica.onCommit((event) => event.namespace === namespace.id && nudge())
      const unlistenSync = store.on('sync', (event) => event.namespace === namespace.id && nudge())
      return () => {
        unlisten()
        unlistenSync()
      }
    },
    [store, namespace],
  )
  return useLive(load, subscribe, PAUSE_MS)
}
