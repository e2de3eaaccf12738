import type { Docstore } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { useNetworks } from '../store/networks-context.ts'
import { errorText } from '../store/error-text.ts'
import { useOtherNetwork } from '../store/use-serving-relay.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { useToast } from '../ui/toasts.tsx'

/** Says so where the relay behind the page is in another network than the data in this browser; else it shows what is in it. */
export function OtherNetworkBanner({ store, children }: { readonly store: Docstore; readonly children: ReactNode }): ReactNode {
  const serving = useOtherNetwork(store)
  const { networks, join } = useNetworks()
  const showToast = useToast()
  // Who is in that one too came here from it.
  if (serving === undefined || networks.some(({ id }) => id === serving.id)) return children
  return (
    <div className="banner" role="alert" data-testid={TEST_IDS.otherNetworkBanner}>
      <p>
        The relay of this page is in the network “<MarkedText text={serving.name} />
        ”, your documents here are of “<MarkedText text={store.info.network.name} />
        ”. They are safe and can be used, but this relay does not exchange them.
      </p>
      <button
        type="button"
        data-testid={TEST_IDS.switchNetwork}
        onClick={() => {
          join(location.origin).catch((error: unknown) => showToast({ text: errorText(error), kind: 'error' }))
        }}
      >
        Open “<MarkedText text={serving.name} />” beside them
      </button>
    </div>
  )
}
