import type { Docstore, Namespace, NamespaceInfo, PeerStatus } from 'p2p-docstore'
import { whoAmI } from '../people/who-am-i.ts'
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react'
import type { ConnectionState } from '../connection/connection-state.ts'
import { whyReadOnly } from '../documents/permission.ts'
import { DocumentsView } from '../documents/documents-view.tsx'
import type { ShowView } from '../documents/use-document-list.ts'
import { ConflictsButton } from '../conflicts/conflicts-button.tsx'
import type { LookedAt } from '../conflicts/conflicts-dialog.tsx'
import { useConflictCounts, useConflicted } from '../conflicts/use-conflicted.ts'
import { ConflictsDialog, HeadConflict, SettingsDialog, UploadFiles, WhoIsHere } from '../later.ts'
import { PersonLink } from '../people/person-name.tsx'
import { go, type ListView, namespaceHref } from '../route.ts'
import { forgetNamespace } from '../store/remembered.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { Later } from '../ui/later.tsx'
import { MarkedText } from '../ui/marked-text.tsx'
import { policyName } from './policies.ts'
import type { SettingsDraft } from './settings/settings-draft.ts'
import { SyncBadge } from './sync-badge.tsx'
import { syncStateOf } from './sync-state.ts'
import { collectionType, typedCollections } from './collection-type.ts'
import { DEFAULT_COLLECTION, useCollectionChoice } from './use-collection-choice.ts'
import { useNamespace, useNamespaceFacts, useNamespaceStanding } from './use-namespace.ts'

interface NamespaceViewProps {
  readonly store: Docstore
  readonly id: string
  /** The one that the address names. */
  readonly collectionName: string | undefined
  readonly view: ListView
  /** Whether another namespace here has the same name. */
  readonly isNameRepeated: boolean
  readonly peers: readonly PeerStatus[]
  readonly connection: ConnectionState
  readonly onWritten: () => void
}

/** One namespace: what it is, how it stands with the relays, and its documents. */
export function NamespaceView(props: NamespaceViewProps): ReactNode {
  const { namespace, error } = useNamespace(props.store, props.id)
  if (error !== undefined) {
    return (
      <div className="empty">
        <BackLink />
        <h1>This is no namespace</h1>
        <p role="alert">{error}</p>
      </div>
    )
  }
  return namespace === undefined ? null : <OpenNamespaceView {...props} namespace={namespace} />
}

function OpenNamespaceView(props: NamespaceViewProps & { readonly namespace: Namespace }): ReactNode {
  const { value: facts } = useNamespaceFacts(props.store, props.namespace)
  if (facts === undefined) return <p className="hint pad">Opening…</p>
  return facts.info === undefined ? <NotHere {...props} /> : <NamespacePage {...props} info={facts.info} />
}

function NamespacePage({
  store,
  collectionName: asked,
  view,
  isNameRepeated,
  peers,
  connection,
  namespace,
  info,
  onWritten,
}: NamespaceViewProps & { readonly namespace: Namespace; readonly info: NamespaceInfo }): ReactNode {
  const { names, shown, hold } = useCollectionChoice(store, namespace.id, asked)
  // The documents are children, so that they ask the database before its state is asked for: comparing large sets takes a while.
  const { value: report } = useNamespaceStanding(store, namespace)
  const sync = report && syncStateOf(report, { isHere: true, connection })
  const collection = useMemo(() => (shown === undefined ? undefined : namespace.collection(shown)), [namespace, shown])
  const { value: conflicted } = useConflicted(store, namespace)
  const conflicts = useConflictCounts(conflicted, shown)
  const [looked, setLooked] = useState<LookedAt>()
  const lookAt = useCallback((document: string) => shown !== undefined && setLooked({ kind: 'one', collection: shown, _id: document }), [shown])
  const isOwner = info.owner === whoAmI(store)
  const [isSettingsOpen, setSettingsOpen] = useState(false)
  const [settingsDraft, setSettingsDraft] = useState<SettingsDraft>({})
  const closeSettings = useCallback(() => setSettingsOpen(false), [])
  const page = useRef<HTMLElement>(null)
  const closeConflicts = useCallback(() => {
    setLooked(undefined)
    // What was pressed to see them goes with the last of them.
    requestAnimationFrame(() => document.activeElement === document.body && page.current?.querySelector<HTMLElement>('tr[tabindex="0"], h1')?.focus())
  }, [])
  const show = useCallback<ShowView>((next, options) => go(namespaceHref(namespace.id, shown, next), options), [namespace, shown])
  return (
    <article ref={page} className="namespace">
      <header className="namespace-head">
        <BackLink />
        <div className="namespace-title">
          <h1 tabIndex={-1} data-testid={TEST_IDS.namespaceTitle}>
            <MarkedText text={info.name} />
          </h1>
          <div className="namespace-facts">
            <p className="hint">
              {policyName(info, whoAmI(store))}
              {isOwner ? null : (
                <>
                  {' · of '}
                  <PersonLink person={info.owner} />
                </>
              )}
              {info.listed === true ? ' · listed' : null}
              {isNameRepeated ? ` · …${info.id.slice(-6)}` : null}
            </p>
            <ConflictsButton conflicted={conflicted} onOpen={() => setLooked({ kind: 'all' })} />
          </div>
          {info.description === undefined ? null : <p className="hint">{info.description}</p>}
        </div>
        <Later>
          <UploadFiles store={store} namespace={namespace.id} readOnly={whyReadOnly(info, whoAmI(store), 'files')} onWritten={onWritten} />
        </Later>
        {isOwner || hasRules(info) || info.write === 'members' ? (
          <button type="button" className="button-small" data-testid={TEST_IDS.settingsOpen} onClick={() => setSettingsOpen(true)}>
            {isOwner ? 'Settings' : info.write === 'members' ? 'Members' : 'Rules'}
          </button>
        ) : null}
        <Later>
          <WhoIsHere store={store} place={namespace.id} />
        </Later>
        <CopyButton text={namespace.id} label="of this namespace" testId={TEST_IDS.namespaceIdCopy}>
          Copy id
        </CopyButton>
        {report === undefined || sync === undefined ? null : <SyncBadge sync={sync} report={report} peers={peers} />}
      </header>
      <Later>{info.conflict === undefined ? null : <HeadConflict store={store} info={info} conflict={info.conflict} />}</Later>
      <CollectionTabs info={info} names={[...new Set([...names, ...typedCollections(info)])].sort()} selected={shown} />
      {collection === undefined ? null : (
        <DocumentsView
          key={collection.name}
          store={store}
          namespace={namespace.id}
          collection={collection}
          info={info}
          isSettled={sync !== undefined && sync.state !== 'syncing'}
          view={view}
          show={show}
          conflicts={conflicts}
          onConflicts={lookAt}
          onEdit={hold}
          onWritten={onWritten}
        />
      )}
      {looked === undefined || conflicted === undefined ? null : (
        <Later>
          <ConflictsDialog
            store={store}
            namespace={namespace}
            info={info}
            conflicted={conflicted}
            looked={looked}
            onLook={setLooked}
            onWritten={onWritten}
            onClose={closeConflicts}
          />
        </Later>
      )}
      {isSettingsOpen ? (
        <Later>
          <SettingsDialog
            store={store}
            namespace={namespace}
            info={info}
            draft={settingsDraft}
            onDraft={setSettingsDraft}
            onWritten={onWritten}
            onClose={closeSettings}
          />
        </Later>
      ) : null}
    </article>
  )
}

/** Whether something is said of what documents have to be; types alone are no rules. */
function hasRules({ collections = {} }: NamespaceInfo): boolean {
  return Object.values(collections).some((settings) => Object.keys(settings).some((name) => name !== 'type'))
}

function BackLink(): ReactNode {
  return (
    <a className="back" href="#/">
      ← Namespaces
    </a>
  )
}

/** There is nothing to choose while there is only the usual one. */
function CollectionTabs({
  info,
  names,
  selected,
}: {
  readonly info: NamespaceInfo
  readonly names: readonly string[]
  readonly selected: string | undefined
}): ReactNode {
  if (names.every((name) => name === DEFAULT_COLLECTION && collectionType(info, name) === undefined)) return null
  return (
    <nav className="tabs" aria-label="Collections">
      {names.map((name) => (
        <a
          key={name}
          href={namespaceHref(info.id, name)}
          data-testid={TEST_IDS.collectionTab}
          data-name={name}
          aria-current={name === selected ? 'page' : undefined}
        >
          <MarkedText text={name} />
          <TypeName type={collectionType(info, name)} />
        </a>
      ))}
    </nav>
  )
}

function TypeName({ type }: { readonly type: string | undefined }): ReactNode {
  return type === undefined ? null : <span className="hint"> · {type}</span>
}

function NotHere({ store, namespace, peers, connection }: NamespaceViewProps & { readonly namespace: Namespace }): ReactNode {
  const { value: report } = useNamespaceStanding(store, namespace)
  const sync = report && syncStateOf(report, { isHere: false, connection })
  return (
    <div className="empty">
      <BackLink />
      <h1>Not here yet</h1>
      {report === undefined || sync === undefined ? null : <SyncBadge sync={sync} report={report} peers={peers} />}
      <p>
        {sync?.state === 'absent'
          ? 'No relay that was reached has this namespace. Check the id; if its owner is offline, it appears as soon as a relay gets it.'
          : connection.state === 'offline' && connection.shutOut !== undefined
            ? 'The namespace cannot be fetched, because the network does not let you in.'
            : 'The namespace is asked for and appears by itself as soon as a relay sends it.'}
      </p>
      <button
        type="button"
        data-testid={TEST_IDS.namespaceForget}
        onClick={() => {
          forgetNamespace(store.info.network.id, namespace.id)
          location.hash = '#/'
        }}
      >
        Stop looking for it
      </button>
    </div>
  )
}
