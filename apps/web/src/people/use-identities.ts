import type { Docstore } from 'p2p-docstore'
import { useCallback } from 'react'
import { useLive } from '../store/use-live.ts'

/** Shortest pause between two looks at the directory, milliseconds. */
const PAUSE_MS = 1000

/** Who runs the peers that say so, by the ids of the peers. */
export function useIdentities(store: Docstore): ReadonlyMap<string, string> {
  const load = useCallback(
    async () => new Map((await store.directory()).flatMap(({ peer, identity }) => (identity === undefined ? [] : [[peer, identity] as const]))),
    [store],
  )
  const subscribe = useCallback((nudge: () => void) => store.on('directory', nudge), [store])
  return useLive(load, subscribe, PAUSE_MS).value ?? NOBODY
}

const NOBODY: ReadonlyMap<string, string> = new Map()
