import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ConnectionButton } from './connection/connection-button.tsx'
import { connectionOf } from './connection/connection-state.ts'
import { ShutOutBanner } from './connection/shut-out-banner.tsx'
import { deviceTextOf } from './devices/device-link.ts'
import { ContentView, JoinDevice, loadLater, MessagesPanel, NetworkView, PeerPanel, PersonNotices, ProfilePanel } from './later.ts'
import { useMessages } from './messages/use-messages.ts'
import { NamespaceView } from './namespaces/namespace-view.tsx'
import { NamespacesSidebar } from './namespaces/namespaces-sidebar.tsx'
import { Welcome } from './namespaces/welcome.tsx'
import { OPEN_FIELD_ID } from './namespaces/open-namespace.tsx'
import { NetworkSwitch } from './network/network-switch.tsx'
import { OtherNetworkBanner } from './opening/other-network-banner.tsx'
import { People } from './people/people.ts'
import { PeopleContext } from './people/people-context.ts'
import { go, NETWORK_HREF, parseRoute, type Route, useHash } from './route.ts'
import { errorText } from './store/error-text.ts'
import { useNetworks } from './store/networks-context.ts'
import { useDurability } from './store/use-durability.ts'
import { repeatedNames, useNamespaces } from './store/use-namespaces.ts'
import { useIsOnline, usePeers } from './store/use-peers.ts'
import { TEST_IDS } from './test-ids.ts'
import { takeFileDrops } from './ui/file-drops.ts'
import { withMarks } from './ui/hidden-characters.ts'
import { Later } from './ui/later.tsx'
import { MarkedText } from './ui/marked-text.tsx'
import { useToast } from './ui/toasts.tsx'
import { useFocusKept } from './ui/use-focus-kept.ts'

type PanelName = 'none' | 'peer' | 'messages' | 'profile'

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
  const [isCreating, setCreating] = useState(false)
  const peers = usePeers(store)
  const connection = connectionOf(peers, useIsOnline())
  const namespaces = useNamespaces(store)
  const messages = useMessages(store, panel === 'messages')
  const durability = useDurability(store, { isStored, hasWritten })
  const onWritten = useCallback(() => setHasWritten(true), [])
  const toggle = (name: PanelName): void => setPanel((last) => (last === name ? 'none' : name))
  const closePanel = useCallback(() => setPanel('none'), [])
  const [person, setPerson] = useState<string>()
  const showProfile = useCallback((who?: string) => {
    setPerson(who)
    setPanel('profile')
  }, [])
  const people = usePeople(store, showProfile)
  const shutOut = connection.state === 'offline' ? connection.shutOut : undefined
  const isConnected = connection.state === 'connected'
  const networkName = store.info.network.name
  const hasDocuments = hasWritten || namespaces.value?.some(({ documents }) => documents > 0) === true
  const deviceText = deviceTextOf(hash)
  const { networks } = useNetworks()
  const shown = route.page === 'namespace' ? namespaces.value?.find(({ id }) => id === route.id)?.info?.name : undefined
  const isRepeated = shown !== undefined && namespaces.value !== undefined && repeatedNames(namespaces.value).has(shown)
  const page = useRef<HTMLDivElement>(null)
  useFocusKept(page)
  useEffect(loadLater, [])
  useOtherNetworkOf(store, route)
  useRefusedDrops()
  useEffect(() => {
    const named = shown === undefined ? [] : [isRepeated && route.page === 'namespace' ? `${shown} …${route.id.slice(-6)}` : shown]
    document.title = withMarks([...named, networkName, 'Docstore'].join(' – '))
  }, [shown, isRepeated, route, networkName])
  return (
    <PeopleContext value={people}>
      <div ref={page} className={`workspace page-${route.page} panel-${panel}`}>
        <header className="top">
          <a className="brand" href="#/">
            <img src="/icon.svg" alt="" width="24" height="24" />
            <span>Docstore</span>
          </a>
          <NetworkSwitch />
          <a className="network-name" href={NETWORK_HREF} title="Who is in this network" data-testid={TEST_IDS.networkLink}>
            {networks.length > 1 ? 'Who is in it' : <MarkedText text={networkName} />}
          </a>
          <span className="spacer" />
          {isStored ? null : <span className="chip chip-warn">Not stored</span>}
          <button
            type="button"
            className="chip profile-chip"
            data-testid={TEST_IDS.profileOpen}
            aria-expanded={panel === 'profile'}
            onClick={() => (panel === 'profile' ? closePanel() : showProfile())}
          >
            Profile
          </button>
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
        <OtherNetworkBanner store={store}>
          {shutOut === undefined ? null : <ShutOutBanner shutOut={shutOut} networkName={networkName} onEnterLink={enterLink} />}
        </OtherNetworkBanner>
        <Later>
          <PersonNotices store={store} hasDocuments={hasDocuments} onDevices={() => showProfile()} />
          {deviceText === undefined ? null : <JoinDevice store={store} text={deviceText} onClose={() => go('#/', { isStep: false })} />}
        </Later>
        <div className="columns">
          <NamespacesSidebar
            store={store}
            namespaces={namespaces}
            selected={route.page === 'namespace' ? route.id : undefined}
            isConnected={isConnected}
            isCreating={isCreating}
            onCreating={setCreating}
            onWritten={onWritten}
          />
          <main className="main">
            {route.page === 'home' ? <Welcome store={store} count={namespaces.value?.length} onCreate={() => setCreating(true)} /> : null}
            {route.page === 'network' ? (
              <Later>
                <NetworkView store={store} />
              </Later>
            ) : null}
            {route.page === 'content' ? (
              <Later>
                <ContentView store={store} cid={route.cid} />
              </Later>
            ) : null}
            {route.page === 'namespace' ? (
              <NamespaceView
                key={route.id}
                store={store}
                id={route.id}
                collectionName={route.collection}
                view={route.view}
                isNameRepeated={isRepeated}
                peers={peers}
                connection={connection}
                onWritten={onWritten}
              />
            ) : null}
          </main>
          <Later>
            {panel === 'peer' ? (
              <PeerPanel
                store={store}
                joinLink={joinLink}
                isInviteOnly={isInviteOnly}
                peers={peers}
                connection={connection}
                durability={durability}
                onProfile={showProfile}
                onClose={closePanel}
              />
            ) : null}
            {panel === 'profile' ? (
              <ProfilePanel store={store} person={person} onShow={setPerson} onWritten={onWritten} onClose={closePanel} />
            ) : null}
            {panel === 'messages' ? <MessagesPanel store={store} messages={messages} onClose={closePanel} /> : null}
          </Later>
        </div>
      </div>
    </PeopleContext>
  )
}

/** Who is who, for all parts of the page. */
function usePeople(store: Docstore, show: (person: string) => void): PeopleContext {
  const people = useMemo(() => new People(store), [store])
  useEffect(() => () => people.end(), [people])
  return useMemo(() => ({ people, show }), [people, show])
}

/** Shows the network that the namespace of the address is in, where that is another one of this page. */
function useOtherNetworkOf(store: Docstore, route: Route): void {
  const { networks, show } = useNetworks()
  const showToast = useToast()
  const id = route.page === 'namespace' ? route.id : undefined
  const isSeveral = networks.length > 1
  useEffect(() => {
    if (id === undefined || !isSeveral) return
    const look = async (): Promise<void> => {
      const network = await store.networkOf(id)
      if (network !== undefined && network !== store.info.network.id) await show(network, location.hash)
    }
    look().catch((error: unknown) => showToast({ text: errorText(error), kind: 'error' }))
  }, [store, id, isSeveral, show, showToast])
}

/** Says where files go, where they are dropped while no namespace is shown. */
function useRefusedDrops(): void {
  const showToast = useToast()
  useEffect(() => {
    const gone = new AbortController()
    const refuse = (): void => showToast({ text: 'Files are stored in namespaces: open one in which you write.', kind: 'error', topic: 'refused' })
    takeFileDrops({ onDrop: refuse }, gone.signal, { isLast: true })
    return () => gone.abort()
  }, [showToast])
}

/** Goes to the field for what was sent, which phones show beside nothing else. */
function enterLink(): void {
  const field = (): HTMLElement | null => document.getElementById(OPEN_FIELD_ID)
  if (field()?.checkVisibility() !== true) go('#/')
  requestAnimationFrame(() => field()?.focus())
}
