import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import type { SortBy } from './use-documents.ts'

/** The head of a column: sorts by it, the other way round, and not at all. */
export function SortHeader({
  field,
  sort,
  onToggle,
}: {
  readonly field: string
  readonly sort: SortBy | undefined
  readonly onToggle: (field: string) => void
}): ReactNode {
  const direction = sort?.field === field ? sort.direction : 0
  return (
    <th
      scope="col"
      aria-sort={direction === 1 ? 'ascending' : direction === -1 ? 'descending' : 'none'}
      data-testid={TEST_IDS.sortHeader}
      data-field={field}
    >
      <button type="button" onClick={() => onToggle(field)}>
        {field}
        <span className="sort-mark" aria-hidden="true">
          {direction === 1 ? '↑' : direction === -1 ? '↓' : ''}
        </span>
      </button>
    </th>
  )
}
