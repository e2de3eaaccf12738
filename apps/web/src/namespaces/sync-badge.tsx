import type { NamespaceReport } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { viaName } from '../connection/connection-state.ts'
import { TEST_IDS } from '../test-ids.ts'
import { shortPeer } from '../ui/short-names.ts'
import { peerStateText, type SyncState } from './sync-state.ts'

/** Whether a relay has everything; opens into one line per relay. */
export function SyncBadge({ sync, report }: { readonly sync: SyncState; readonly report: NamespaceReport }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const { state, text } = sync
  const { peers } = report
  return (
    <div className="sync">
      <button
        type="button"
        className="chip"
        data-testid={TEST_IDS.syncState}
        data-state={state}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <span className={`dot dot-${dotOf(state)}`} aria-hidden="true" />
        <span role="status">{text}</span>
      </button>
      {isOpen ? (
        <ul className="plain-list sync-peers">
          {peers.map((peer) => (
            <li key={peer.id} data-testid={TEST_IDS.syncPeer} data-state={peer.state}>
              <strong>{peer.id.startsWith('http') ? peer.id : `Relay ${shortPeer(peer.id)}`}</strong> {viaName(peer.via)}
              <span className="hint">{peerStateText(peer)}</span>
            </li>
          ))}
          {peers.length === 0 ? <li className="hint">No relay is known.</li> : null}
        </ul>
      ) : null}
    </div>
  )
}

function dotOf(state: SyncState['state']): string {
  switch (state) {
    case 'synced':
      return 'connected'
    case 'syncing':
    case 'looking':
      return 'connecting'
    case 'pending':
    case 'absent':
    case 'not-connected':
      return 'waiting'
  }
}
