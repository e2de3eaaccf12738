import type { Docstore } from 'p2p-docstore'
import { useCallback } from 'react'
import { useLive } from './use-live.ts'

/** The network that the relay behind this page is in. */
export interface ServingNetwork {
  readonly id: string
  readonly name: string
}

/** Where a relay says who it is. Written out here, because the library loads after the page. */
const WELL_KNOWN_PATH = '/.well-known/docstore.json'
const TIMEOUT_MS = 5000
/** How often it is asked at most: whenever a connection comes or goes, milliseconds. */
const PAUSE_MS = 5000

/** The network of the relay that serves this page where it is not the network of our data; `undefined` while it does not answer. */
export function useOtherNetwork(store: Docstore): ServingNetwork | undefined {
  const load = useCallback(async () => {
    const serving = await servingNetwork()
    return serving?.id === store.info.network.id ? undefined : serving
  }, [store])
  const subscribe = useCallback((nudge: () => void) => store.on('peer', nudge), [store])
  return useLive(load, subscribe, PAUSE_MS).value
}

async function servingNetwork(): Promise<ServingNetwork | undefined> {
  try {
    const response = await fetch(WELL_KNOWN_PATH, { signal: AbortSignal.timeout(TIMEOUT_MS), cache: 'no-store' })
    const value: unknown = await response.json()
    if (typeof value !== 'object' || value === null || !('network' in value) || typeof value.network !== 'string') return undefined
    return { id: value.network, name: 'name' in value && typeof value.name === 'string' ? value.name : 'another network' }
  } catch {
    return undefined
  }
}
