import type { ReactNode } from 'react'
import { TEST_IDS } from '../../test-ids.ts'
import { numberText } from '../../ui/numbers.ts'

/** What is to be said of a document besides what it says itself. */
export interface DocumentMarks {
  /** How many of its versions lost to others whose writers had not seen them. */
  readonly conflicts: number
  /** The rule of its collection that it breaks. */
  readonly breaks: string | undefined
}

/** A cell that says that a document has conflicts, and leads to them, and that it breaks a rule, and which. */
export function RowMarks({ marks, onConflicts }: { readonly marks: DocumentMarks | undefined; readonly onConflicts: () => void }): ReactNode {
  const { conflicts = 0, breaks } = marks ?? {}
  return (
    <td className="row-marks" data-empty={(conflicts === 0 && breaks === undefined) || undefined}>
      {conflicts === 0 ? null : (
        <button
          type="button"
          tabIndex={-1}
          className="mark-chip"
          data-testid={TEST_IDS.documentConflicts}
          data-count={conflicts}
          title="Several people changed it at once. Key: c"
          onClick={(event) => {
            event.stopPropagation()
            onConflicts()
          }}
        >
          {conflicts === 1 ? 'Conflict' : `${numberText(conflicts)} conflicts`}
        </button>
      )}
      {breaks === undefined ? null : (
        <span className="mark-chip" data-testid={TEST_IDS.documentBroken} title={`Breaks a rule of this collection: ${breaks}`}>
          Breaks a rule: {breaks}
        </span>
      )}
    </td>
  )
}
