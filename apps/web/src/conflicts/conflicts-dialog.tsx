import type { ConflictedDocument, Docstore, Document, Namespace, NamespaceInfo } from 'p2p-docstore'
import { whoAmI } from '../people/who-am-i.ts'
import { type ReactNode, useCallback, useMemo } from 'react'
import { whyReadOnly } from '../documents/permission.ts'
import { namingText, NAMING_FIELDS } from '../documents/naming-fields.ts'
import { useLive } from '../store/use-live.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Dialog } from '../ui/dialog.tsx'
import { MarkedText } from '../ui/marked-text.tsx'
import { numberText } from '../ui/numbers.ts'
import { shorten } from '../ui/short-names.ts'
import { ConflictChooser } from './conflict-chooser.tsx'
import type { Conflicted } from './use-conflicted.ts'

/** Which conflicts are looked at: those of one document, or the list of all documents that have some. */
export type LookedAt = { readonly kind: 'all' } | { readonly kind: 'one'; readonly collection: string; readonly _id: string }

/** Documents whose names are looked up; others go by their ids. */
const MAX_NAMED = 100

/** The conflicts of a namespace: which documents have some, deleted ones too, and what lost in one of them. */
export function ConflictsDialog({
  store,
  namespace,
  info,
  conflicted,
  looked,
  onLook,
  onWritten,
  onClose,
}: {
  readonly store: Docstore
  readonly namespace: Namespace
  readonly info: NamespaceInfo
  readonly conflicted: Conflicted
  readonly looked: LookedAt
  readonly onLook: (looked: LookedAt) => void
  readonly onWritten: () => void
  readonly onClose: () => void
}): ReactNode {
  const names = useNames(namespace, conflicted.documents)
  const nameOf = (one: Pick<ConflictedDocument, 'collection' | '_id'>): string => names.get(keyOf(one)) ?? shorten(one._id)
  const collection = useMemo(() => (looked.kind === 'one' ? namespace.collection(looked.collection) : undefined), [namespace, looked])
  if (looked.kind === 'one' && collection !== undefined)
    return (
      <Dialog title={`Conflicts of ${nameOf(looked)}`} testId={TEST_IDS.conflicts} closeTestId={TEST_IDS.conflictsClose} onClose={onClose}>
        <ConflictChooser
          key={keyOf(looked)}
          store={store}
          namespace={namespace.id}
          collection={collection}
          id={looked._id}
          readOnly={whyReadOnly(info, whoAmI(store), looked.collection, looked._id)}
          onWritten={onWritten}
        />
        {conflicted.documents.some((one) => keyOf(one) !== keyOf(looked)) ? (
          <button type="button" className="button-small" data-testid={TEST_IDS.conflictsAll} onClick={() => onLook({ kind: 'all' })}>
            All documents with conflicts
          </button>
        ) : null}
      </Dialog>
    )
  return (
    <Dialog title="Conflicts" testId={TEST_IDS.conflicts} closeTestId={TEST_IDS.conflictsClose} onClose={onClose}>
      <p role="status">
        {conflicted.documents.length === 0
          ? 'Settled: no document is in conflict.'
          : 'Several people changed these at once, without having seen each other’s change. One version stands; the others are kept until somebody settles it.'}
      </p>
      <ul className="plain-list conflicted-list">
        {conflicted.documents.map((one) => (
          <li key={keyOf(one)}>
            <button
              type="button"
              className="conflicted"
              data-testid={TEST_IDS.conflicted}
              data-id={one._id}
              onClick={() => onLook({ kind: 'one', collection: one.collection, _id: one._id })}
            >
              <strong>
                <MarkedText text={nameOf(one)} />
              </strong>
              <span className="hint">
                {one.collection}
                {one.isDeleted ? ' · deleted' : null} · {one.conflicts === 1 ? 'one version lost' : `${numberText(one.conflicts)} versions lost`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {conflicted.hasMore ? <p className="hint">There are more: they appear when some of these are settled.</p> : null}
    </Dialog>
  )
}

/** What people call these documents, as far as they have names, by `keyOf`. */
function useNames(namespace: Namespace, documents: readonly ConflictedDocument[]): ReadonlyMap<string, string> {
  const load = useCallback(async () => {
    const names = new Map<string, string>()
    const named = documents.slice(0, MAX_NAMED).filter(({ isDeleted }) => !isDeleted)
    const projection = Object.fromEntries(NAMING_FIELDS.map((field) => [field, 1 as const]))
    for (const collection of new Set(named.map((one) => one.collection))) {
      const ids = named.filter((one) => one.collection === collection).map(({ _id }) => _id)
      const found: readonly Document[] = await namespace
        .collection(collection)
        .find({ _id: { $in: ids } }, { projection })
        .toArray()
      for (const document of found) {
        const name = namingText(document)
        if (name !== undefined) names.set(keyOf({ collection, _id: document._id }), `“${name.slice(0, 60)}”`)
      }
    }
    return names
  }, [namespace, documents])
  return useLive(load, never).value ?? NO_NAMES
}

const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** What is looked up comes anew with every list of documents. */
function never(): () => void {
  return () => undefined
}

function keyOf({ collection, _id }: Pick<ConflictedDocument, 'collection' | '_id'>): string {
  return `${collection}/${_id}`
}
