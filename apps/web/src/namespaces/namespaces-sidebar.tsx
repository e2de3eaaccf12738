import type { Docstore } from 'p2p-docstore'
import { whoAmI } from '../people/who-am-i.ts'
import { type ReactNode, useState } from 'react'
import { namespaceHref, NETWORK_HREF } from '../route.ts'
import type { Live } from '../store/use-live.ts'
import { type ListedNamespace, repeatedNames } from '../store/use-namespaces.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { numberText } from '../ui/numbers.ts'
import { shorten } from '../ui/short-names.ts'
import { CreateNamespace } from './create-namespace.tsx'
import { OpenNamespace } from './open-namespace.tsx'
import { policyName } from './policies.ts'

/** The namespaces that are here, and the ways to more. */
export function NamespacesSidebar({
  store,
  namespaces,
  selected,
  isConnected,
  isCreating,
  onCreating,
  onWritten,
}: {
  readonly store: Docstore
  readonly namespaces: Live<readonly ListedNamespace[]>
  readonly selected: string | undefined
  readonly isConnected: boolean
  /** Whether the form for a new one is open. */
  readonly isCreating: boolean
  readonly onCreating: (isCreating: boolean) => void
  readonly onWritten: () => void
}): ReactNode {
  const [newName, setNewName] = useState('')
  return (
    <nav className="sidebar" aria-label="Namespaces">
      <div className="section-head">
        <h2>Namespaces</h2>
        <button
          type="button"
          className="button-small"
          data-testid={TEST_IDS.createOpen}
          aria-expanded={isCreating}
          onClick={() => onCreating(!isCreating)}
        >
          New
        </button>
      </div>
      {isCreating ? (
        <CreateNamespace store={store} name={newName} onName={setNewName} onDone={() => onCreating(false)} onWritten={onWritten} />
      ) : null}
      <NamespaceList store={store} namespaces={namespaces} selected={selected} />
      <a className="network-entry" href={NETWORK_HREF}>
        <MarkedText text={store.info.network.name} />: who is in it
      </a>
      <OpenNamespace store={store} isConnected={isConnected} />
    </nav>
  )
}

function NamespaceList({
  store,
  namespaces,
  selected,
}: {
  readonly store: Docstore
  readonly namespaces: Live<readonly ListedNamespace[]>
  readonly selected: string | undefined
}): ReactNode {
  const { value, error } = namespaces
  if (value === undefined) return error === undefined ? <p className="hint">Loading…</p> : <p role="alert">{error}</p>
  if (value.length === 0) return <p className="hint">None yet. Create one, or open one by its id.</p>
  const isRepeated = repeatedNames(value)
  return (
    <ul className="plain-list namespace-list" data-testid={TEST_IDS.namespaceList}>
      {value.map(({ id, info, documents }) => (
        <li key={id}>
          <a
            href={namespaceHref(id)}
            className="namespace-item"
            data-testid={TEST_IDS.namespaceItem}
            data-id={id}
            data-documents={documents}
            aria-current={id === selected ? 'page' : undefined}
          >
            <span className="namespace-name">
              <MarkedText text={info?.name ?? shorten(id, 10, 6)} />
            </span>
            <span className="count-badge">{info === undefined ? '…' : numberText(documents)}</span>
            <span className="namespace-fact">
              {info === undefined ? 'looking for it' : policyName(info, whoAmI(store))}
              {info !== undefined && isRepeated.has(info.name) ? ` · …${id.slice(-6)}` : null}
            </span>
          </a>
        </li>
      ))}
    </ul>
  )
}
