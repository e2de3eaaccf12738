import type { ReactNode } from 'react'
import type { SortBy } from '../../route.ts'
import { TEST_IDS } from '../../test-ids.ts'
import { withMarks } from '../../ui/hidden-characters.ts'

/** The order of a list where its documents are cards, which have no heads of columns to sort by. */
export function SortChoice({
  columns,
  sort,
  onSort,
}: {
  readonly columns: readonly string[]
  readonly sort: SortBy | undefined
  readonly onSort: (sort: SortBy | undefined) => void
}): ReactNode {
  const fields = [...new Set([...columns, ...(sort === undefined ? [] : [sort.field])])].filter((field) => field !== '_id')
  const choices = [
    ...fields.flatMap((field): SortBy[] => [
      { field, direction: 1 },
      { field, direction: -1 },
    ]),
    { field: '_id', direction: -1 } as const,
  ]
  return (
    <select
      className="sort-choice"
      aria-label="Sort by"
      data-testid={TEST_IDS.sortChoice}
      value={choices.findIndex(({ field, direction }) => field === sort?.field && direction === sort.direction)}
      onChange={(event) => onSort(choices[Number(event.target.value)])}
    >
      <option value={-1}>Sort by _id ↑</option>
      {choices.map(({ field, direction }, i) => (
        <option key={`${direction}${field}`} value={i}>
          Sort by {withMarks(field)} {direction === 1 ? '↑' : '↓'}
        </option>
      ))}
    </select>
  )
}
