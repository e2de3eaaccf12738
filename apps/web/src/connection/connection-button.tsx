import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { type ConnectionState, viaName } from './connection-state.ts'

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
  const via = connection.state === 'connected' ? connection.via : undefined
  return (
    <button
      type="button"
      className="chip"
      data-testid={TEST_IDS.connection}
      data-state={connection.state}
      data-via={via}
      aria-expanded={isOpen}
      title={connection.state === 'offline' ? connection.reason : 'Connection, identity and storage'}
      onClick={onToggle}
    >
      <span className={`dot dot-${connection.state}`} aria-hidden="true" />
      <span role="status">{label(connection)}</span>
      {via === undefined ? null : <span className="chip-more">{viaName(via)}</span>}
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
      return 'Offline'
  }
}
