import type { Docstore, PeerStatus } from 'p2p-docstore'
import { useCallback, useSyncExternalStore } from 'react'
import { useLive } from './use-live.ts'

const NONE: readonly PeerStatus[] = []

/** Relays and peers, as they come and go. */
export function usePeers(store: Docstore): readonly PeerStatus[] {
  const load = useCallback(() => store.peers(), [store])
  const subscribe = useCallback((nudge: () => void) => store.on('peer', nudge), [store])
  return useLive(load, subscribe).value ?? NONE
}

/** Whether the machine has any network, as far as the browser knows. */
export function useIsOnline(): boolean {
  return useSyncExternalStore(subscribeOnline, () => navigator.onLine)
}

function subscribeOnline(listener: () => void): () => void {
  globalThis.addEventListener('online', listener)
  globalThis.addEventListener('offline', listener)
  return () => {
    globalThis.removeEventListener('online', listener)
    globalThis.removeEventListener('offline', listener)
  }
}
