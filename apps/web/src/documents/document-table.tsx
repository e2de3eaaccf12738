import type { Document } from 'p2p-docstore'
import { type KeyboardEvent, type ReactNode, type RefObject, useCallback, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { DocumentRow } from './document-row.tsx'
import { NoDocuments } from './no-documents.tsx'
import { SortHeader } from './sort-header.tsx'
import type { DocumentList } from './use-document-list.ts'

/** The documents of a page, one per row. Arrows or j and k move, Enter opens, Delete deletes. */
export function DocumentTable({
  ref,
  list,
  onOpen,
  onDelete,
  whyReadOnly,
  onAdd,
}: {
  readonly ref: RefObject<HTMLTableElement | null>
  readonly list: DocumentList
  readonly onOpen: (document: Document) => void
  readonly onDelete: (document: Document) => void
  readonly whyReadOnly: (id: string) => string | undefined
  readonly onAdd: (() => void) | undefined
}): ReactNode {
  const { documents, columns, state } = list
  const [activeId, setActiveId] = useState<string>()
  const found = documents.findIndex(({ _id }) => _id === activeId)
  const active = found === -1 ? 0 : found
  const focusRow = useCallback(
    (index: number) => {
      const target = documents[Math.max(0, Math.min(index, documents.length - 1))]
      if (target === undefined) return
      setActiveId(target._id)
      ref.current?.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(target._id)}"]`)?.focus()
    },
    [documents, ref],
  )
  const remove = (document: Document): void => {
    if (whyReadOnly(document._id) !== undefined) return
    focusRow(active + 1 < documents.length ? active + 1 : active - 1)
    onDelete(document)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const current = documents[active]
    if (current === undefined || event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLTableRowElement)) return
    const action = keyAction(event.key, {
      active,
      last: documents.length - 1,
      focusRow,
      open: () => onOpen(current),
      remove: () => remove(current),
      list,
    })
    if (action === undefined) return
    event.preventDefault()
    action()
  }
  if (state === 'loading') return <div className="skeleton" role="status" aria-label="Loading documents" />
  return (
    <div className="table-scroll">
      <table
        ref={ref}
        className={`documents-table is-${state}`}
        data-testid={TEST_IDS.documentList}
        aria-busy={state === 'stale'}
        aria-rowcount={list.total ?? -1}
      >
        <thead>
          <tr>
            {columns.map((field) => (
              <SortHeader key={field} field={field} sort={list.sort} onToggle={list.toggleSort} />
            ))}
            <SortHeader field="_id" sort={list.sort} onToggle={list.toggleSort} />
            <th className="row-tools">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody onKeyDown={onKeyDown}>
          {documents.map((document, index) => (
            <DocumentRow
              key={document._id}
              document={document}
              columns={columns}
              number={list.first + index}
              isActive={index === active}
              readOnly={whyReadOnly(document._id)}
              onFocus={setActiveId}
              onOpen={onOpen}
              onDelete={remove}
            />
          ))}
        </tbody>
      </table>
      {documents.length === 0 ? <NoDocuments isFiltered={list.isFiltered} onClear={() => list.setFilterText('')} onAdd={onAdd} /> : null}
    </div>
  )
}

interface KeyContext {
  readonly active: number
  readonly last: number
  readonly focusRow: (index: number) => void
  readonly open: () => void
  readonly remove: () => void
  readonly list: DocumentList
}

function keyAction(key: string, { active, last, focusRow, open, remove, list }: KeyContext): (() => void) | undefined {
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return () => focusRow(active + 1)
    case 'ArrowUp':
    case 'k':
      return () => focusRow(active - 1)
    case 'Home':
      return () => focusRow(0)
    case 'End':
      return () => focusRow(last)
    case 'PageDown':
    case 'n':
      return list.toNext
    case 'PageUp':
    case 'p':
      return list.toPrevious
    case 'Enter':
      return open
    case 'Delete':
      return remove
    default:
      return undefined
  }
}
