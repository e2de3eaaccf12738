import type { Document } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { TEST_IDS } from '../../test-ids.ts'
import { Cell } from './cell.tsx'
import { restOf } from './columns.ts'
import { type DocumentMarks, RowMarks } from './row-marks.tsx'

/** One document in the table. */
export function DocumentRow({
  document,
  columns,
  hasRest,
  hasMarks,
  marks,
  number,
  isActive,
  readOnly,
  onFocus,
  onOpen,
  onConflicts,
  onDelete,
}: {
  readonly document: Document
  readonly columns: readonly string[]
  /** Whether there is a column for what a document has besides these. */
  readonly hasRest: boolean
  /** Whether there is a column for what is to be said of documents. */
  readonly hasMarks: boolean
  readonly marks: DocumentMarks | undefined
  readonly number: number
  /** Whether Tab stops at this row. */
  readonly isActive: boolean
  readonly readOnly: string | undefined
  readonly onFocus: (id: string) => void
  readonly onOpen: (document: Document) => void
  readonly onConflicts: (id: string) => void
  readonly onDelete: (document: Document) => void
}): ReactNode {
  return (
    <tr
      data-testid={TEST_IDS.documentRow}
      data-id={document._id}
      tabIndex={isActive ? 0 : -1}
      aria-rowindex={number}
      onFocus={() => onFocus(document._id)}
      onClick={() => onOpen(document)}
    >
      {hasMarks ? <RowMarks marks={marks} onConflicts={() => onConflicts(document._id)} /> : null}
      {columns.map((field) => (
        <Cell key={field} label={field} value={document[field]} />
      ))}
      {hasRest ? <Cell label="more" name="rest" value={restOf(document, columns)} /> : null}
      <Cell label="_id" name="id" value={document._id} />
      <td className="row-tools" onClick={(event) => event.stopPropagation()}>
        <button type="button" tabIndex={-1} className="button-small" data-testid={TEST_IDS.documentOpen} onClick={() => onOpen(document)}>
          {readOnly === undefined ? 'Edit' : 'View'}
        </button>
        <button
          type="button"
          tabIndex={-1}
          className="button-small"
          data-testid={TEST_IDS.documentDelete}
          disabled={readOnly !== undefined}
          title={readOnly}
          onClick={() => onDelete(document)}
        >
          Delete
        </button>
      </td>
    </tr>
  )
}
