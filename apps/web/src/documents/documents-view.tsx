import type { Collection, Docstore, Document, NamespaceInfo } from 'p2p-docstore'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { DocumentEditor, type Edited } from './document-editor.tsx'
import { DocumentTable } from './document-table.tsx'
import { FilterBox } from './filter-box.tsx'
import { Pager } from './pager.tsx'
import { whyReadOnly } from './permission.ts'
import { useDocumentActions } from './use-document-actions.ts'
import { useDocumentList } from './use-document-list.ts'
import { usePageKeys } from './use-page-keys.ts'

/** The documents of a collection: filter, table, pager and editor. */
export function DocumentsView({
  store,
  namespace,
  collection,
  info,
  isSettled,
  onWritten,
}: {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly info: NamespaceInfo
  readonly isSettled: boolean
  readonly onWritten: () => void
}): ReactNode {
  const list = useDocumentList({ store, namespace, collection, isSettled })
  const [edited, setEdited] = useState<Edited>()
  const filterInput = useRef<HTMLInputElement>(null)
  const table = useRef<HTMLDivElement>(null)
  const addButton = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(false)
  const { identity } = store.info
  const readOnly = whyReadOnly(info, identity)
  const showOnly = useCallback((id: string) => list.setFilterText(`_id=${JSON.stringify(id)}`), [list.setFilterText])
  const { save, remove } = useDocumentActions({ collection, onWritten, onShow: showOnly })
  const add = useCallback(() => readOnly === undefined && setEdited({ kind: 'new', neighbour: list.documents[0] }), [readOnly, list.documents])
  usePageKeys({ filterInput, onAdd: add })
  const open = useCallback((document: Document) => setEdited({ kind: 'existing', document }), [])
  const close = useCallback(() => setEdited(undefined), [])
  useEffect(() => {
    // Back to the row that the editor was opened from; to what adds documents where there is none yet.
    if (edited === undefined && wasEditing.current) {
      const row = table.current?.querySelector<HTMLElement>('tr[tabindex="0"]')
      ;(row ?? addButton.current)?.focus({ preventScroll: true })
    }
    wasEditing.current = edited !== undefined
  }, [edited])
  const whyNot = useCallback((id: string) => whyReadOnly(info, identity, id), [info, identity])
  return (
    <section className="documents" aria-label="Documents">
      <div className="toolbar">
        <FilterBox ref={filterInput} text={list.filterText} error={list.filterError} onChange={list.setFilterText} />
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
        onOpen={open}
        onDelete={(document) => void remove(document)}
        whyReadOnly={whyNot}
        onAdd={readOnly === undefined ? add : undefined}
      />
      <Pager list={list} />
      {edited === undefined ? null : (
        <DocumentEditor
          store={store}
          namespace={namespace}
          collection={collection}
          edited={edited}
          readOnly={edited.kind === 'new' ? readOnly : whyNot(edited.document._id)}
          onSave={save}
          onDelete={(document) => void remove(document)}
          onClose={close}
        />
      )}
    </section>
  )
}
