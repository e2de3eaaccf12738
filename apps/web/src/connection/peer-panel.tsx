import type { Docstore, PeerStatus } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { PassphraseSection } from '../passphrase/passphrase-section.tsx'
import type { Durability } from '../store/use-durability.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyField } from '../ui/copy-field.tsx'
import { Panel } from '../ui/panel.tsx'
import { ConnectionSection } from './connection-section.tsx'
import type { ConnectionState } from './connection-state.ts'
import { DoctorSection } from './doctor-section.tsx'
import { JoinSection } from './join-section.tsx'
import { NetworksSection } from './networks-section.tsx'
import { StorageSection } from './storage-section.tsx'
import { TabRole } from './tab-role.tsx'

/** Everything about this peer, which is a browser: its connections, who it is, which network it is in, and how safe its data is. */
export function PeerPanel({
  store,
  joinLink,
  isInviteOnly,
  peers,
  connection,
  durability,
  onProfile,
  onClose,
}: {
  readonly store: Docstore
  readonly joinLink: string
  readonly isInviteOnly: boolean
  readonly peers: readonly PeerStatus[]
  readonly connection: ConnectionState
  readonly durability: Durability
  readonly onProfile: () => void
  readonly onClose: () => void
}): ReactNode {
  const { identity, network } = store.info
  return (
    <Panel title="This browser" testId={TEST_IDS.peerPanel} closeTestId={TEST_IDS.peerPanelClose} onClose={onClose}>
      <ConnectionSection store={store} peers={peers} connection={connection}>
        {durability.state === 'not-stored' ? null : <TabRole store={store} />}
      </ConnectionSection>
      <section className="panel-section">
        <h3>The key of this browser</h3>
        <p className="hint">Signs what you write, and lives here only. Who gives you a role needs your id instead, which is in your profile.</p>
        <CopyField label="Key of this browser" value={identity} testId={TEST_IDS.identity} copyTestId={TEST_IDS.identityCopy} shorten />
        <button type="button" className="button-small" onClick={() => onProfile()}>
          Your profile
        </button>
        {durability.state === 'not-stored' ? null : <PassphraseSection store={store} />}
      </section>
      <JoinSection networkName={network.name} joinLink={joinLink} isInviteOnly={isInviteOnly} />
      <NetworksSection />
      <StorageSection durability={durability} />
      <DoctorSection store={store} peers={peers} />
    </Panel>
  )
}
