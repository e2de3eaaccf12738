import type { Collection, Docstore, Document, NamespaceInfo } from 'p2p-docstore'
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { DocumentEditor } from '../later.ts'
import type { ListView } from '../route.ts'
import { collectionType } from '../namespaces/collection-type.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Later } from '../ui/later.tsx'
import { latestDraft } from './editor/drafts.ts'
import type { Edited } from './editor/document-editor.tsx'
import { FilterBox } from './filter/filter-box.tsx'
import { Pager } from './pager.tsx'
import { whoAmI } from '../people/who-am-i.ts'
import { whyReadOnly } from './permission.ts'
import { DocumentTable } from './table/document-table.tsx'
import type { DocumentMarks } from './table/row-marks.tsx'
import { SortChoice } from './table/sort-choice.tsx'
import { useBroken } from './use-broken.ts'
import { useDocumentActions } from './use-document-actions.ts'
import { type ShowView, useDocumentList } from './use-document-list.ts'
import { usePageKeys } from './use-page-keys.ts'

/** The documents of a collection: filter, table, pager and editor. */
export function DocumentsView({
  store,
  namespace,
  collection,
  info,
  isSettled,
  view,
  show,
  conflicts,
  onConflicts,
  onEdit,
  onWritten,
}: {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly info: NamespaceInfo
  readonly isSettled: boolean
  readonly view: ListView
  readonly show: ShowView
  /** How many versions of each document lost, by its id. */
  readonly conflicts: ReadonlyMap<string, number>
  /** Shows those of a document. */
  readonly onConflicts: (id: string) => void
  /** Something is being written. */
  readonly onEdit: () => void
  readonly onWritten: () => void
}): ReactNode {
  const list = useDocumentList({ store, namespace, collection, isSettled }, view, show)
  // What was being written when the page was left or loaded again is there again.
  const [edited, setEdited] = useState(() => leftOpen(namespace, collection.name))
  const filterInput = useRef<HTMLInputElement>(null)
  const table = useRef<HTMLDivElement>(null)
  const addButton = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(false)
  const identity = whoAmI(store)
  const broken = useBroken({ store, info, collection: collection.name }, list.documents)
  const marks = useMemo(() => marksOf(list.documents, conflicts, broken), [list.documents, conflicts, broken])
  const readOnly = whyReadOnly(info, identity, collection.name)
  const showOnly = useCallback((id: string) => show({ filterText: `_id=${JSON.stringify(id)}`, sort: undefined, page: 1 }), [show])
  const { save, remove } = useDocumentActions({ collection, canUndo: collectionType(info, collection.name) !== 'log', onWritten, onShow: showOnly })
  const add = useCallback(() => readOnly === undefined && setEdited({ kind: 'new', others: list.documents }), [readOnly, list.documents])
  usePageKeys({ filterInput, onAdd: add })
  const open = useCallback((document: Document) => setEdited({ kind: 'existing', document }), [])
  const close = useCallback(() => setEdited(undefined), [])
  useEffect(() => {
    if (edited !== undefined) onEdit()
  }, [edited, onEdit])
  useLayoutEffect(() => {
    // Back to the row that the editor was opened from; to what adds documents where there is none yet.
    if (edited === undefined && wasEditing.current) {
      const row = table.current?.querySelector<HTMLElement>('tr[tabindex="0"]')
      ;(row ?? addButton.current)?.focus({ preventScroll: true })
    }
    wasEditing.current = edited !== undefined
  }, [edited])
  const whyNot = useCallback((id: string) => whyReadOnly(info, identity, collection.name, id), [info, identity, collection.name])
  return (
    <section className="documents" aria-label="Documents">
      <div className="toolbar">
        <FilterBox
          ref={filterInput}
          text={list.filterText}
          error={list.filterError}
          searched={list.searched}
          onChange={list.setFilterText}
          onLeave={list.endTyping}
        />
        <SortChoice columns={list.columns} sort={list.sort} onSort={list.setSort} />
        <button
          ref={addButton}
          type="button"
          className="button-primary"
          data-testid={TEST_IDS.documentAdd}
          disabled={readOnly !== undefined}
          title={readOnly ?? 'Key: a'}
          onClick={add}
        >
          Add
        </button>
      </div>
      {readOnly === undefined ? null : (
        <p className="hint" data-testid={TEST_IDS.readOnlyReason}>
          {readOnly}.
        </p>
      )}
      <DocumentTable
        ref={table}
        list={list}
        marks={marks}
        onOpen={open}
        onConflicts={onConflicts}
        onDelete={(document) => void remove(document)}
        whyReadOnly={whyNot}
        onAdd={readOnly === undefined ? add : undefined}
      />
      <Pager list={list} />
      {edited === undefined ? null : (
        <Later>
          <DocumentEditor
            store={store}
            namespace={namespace}
            collection={collection}
            edited={edited}
            conflicts={edited.kind === 'new' ? 0 : (conflicts.get(edited.document._id) ?? 0)}
            readOnly={edited.kind === 'new' ? readOnly : whyNot(edited.document._id)}
            onSave={save}
            onConflicts={onConflicts}
            onDelete={(document) => void remove(document)}
            onClose={close}
          />
        </Later>
      )}
    </section>
  )
}

/** What is to be said of each document, of those of which there is something. */
function marksOf(
  documents: readonly Document[],
  conflicts: ReadonlyMap<string, number>,
  broken: ReadonlyMap<string, string>,
): ReadonlyMap<string, DocumentMarks> {
  const marks = documents.map(({ _id }) => [_id, { conflicts: conflicts.get(_id) ?? 0, breaks: broken.get(_id) }] as const)
  return new Map(marks.filter(([, { conflicts: lost, breaks }]) => lost > 0 || breaks !== undefined))
}

/** What the editor was open with when the page went away with something unsaved in it. */
function leftOpen(namespace: string, collection: string): Edited | undefined {
  const draft = latestDraft({ namespace, collection })
  if (draft === undefined) return undefined
  return draft.base === null ? { kind: 'new', others: [] } : { kind: 'existing', document: draft.base }
}
