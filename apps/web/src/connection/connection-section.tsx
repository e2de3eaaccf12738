import type { Docstore, PeerStatus } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { PersonLink } from '../people/person-name.tsx'
import { useIdentities } from '../people/use-identities.ts'
import { TEST_IDS } from '../test-ids.ts'
import { shortPeer } from '../ui/short-names.ts'
import { type ConnectionState, connectionText } from './connection-state.ts'

/** The relays and peers of the panel, each with how it is connected or why not. */
export function ConnectionSection({
  store,
  peers,
  connection,
  children,
}: {
  readonly store: Docstore
  readonly peers: readonly PeerStatus[]
  readonly connection: ConnectionState
  readonly children: ReactNode
}): ReactNode {
  const identities = useIdentities(store)
  return (
    <section className="panel-section">
      <h3>Connection</h3>
      {connection.state === 'offline' ? (
        <p className="hint">
          Everything works without a relay: you read and write here, and it is exchanged when one is back. It is tried again all the time.
        </p>
      ) : null}
      <ul className="plain-list">
        {peers.map((peer) => (
          <li
            key={peer.id}
            className="peer"
            data-testid={TEST_IDS.relayRow}
            data-state={peer.state}
            data-via={peer.via}
            data-reservation={peer.reservation}
          >
            <span className={`dot dot-${dotOf(peer)}`} aria-hidden="true" />
            <span>
              <strong>{peer.origin ?? `Peer ${shortPeer(peer.id)}`}</strong>
              <RunBy identity={identities.get(peer.id)} />
              <span className="peer-fact">{connectionText(peer)}</span>
              {peer.reservation ? <span className="peer-fact">Others can reach you through it</span> : null}
            </span>
          </li>
        ))}
      </ul>
      {peers.length === 0 ? <p className="hint">No relay is known yet.</p> : null}
      {children}
    </section>
  )
}

function RunBy({ identity }: { readonly identity: string | undefined }): ReactNode {
  return identity === undefined ? null : (
    <span className="peer-fact">
      run by <PersonLink person={identity} />
    </span>
  )
}

function dotOf({ state, error }: PeerStatus): ConnectionState['state'] {
  return state === 'connected' ? 'connected' : error === undefined ? 'connecting' : 'offline'
}
