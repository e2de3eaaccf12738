import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useCallback, useSyncExternalStore } from 'react'
import { TEST_IDS } from '../test-ids.ts'

/** Whether this tab holds the documents and connections of the browser, or works through the tab that does. */
export function TabRole({ store }: { readonly store: Docstore }): ReactNode {
  const subscribe = useCallback((listener: () => void) => store.on('owner', listener), [store])
  const isOwner = useSyncExternalStore(subscribe, () => store.isOwner)
  return (
    <p className="hint" data-testid={TEST_IDS.tabRole} data-state={isOwner ? 'owner' : 'follower'}>
      {isOwner
        ? 'This tab does the work for all tabs of this browser.'
        : 'Another tab of this browser does the work; this one takes over when that is gone.'}
    </p>
  )
}
