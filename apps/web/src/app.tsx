import { type ReactNode, useMemo, useSyncExternalStore } from 'react'
import { OpenFailed } from './opening/open-failed.tsx'
import { Opening } from './opening/opening.tsx'
import { NetworksContext } from './store/networks-context.ts'
import type { OpenedState, Opener } from './store/opener.ts'
import { Toasts } from './ui/toasts.tsx'
import { Workspace } from './workspace.tsx'

/** The page: a store that is being opened, that could not be opened, or that is open. */
export function App({ opener }: { readonly opener: Opener }): ReactNode {
  const open = useSyncExternalStore(opener.subscribe, opener.getState)
  switch (open.state) {
    case 'opening':
      return <Opening moved={open.moved} />
    case 'failed':
      return <OpenFailed failed={open} opener={opener} />
    case 'open':
      return <OpenPage open={open} opener={opener} />
  }
}

function OpenPage({ open, opener }: { readonly open: OpenedState; readonly opener: Opener }): ReactNode {
  const { store, networks } = open
  const shown = store.info.network.id
  const context = useMemo(
    () => ({ networks, shown, show: opener.show, join: opener.join, leave: opener.leave, keepPassphrase: opener.keepPassphrase }),
    [networks, shown, opener],
  )
  return (
    <NetworksContext value={context}>
      <Toasts>
        <Workspace key={shown} store={store} joinLink={open.joinLink} isInviteOnly={open.isInviteOnly} isStored={open.isStored} />
      </Toasts>
    </NetworksContext>
  )
}
