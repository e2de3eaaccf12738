import type { ReactNode } from 'react'
import type { Opener } from '../store/opener.ts'
import { TEST_IDS } from '../test-ids.ts'

/** What to do with a link into another network than those that this page is in. */
export function OtherNetworkActions({ canMove, opener }: { readonly canMove: boolean; readonly opener: Opener }): ReactNode {
  return (
    <div className="actions">
      <button type="button" className="button-primary" data-testid={TEST_IDS.switchNetwork} onClick={() => void opener.open({ other: 'beside' })}>
        Join it beside mine
      </button>
      {canMove ? (
        <button type="button" data-testid={TEST_IDS.moveToNetwork} onClick={() => void opener.open({ other: 'move' })}>
          Join it with my documents
        </button>
      ) : null}
      <button type="button" data-testid={TEST_IDS.stayInNetwork} onClick={() => location.assign('/')}>
        Stay in my network
      </button>
    </div>
  )
}
