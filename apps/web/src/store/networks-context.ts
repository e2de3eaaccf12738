import { createContext, useContext } from 'react'
import type { NetworkInfo } from 'p2p-docstore'

/** The networks that this page is in, and what can be done about them; `Opener` does it. */
export interface NetworksContext {
  readonly networks: readonly NetworkInfo[]
  /** Id of the one that is shown. */
  readonly shown: string
  readonly show: (network: string, href?: string) => Promise<void>
  readonly join: (link: string) => Promise<void>
  readonly leave: (network: string, options: { readonly force: boolean }) => Promise<void>
  /** Notes what opens the data of all of them from now on, for this tab and others. */
  readonly keepPassphrase: (passphrase: string | undefined) => void
}

export const NetworksContext = createContext<NetworksContext | undefined>(undefined)

/** The networks of the page, while a store is open. */
export function useNetworks(): NetworksContext {
  const context = useContext(NetworksContext)
  if (context === undefined) throw new Error('No store is open')
  return context
}
