import type { Document } from 'p2p-docstore'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { TEST_IDS } from '../../test-ids.ts'
import type { DocumentList } from '../use-document-list.ts'
import { restOf } from './columns.ts'
import { DocumentRow } from './document-row.tsx'
import { NoDocuments } from './no-documents.tsx'
import type { DocumentMarks } from './row-marks.tsx'
import { SortHeader } from './sort-header.tsx'
import { useActiveRow } from './use-active-row.ts'
import { useMoreBeside } from './use-more-beside.ts'

/** The documents of a page, one per row. Arrows or j and k move, Enter opens, c shows conflicts, Delete deletes. */
export function DocumentTable({
  ref,
  list,
  marks,
  onOpen,
  onConflicts,
  onDelete,
  whyReadOnly,
  onAdd,
}: {
  /** What scrolls: the table, and what stands under one that is empty. */
  readonly ref: RefObject<HTMLDivElement | null>
  readonly list: DocumentList
  /** What is to be said of documents, by their ids. */
  readonly marks: ReadonlyMap<string, DocumentMarks>
  readonly onOpen: (document: Document) => void
  readonly onConflicts: (id: string) => void
  readonly onDelete: (document: Document) => void
  readonly whyReadOnly: (id: string) => string | undefined
  readonly onAdd: (() => void) | undefined
}): ReactNode {
  const { documents, columns, state } = list
  const hasRest = documents.some((document) => restOf(document, columns) !== undefined)
  const hasMarks = documents.some(({ _id }) => marks.has(_id))
  useMoreBeside(ref, [documents, columns, hasMarks])
  const { index: active, focus: focusRow, onPaging, onRowFocus, onFocus, onBlur } = useActiveRow(documents, ref)
  const remove = (document: Document): void => {
    if (whyReadOnly(document._id) !== undefined) return
    focusRow(active + 1 < documents.length ? active + 1 : active - 1)
    onDelete(document)
  }
  const turn = (go: (() => void) | undefined): (() => void) | undefined => {
    if (go === undefined) return undefined
    return () => {
      onPaging()
      go()
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const current = documents[active]
    if (current === undefined || event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLTableRowElement)) return
    const action = keyAction(event.key, {
      active,
      last: documents.length - 1,
      focusRow,
      open: () => onOpen(current),
      conflicts: marks.get(current._id)?.conflicts ? () => onConflicts(current._id) : undefined,
      remove: () => remove(current),
      toNext: turn(list.toNext),
      toPrevious: turn(list.toPrevious),
    })
    if (action === undefined) return
    event.preventDefault()
    action()
  }
  if (state === 'loading') return <div className="skeleton" role="status" aria-label="Loading documents" />
  return (
    <div ref={ref} className="table-scroll" onFocus={onFocus} onBlur={onBlur}>
      <table
        className={`documents-table is-${state}`}
        data-testid={TEST_IDS.documentList}
        aria-busy={state === 'stale'}
        aria-rowcount={list.total ?? -1}
      >
        <thead>
          <tr>
            {hasMarks ? (
              <th className="row-marks">
                <span className="visually-hidden">Conflicts and broken rules</span>
              </th>
            ) : null}
            {columns.map((field) => (
              <SortHeader key={field} field={field} sort={list.sort} isNumber={isNumbers(documents, field)} onToggle={list.toggleSort} />
            ))}
            {hasRest ? (
              <th scope="col" className="is-rest">
                more
              </th>
            ) : null}
            <SortHeader field="_id" sort={list.sort} isNumber={false} onToggle={list.toggleSort} />
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
              hasRest={hasRest}
              hasMarks={hasMarks}
              marks={marks.get(document._id)}
              number={list.first + index}
              isActive={index === active}
              readOnly={whyReadOnly(document._id)}
              onFocus={onRowFocus}
              onOpen={onOpen}
              onConflicts={onConflicts}
              onDelete={remove}
            />
          ))}
        </tbody>
      </table>
      {documents.length === 0 && state !== 'stale' ? (
        <NoDocuments
          why={list.filterError !== undefined ? 'bad-filter' : list.isFiltered ? 'no-match' : 'empty'}
          isMixed={list.isMixed}
          onClear={list.clearFilter}
          onAdd={onAdd}
        />
      ) : null}
    </div>
  )
}

/** Whether a field has nothing but numbers in it. */
function isNumbers(documents: readonly Document[], field: string): boolean {
  const values = documents.map((document) => document[field]).filter((value) => value !== undefined)
  return values.length > 0 && values.every((value) => typeof value === 'number')
}

interface KeyContext {
  readonly active: number
  readonly last: number
  readonly focusRow: (index: number) => void
  readonly open: () => void
  readonly conflicts: (() => void) | undefined
  readonly remove: () => void
  readonly toNext: (() => void) | undefined
  readonly toPrevious: (() => void) | undefined
}

function keyAction(key: string, { active, last, focusRow, open, conflicts, remove, toNext, toPrevious }: KeyContext): (() => void) | undefined {
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
      return toNext
    case 'PageUp':
    case 'p':
      return toPrevious
    case 'Enter':
      return open
    case 'c':
      return conflicts
    case 'Delete':
      return remove
    default:
      return undefined
  }
}
