import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useCallback, useMemo, useState } from 'react'
import { ConnectionButton } from './connection/connection-button.tsx'
import { connectionOf } from './connection/connection-state.ts'
import { PeerPanel } from './connection/peer-panel.tsx'
import { MessagesPanel } from './messages/messages-panel.tsx'
import { useMessages } from './messages/use-messages.ts'
import { NamespaceView } from './namespaces/namespace-view.tsx'
import { NamespacesSidebar } from './namespaces/namespaces-sidebar.tsx'
import { Welcome } from './namespaces/welcome.tsx'
import { NetworkView } from './network/network-view.tsx'
import { OtherNetworkBanner } from './opening/other-network-banner.tsx'
import { NETWORK_HREF, parseRoute, useHash } from './route.ts'
import { useDurability } from './store/use-durability.ts'
import { useNamespaces } from './store/use-namespaces.ts'
import { useIsOnline, usePeers } from './store/use-peers.ts'
import { TEST_IDS } from './test-ids.ts'

type PanelName = 'none' | 'peer' | 'messages'

/** The page with an open store: namespaces, documents, and the panels beside them. */
export function Workspace({
  store,
  joinLink,
  isInviteOnly,
  isStored,
}: {
  readonly store: Docstore
  readonly joinLink: string
  readonly isInviteOnly: boolean
  readonly isStored: boolean
}): ReactNode {
  const hash = useHash()
  const route = useMemo(() => parseRoute(hash), [hash])
  const [panel, setPanel] = useState<PanelName>('none')
  const [hasWritten, setHasWritten] = useState(false)
  const peers = usePeers(store)
  const connection = connectionOf(peers, useIsOnline())
  const namespaces = useNamespaces(store)
  const messages = useMessages(store, panel === 'messages')
  const durability = useDurability(store, { isStored, hasWritten })
  const onWritten = useCallback(() => setHasWritten(true), [])
  const toggle = (name: PanelName): void => setPanel((last) => (last === name ? 'none' : name))
  return (
    <div className={`workspace page-${route.page} panel-${panel}`}>
      <header className="top">
        <a className="brand" href="#/">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span>Docstore</span>
        </a>
        <a className="network-name" href={NETWORK_HREF} title="Who is in this network" data-testid={TEST_IDS.networkLink}>
          {store.info.network.name}
        </a>
        <span className="spacer" />
        {isStored ? null : <span className="chip chip-warn">Not stored</span>}
        <button
          type="button"
          className="chip"
          data-testid={TEST_IDS.messagesOpen}
          aria-expanded={panel === 'messages'}
          onClick={() => toggle('messages')}
        >
          Messages
          {messages.unread === 0 ? null : <span className="badge">{messages.unread}</span>}
        </button>
        <ConnectionButton connection={connection} isOpen={panel === 'peer'} onToggle={() => toggle('peer')} />
      </header>
      <OtherNetworkBanner store={store} />
      <div className="columns">
        <NamespacesSidebar store={store} namespaces={namespaces} selected={route.page === 'namespace' ? route.id : undefined} onWritten={onWritten} />
        <main className="main">
          {route.page === 'home' ? <Welcome count={namespaces.value?.length} /> : null}
          {route.page === 'network' ? <NetworkView store={store} /> : null}
          {route.page === 'namespace' ? (
            <NamespaceView
              key={`${route.id}/${route.collection}`}
              store={store}
              id={route.id}
              collectionName={route.collection}
              isConnected={connection.state === 'connected'}
              onWritten={onWritten}
            />
          ) : null}
        </main>
        {panel === 'peer' ? (
          <PeerPanel
            store={store}
            joinLink={joinLink}
            isInviteOnly={isInviteOnly}
            peers={peers}
            connection={connection}
            durability={durability}
            onClose={() => setPanel('none')}
          />
        ) : null}
        {panel === 'messages' ? <MessagesPanel messages={messages} onClose={() => setPanel('none')} /> : null}
      </div>
    </div>
  )
}
