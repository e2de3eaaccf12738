import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { namespaceHref } from '../route.ts'
import type { Live } from '../store/use-live.ts'
import type { ListedNamespace } from '../store/use-namespaces.ts'
import { TEST_IDS } from '../test-ids.ts'
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
  onWritten,
}: {
  readonly store: Docstore
  readonly namespaces: Live<readonly ListedNamespace[]>
  readonly selected: string | undefined
  readonly onWritten: () => void
}): ReactNode {
  const [isCreating, setCreating] = useState(false)
  return (
    <nav className="sidebar" aria-label="Namespaces">
      <div className="section-head">
        <h2>Namespaces</h2>
        <button
          type="button"
          className="button-small"
          data-testid={TEST_IDS.createOpen}
          aria-expanded={isCreating}
          onClick={() => setCreating(!isCreating)}
        >
          New
        </button>
      </div>
      {isCreating ? <CreateNamespace store={store} onDone={() => setCreating(false)} onWritten={onWritten} /> : null}
      <NamespaceList store={store} namespaces={namespaces} selected={selected} />
      <OpenNamespace store={store} />
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
  const names = value.map(({ info }) => info?.name)
  const isRepeated = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name)
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
            <span className="namespace-name">{info?.name ?? shorten(id, 10, 6)}</span>
            <span className="count-badge">{info === undefined ? '…' : numberText(documents)}</span>
            <span className="namespace-fact">
              {info === undefined ? 'looking for it' : policyName(info.write, info.owner === store.info.identity)}
              {info !== undefined && isRepeated(info.name) ? ` · …${id.slice(-6)}` : null}
            </span>
          </a>
        </li>
      ))}
    </ul>
  )
}
