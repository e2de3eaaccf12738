import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import type { ConnectionState } from './connection-state.ts'

/** The connection in the header; opens the panel of this peer. */
export function ConnectionButton({
  connection,
  isOpen,
  onToggle,
}: {
  readonly connection: ConnectionState
  readonly isOpen: boolean
  readonly onToggle: () => void
}): ReactNode {
  return (
    <button
      type="button"
      className="chip"
      data-testid={TEST_IDS.connection}
      data-state={connection.state}
      data-via={connection.state === 'connected' ? connection.via : undefined}
      data-shut-out={connection.state === 'offline' ? connection.shutOut : undefined}
      aria-expanded={isOpen}
      title={connection.state === 'offline' ? connection.reason : 'Connection, identity and storage'}
      onClick={onToggle}
    >
      <span className={`dot dot-${connection.state}`} aria-hidden="true" />
      <span role="status">{label(connection)}</span>
    </button>
  )
}

function label(connection: ConnectionState): string {
  switch (connection.state) {
    case 'connected':
      return 'Connected'
    case 'connecting':
      return 'Connecting…'
    case 'offline':
      return connection.shutOut === undefined ? 'Offline' : SHUT_OUT_LABELS[connection.shutOut]
  }
}

const SHUT_OUT_LABELS = {
  'not-invited': 'Not invited',
  'invitation-expired': 'Invitation expired',
  'invitation-revoked': 'Invitation withdrawn',
  'other-network': 'Other network',
  'other-version': 'Other version',
} as const
