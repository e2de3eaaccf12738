import type { Docstore, Namespace, NamespaceInfo } from 'p2p-docstore'
import { type ReactNode, useMemo } from 'react'
import { DocumentsView } from '../documents/documents-view.tsx'
import { DEFAULT_COLLECTION, namespaceHref } from '../route.ts'
import { forgetNamespace } from '../store/remembered.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { policyName } from './policies.ts'
import { SyncBadge } from './sync-badge.tsx'
import { syncStateOf } from './sync-state.ts'
import { useNamespace, useNamespaceFacts, useNamespaceStanding } from './use-namespace.ts'

interface NamespaceViewProps {
  readonly store: Docstore
  readonly id: string
  readonly collectionName: string
  readonly isConnected: boolean
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
  return facts.info === undefined ? <NotHere store={props.store} namespace={props.namespace} /> : <NamespacePage {...props} info={facts.info} />
}

function NamespacePage({
  store,
  collectionName,
  namespace,
  info,
  onWritten,
}: NamespaceViewProps & { readonly namespace: Namespace; readonly info: NamespaceInfo }): ReactNode {
  // The documents are children, so that they ask the database before its state is asked for: comparing large sets takes a while.
  const { value: standing } = useNamespaceStanding(store, namespace)
  const sync = standing && syncStateOf(standing.report, true)
  const collection = useMemo(() => namespace.collection(collectionName), [namespace, collectionName])
  return (
    <article className="namespace">
      <header className="namespace-head">
        <BackLink />
        <div className="namespace-title">
          <h1 data-testid={TEST_IDS.namespaceTitle}>{info.name}</h1>
          <p className="hint">{policyName(info.write, info.owner === store.info.identity)}</p>
        </div>
        <CopyButton text={namespace.id} label="of this namespace" testId={TEST_IDS.namespaceIdCopy}>
          Copy id
        </CopyButton>
        {standing === undefined || sync === undefined ? null : <SyncBadge sync={sync} report={standing.report} />}
      </header>
      <CollectionTabs namespace={namespace.id} names={standing?.collections ?? []} selected={collectionName} />
      <DocumentsView
        store={store}
        namespace={namespace.id}
        collection={collection}
        info={info}
        isSettled={sync !== undefined && sync.state !== 'syncing'}
        onWritten={onWritten}
      />
    </article>
  )
}

function BackLink(): ReactNode {
  return (
    <a className="back" href="#/">
      ← Namespaces
    </a>
  )
}

/** Other collections appear once they have documents. */
function CollectionTabs({
  namespace,
  names,
  selected,
}: {
  readonly namespace: string
  readonly names: readonly string[]
  readonly selected: string
}): ReactNode {
  const all = [...new Set([DEFAULT_COLLECTION, ...names, selected])]
  if (all.length === 1) return null
  return (
    <nav className="tabs" aria-label="Collections">
      {all.map((name) => (
        <a
          key={name}
          href={namespaceHref(namespace, name)}
          data-testid={TEST_IDS.collectionTab}
          data-name={name}
          aria-current={name === selected ? 'page' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  )
}

function NotHere({ store, namespace }: { readonly store: Docstore; readonly namespace: Namespace }): ReactNode {
  const { value: standing } = useNamespaceStanding(store, namespace)
  const sync = standing && syncStateOf(standing.report, false)
  return (
    <div className="empty">
      <BackLink />
      <h1>Not here yet</h1>
      {standing === undefined || sync === undefined ? null : <SyncBadge sync={sync} report={standing.report} />}
      <p>
        {sync?.state === 'absent'
          ? 'No relay that was reached has this namespace. Check the id; if its owner is offline, it appears as soon as a relay gets it.'
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
