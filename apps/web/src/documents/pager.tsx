import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { numberText } from '../ui/numbers.ts'
import type { DocumentList } from './use-document-list.ts'

/** Where in the list the page is, how many there are, and the ways on. */
export function Pager({ list }: { readonly list: DocumentList }): ReactNode {
  const { documents, total, first, isIndexing, toFirst, toPrevious, toNext, toLast } = list
  return (
    <footer className="pager">
      <p className="pager-range" aria-live="polite">
        <span data-testid={TEST_IDS.pagerRange}>
          {documents.length === 0 ? '0' : `${numberText(first)}–${numberText(first + documents.length - 1)}`}
        </span>
        <span data-testid={TEST_IDS.count} data-total={total}>
          {total === undefined ? '' : ` of ${numberText(total)}`}
        </span>
        {isIndexing ? (
          <span className="chip" data-testid={TEST_IDS.indexing}>
            <span className="dot dot-connecting" aria-hidden="true" /> Indexing…
          </span>
        ) : null}
      </p>
      <div className="pager-buttons">
        <PagerButton testId={TEST_IDS.pagerFirst} label="First" sign="«" go={toFirst} />
        <PagerButton testId={TEST_IDS.pagerPrevious} label="Previous" sign="‹" go={toPrevious} />
        <PagerButton testId={TEST_IDS.pagerNext} label="Next" sign="›" go={toNext} />
        <PagerButton testId={TEST_IDS.pagerLast} label="Last" sign="»" go={toLast} />
      </div>
      <p className="keys" aria-hidden="true">
        <kbd>/</kbd> filter <kbd>↑</kbd>
        <kbd>↓</kbd> move <kbd>Enter</kbd> open <kbd>Del</kbd> delete <kbd>n</kbd>
        <kbd>p</kbd> page <kbd>a</kbd> add
      </p>
    </footer>
  )
}

/**
 * Stays focusable where there is nowhere to go, and while a page is on its way: a disabled button loses the focus. A sign stands for the
 * word where there is no room for it.
 */
function PagerButton({
  testId,
  label,
  sign,
  go,
}: {
  readonly testId: string
  readonly label: string
  readonly sign: string
  readonly go: (() => void) | undefined
}): ReactNode {
  return (
    <button type="button" data-testid={testId} aria-label={label} title={label} aria-disabled={go === undefined} onClick={go}>
      <span className="pager-word">{label}</span>
      <span className="pager-sign" aria-hidden="true">
        {sign}
      </span>
    </button>
  )
}
