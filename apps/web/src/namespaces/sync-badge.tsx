import type { NamespaceReport } from 'p2p-docstore'
import { type ReactNode, useId, useRef, useState } from 'react'
import { viaName } from '../connection/connection-state.ts'
import { TEST_IDS } from '../test-ids.ts'
import { shortPeer } from '../ui/short-names.ts'
import { peerStateText, type SyncState } from './sync-state.ts'

/** Whether a relay has everything; opens into one line per relay, which pushes the documents down and covers nothing. Escape closes it. */
export function SyncBadge({ sync, report }: { readonly sync: SyncState; readonly report: NamespaceReport }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const { state, text } = sync
  const { peers } = report
  const listId = useId()
  const button = useRef<HTMLButtonElement>(null)
  return (
    <div
      className="sync"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return
        event.stopPropagation()
        setOpen(false)
        button.current?.focus()
      }}
    >
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
      {isOpen ? (
        // Many relays scroll, which keys do only with the focus on the list.
        <ul id={listId} className="plain-list sync-peers" aria-label="Relays of this namespace" tabIndex={0}>
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
