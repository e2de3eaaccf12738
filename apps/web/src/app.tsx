import { type ReactNode, useSyncExternalStore } from 'react'
import { OpenFailed } from './opening/open-failed.tsx'
import { Opening } from './opening/opening.tsx'
import type { Opener } from './store/opener.ts'
import { Toasts } from './ui/toasts.tsx'
import { Workspace } from './workspace.tsx'

/** The page: a store that is being opened, that could not be opened, or that is open. */
export function App({ opener }: { readonly opener: Opener }): ReactNode {
  const open = useSyncExternalStore(opener.subscribe, opener.getState)
  switch (open.state) {
    case 'opening':
      return <Opening />
    case 'failed':
      return <OpenFailed code={open.code} message={open.message} opener={opener} />
    case 'open':
      return (
        <Toasts>
          <Workspace store={open.store} joinLink={open.joinLink} isInviteOnly={open.isInviteOnly} isStored={open.isStored} />
        </Toasts>
      )
  }
}
