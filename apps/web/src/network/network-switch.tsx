import type { ReactNode } from 'react'
import { errorText } from '../store/error-text.ts'
import { useNetworks } from '../store/networks-context.ts'
import { TEST_IDS } from '../test-ids.ts'
import { withMarks } from '../ui/hidden-characters.ts'
import { useToast } from '../ui/toasts.tsx'
import { networkTitle } from './network-names.ts'

/** Goes from one network of this page to another, where there are several. */
export function NetworkSwitch(): ReactNode {
  const { networks, shown, show } = useNetworks()
  const showToast = useToast()
  if (networks.length < 2) return null
  return (
    <select
      className="network-switch"
      aria-label="Network that is shown"
      data-testid={TEST_IDS.networkSwitch}
      value={shown}
      onChange={({ target }) => {
        show(target.value).catch((error: unknown) => showToast({ text: errorText(error), kind: 'error' }))
      }}
    >
      {networks.map((network) => (
        <option key={network.id} value={network.id}>
          {withMarks(networkTitle(network, networks))}
        </option>
      ))}
    </select>
  )
}
