import type { NamespaceReport, PeerStatus } from 'p2p-docstore'
import { type ReactNode, useCallback, useId, useRef, useState } from 'react'
import { peerName } from '../connection/connection-state.ts'
import { TEST_IDS } from '../test-ids.ts'
import { useDismiss } from '../ui/use-dismiss.ts'
import { peerStateText, type SyncState } from './sync-state.ts'

/** Whether a relay has everything; opens into one line per relay, which pushes the documents down and covers nothing. */
export function SyncBadge({
  sync,
  report,
  peers,
}: {
  readonly sync: SyncState
  readonly report: NamespaceReport
  readonly peers: readonly PeerStatus[]
}): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const { state, text } = sync
  const listId = useId()
  const part = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const close = useCallback(() => setOpen(false), [])
  useDismiss({ isOpen, part, onDismiss: close, returnFocus: () => button.current?.focus() })
  return (
    <div ref={part} className="sync">
      <div className="sync-place">
        <button
          ref={button}
          type="button"
          className="chip"
          data-testid={TEST_IDS.syncState}
          data-state={state}
          aria-expanded={isOpen}
          aria-controls={isOpen ? listId : undefined}
          onClick={() => setOpen(!isOpen)}
        >
          <span className={`dot dot-${dotOf(state)}`} aria-hidden="true" />
          <span role="status">{text}</span>
        </button>
      </div>
      {isOpen ? (
        // Many relays scroll, which keys do only with the focus on the list.
        <ul id={listId} className="plain-list sync-peers" aria-label="Relays of this namespace" tabIndex={0}>
          {report.peers.map((peer) => (
            <li key={peer.id} data-testid={TEST_IDS.syncPeer} data-state={peer.state}>
              <strong>{peerName(peer.id, peers)}</strong>
              <span className="hint">{peerStateText(peer)}</span>
            </li>
          ))}
          {report.peers.length === 0 ? <li className="hint">No relay is known.</li> : null}
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
