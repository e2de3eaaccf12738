import type { ReactNode } from 'react'
import type { Opener } from '../store/opener.ts'
import { TEST_IDS } from '../test-ids.ts'

/** What to do with a link into another network than those that this page is in. */
export function OtherNetworkActions({ opener }: { readonly opener: Opener }): ReactNode {
  return (
    <div className="actions">
      <button type="button" className="button-primary" data-testid={TEST_IDS.switchNetwork} onClick={() => void opener.open({ joinsOther: true })}>
        Join it beside mine
      </button>
      <button type="button" data-testid={TEST_IDS.stayInNetwork} onClick={() => location.assign('/')}>
        Stay in my network
      </button>
    </div>
  )
}
