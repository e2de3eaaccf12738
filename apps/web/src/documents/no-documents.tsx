import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'

/** What stands where no document is. */
export function NoDocuments({
  isFiltered,
  onClear,
  onAdd,
}: {
  readonly isFiltered: boolean
  readonly onClear: () => void
  readonly onAdd: (() => void) | undefined
}): ReactNode {
  return (
    <div className="empty empty-small" data-testid={TEST_IDS.documentsEmpty}>
      <p>{isFiltered ? 'No document matches the filter.' : 'No documents yet.'}</p>
      {isFiltered ? (
        <button type="button" data-testid={TEST_IDS.filterClear} onClick={onClear}>
          Show all
        </button>
      ) : onAdd === undefined ? (
        <p className="hint">They appear by themselves as soon as somebody writes some.</p>
      ) : (
        <button type="button" onClick={onAdd}>
          Add the first one
        </button>
      )}
    </div>
  )
}
