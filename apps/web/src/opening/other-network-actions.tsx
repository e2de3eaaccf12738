import { type ReactNode, useEffect, useState } from 'react'
import { chooseDataFor } from '../store/datasets.ts'
import { TEST_IDS } from '../test-ids.ts'

/** What to do with an invitation to another network than the one whose data is open. */
export function OtherNetworkActions(): ReactNode {
  const [invited, setInvited] = useState<{ readonly id: string; readonly name: string }>()
  useEffect(() => {
    const read = async (): Promise<void> => {
      const { parseJoinLink } = await import('../store/join-links.ts')
      const { network } = parseJoinLink(location.href)
      if (network !== undefined) setInvited({ id: network.id, name: network.descriptor.name })
    }
    read().catch(() => setInvited(undefined))
  }, [])
  return (
    <div className="actions">
      {invited === undefined ? null : (
        <button
          type="button"
          className="button-primary"
          data-testid={TEST_IDS.switchNetwork}
          onClick={() => {
            chooseDataFor(invited.id)
            location.reload()
          }}
        >
          Open “{invited.name}” beside it
        </button>
      )}
      <button type="button" data-testid={TEST_IDS.stayInNetwork} onClick={() => location.assign('/')}>
        Stay in my network
      </button>
    </div>
  )
}
