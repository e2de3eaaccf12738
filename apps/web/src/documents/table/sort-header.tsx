import type { ReactNode } from 'react'
import { TEST_IDS } from '../../test-ids.ts'
import type { SortBy } from '../../route.ts'
import { MarkedText } from '../../ui/marked-text.tsx'

/** The head of a column: sorts by it, the other way round, and not at all. */
export function SortHeader({
  field,
  sort,
  isNumber,
  onToggle,
}: {
  readonly field: string
  readonly sort: SortBy | undefined
  /** Numbers stand at the right, and so does what stands over them. */
  readonly isNumber: boolean
  readonly onToggle: (field: string) => void
}): ReactNode {
  const direction = sort?.field === field ? sort.direction : 0
  return (
    <th
      scope="col"
      aria-sort={direction === 1 ? 'ascending' : direction === -1 ? 'descending' : 'none'}
      data-testid={TEST_IDS.sortHeader}
      data-field={field}
      className={isNumber ? 'is-number' : undefined}
    >
      <button type="button" onClick={() => onToggle(field)}>
        <MarkedText text={field} />
        <span className="sort-mark" aria-hidden="true">
          {direction === 1 ? '↑' : direction === -1 ? '↓' : ''}
        </span>
      </button>
    </th>
  )
}
