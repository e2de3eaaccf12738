import type { Collection, Docstore, Document } from 'p2p-docstore'
import { type ReactNode, useCallback, useState } from 'react'
import { useLive } from '../../store/use-live.ts'
import { PersonName } from '../../people/person-name.tsx'
import { TEST_IDS } from '../../test-ids.ts'
import { Moment } from '../../ui/moment.tsx'

interface DocumentHistoryProps {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly id: string
  /** Whether something is written that would be lost. */
  readonly isBlocked: boolean
  readonly onShow: (document: Document) => void
}

/** What a document was before, where that is kept here. One of the versions can be shown in the place of the present one, and saved. */
export function DocumentHistory(props: DocumentHistoryProps): ReactNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="document-history" data-testid={TEST_IDS.documentHistory} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Earlier versions</summary>
      {isOpen ? <Versions {...props} /> : null}
    </details>
  )
}

function Versions({ store, namespace, collection, id, isBlocked, onShow }: DocumentHistoryProps): ReactNode {
  const load = useCallback(() => collection.history(id), [collection, id])
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit((event) => event.namespace === namespace && event.collections.includes(collection.name) && nudge()),
    [store, namespace, collection],
  )
  const { value: versions, error } = useLive(load, subscribe)
  if (versions === undefined) return error === undefined ? null : <p className="error">{error}</p>
  if (versions.length === 0) return <p className="hint">No earlier version is kept here.</p>
  return (
    <ol>
      {versions.map(({ document, cid, at, by }) => (
        <li key={`${at} ${cid}`} data-testid={TEST_IDS.documentVersion} data-cid={cid}>
          <Moment at={at} />
          <span>
            by <PersonName person={by} />
          </span>
          <button
            type="button"
            className="button-small"
            data-testid={TEST_IDS.documentVersionShow}
            disabled={isBlocked}
            title={isBlocked ? 'Save or discard what you wrote first' : 'Saving makes it the present version again'}
            onClick={() => onShow(document)}
          >
            Show
          </button>
        </li>
      ))}
    </ol>
  )
}
