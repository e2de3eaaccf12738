import type { ReactNode } from 'react'
import { TEST_IDS } from '../../test-ids.ts'

const TEXTS = {
  empty: 'No documents yet.',
  'no-match': 'No document matches the filter.',
  'bad-filter': 'Nothing is shown, because the filter cannot be used.',
} as const

/** What stands where no document is. */
export function NoDocuments({
  why,
  isMixed,
  onClear,
  onAdd,
}: {
  readonly why: keyof typeof TEXTS
  /** Whether the filter has conditions and words. */
  readonly isMixed: boolean
  readonly onClear: () => void
  readonly onAdd: (() => void) | undefined
}): ReactNode {
  return (
    <div className="empty empty-small" data-testid={TEST_IDS.documentsEmpty}>
      <p>{TEXTS[why]}</p>
      {why === 'no-match' && isMixed ? <p className="hint">A value of several words stands in quotation marks: city="New York".</p> : null}
      {why !== 'empty' ? (
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
