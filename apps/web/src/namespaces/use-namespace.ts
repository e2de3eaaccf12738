import type { Docstore, Namespace, NamespaceInfo, NamespaceReport } from 'p2p-docstore'
import { useCallback, useEffect, useRef, useState } from 'react'
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

/** What a namespace is, as far as it is known here. */
export interface NamespaceFacts {
  /** `undefined` while it has not arrived. */
  readonly info: NamespaceInfo | undefined
}

/** Name and policy of a namespace, as they change. Quick, also while the database is busy comparing. */
export function useNamespaceFacts(store: Docstore, namespace: Namespace): Live<NamespaceFacts> {
  const load = useCallback(async () => ({ info: await namespace.info() }), [namespace])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace.id && nudge()),
    [store, namespace],
  )
  return useLive(load, subscribe)
}

/** Status takes the database's time, milliseconds. */
const PAUSE_MS = 300
/** How long the first look waits for a connection at most, milliseconds. */
const CONNECT_MS = 1500

/** How a namespace stands with the relays, as it changes. */
export function useNamespaceStanding(store: Docstore, namespace: Namespace): Live<NamespaceReport> {
  const isFirst = useRef(true)
  const load = useCallback(async () => {
    // Comparing a large set for the first time keeps the database busy, and a connection that is being made needs it too.
    if (isFirst.current) await store.network?.connected({ timeoutMs: CONNECT_MS })
    isFirst.current = false
    return namespace.status()
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
