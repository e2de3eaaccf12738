import type { Docstore } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { chooseDataFor } from '../store/datasets.ts'
import { useOtherNetwork } from '../store/use-serving-relay.ts'
import { TEST_IDS } from '../test-ids.ts'

/** Says so where the relay behind the page is in another network than the data in this browser. */
export function OtherNetworkBanner({ store }: { readonly store: Docstore }): ReactNode {
  const serving = useOtherNetwork(store)
  if (serving === undefined) return null
  return (
    <div className="banner" role="alert" data-testid={TEST_IDS.otherNetworkBanner}>
      <p>
        The relay of this page is in the network “{serving.name}”, your documents here are of “{store.info.network.name}”. They are safe and can be
        used, but this relay does not exchange them.
      </p>
      <button
        type="button"
        data-testid={TEST_IDS.switchNetwork}
        onClick={() => {
          chooseDataFor(serving.id)
          location.assign('/')
          location.reload()
        }}
      >
        Open “{serving.name}” beside them
      </button>
    </div>
  )
}
